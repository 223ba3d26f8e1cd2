"""How passwords are kept and compared (OWASP ASVS 5.0, 11.4)."""

from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from identity_service.passwords.rules import normalised
from identity_service.threads import Threads

ROUNDS = 2
MEMORY = 19 * 1024
"""KiB. With two rounds the least that OWASP's Password Storage Cheat Sheet asks of argon2id."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_right` tells whether the password fits; `is_outdated` that its hash should be made anew."""

    is_right: bool
    is_outdated: bool = False


class Passwords:
    """argon2id in a thread of its own: each would keep 19 MiB."""

    def __init__(self, *, max_waiting: int = 100) -> None:
        self._hasher = PasswordHasher(
            time_cost=ROUNDS, memory_cost=MEMORY, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._threads = Threads("argon2", at_once=1, max_waiting=max_waiting)
        self._nobodys = self._hasher.hash("the password of nobody")

    async def hash(self, password: str) -> str:
        return await self._threads.run(lambda: self._hasher.hash(normalised(password)))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Compare; without a stored hash the same work is done in vain, so that time tells nothing."""
        against = stored or self._nobodys
        is_right = await self._threads.run(lambda: self._matches(against, normalised(password)))
        if stored is None or not is_right:
            return Verdict(is_right=False)
        return Verdict(is_right=True, is_outdated=self._hasher.check_needs_rehash(stored))

    def close(self) -> None:
        self._threads.close()

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
