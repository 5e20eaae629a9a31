"""One finding: what it has and needs, why it is so, what mends it, what became of it; the others beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.acting import actors_of, id_of
from api.console.declare import (
    Badge,
    Change,
    Claim,
    Column,
    Context,
    Detail,
    Empty,
    Entry,
    Facts,
    Footer,
    HasNeeds,
    Ids,
    Level,
    Link,
    Missing,
    Panel,
    Part,
    Path,
    Query,
    Split,
    Step,
    Story,
    Table,
)
from api.console.desk import provenance_of
from api.console.finding_ways import acts, remedies
from api.console.findings_read import (
    LEVELS,
    FindingRow,
    find,
    has_of,
    needs_of,
    row_of,
    subject_of,
)
from api.console.findings_said import steps_of
from api.console.standing import names_of, region_name, units_of
from governance.compliance.models import Finding, FindingStep
from governance.compliance.queries import finding, finding_steps, findings_at
from governance.compliance.rules import FindingState
from governance.entitlements.models import Entitlement, MetricLine, Pool
from governance.entitlements.queries import visible_entitlements, visible_lines, visible_pools
from governance.kernel.errors import NotFound
from governance.kernel.work import Work

BESIDE: Final = 12
ICONS: Final = {
    FindingState.OPEN: "flag", FindingState.ACKNOWLEDGED: "person-check", FindingState.WAIVED: "minus",
    FindingState.RESOLVED: "check",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What the page shows, as it stood at the page's instant."""

    finding: Finding
    row: FindingRow
    has: str
    needs: str
    license: Entitlement | None
    steps: Sequence[FindingStep]
    actors: dict[str, str]
    names: dict[UUID, str]
    units: dict[UUID, str]
    beside: Sequence[FindingRow]
    total: int


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """The page of one finding. Raises NotFound, BadInput for an instant to come."""
    read = await _read(ctx, id_of(ids["id"], "finding"), query)
    row = read.row
    return Detail(
        row.title,
        ((ctx.text("findings.title"), "/findings"),),
        (Badge(ctx.text(f"findings.state_{row.state.value.lower()}")),),
        parts=(Split(((_list(ctx, read, query),), _parts(ctx, read)), "beside"),),
        provenance=await provenance_of(ctx, extras=((ctx.text("findings.rule"), _rule(read)),)),
    )


async def _read(ctx: Context, finding_id: UUID, query: Query) -> Read:
    async with ctx.work() as work:
        row, state, has, needs = await _standing(ctx, work, finding_id)
        known_at = ctx.known_at or ctx.now
        steps = [
            each
            for each in (await work.session.execute(finding_steps(work, row.id))).scalars()
            if each.recorded_at <= known_at and each.at <= (ctx.as_of or ctx.now)
        ]
        beside, page = await find(ctx, work, query)
        return Read(
            row, row_of(ctx, row, state), has_of(ctx, row, has), needs_of(ctx, row, needs),
            await _license(ctx, work, row), steps, await actors_of(ctx, work, [each.actor for each in steps]),
            await names_of(work, [row.owner_id]) if ctx.may("person:read") else {}, await units_of(work, [row.unit_id]),
            beside[:BESIDE], page.total,
        )  # fmt: skip


async def _standing(
    ctx: Context, work: Work, finding_id: UUID
) -> tuple[Finding, FindingState | None, str | None, str | None]:
    """The finding as of the page's instant: with its state, has and needs of then. Raises NotFound."""
    if not ctx.past:
        return await finding(work, finding_id), None, None, None
    asked = findings_at(work, ctx.as_of or ctx.now, ctx.known_at or ctx.now, tuple(FindingState))
    found = (await work.session.execute(asked.where(Finding.id == finding_id))).one_or_none()
    if found is None:
        raise NotFound("finding", str(finding_id))
    return found[0], found[1], found[2], found[3]


async def _license(ctx: Context, work: Work, row: Finding) -> Entitlement | None:
    """The license behind a finding, where it is within reach."""
    if not ctx.may("entitlement:read"):
        return None
    query = visible_entitlements(work)
    if row.subject_type == "entitlement":
        return (await work.session.execute(query.where(Entitlement.id == row.subject_id))).scalar_one_or_none()
    line_id = row.subject_id if row.subject_type == "metric_line" else None
    if line_id is None:
        pool_id = row.subject_id if row.subject_type == "pool" else _uuid(row.facts.get("pool_id"))
        pools = visible_pools(work).where(Pool.id == pool_id).with_only_columns(Pool.line_id)
        line_id = (await work.session.execute(pools)).scalar_one_or_none()
    lines = visible_lines(work).where(MetricLine.id == line_id).with_only_columns(MetricLine.entitlement_id)
    return (await work.session.execute(query.where(Entitlement.id.in_(lines)))).scalar_one_or_none()


def _uuid(said: Any) -> UUID | None:
    try:
        return UUID(str(said))
    except ValueError:
        return None


def _list(ctx: Context, read: Read, query: Query) -> Part:
    asked = "".join(f"&{name}={value}" for name, value in query.filters.items() if value)
    view = f"?{asked[1:]}" if asked else ""
    columns = (
        Column("title", "findings.finding", sub=lambda row: row.subject, strong=False),
        Column("status", "table.status", kind="status", value=lambda row: replace(row.status, dense=True, note="")),
        Column("brief", "findings.age", quiet=True),
    )
    links = (Link(ctx.text("findings.all", count=read.total), f"/findings{view}"),)
    return Table(
        ctx.text("findings.title"), columns, read.beside, row_href=lambda row: f"/findings/{row.id}{view}",
        footer=Footer(links), compact=True,
        empty=Empty(ctx.text("list.no_match"), ctx.text("findings.none_beside"), "filter-off"),
    )  # fmt: skip


