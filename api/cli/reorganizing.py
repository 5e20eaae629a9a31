"""Units and owners at the terminal, done: what would be is shown with its token, and with the token it is."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run
from api.cli.naming import called, person_called, unit_called
from governance.agreements.models import Agreement
from governance.directory.models import OrgUnit, Person, Tenant
from governance.directory.queries import unit_tree
from governance.directory.rules import UnitKind
from governance.directory.service.units import NewUnit, add_unit
from governance.entitlements.models import Entitlement
from governance.kernel import given
from governance.kernel.due import start_of
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.reorganization.models import PlannedReorganization
from governance.reorganization.owners import counts_of, stale_of, stale_owners
from governance.reorganization.rules import RolesFate
from governance.reorganization.service import (
    HandOver,
    Handover,
    MergeUnits,
    MoveUnit,
    Preview,
    SplitUnit,
    hand_over,
    merge_units,
    move_unit,
    plan_ahead,
    preview_handover,
    preview_merge,
    preview_move,
    preview_split,
    split_unit,
)

FATE = {True: RolesFate.CARRY, False: RolesFate.END}


def listing(tenant: str | None, *, as_json: bool) -> None:
    """List today's tree."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            nodes = await unit_tree(work)
        codes = {node.unit.id: node.unit.code for node in nodes}
        return [
            {"code": node.unit.code, "name": node.unit.name, "kind": node.unit.kind.value, "region": node.unit.region,
             "above": codes.get(node.parent_id) if node.parent_id else None}
            for node in nodes
        ]  # fmt: skip

    rows = run(command)
    lines = [f"{row['code']:<24}{row['name']:<32}{row['kind']:<12}below {row['above'] or '–'}" for row in rows]
    answer({"units": rows}, as_json=as_json, said="\n".join(lines) or "No units yet.")


def add(
    code: str, name: str, below: str | None, kind: str, region: str, tenant: str | None, *, as_json: bool
) -> None:  # fmt: skip
    """Add a unit."""

    async def verb(work: Work) -> OrgUnit:
        above = None if below is None else await unit_called(work, below)
        kind_of = given.word(kind.upper(), "kind", UnitKind)
        return await add_unit(work, NewUnit(code, name, kind_of, parent_id=above, region=region))

    async def command() -> OrgUnit:
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, verb)

    made = run(command)
    answer({"code": made.code, "name": made.name}, as_json=as_json, said=f"{made.code} is there.")


def move(
    code: str, below: str, reason: str, at: str | None, token: str | None, tenant: str | None, *, as_json: bool
) -> None:  # fmt: skip
    """Show, or do, a move."""

    async def asked(work: Work) -> MoveUnit:
        at_ = await _since(work, at)
        return MoveUnit(await unit_called(work, code), await unit_called(work, below), reason, at_, token or "")

    _shown_or_done(asked, preview_move, move_unit, token, tenant, as_json=as_json)


