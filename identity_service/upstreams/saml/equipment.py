"""What SAML needs here and may be missing, and the few threads in which it is worked."""

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from identity_service.threads import Threads
from identity_service.upstreams.documents import Kept
from identity_service.upstreams.errors import NotEquipped
from identity_service.upstreams.saml.described import Described

if TYPE_CHECKING:
    from identity_service.upstreams.saml.machine import Machine

Result = TypeVar("Result")
_PROGRAM = "xmlsec1"


def missing() -> str:
    """What has to be installed first, as a sentence; empty when nothing has."""
    if find_spec("saml2") is None:
        return (
            "SAML needs the Python package pysaml2, which is not installed: "
            "add the dependency group saml (uv sync --group saml)."
        )
    if shutil.which(_PROGRAM) is None:
        return (
            f"SAML needs the program {_PROGRAM}, which is not on the PATH: "
            f"on Debian and Ubuntu, apt install {_PROGRAM}."
        )
    return ""


def require() -> None:
    """Raises NotEquipped."""
    lack = missing()
    if lack:
        raise NotEquipped(lack)


class Equipment:
    """pysaml2 and xmlsec1, used by few at a time; and the providers that were described at an address."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.kept: Kept[Described] = Kept(clock)
        self._threads = Threads("saml", max_waiting=50)

    async def run(self, work: "Callable[[Machine], Result]") -> Result:
        """Raises NotEquipped, Busy, and what the work raises."""
        require()
        return await self._threads.run(lambda: work(_machine()))

    def close(self) -> None:
        self._threads.close()


def _machine() -> "Machine":
    from identity_service.upstreams.saml import machine  # allowed: late import, because it is optional

    return machine.Machine(shutil.which(_PROGRAM) or _PROGRAM)
