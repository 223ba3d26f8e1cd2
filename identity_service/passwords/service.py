"""How passwords are kept and compared (OWASP ASVS 5.0, 11.4)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from identity_service.passwords.rules import normalised
from shared.kernel.errors import Unavailable


class Busy(Unavailable):
    code = "sign_in.busy"
    title = "Too many people are signing in at this moment. Try again in a few seconds"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`is_right` tells whether the password fits; `is_outdated` that its hash should be made anew."""

    is_right: bool
    is_outdated: bool = False


class Passwords:
    """argon2id in threads of its own: two at a time, and not more than `max_waiting` in line."""

    def __init__(self, *, max_waiting: int = 100) -> None:
        self._hasher = PasswordHasher(
            time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._threads = ThreadPoolExecutor(2, "argon2")
        self._waiting = 0
        self._max_waiting = max_waiting
        self._nobodys = self._hasher.hash("the password of nobody")

    async def hash(self, password: str) -> str:
        return str(await self._run(self._hasher.hash, normalised(password)))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Compare; without a stored hash the same work is done in vain, so that time tells nothing."""
        is_right = bool(await self._run(self._matches, stored or self._nobodys, normalised(password)))
        if stored is None or not is_right:
            return Verdict(is_right=False)
        return Verdict(is_right=True, is_outdated=self._hasher.check_needs_rehash(stored))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: object, *arguments: str) -> object:
        if self._waiting >= self._max_waiting:
            raise Busy(data={"retry_after": 5})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads,
                work,  # type: ignore[arg-type] # one of the two above
                *arguments,
            )
        finally:
            self._waiting -= 1
