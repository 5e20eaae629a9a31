"""Argon2id as ever, at its lowest cost: the hundreds of sign-ins of the tests would else take minutes."""

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from governance.directory.service import accounts

RECOMMENDED = accounts.HASHES  # what servers use; `test_sessions` holds it to RFC 9106


def use_the_lowest_cost() -> None:
    """Hash passwords in this process at the lowest cost that argon2id has."""
    accounts.HASHES = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
