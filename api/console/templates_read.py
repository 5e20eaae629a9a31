"""What the pages of templates read and say: values as text, steps and differences as rows, overrides as typed."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.console.context import Context
from api.console.controls import Column
from api.console.parts import Facts, Note, Part, Table
from api.console.phrases import spoken
from api.console.values import Level, Status
from governance.entitlements.models import Entitlement
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.rulebook.models import PolicyVersion
from governance.rulebook.rules import VersionState
from governance.templates.models import TemplateInstance
from governance.templates.rules import Doing, Standing
from governance.templates.service import Compared, InstancePlan, MakePreview

HERE: Final = "/templates"
STATES: Final = {
    VersionState.LIVE: Level.OK, VersionState.DRAFT: Level.WARN, VersionState.RETIRED: Level.UNKNOWN,
}  # fmt: skip
DOINGS: Final = {
    Doing.CHANGE: Level.OK, Doing.KEPT_OVERRIDE: Level.EXEMPT, Doing.KEPT_BY_HAND: Level.WARN, Doing.CANNOT: Level.HIGH,
}  # fmt: skip
STANDINGS: Final = {Standing.OVERRIDDEN: Level.EXEMPT, Standing.DRIFTED: Level.WARN}


def said(ctx: Context, value: Any) -> str:
    """A value of a template as people read it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return ctx.text("templates.yes" if value else "templates.no")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def typed(text: str | None, field: str) -> dict[str, Any]:
    """What was typed as TOML. Raises BadInput, which says the line."""
    try:
        return tomllib.loads((text or "").replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as bad:
        raise BadInput(field, str(bad), "TOML, such as pools.main.seats = 5 or alerts.use.warn = 70") from None


def version_status(ctx: Context, row: PolicyVersion) -> Status:
    """How a version stands."""
    return Status(STATES[row.state], ctx.text(f"settings.state_{row.state.value.lower()}"))


async def names_of(work: Work, rows: Sequence[TemplateInstance]) -> dict[UUID, str]:
    """What the licenses of these instances are called."""
    ids = sorted({row.entitlement_id for row in rows})
    query = select(Entitlement.id, Entitlement.name).where(
        Entitlement.tenant_id == work.tenant_id, Entitlement.id.in_(ids)
    )
    return {row.id: row.name for row in await work.session.execute(query)}


def held_rows(ctx: Context, found: Sequence[Compared], names: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """The licenses held to a template, with how many of their differences are meant and how many are not."""
    rows = []
    for one in found:
        drifted = sum(each.standing is Standing.DRIFTED for each in one.differences)
        level = Level.WARN if drifted or one.behind else Level.OK
        word = "drifted" if drifted else "behind" if one.behind else "as_said"
        rows.append({
            "name": names[one.instance.entitlement_id], "href": f"{HERE}/held/{one.instance.id}",
            "number": one.version.shown_number, "region": one.instance.region, "drifted": drifted,
            "overridden": len(one.differences) - drifted, "status": Status(level, ctx.text(f"templates.{word}")),
        })  # fmt: skip
    return sorted(rows, key=lambda row: (row["status"].level is Level.OK, row["name"].casefold()))


def difference_table(ctx: Context, one: Compared) -> Table:
    """What differs of one license: on purpose, or by hand."""
    rows = [
        {"path": each.path, "template": said(ctx, each.template), "has": said(ctx, each.has),
         "status": Status(STANDINGS[each.standing], ctx.text(f"templates.{each.standing.value.lower()}"))}
        for each in one.differences
    ]  # fmt: skip
    return Table(
        ctx.text("templates.differences"),
        (
            Column("path", "templates.path", strong=True),
            Column("template", "templates.says"),
            Column("has", "templates.has"),
            Column("status", "table.status", kind="status"),
        ),
        rows, empty=None, bare=True,
    )  # fmt: skip


def plan_parts(ctx: Context, plans: Sequence[InstancePlan], names: Mapping[UUID, str]) -> tuple[Part, ...]:
    """What a version would change, license by license, and a warning where seats are left beyond a pool."""
    parts: list[Part] = []
    over = sum(step.over for plan in plans for step in plan.steps)
    lost = sorted({code for plan in plans for code in plan.lost})
    if over:
        parts.append(Note(ctx.text("templates.over", count=over), level=Level.HIGH))
    if lost:
        parts.append(Note(ctx.text("templates.lost", features=", ".join(lost)), level=Level.HIGH))
    for plan in plans:
        name = names[plan.instance.entitlement_id]
        if plan.blocked:
            parts.append(Note(f"{name}: {plan.blocked}", level=Level.HIGH))
        elif not plan.steps:
            parts.append(Note(ctx.text("templates.nothing_changes", name=name)))
        else:
            parts.append(_plan_table(ctx, name, plan))
    return tuple(parts)


def _plan_table(ctx: Context, name: str, plan: InstancePlan) -> Table:
    rows = [
        {"path": step.path, "now": said(ctx, step.now), "wants": said(ctx, step.wants),
         "status": Status(DOINGS[step.doing], ctx.text(f"templates.doing_{step.doing.value.lower()}")),
         "remedy": spoken(ctx.locale, step.remedy) if step.remedy else _over(ctx, step.over)}
        for step in plan.steps
    ]  # fmt: skip
    return Table(
        ctx.text("templates.plan_of", name=name, before=plan.was.shown_number, after=plan.version.shown_number),
        (
            Column("path", "templates.path", strong=True),
            Column("now", "templates.has"),
            Column("wants", "templates.wants"),
            Column("status", "templates.doing", kind="status"),
            Column("remedy", "templates.remedy", leaves=1, quiet=True),
        ),
        rows,
    )  # fmt: skip


def _over(ctx: Context, over: int) -> str:
    return ctx.text("templates.over_pool", count=over) if over else ""


def made_parts(ctx: Context, seen: MakePreview) -> tuple[Part, ...]:
    """All that would be made, and what would not, with the way out."""
    rows = [
        {"kind": ctx.text(f"templates.kind_{one.kind.lower()}"), "name": one.name,
         "values": " · ".join(f"{key} {said(ctx, value)}" for key, value in one.values.items())}
        for one in seen.creates
    ]  # fmt: skip
    made = Table(
        ctx.text("templates.creates"),
        (
            Column("kind", "templates.kind", strong=True),
            Column("name", "people.name"),
            Column("values", "templates.values", quiet=True),
        ),
        rows,
    )
    notes = tuple(
        Note(f"{one.path}: {spoken(ctx.locale, one.remedy)}", level=Level.WARN) for one in seen.cannot
    )  # fmt: skip
    return (made, *notes)


def facts_of(ctx: Context, row: PolicyVersion) -> Facts:
    """What a version says of itself."""
    content = row.content
    return Facts((
        (ctx.text("templates.code"), row.subject),
        (ctx.text("templates.version"), str(row.shown_number)),
        (ctx.text("table.status"), version_status(ctx, row)),
        (ctx.text("catalog.product"), str(content.get("product", "–"))),
        (ctx.text("templates.regions"), ", ".join(sorted(content.get("regions", {}))) or "–"),
        (ctx.text("templates.note"), row.note),
    ))  # fmt: skip
