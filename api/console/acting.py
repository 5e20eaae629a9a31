"""Who acted, in words: a person by name, a service by name, Lictor itself by its duty."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.console import formats
from api.console.context import Context
from api.console.standing import names_of
from api.console.texts import known
from governance.directory.models import ServiceAccount
from governance.kernel.errors import NotFound
from governance.kernel.work import Work

SHOWN_OF_A_DIGEST: Final = 4


async def actors_of(ctx: Context, work: Work, principals: Iterable[str]) -> dict[str, str]:
    """The names of principals (`person:<uuid>`, `service:<uuid>`, `system:<duty>`), as this reader may see them."""
    wanted = set(principals)
    people = await names_of(work, _ids(wanted, "person")) if ctx.may("person:read") else {}
    services = await _services(work, _ids(wanted, "service"))
    return {each: _named(ctx, each, people, services) for each in wanted}


def _ids(principals: set[str], kind: str) -> list[UUID]:
    return [UUID(each.partition(":")[2]) for each in principals if each.startswith(f"{kind}:")]


async def _services(work: Work, ids: list[UUID]) -> dict[UUID, str]:
    query = select(ServiceAccount.id, ServiceAccount.name).where(
        ServiceAccount.tenant_id == work.tenant_id, ServiceAccount.id.in_(sorted(ids))
    )
    return {row[0]: row[1] for row in await work.session.execute(query)} if ids else {}


def _named(ctx: Context, principal: str, people: dict[UUID, str], services: dict[UUID, str]) -> str:
    kind, _, name = principal.partition(":")
    if kind == "system":
        key = f"acting.duty_{name}"
        return ctx.text("acting.system", duty=ctx.text(key) if known(ctx.locale, key) else name)
    found = (people if kind == "person" else services).get(UUID(name))
    return found or ctx.text("acting.a_person" if kind == "person" else "acting.a_service")


def id_of(asked: str, what: str) -> UUID:
    """The id an address names. Raises NotFound for what is none."""
    try:
        return UUID(asked)
    except ValueError:
        raise NotFound(what, asked) from None


def short(digest: str) -> str:
    """The two ends of a hash: `7be1…40d9`."""
    return f"{digest[:SHOWN_OF_A_DIGEST]}…{digest[-SHOWN_OF_A_DIGEST:]}"


def size(ctx: Context, count: int) -> str:
    """A size in bytes, KB or MB (1,000 based), with at most one decimal."""
    for unit, each in (("MB", 1_000_000), ("KB", 1_000)):
        if count >= each:
            return f"{formats.number(ctx.locale, round(count / each, 1))} {unit}"
    return f"{formats.number(ctx.locale, count)} B"
