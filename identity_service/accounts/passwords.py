"""Passwords: which are taken, and how they are kept (OWASP ASVS 5.0, 6.2 and 11.4)."""

import asyncio
import re
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from identity_service.accounts.common_passwords import COMMON
from identity_service.accounts.errors import WeakPassword
from shared.kernel.errors import Unavailable

MIN_LENGTH = 8
MAX_LENGTH = 256
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "01234567890")


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


def normalised(password: str) -> str:
    """NFC, so that the same keys on two machines give the same password. Nothing is cut off; what is too
    long for `check` is refused there, and here makes a password that fits nothing."""
    return unicodedata.normalize("NFC", password[: MAX_LENGTH + 1].encode("utf-8", "replace").decode())


def check(password: str, *, about: Iterable[str] = ()) -> None:
    """Raises WeakPassword with the reason. `about` are words an attacker would try first: name, e-mail."""
    folded = normalised(password).casefold()
    if len(password) < MIN_LENGTH:
        raise WeakPassword(f"Use at least {MIN_LENGTH} characters")
    if len(password) > MAX_LENGTH:
        raise WeakPassword(f"Use at most {MAX_LENGTH} characters")
    if folded in COMMON or _without_tail(folded) in COMMON or _is_pattern(folded):
        raise WeakPassword("Many people use this password. Choose another, for example four random words")
    for word in (*_words(about), "narrowbridge"):
        if word in folded and len(folded) - len(word) < MIN_LENGTH // 2:
            raise WeakPassword("Do not build the password from your name, your address or this site's name")


def _without_tail(folded: str) -> str:
    return folded.rstrip("0123456789!?.$*#@_-")


def _is_pattern(folded: str) -> bool:
    """One or two characters repeated, or a run along the keyboard or alphabet."""
    if len(set(folded)) <= 2:
        return True
    return any(folded in row * 3 or folded in row[::-1] * 3 for row in _KEYBOARD)


def _words(about: Iterable[str]) -> list[str]:
    whole = [text.casefold() for text in about]
    parts = [part for text in whole for part in re.split(r"[\s@.+_-]+", text)]
    return [word for word in (*whole, *parts) if len(word) >= 4]