def _parts(ctx: Context, read: Read) -> tuple[Part, ...]:
    row, found = read.row, read.finding
    since = ctx.text("findings.seen", instant=_instant(ctx, found.last_seen_at))
    claims = HasNeeds(Claim(read.has, since), Claim(read.needs, _rule_words(ctx, found)))
    status = row.status
    panel = Panel(
        row.subject,
        (
            claims,
            Split(((Path(_why(ctx, read), ctx.text("why.open")),), (_facts(ctx, read),))),
            *remedies(ctx, found, row.state, read.license),
            *acts(ctx, found, row.state),
        ),
        status=status,
        corner=ctx.text("findings.open_for", age=row.age),
    )
    story = Panel(ctx.text("findings.steps"), (Story(_entries(ctx, read)),), footer=_story_link(ctx, found))
    return panel, story


def _rule_words(ctx: Context, row: Finding) -> str:
    return ctx.text("findings.rule_version", rule=row.check_id, version=row.rule_version)


def _rule(read: Read) -> str:
    return f"{read.finding.check_id}/{read.finding.rule_version}"


def _why(ctx: Context, read: Read) -> tuple[Step, ...]:
    """From the subject to the rule: what was looked at, what it showed, by which rule it is not compliant."""
    row = read.finding
    level = LEVELS[row.severity] if read.row.state is not FindingState.RESOLVED else Level.OK
    judged = "findings.compliant" if read.row.state is FindingState.RESOLVED else "findings.not_compliant"
    end = Step(level, ctx.text(judged), _rule_words(ctx, row))
    subject = Step(Level.OK, ctx.text("findings.why_subject", subject=subject_of(ctx, row)), _place(ctx, read))
    return subject, *steps_of(ctx, row, read.has), end


def _instant(ctx: Context, moment: datetime) -> str:
    return formats.instant(ctx.locale, moment, ctx.zone)


def _place(ctx: Context, read: Read) -> str:
    unit = read.units.get(read.finding.unit_id, "")
    return " · ".join(each for each in (unit, region_name(ctx, read.finding.region)) if each)


def _facts(ctx: Context, read: Read) -> Part:
    row = read.finding
    person = _uuid(row.facts.get("person_id"))
    subject: Any = subject_of(ctx, row)
    if person is not None and ctx.may("person:read"):
        subject = Link(subject, f"/people/{person}")
    license_: Any = Missing(ctx.text("findings.license_hidden"))
    if read.license is not None:
        license_ = Link(read.license.name, f"/licenses/{read.license.id}")
    owner = read.names.get(row.owner_id) if row.owner_id else None
    rows = [
        (ctx.text("findings.subject"), subject),
        (ctx.text("licenses.license"), license_),
        (ctx.text("licenses.owner"), owner or Missing(ctx.text("licenses.no_owner"))),
        (ctx.text("findings.unit"), read.units.get(row.unit_id, "")),
        (ctx.text("findings.first_seen"), Link(_instant(ctx, row.opened_at), f"/runs/{row.opened_scan_id}")),
        (ctx.text("findings.last_seen"), Link(_instant(ctx, row.last_seen_at), f"/runs/{row.last_seen_scan_id}")),
    ]
    if row.waived_until is not None and read.row.state is FindingState.WAIVED:
        rows.append((ctx.text("findings.waived_until"), _instant(ctx, row.waived_until)))
    return Facts(tuple(rows), ctx.text("findings.facts"))


def _entries(ctx: Context, read: Read) -> tuple[Entry, ...]:
    entries = []
    for before, step in zip(reversed((None, *read.steps[:-1])), reversed(read.steps), strict=True):
        local = step.at.astimezone(ctx.zone)
        said = [read.actors.get(step.actor, ""), step.reason or ""]
        if step.until is not None:
            said.append(ctx.text("findings.until", day=formats.day(ctx.locale, step.until.astimezone(ctx.zone).date())))
        entries.append(
            Entry(
                formats.short_day(ctx.locale, local.date()), formats.clock(ctx.locale, local),
                _act(ctx, before, step), " · ".join(each for each in said if each),
                ICONS[step.state], _differs(ctx, before, step), number=f"#{step.number}",
            )
        )  # fmt: skip
    return tuple(entries)


def _act(ctx: Context, before: FindingStep | None, step: FindingStep) -> str:
    """What a step did: a state that stays was found again by a scan, with other figures."""
    if before is not None and before.state is step.state:
        return ctx.text("findings.step_moved")
    again = before is not None and step.state is FindingState.OPEN
    return ctx.text("findings.step_again" if again else f"findings.step_{step.state.value.lower()}")


def _differs(ctx: Context, before: FindingStep | None, step: FindingStep) -> tuple[Change, ...]:
    if before is None:
        return ()
    said = (("refusal.has", before.has, step.has), ("refusal.needs", before.needs, step.needs))
    return tuple(Change(ctx.text(key), was, became) for key, was, became in said if was != became)


def _story_link(ctx: Context, row: Finding) -> Footer | None:
    if not ctx.may("audit:read"):
        return None
    return Footer((Link(ctx.text("findings.in_trail"), f"/trail/finding/{row.id}"),))
