"""Persons, their units and posts, ID numbers and names."""
