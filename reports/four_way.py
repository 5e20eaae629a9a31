"""What each license entitles to, what is assigned here, held at the vendor and used, and every difference between."""

from collections.abc import Sequence

from governance.holdings.queries import Moment, visible_licenses
from governance.holdings.service import Found, FourWay, four_ways
from policies.access.actions import Action
from policies.access.fields import FieldClass
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking, withheld
from reports.shape import Report
from reports.workbook import Column, Kind, Row

KEY, DIFFERENCES = "four_way", "differences"
LICENSES_AT_MOST = 2_000


async def gather(ground: Ground) -> tuple[Table | LeftOut, Table | LeftOut]:
    """Gather a row a license within reach, and a row a difference, the gravest of each license first."""
    if not ground.may(Action.SEAT_READ) or not ground.may(Action.ENTITLEMENT_READ):
        return lacking(ground, KEY, Action.SEAT_READ), lacking(ground, DIFFERENCES, Action.SEAT_READ)
    at = Moment(ground.when.as_of, ground.when.known_at)
    views = await four_ways(ground.work, await visible_licenses(ground.work, LICENSES_AT_MOST), at)
    return _licenses(ground, views), _differences(ground, views)


async def _report(ground: Ground) -> Gathered:
    licenses, differences = await gather(ground)
    return gathered(licenses, differences)


REPORT = Report("four_way", (Action.SEAT_READ,), _report, many=True)


def _licenses(ground: Ground, views: Sequence[FourWay]) -> Table:
    words, usage = ground.words, ground.may_read(FieldClass.USAGE)
    figures = ("entitled", "assigned", "held", *(("used",) if usage else ()), "found")
    columns = (
        Column("license", words("four_way.license"), width=34),
        *(Column(name, words(f"four_way.{name}"), Kind.INTEGER, 14) for name in figures),
        Column("observed_at", words("four_way.observed_at"), Kind.INSTANT, 20),
        Column("complete", words("four_way.complete"), width=14),
    )
    rows = tuple(_license(view) for view in views)
    return Table(
        key=KEY, columns=columns, rows=rows, expected=len(rows), totals=("assigned", "found") if rows else (),
        note=words("note.four_way"), withheld=withheld(ground, "four_way", {FieldClass.USAGE: ("used",)}),
    )  # fmt: skip


def _license(view: FourWay) -> Row:
    observed = min((reading.observed_at for reading in view.readings), default=None)
    return {
        "license": view.license.name,
        "entitled": view.entitled,
        "assigned": view.assigned,
        "held": view.held,
        "used": view.used,
        "found": len(view.found),
        "observed_at": observed,
        "complete": "yes" if view.complete else "no" if view.readings else None,
    }


def _differences(ground: Ground, views: Sequence[FourWay]) -> Table:
    words = ground.words
    named, usage = ground.may_read(FieldClass.PERSONAL), ground.may_read(FieldClass.USAGE)
    keys = ("license", "difference", "person", *(("account",) if named else ()), "remedy")
    columns = (
        *(Column(key, words(f"four_way.{key}"), width=30) for key in keys),
        *((Column("used_at", words("four_way.used_at"), Kind.INSTANT, 20),) if usage else ()),
    )
    rows = tuple(_difference(view, found) for view in views for found in view.found)
    left: dict[FieldClass, tuple[str, ...]] = {FieldClass.PERSONAL: ("account",), FieldClass.USAGE: ("used_at",)}
    return Table(
        key=DIFFERENCES, columns=columns, rows=rows, expected=len(rows), note=words("note.differences"),
        withheld=withheld(ground, "four_way", left),
    )  # fmt: skip


def _difference(view: FourWay, found: Found) -> Row:
    four = found.four
    return {
        "license": view.license.name,
        "difference": found.difference.value,
        "person": None if four.person_id is None else view.people[four.person_id].name,
        "account": four.account,
        "remedy": found.remedy.value,
        "used_at": four.used_at,
    }
