"""The groups every community has from its first migration on."""

from typing import Final
from uuid import UUID

from shared.kernel.actor import ANYONE, MEMBERS

MANAGERS: Final = UUID("00000000-0000-7000-8000-000000000003")
"""Whoever has the role `community_manager`. Holds MANAGE on every space."""

BUILT_IN: Final = (ANYONE, MEMBERS, MANAGERS)
