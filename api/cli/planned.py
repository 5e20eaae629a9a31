"""Reorganizations of a day to come at the terminal: listed with what came of them, and taken back."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.cli.ground import answer, ground, run
from governance.directory.models import OrgUnit
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.reorganization.models import PlannedReorganization
from governance.reorganization.queries import visible_planned
from governance.reorganization.rules import PlannedState
from governance.reorganization.service import withdraw_planned


def listing(tenant: str | None, *, every: bool, as_json: bool) -> None:
    """List them, the next day first."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            query = visible_planned(work).order_by(PlannedReorganization.due_at, PlannedReorganization.id)
            if not every:
                query = query.where(PlannedReorganization.state == PlannedState.PLANNED)
            rows = (await work.session.execute(query)).scalars().all()
            codes = await _codes(work, [key for row in rows for key in (row.unit_id, row.to_id) if key])
        return [
            {"id": str(row.id), "verb": row.verb.value, "unit": codes[row.unit_id],
             "to": codes[row.to_id] if row.to_id else None, "due": row.due_at.isoformat(), "reason": row.reason,
             "state": row.state.value, "planned_by": row.principal, "why": row.why}
            for row in rows
        ]  # fmt: skip

    rows = run(command)
    lines = [
        f"{row['due']:<28}{row['verb']:<12}{row['unit']} -> {row['to'] or '–'}  {row['state'].lower()}"
        f"{': ' + row['why'] if row['why'] else ''}  {row['id']}"
        for row in rows
    ]
    answer({"planned": rows}, as_json=as_json, said="\n".join(lines) or "Nothing is planned.")


def withdraw(planned: str, reason: str, tenant: str | None, *, as_json: bool) -> None:
    """Take one back."""

    async def verb(work: Work) -> PlannedReorganization:
        try:
            planned_id = UUID(planned)
        except ValueError:
            raise BadInput("planned", planned, "an id, as `lictor unit planned` shows it") from None
        return await withdraw_planned(work, planned_id, reason)

    async def command() -> PlannedReorganization:
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, verb)

    row = run(command)
    answer({"planned": str(row.id), "state": row.state.value}, as_json=as_json, said=f"{row.id} is withdrawn.")


async def _codes(work: Work, ids: list[UUID]) -> dict[UUID, str]:
    query = select(OrgUnit.id, OrgUnit.code).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id.in_(ids))
    return {row.id: row.code for row in await work.session.execute(query)}
