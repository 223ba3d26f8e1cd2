"""A sign-in without a question: the person is signed in, the client is the company's own, and the request
wants nothing that has to be found out about either. One statement then gives the code.

Whenever it does not, `authorization` decides; nothing is refused here.
"""

from collections.abc import Mapping
from typing import Any, Final

from authlib.oauth2.rfc6749 import OAuth2Error

from identity_service.protocol import assurance, code, consent, statements
from identity_service.protocol.asked import Asked
from identity_service.protocol.request import Parameters
from identity_service.protocol.standing import goes_on
from identity_service.protocol.turn import Turn
from identity_service.protocol.validation import validated
from identity_service.sealing import new_secret
from identity_service.sessions import service as sessions

_SILENT: Final = frozenset({"none"})
_LOOKED_INTO: Final = ("max_age", "id_token_hint")


async def code_for(turn: Turn, parameters: Parameters, hashes: Mapping[str, str]) -> tuple[Asked, str] | None:
    """The request and its code, for the session whose secret has the hash given for the request's realm."""
    known = turn.services.clients.recall(parameters.get("client_id", [""])[0])
    if known is None or not hashes:
        return None
    version, client = known
    try:
        asked = validated(turn, client, parameters)
        if asked.realm not in hashes or not _asks_nothing(asked):
            return None
    except OAuth2Error:  # of a client that may have changed since
        return None
    given = await _given(asked, version, hashes[asked.realm])
    return (asked, given) if given is not None else None


def _asks_nothing(asked: Asked) -> bool:
    """Raises OAuth2Error."""
    client = asked.client.row
    return (
        asked.prompts <= _SILENT
        and not any(name in asked.form for name in _LOOKED_INTO)
        and client.default_max_age is None
        and asked.wanted_claims.subject is None
        and assurance.demand(asked.form, client) == assurance.NOTHING
        and consent.is_never_needed(client)
    )


async def _given(asked: Asked, version: str, secret_hash: str) -> str | None:
    turn, given = asked.turn, new_secret()
    idle, _ = turn.settings.session_life(asked.realm)
    rows = await turn.writer.run(
        statements.GIVE_SILENTLY,
        **code.kept(asked, given),
        version=version,
        secret_hash=secret_hash,
        realm=asked.realm,
        idle_since=turn.now - idle,
    )
    if not rows or not goes_on(rows[0], turn.settings, turn.now):
        return None
    row: Mapping[str, Any] = rows[0]
    await sessions.touch(turn.writer, row["sid"], row["seen_at"], turn.now, address=turn.caller.address)
    return given