def merge(
    code: str, into: str, reason: str, at: str | None, token: str | None, tenant: str | None, *, carry: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Show, or do, a merge."""

    async def asked(work: Work) -> MergeUnits:
        at_ = await _since(work, at)
        return MergeUnits(
            await unit_called(work, code), await unit_called(work, into), reason, FATE[carry], at_, token or ""
        )

    _shown_or_done(asked, preview_merge, merge_units, token, tenant, as_json=as_json)


def split(
    code: str, new: str, name: str, reason: str, below: str | None, chosen: Mapping[str, Sequence[str] | None],
    at: str | None, token: str | None, tenant: str | None, *, carry: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show, or do, a split."""

    async def asked(work: Work) -> SplitUnit:
        parent = None if below is None else await unit_called(work, below)
        return SplitUnit(
            await unit_called(work, code), new, name, reason, None, parent,
            children=tuple([await unit_called(work, each) for each in chosen["children"] or ()]),
            people=tuple([await person_called(work, each) for each in chosen["people"] or ()]),
            licenses=tuple([await called(work, Entitlement, Entitlement.code == each, "license", each)
                            for each in chosen["licenses"] or ()]),
            agreements=tuple([await called(work, Agreement, Agreement.number == each, "agreement", each)
                              for each in chosen["agreements"] or ()]),
            roles=FATE[carry], at=await _since(work, at), token=token or "",
        )  # fmt: skip

    _shown_or_done(asked, preview_split, split_unit, token, tenant, as_json=as_json)


def _shown_or_done(
    asked: Callable[[Work], Awaitable[Any]], look: Callable[[Work, Any], Awaitable[Preview]],
    act: Callable[[Work, Any], Awaitable[OrgUnit]], token: str | None, tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    async def verb(work: Work) -> OrgUnit | PlannedReorganization:
        wanted = await asked(work)
        ahead = wanted.at is not None and wanted.at > work.now()
        return await plan_ahead(work, wanted) if ahead else await act(work, wanted)

    async def command() -> tuple[Preview | None, OrgUnit | PlannedReorganization | None]:
        async with ground(tenant) as on:
            if token:
                return None, await on.office.perform(on.actor, verb)
            async with on.office.reading(on.actor) as work:
                return await look(work, await asked(work)), None

    seen, done = run(command)
    if isinstance(done, PlannedReorganization):
        told = {"planned": str(done.id), "due": done.due_at.isoformat(), "done": False}
        answer(told, as_json=as_json, said=f"Planned as {done.id}, due {done.due_at.isoformat()}.")
    elif done is not None:
        answer({"unit": done.code, "done": True}, as_json=as_json, said=f"Done; see {done.code}.")
    elif seen is not None:
        answer(_document(seen), as_json=as_json, said="\n".join(_said(seen)))


def _document(seen: Preview) -> dict[str, Any]:
    plan = seen.plan
    return {
        "unit": plan.unit.code, "to": None if plan.to is None else plan.to.code, "done": False,
        "counts": {kind.value: count for kind, count in sorted(plan.counts.items())},
        "goes": [{"kind": one.kind.value, "name": one.name} for one in plan.goes],
        "access": [
            {"who": plan.names.get(one.principal), "kind": one.principal.kind.value, "role": one.role.value,
             "effect": one.effect.value, "over": one.over.value}
            for one in plan.access
        ],
        "roles": len(plan.roles), "carried": len(plan.kept), "lines": [one.pool for one in plan.lines],
        "token": seen.token,
    }  # fmt: skip


def _said(seen: Preview) -> list[str]:
    told = _document(seen)
    lines = [f"{count:>6}  {kind.lower().replace('_', ' ')}" for kind, count in told["counts"].items()]
    lines += [
        f"{one['who'] or 'somebody':<28}{one['effect'].lower()} {one['role']} over {one['over'].lower()}"
        for one in told["access"]
    ]
    lines += [f"{pool}: other lines watch it then" for pool in told["lines"]]
    return [*lines, f"Nothing is changed yet. Within 15 minutes, once more with --token {told['token']}"]


def stale(tenant: str | None, *, as_json: bool) -> None:
    """List stale owners; where there is one, end with its own code."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            rows = (await work.session.execute(stale_owners(work).order_by(Person.name, Person.id))).scalars().all()
            counts, today = await counts_of(work, [row.id for row in rows]), work.now().date()
        return [
            {"person": row.name, "mail": row.mail, "why": why.value if (why := stale_of(row, today)) else None,
             "licenses": counts[row.id].licenses, "agreements": counts[row.id].agreements,
             "tasks": counts[row.id].tasks}
            for row in rows
        ]  # fmt: skip

    rows = run(command)
    lines = [
        f"{row['person']:<28}{row['why']:<16}{row['licenses']} licenses, {row['agreements']} agreements, "
        f"{row['tasks']} to do"
        for row in rows
    ]
    answer({"owners": rows}, as_json=as_json, said="\n".join(lines) or "Every owner can answer.")
    if rows:
        raise SystemExit(int(Exit.FOUND))


def hand(giver: str, to: str, reason: str, token: str | None, tenant: str | None, *, as_json: bool) -> None:
    """Show, or do, a handover."""

    async def asked(work: Work) -> HandOver:
        return HandOver(await person_called(work, giver), await person_called(work, to), reason, token or "")

    async def verb(work: Work) -> Handover:
        return await hand_over(work, await asked(work))

    async def command() -> Handover:
        async with ground(tenant) as on:
            if token:
                return await on.office.perform(on.actor, verb)
            async with on.office.reading(on.actor) as work:
                return await preview_handover(work, await asked(work))

    seen = run(command)
    things = [{"kind": one.thing.kind.value, "code": one.thing.code, "name": one.thing.name} for one in seen.things]
    told = {"giver": seen.giver.mail, "taker": seen.taker.mail, "things": things, "beyond": seen.beyond}
    lines = [f"{one['kind'].lower():<12}{one['code']:<28}{one['name']}" for one in things]
    if token:
        answer(told | {"done": True}, as_json=as_json, said="\n".join([*lines, f"Handed to {seen.taker.name}."]))
        return
    last = f"Nothing is changed yet. Within 15 minutes, once more with --token {seen.token}"
    answer(told | {"done": False, "token": seen.token}, as_json=as_json, said="\n".join([*lines, last]))


async def _since(work: Work, text: str | None) -> datetime | None:
    """Give an instant, or the beginning of a day where the tenant is. Raises BadInput."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-10-01"):
            zone = (await work.session.get_one(Tenant, work.tenant_id)).zone
            return start_of(date.fromisoformat(text), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadInput("at", text, "a day such as 2026-10-01, or an instant such as 2026-10-01T09:00:00Z")
    return moment
