"""Marking of sealed sittings and their append-only results."""
