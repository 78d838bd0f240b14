"""Practice: questions of the bank with their reasons, outside sessions."""
