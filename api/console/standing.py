"""How licenses stand, as pages show it: a seat-bar, a signed balance, a status by the tenant's lines and its why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Final
from uuid import UUID

from babel import Locale
from sqlalchemy import and_, select

from api.console import formats
from api.console.context import Context
from api.console.measured_said import balance_of, bar_of, measured_words, period_status, worst_of
from api.console.parts import Freshness, Note, Part
from api.console.values import Balance, Level, SeatBar, Status, Step, Why
from governance.catalog.models import Product, Vendor
from governance.directory.models import OrgUnit, Person
from governance.entitlements.models import Entitlement, MetricLine
from governance.entitlements.queries import visible_entitlements, visible_lines
from governance.entitlements.rules import MEASURED, LicenseModel
from governance.kernel.work import Work
from governance.metrics.answers import Freshness as Feed
from governance.metrics.gather import PRODUCT_OF_ENTITLEMENT, VENDOR_OF_PRODUCT
from governance.metrics.measured import MeasuredUse
from governance.metrics.measures import Measures
from governance.metrics.position import Dimension, Position, PositionQuery, PositionRow, position
from governance.rulebook.queries import live_thresholds
from policies.thresholds.threshold import Level as Line
from policies.thresholds.threshold import Lines, level_of, percent_used

LEVELS: Final = {Line.WARN: Level.WARN, Line.HIGH: Level.HIGH, Line.CRITICAL: Level.CRITICAL}
TENTH: Final = Decimal("0.1")
WORST: Final = {Level.CRITICAL: 0, Level.HIGH: 1, Level.WARN: 2, Level.UNKNOWN: 3, Level.OK: 4, Level.EXEMPT: 5}


@dataclass(frozen=True, slots=True)
class Held:
    """One license as a list shows it. Names are None where only a pool of it is within reach."""

    id: UUID
    name: str
    code: str | None
    models: tuple[LicenseModel, ...]
    kind: str
    vendor: str | None
    owner_id: UUID | None
    owner: str
    unit: str | None
    seats: Measures
    status: Status
    measured: MeasuredUse | None = None

    @property
    def bar(self) -> SeatBar:
        if self.measured is not None:
            return bar_of(self.measured)
        return SeatBar(self.seats.occupied, self.seats.purchased, self.seats.allocated)

    @property
    def balance(self) -> Balance:
        return Balance(self.seats.balance) if self.measured is None else balance_of(self.measured)

    @property
    def taken(self) -> int | None:
        """The seats that are occupied, or the units that are consumed where the license counts nothing else."""
        return self.seats.occupied if self.measured is None else self.measured.use.peak

    @property
    def bought(self) -> int | None:
        """The same of what was bought; None is unlimited."""
        return self.seats.purchased if self.measured is None else self.measured.use.entitled

    @property
    def href(self) -> str | None:
        """Its page, where the license itself is within reach."""
        return None if self.code is None else f"/licenses/{self.id}"

    @property
    def owner_href(self) -> str | None:
        """The owner's page."""
        return None if self.owner_id is None else f"/people/{self.owner_id}"


@dataclass(frozen=True, slots=True)
class Holdings:
    """The licenses of a page, and what the position says of itself."""

    rows: tuple[Held, ...]
    told: Position


async def holdings(ctx: Context) -> Holdings:
    """The position of every license within reach, at the page's instant, worst first. Raises BadInput."""
    async with ctx.work() as work:
        told = await position(work, PositionQuery(ctx.as_of, ctx.known_at, (Dimension.LICENSE,)))
        lines = (await live_thresholds(work)).use
        names, models = await _names(work), await _models(work)
    rows = [_held(ctx, row, names.get(UUID(row.group[0].id)), models, lines) for row in told.rows]
    rows.sort(key=lambda each: (WORST[each.status.level], -(each.seats.percent or 0), each.name.casefold()))
    return Holdings(tuple(rows), told)


