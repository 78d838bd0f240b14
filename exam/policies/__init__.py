"""Dated versions of the exam policy, and who may be admitted under them."""
