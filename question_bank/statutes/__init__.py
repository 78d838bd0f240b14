"""Statutes, their dated versions and their articles."""
