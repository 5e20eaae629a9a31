"""Service accounts and API tokens: made, shown once, revoked. A token narrows the rights of its owner, never widens."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.directory import queries
from governance.directory.models import ServiceAccount, Token
from governance.directory.rules import PersonStatus, narrowed
from governance.directory.service.grants import raise_revision
from governance.directory.service.secrets import PREFIX_LENGTH, hashed, new_token_secret
from governance.directory.standing import unit_there
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class NewServiceAccount:
    name: str
    unit_id: UUID


@dataclass(frozen=True)
class NewToken:
    """A token of one person or one service account; `actions` None means all that the owner may."""

    name: str
    person_id: UUID | None = None
    service_account_id: UUID | None = None
    actions: frozenset[Action] | None = None
    expires_at: datetime | None = None


async def create_service_account(work: Work, command: NewServiceAccount) -> ServiceAccount:
    """Make a machine identity, without any right until a role is granted. Raises NotFound, Refused, BadInput."""
    unit = await queries.visible_unit(work, command.unit_id)
    whose = await queries.ownership(work, unit_id=unit.id, region=unit.region)
    work.permit(Action.TOKEN_CREATE, whose, f"service account {command.name}")
    await unit_there(work, unit.id)
    name = _name(command.name, 120)
    if await queries.service_account_by_name(work, name) is not None:
        raise BadInput("name", name, "a name that no other service account has")
    row = ServiceAccount(
        tenant_id=work.tenant_id, id=work.new_id(), name=name, unit_id=unit.id, created_at=work.now(), ended_at=None
    )
    work.session.add(row)
    await work.session.flush()
    after = {"name": name, "unit_id": unit.id}
    await work.record(Change("service_account:create", "service_account", row.id, after=after))
    return row


async def create_token(work: Work, command: NewToken) -> tuple[Token, str]:
    """Make a token and give its secret, the only time that it is known. A person's token is made by that person.

    Raises NotFound, Refused, BadInput.
    """
    if (command.person_id is None) == (command.service_account_id is None):
        raise BadInput("person_id", str(command.person_id), "one person or one service account")
    work.permit(Action.TOKEN_CREATE, await _owner(work, command), f"token {command.name}")
    if command.person_id is not None and work.actor.person_id != command.person_id and not _is_operator(work):
        raise Refused(Action.TOKEN_CREATE, "another person's token: only that person makes it")
    actions = narrowed(command.actions, work.actor.token_actions)
    if actions is not None and not actions:
        raise BadInput("actions", "", "at least one act that you may do yourself")
    if command.expires_at is not None and command.expires_at <= work.now():
        raise BadInput("expires_at", command.expires_at.isoformat(), "an instant to come")
    secret = new_token_secret(work.ids)
    row = Token(
        tenant_id=work.tenant_id, id=work.new_id(), name=_name(command.name, 120), person_id=command.person_id,
        service_account_id=command.service_account_id, prefix=secret[:PREFIX_LENGTH], secret_hash=hashed(secret),
        actions=None if actions is None else sorted(actions), created_at=work.now(), expires_at=command.expires_at,
        last_used_at=None, revoked_at=None,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    after = {
        "name": row.name, "prefix": row.prefix, "person_id": row.person_id, "actions": row.actions,
        "service_account_id": row.service_account_id, "expires_at": row.expires_at,
    }  # fmt: skip
    await work.record(Change(Action.TOKEN_CREATE, "token", row.id, after=after))
    return row, secret


async def revoke_token(work: Work, token_id: UUID, reason: str | None = None) -> Token:
    """Revoke a token: from this commit on it opens nothing. Raises NotFound, Refused, WrongState."""
    query = queries.visible_tokens(work).where(Token.id == token_id).with_for_update(key_share=True, of=Token)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("token", str(token_id))
    owner = await _owner(work, NewToken(row.name, row.person_id, row.service_account_id), leavers=True)
    work.permit(Action.TOKEN_REVOKE, owner, f"token {row.prefix}")
    if row.revoked_at is not None:
        raise WrongState("token", "REVOKED", "be revoked")
    row.revoked_at = work.now()
    await work.session.flush()
    await raise_revision(work)
    after = {"prefix": row.prefix, "revoked_at": row.revoked_at}
    await work.record(Change(Action.TOKEN_REVOKE, "token", row.id, after=after, reason=reason))
    return row


async def _owner(work: Work, command: NewToken, *, leavers: bool = False) -> Ownership:
    """Say whose a token is: where its person or service account belongs. Raises NotFound, WrongState."""
    if command.person_id is not None:
        person = await queries.person_or_self(work, command.person_id)
        if person.status is PersonStatus.LEFT and not leavers:
            raise WrongState("person", person.status, "get a token")
        return await queries.ownership(work, unit_id=person.unit_id, region=person.country, people=(person.id,))
    assert command.service_account_id is not None
    account = await queries.service_account(work, command.service_account_id)
    unit = await queries.unit(work, account.unit_id)
    if account.ended_at is not None and not leavers:
        raise WrongState("service account", "ENDED", "get a token")
    return await queries.ownership(work, unit_id=unit.id, region=unit.region)


def _is_operator(work: Work) -> bool:
    """Tell whether the installation's own operator asks, at the terminal of the machine."""
    return work.actor.principal.startswith("system:")


def _name(text: str, most: int) -> str:
    name = text.strip()
    if not 0 < len(name) <= most:
        raise BadInput("name", text, f"1 to {most} characters")
    return name
