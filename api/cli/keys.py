"""Tokens at the terminal: made, listed, revoked."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from api.cli.exits import Exit
from api.cli.ground import Ground, answer, ground, run, stop
from governance.directory.models import OrgUnit, Person, ServiceAccount, Token, UnitPlacement
from governance.directory.queries import person_by_mail, service_account_by_name, visible_tokens
from governance.directory.service.grants import NewGrant, grant_role
from governance.directory.service.tokens import (
    NewServiceAccount,
    NewToken,
    create_service_account,
    create_token,
    revoke_token,
)
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Work
from policies.access.actions import Action
from policies.access.parties import Role, ScopeKind

PREFIX_LEAST = 6


def create(
    name: str, mail: str | None, service_account: str | None, role: str | None, acts: list[str] | None, days: int,
    tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Make a token for a person or a service account and show its secret."""
    if (mail is None) == (service_account is None):
        stop(Exit.USAGE, "Name whom the token acts for: either --mail or --service-account.")

    async def command() -> None:
        async with ground(tenant) as on:
            narrowed = None if not acts else frozenset(_action(act) for act in acts)

            async def verb(work: Work) -> tuple[Token, str]:
                person_id = None if mail is None else (await _person(work, mail)).id
                account_id = None if service_account is None else (await _account(work, service_account, role)).id
                return await create_token(
                    work, NewToken(name, person_id, account_id, narrowed, work.now() + timedelta(days=days))
                )

            row, secret = await on.office.perform(on.actor, verb)
            made = {"secret": secret, "prefix": row.prefix, "name": row.name, "expires_at": row.expires_at}
            answer(made, as_json=as_json, said=f"{secret}\nShown this once. Expires {row.expires_at:%Y-%m-%d}.")

    run(command)


def listing(tenant: str | None, *, as_json: bool) -> None:
    """List the tenant's tokens, newest first."""

    async def command() -> None:
        async with ground(tenant) as on:
            rows = await _rows(on)
            lines = [
                f"{row['prefix']}  {row['holder']:<28}  {row['name']:<24}  expires {row['expires_at'] or 'never'}"
                f"{'  REVOKED' if row['revoked_at'] else ''}"
                for row in rows
            ]
            answer({"tokens": rows}, as_json=as_json, said="\n".join(lines) or "No tokens yet.")

    run(command)


def revoke(prefix: str, reason: str, tenant: str | None, *, as_json: bool) -> None:
    """Revoke the one token that begins with `prefix`."""

    async def command() -> None:
        async with ground(tenant) as on:

            async def verb(work: Work) -> Token:
                if len(prefix) < PREFIX_LEAST:
                    raise BadInput("prefix", prefix, f"at least {PREFIX_LEAST} characters")
                query = visible_tokens(work).where(Token.prefix.startswith(prefix[:16], autoescape=True))
                found = (await work.session.execute(query)).scalars().all()
                if len(found) != 1:
                    raise NotFound("token" if not found else "single token", prefix)
                return await revoke_token(work, found[0].id, reason)

            row = await on.office.perform(on.actor, verb)
            ended = {"prefix": row.prefix, "name": row.name, "revoked_at": row.revoked_at}
            answer(ended, as_json=as_json, said=f"Revoked {row.prefix} ({row.name}).")

    run(command)


async def _rows(on: Ground) -> list[dict[str, Any]]:
    async with on.office.reading(on.actor) as work:
        query = (
            select(Token, Person.name, ServiceAccount.name)
            .where(Token.id.in_(visible_tokens(work).with_only_columns(Token.id)), Token.tenant_id == work.tenant_id)
            .outerjoin(Person, (Person.tenant_id == Token.tenant_id) & (Person.id == Token.person_id))
            .outerjoin(
                ServiceAccount,
                (ServiceAccount.tenant_id == Token.tenant_id) & (ServiceAccount.id == Token.service_account_id),
            )
            .order_by(Token.created_at.desc())
        )
        found = (await work.session.execute(query)).all()
    return [
        {
            "prefix": token.prefix, "name": token.name, "holder": person or account, "created_at": token.created_at,
            "expires_at": token.expires_at, "last_used_at": token.last_used_at, "revoked_at": token.revoked_at,
        }
        for token, person, account in found
    ]  # fmt: skip


async def _person(work: Work, mail: str) -> Person:
    row = await person_by_mail(work, mail)
    if row is None:
        raise NotFound("person", mail)
    return row


async def _account(work: Work, name: str, role: str | None) -> ServiceAccount:
    row = await service_account_by_name(work, name)
    if row is not None:
        return row
    root = (
        select(OrgUnit.id)
        .join(UnitPlacement, (UnitPlacement.tenant_id == OrgUnit.tenant_id) & (UnitPlacement.unit_id == OrgUnit.id))
        .where(OrgUnit.tenant_id == work.tenant_id, UnitPlacement.parent_id.is_(None), UnitPlacement.end.is_(None))
        .limit(1)
    )
    row = await create_service_account(work, NewServiceAccount(name, (await work.session.execute(root)).scalar_one()))
    if role is not None:
        if role not in {r.value for r in Role}:
            raise BadInput("role", role, "one of " + ", ".join(r.value for r in Role))
        await grant_role(
            work, NewGrant(Role(role), ScopeKind.TENANT, "made at the terminal", service_account_id=row.id)
        )
    return row


def _action(text: str) -> Action:
    try:
        return Action(text)
    except ValueError:
        raise BadInput("act", text, "an act such as seat:read") from None
