"""Passkeys (WebAuthn Level 3): registering one, signing in with it alone, and as second factor.

A challenge is kept here and taken away by its first answer, whatever that says. A passkey that signs in
without a password must have checked its holder.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from identity_service.accounts.models import Account
from identity_service.audit import service as audit
from identity_service.factors import challenges, levels, queries
from identity_service.factors.errors import PasskeyRefused
from identity_service.factors.models import Passkey
from identity_service.settings import Settings
from identity_service.visit import Visit
from shared.kernel.errors import NotFound
from shared.kernel.text import clean_line

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticationCredential

    from identity_service.factors.ceremonies import Ceremonies

REGISTER, SIGN_IN, SECOND = "register", "sign_in", "second"
MOST = 20
"""Passkeys of one account."""
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser's script is given: which challenge to answer, and the options for the browser."""

    id: UUID
    options: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A passkey was used by its holder. `amr` says how."""

    account: Account
    amr: list[str]


def _ceremonies(settings: Settings) -> "Ceremonies":
    """Where they take place: the origin and the rpId follow from the public URL."""
    from identity_service.factors.ceremonies import Ceremonies  # allowed: late import, because it takes 6 MiB

    parts = urlsplit(settings.identity_public_url)
    return Ceremonies(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", settings.identity_name)


async def ask_to_register(visit: Visit, account: Account) -> Question:
    """Options to make a passkey of this account (WebAuthn section 5.4)."""
    present = await queries.passkeys(visit.session, account.id)
    if len(present) >= MOST:
        raise PasskeyRefused(f"An account has at most {MOST} passkeys")
    row = await challenges.make(visit, REGISTER, account.realm, account.id)
    options = _ceremonies(visit.settings).to_register(
        account, row.challenge, present, must_verify=_must_verify(account.realm)
    )
    return Question(row.id, options)


async def register(
    visit: Visit, account: Account, *, question_id: UUID | None, answer: str, name: str
) -> Passkey | None:
    """Keep the new passkey (WebAuthn section 7.1). None, with a trace, for an answer that does not hold."""
    challenge = await challenges.take(visit, question_id, REGISTER, account.realm, account.id)
    if challenge is None or len(answer) > _LONGEST:
        _refused(visit, account.id, "no such challenge")
        return None
    ceremonies = _ceremonies(visit.settings)
    try:
        made = ceremonies.made(answer, challenge, must_verify=_must_verify(account.realm))
    except ceremonies.BAD_ANSWER as error:
        _refused(visit, account.id, type(error).__name__)
        return None
    if await queries.by_credential(visit.session, made.credential_id) is not None:
        _refused(visit, account.id, "already registered")
        return None
    passkey = Passkey(
        id=uuid4(),
        account_id=account.id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=made.transports,
        is_synced=made.is_synced,
        name=clean_line(name)[:60] or "Passkey",
        created_at=visit.now,
    )
    visit.session.add(passkey)
    await visit.session.flush()
    return passkey


async def ask_to_sign_in(visit: Visit, realm: str) -> Question:
    """Options to sign in with any passkey of the realm's people: nobody has said who they are."""
    row = await challenges.make(visit, SIGN_IN, realm, None)
    return Question(row.id, _ceremonies(visit.settings).to_answer(row.challenge, None, must_verify=True))


async def ask_for_second(visit: Visit, account: Account) -> Question:
    """Options to use one of this account's passkeys after another factor."""
    row = await challenges.make(visit, SECOND, account.realm, account.id)
    present = await queries.passkeys(visit.session, account.id)
    options = _ceremonies(visit.settings).to_answer(
        row.challenge, present, must_verify=_must_verify(account.realm)
    )
    return Question(row.id, options)


async def check(
    visit: Visit, *, realm: str, question_id: UUID | None, answer: str, account: Account | None = None
) -> Proof | None:
    """Whose passkey answered (WebAuthn section 7.2). None, with a trace, for an answer that does not hold.

    Without `account` the passkey is the only factor, so it must have checked its holder.
    """
    known_id = account.id if account else None
    challenge = await challenges.take(visit, question_id, SECOND if account else SIGN_IN, realm, known_id)
    if challenge is None or len(answer) > _LONGEST:
        _refused(visit, known_id, "no such challenge")
        return None
    ceremonies = _ceremonies(visit.settings)
    try:
        credential = ceremonies.read(answer)
    except ceremonies.BAD_ANSWER as error:
        _refused(visit, known_id, type(error).__name__)
        return None
    passkey = await queries.by_credential(visit.session, credential.raw_id)
    owner = await _owner(visit, passkey, realm, credential) if passkey else None
    if passkey is None or owner is None or (account is not None and owner.id != account.id):
        _refused(visit, known_id, "unknown passkey")
        return None
    return _verified(visit, passkey, owner, credential, challenge, is_alone=account is None)


def _verified(
    visit: Visit,
    passkey: Passkey,
    owner: Account,
    credential: "AuthenticationCredential",
    challenge: bytes,
    *,
    is_alone: bool,
) -> Proof | None:
    ceremonies, must_verify = _ceremonies(visit.settings), is_alone or _must_verify(owner.realm)
    try:
        done = ceremonies.verified(credential, passkey, challenge, must_verify=must_verify)
    except ceremonies.BAD_ANSWER as error:
        _refused(visit, owner.id, type(error).__name__)
        return None
    passkey.sign_count, passkey.last_used_at = done.new_sign_count, visit.now
    amr = [levels.SYNCED_KEY if passkey.is_synced else levels.BOUND_KEY, levels.PRESENCE]
    return Proof(owner, sorted([*amr, levels.TWO_FACTORS] if done.user_verified else amr))


async def rename(visit: Visit, account_id: UUID, passkey_id: UUID, name: str) -> None:
    """Raises NotFound."""
    passkey = await queries.passkey(visit.session, account_id, passkey_id)
    if passkey is None:
        raise NotFound
    passkey.name = clean_line(name)[:60] or passkey.name


async def remove(visit: Visit, account_id: UUID, passkey_id: UUID) -> str:
    """Forget a passkey; its name. Raises NotFound."""
    passkey = await queries.passkey(visit.session, account_id, passkey_id)
    if passkey is None:
        raise NotFound
    await visit.session.delete(passkey)
    return passkey.name


def _must_verify(realm: str) -> bool:
    """Whether a passkey has to check its holder, also beside another factor."""
    return realm == "staff"


async def _owner(
    visit: Visit, passkey: Passkey, realm: str, credential: "AuthenticationCredential"
) -> Account | None:
    """The live account of a passkey, which the authenticator must not contradict."""
    account = await visit.session.get(Account, passkey.account_id)
    handle = credential.response.user_handle
    if account is None or account.realm != realm or account.deactivated_at is not None:
        return None
    return account if handle is None or handle == account.id.bytes else None


def _refused(visit: Visit, account_id: UUID | None, because: str) -> None:
    audit.record(
        visit.session,
        "passkey.refused",
        at=visit.now,
        account_id=account_id,
        address=visit.address,
        because=because,
    )
