"""Password hashing that costs the tests next to nothing.

The platform has no setting for it: no site can be weakened by one.
"""

from __future__ import annotations

from argon2 import PasswordHasher

from core.auth import passwords

PRODUCTION = passwords._hasher


def make_cheap() -> None:
    """From now on this process hashes with argon2id's least effort; what is stored says how it was made."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
