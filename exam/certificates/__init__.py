"""Certificates: how long a pass holds, their numbers, their state on a day."""