def _held(
    ctx: Context,
    row: PositionRow,
    known: "_Names | None",
    models: dict[UUID, tuple[LicenseModel, ...]],
    lines: Lines,
) -> Held:
    license_id, seats = UUID(row.group[0].id), row.measures
    counted = models.get(license_id, ())
    worst, only = worst_of(seats.measured), bool(counted) and MEASURED.issuperset(counted)
    status = status_of(ctx, seats.occupied, seats.purchased, lines)
    if worst is not None and (only or worst.use.beyond or (worst.use.burst and status.level is Level.OK)):
        status = period_status(ctx, worst.use)
        if status.level is Level.OK and worst.use.peak is not None:
            status = status_of(ctx, worst.use.peak, worst.use.entitled, lines)
    kind = " · ".join(filter(None, (model_words(ctx, counted), measured_words(ctx, seats.measured))))
    return Held(
        license_id, row.group[0].name, known.code if known else None, counted, kind,
        known.vendor if known else None, known.owner_id if known else None,
        (known.owner or ctx.text("licenses.no_owner")) if known else "–", known.unit if known else None, seats,
        status, worst if only else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Names:
    code: str
    vendor: str
    owner_id: UUID | None
    owner: str | None
    unit: str


async def _names(work: Work) -> dict[UUID, _Names]:
    query = (
        visible_entitlements(work)
        .join(Product, PRODUCT_OF_ENTITLEMENT)
        .join(Vendor, VENDOR_OF_PRODUCT)
        .join(OrgUnit, and_(OrgUnit.tenant_id == Entitlement.tenant_id, OrgUnit.id == Entitlement.unit_id))
        .outerjoin(Person, and_(Person.tenant_id == Entitlement.tenant_id, Person.id == Entitlement.owner_id))
        .with_only_columns(
            Entitlement.id, Entitlement.code, Vendor.name, Entitlement.owner_id, Person.name, OrgUnit.name
        )
    )
    return {row[0]: _Names(*row[1:]) for row in await work.session.execute(query)}


async def _models(work: Work) -> dict[UUID, tuple[LicenseModel, ...]]:
    query = visible_lines(work).with_only_columns(MetricLine.entitlement_id, MetricLine.model).order_by(MetricLine.code)
    found: dict[UUID, tuple[LicenseModel, ...]] = {}
    for license_id, model in await work.session.execute(query):
        found[license_id] = tuple(dict.fromkeys((*found.get(license_id, ()), model)))
    return found


def status_of(ctx: Context, occupied: int, limit: int | None, lines: Lines, *, dense: bool = False) -> Status:
    """The status of seats against their limit, the percent beside it, and why where it is not fine."""
    if limit is not None and limit <= 0:
        if not occupied:
            return Status(Level.OK, note=ctx.text("licenses.nothing_in_force"), dense=dense)
        steps = (Step(Level.CRITICAL, ctx.text("licenses.why_ended"), ctx.text("licenses.why_ended_text")),)
        return Status(
            Level.CRITICAL, note=ctx.text("licenses.ended"), why=_why(ctx, Level.CRITICAL, steps), dense=dense
        )
    used = percent_used(occupied, limit)
    if used is None or limit is None:
        return Status(Level.OK, note=ctx.text("seats.no_limit"), dense=dense)
    reached = level_of(used, None, lines)
    level = LEVELS[reached] if reached else Level.OK
    shown = formats.percent(ctx.locale, used.quantize(TENTH, ROUND_FLOOR) / 100)
    return Status(level, note=shown, why=_use_why(ctx, level, reached, (occupied, limit), shown, lines), dense=dense)


def _use_why(
    ctx: Context, level: Level, reached: Line | None, seats: tuple[int, int], shown: str, lines: Lines
) -> Why | None:
    if reached is None:
        return None
    occupied, limit = (formats.number(ctx.locale, each) for each in seats)
    line = formats.number(ctx.locale, lines.line(reached))
    clears = formats.number(ctx.locale, lines.line(reached) - lines.clear_below)
    word = ctx.text(f"status.{level}")
    steps = (
        Step(Level.OK, ctx.text("licenses.why_seats", occupied=occupied, limit=limit), shown),
        Step(level, ctx.text("licenses.why_line", line=line, level=word), ctx.text("licenses.why_line_text")),
        Step("todo", ctx.text("licenses.why_clears", line=clears)),
    )
    return _why(ctx, level, steps)


def _why(ctx: Context, level: Level, steps: tuple[Step, ...]) -> Why:
    return Why(ctx.text("licenses.why", level=ctx.text(f"status.{level}")), steps)


def feeds(ctx: Context, told: Sequence[Feed]) -> Freshness:
    """How fresh the use behind the figures is: the worst feed named, with its age."""
    if not told:
        return Freshness(ctx.text("licenses.no_feed"), Level.UNKNOWN)
    worst = min(told, key=lambda each: each.last_heard_at)
    late = [each for each in told if each.stale]
    if late:
        text = ctx.text(
            "licenses.late",
            late=formats.number(ctx.locale, len(late)),
            count=len(told),
            feed=formats.source(worst.source),
        )
        return Freshness(text, Level.UNKNOWN)
    return Freshness(ctx.text("licenses.fresh", ago=_ago(ctx, worst.last_heard_at)), Level.OK)


def _ago(ctx: Context, moment: datetime) -> str:
    return formats.relative(ctx.locale, moment, ctx.now)


def model_words(ctx: Context, models: Sequence[LicenseModel]) -> str:
    """`Named user`, or several for a license that is counted in more than one way."""
    return ", ".join(ctx.text(f"licenses.model_{model.value.lower()}") for model in models)


def region_name(ctx: Context, code: str) -> str:
    """The name of a region (ISO 3166 or UN M.49 code) in the reader's language; the code where it has none."""
    named = str(Locale.parse(ctx.locale).territories.get(code, code))
    return named[:1].upper() + named[1:]


async def names_of(work: Work, person_ids: Sequence[UUID | None]) -> dict[UUID, str]:
    """The names of people that a page has already fetched by their ids, within the tenant."""
    wanted = sorted({each for each in person_ids if each is not None})
    query = select(Person.id, Person.name).where(Person.tenant_id == work.tenant_id, Person.id.in_(wanted))
    return {row[0]: row[1] for row in await work.session.execute(query)} if wanted else {}


async def units_of(work: Work, unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of units that a page has already fetched by their ids, within the tenant."""
    wanted = sorted(set(unit_ids))
    query = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id.in_(wanted))
    return {row[0]: row[1] for row in await work.session.execute(query)} if wanted else {}


def day_words(ctx: Context, moment: datetime | None) -> str:
    """The day of an instant in the reader's zone; a dash where there is none."""
    return "–" if moment is None else formats.day(ctx.locale, moment.astimezone(ctx.zone).date())


def today_only(ctx: Context) -> tuple[Part, ...]:
    """A remark on pages of the past whose content is only kept as of today."""
    return (Note(ctx.text("licenses.today_only")),) if ctx.past else ()


def person_of(principal: str) -> UUID | None:
    """The person behind a principal; None for machines and for the house itself."""
    kind, _, text = principal.partition(":")
    return UUID(text) if kind == "person" else None
