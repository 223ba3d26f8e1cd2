"""Who is asking. Every statement and every decision starts from an `Actor`."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

ANYONE: Final = UUID("00000000-0000-7000-8000-000000000001")
"""The group everybody is in, signed in or not."""
MEMBERS: Final = UUID("00000000-0000-7000-8000-000000000002")
"""The group of everybody who is signed in."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (or nobody) with the groups that decide what they see.

    `groups` always holds `ANYONE`, and `MEMBERS` for whoever is signed in. `scopes` is None for a
    browser session, which is limited by nothing but the person's own rights.
    """

    person_id: UUID | None = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    groups: tuple[UUID, ...] = (ANYONE,)
    scopes: frozenset[str] | None = None
    subject: str | None = field(default=None, repr=False)
    time_zone: str = "UTC"

    @property
    def signed_in(self) -> bool:
        return self.person_id is not None

    def has_role(self, role: str) -> bool:
        return role in self.roles


GUEST: Final = Actor()
