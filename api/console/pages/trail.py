"""The trail: who did what to which object, newest first; and the story of one object with before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from api.console import formats
from api.console.acting import actors_of, id_of
from api.console.declare import (
    Action,
    Badge,
    Change,
    Column,
    Context,
    Detail,
    DetailPage,
    Empty,
    Entry,
    Filter,
    Ids,
    Link,
    Note,
    Option,
    Part,
    Query,
    Rows,
    Story,
    TablePage,
)
from api.console.desk import provenance_of
from api.console.entries import act_words, changes_of, icon_of, referred
from api.console.paging import read_rows
from api.console.subjects import Subject, kind_of, names_of_subjects, page_of
from api.console.trail_sealed import numbers_of, show, trail_head
from governance.audit.models import Entry as Row
from governance.audit.queries import visible_entries
from governance.kernel.page import Order
from governance.kernel.work import Work

STORY_AT_MOST: Final = 200
LOOKED_AT: Final = 2_000
SHORT_ID: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the list shows it."""

    id: UUID
    recorded_at: datetime
    act: str
    actor: str
    subject: str
    kind: str
    href: str
    reason: str
    number: str
    sealed: Link | None


async def trail(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it; as of an instant, what had been written by then."""
    asked = query.filters
    until = None if ctx.as_of is None else ctx.as_of + timedelta(microseconds=1)
    async with ctx.work() as work:
        chosen = visible_entries(
            work, act=asked.get("act") or None, actor=asked.get("actor") or None,
            subject_type=asked.get("subject") or None, until=until,
        )  # fmt: skip
        read = await read_rows(work, query, chosen, (Order(Row.recorded_at, True), Order(Row.id, True)))
        lines = await _lines(ctx, work, read.page.rows)
        freshness = await trail_head(ctx, work)
    return Rows(
        lines, total=read.total, next=read.next, previous=read.previous, freshness=freshness,
        provenance=await provenance_of(ctx),
    )  # fmt: skip


async def _lines(ctx: Context, work: Work, rows: Sequence[Row]) -> list[Line]:
    actors = await actors_of(ctx, work, [each.actor for each in rows])
    names = await names_of_subjects(ctx, work, [(each.subject_type, each.subject_id) for each in rows])
    numbers = await numbers_of(work, [each.id for each in rows])
    return [
        Line(
            each.id, each.recorded_at, act_words(ctx, each.act), actors[each.actor],
            names[each.subject_type, each.subject_id],
            _kind(ctx, each.subject_type, names[each.subject_type, each.subject_id]),
            f"/trail/{each.subject_type}/{each.subject_id}", each.reason or "", str(each.id)[-SHORT_ID:],
            Link(f"#{numbers[each.id]}", f"/trail-files/proofs/{each.id}") if each.id in numbers else None,
        )
        for each in rows
    ]  # fmt: skip


def _kind(ctx: Context, kind: str, name: str) -> str:
    """The kind below a name; nothing where the kind is all the name there is."""
    said = kind_of(ctx, kind)
    return "" if said == name else said


async def _seen(ctx: Context, column: Any) -> list[str]:
    """The values a column has among the newest entries, bounded so that a long trail is not read for a filter."""
    async with ctx.work() as work:
        newest = visible_entries(work).with_only_columns(column.label("value"))
        newest = newest.order_by(Row.recorded_at.desc(), Row.id.desc()).limit(LOOKED_AT)
        values = (await work.session.execute(select(newest.subquery().c.value).distinct())).scalars().all()
    return sorted(values)


async def act_options(ctx: Context) -> tuple[Option, ...]:
    """The acts of the newest entries, in words."""
    acts = await _seen(ctx, Row.act)
    return (Option("", "licenses.any"), *(Option(each, text=act_words(ctx, each)) for each in acts))


async def actor_options(ctx: Context) -> tuple[Option, ...]:
    """Who acted in the newest entries, by name."""
    principals = await _seen(ctx, Row.actor)
    async with ctx.work() as work:
        names = await actors_of(ctx, work, principals)
    options = [Option(each, text=names[each]) for each in principals]
    return (Option("", "trail.anyone"), *sorted(options, key=lambda option: option.text.casefold()))


async def subject_options(ctx: Context) -> tuple[Option, ...]:
    """The kinds of objects in the newest entries."""
    kinds = await _seen(ctx, Row.subject_type)
    return (Option("", "licenses.any"), *(Option(each, text=kind_of(ctx, each)) for each in kinds))


async def story(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """Everything that was done to one object. Nothing recorded reads like what is not there."""
    kind, subject_id = ids["type"], id_of(ids["id"], "subject")
    until = None if ctx.as_of is None else ctx.as_of + timedelta(microseconds=1)
    async with ctx.work() as work:
        asked = visible_entries(
            work, subject_type=kind, subject_id=subject_id, until=until, act=query.filters.get("act") or None,
            actor=query.filters.get("actor") or None,
        )  # fmt: skip
        found = await work.session.execute(
            asked.order_by(Row.recorded_at.desc(), Row.id.desc()).limit(STORY_AT_MOST + 1)
        )
        rows = found.scalars().all()
        if not rows and not query.narrowed:
            return None
        actors = await actors_of(ctx, work, [each.actor for each in rows])
        pointed = referred(each for row in rows for each in (row.before, row.after))
        names = await names_of_subjects(ctx, work, {(kind, subject_id), *pointed})
        freshness = await trail_head(ctx, work)
    shown = rows[:STORY_AT_MOST]
    parts: list[Part] = [Story(_entries(ctx, shown, actors, names), Empty(ctx.text("list.no_match"), "", "filter-off"))]
    if len(rows) > STORY_AT_MOST:
        parts.append(Note(ctx.text("trail.newest", count=STORY_AT_MOST)))
    href = page_of(ctx, kind, subject_id)
    to_page = (Action("trail.open", href, icon="link", changes=False),) if href else ()
    return Detail(
        names[kind, subject_id], ((ctx.text("trail.title"), "/trail"), (kind_of(ctx, kind), f"/trail?subject={kind}")),
        (Badge(ctx.text("trail.entries", count=len(shown))),), parts=tuple(parts), actions=to_page,
        freshness=freshness, provenance=await provenance_of(ctx),
    )  # fmt: skip


def _entries(
    ctx: Context, rows: Sequence[Row], actors: Mapping[str, str], names: Mapping[Subject, str]
) -> tuple[Entry, ...]:
    """Newest first; the number is the entry's place in the story, the code the end of its id."""
    entries, year = [], ctx.now.astimezone(ctx.zone).year
    for index, row in enumerate(rows):
        local = row.recorded_at.astimezone(ctx.zone)
        day = formats.short_day if local.year == year else formats.day
        said = " · ".join(each for each in (actors[row.actor], row.reason or "") if each)
        entries.append(
            Entry(
                day(ctx.locale, local.date()), formats.clock(ctx.locale, local), act_words(ctx, row.act), said,
                icon_of(row.act),
                tuple(Change(*each) for each in changes_of(ctx, row.subject_type, row.before, row.after, names)),
                f"#{len(rows) - index}", str(row.id)[-SHORT_ID:],
            )
        )  # fmt: skip
    return tuple(entries)


ACT: Final = Filter("act", "trail.act", act_options)
ACTOR: Final = Filter("actor", "trail.by", actor_options, icon="person")
LIST: Final = TablePage(
    name="trail", path="/trail", title="trail.title", action="audit:read", nav="trail", rows=trail,
    columns=(
        Column("act", "trail.act", sub=lambda row: row.reason, strong=True),
        Column("subject", "trail.subject", sub=lambda row: row.kind, href=lambda row: row.href),
        Column("actor", "trail.by", leaves=3),
        Column("recorded_at", "trail.when", kind="date", leaves=4),
        Column("number", "trail.entry", kind="code", leaves=1, quiet=True),
        Column("sealed", "sealed.number", kind="link", leaves=1, quiet=True),
        Column("kind", "trail.kind", file_only=True),
        Column("reason", "trail.reason", file_only=True),
    ),
    filters=(ACT, ACTOR, Filter("subject", "trail.subject", subject_options, icon="file")),
    row_href=lambda row: row.href, empty=Empty("trail.empty", "trail.empty_text", "history"),
)  # fmt: skip
STORY: Final = DetailPage(
    name="story", path="/trail/{type}/{id}", gather=story, action="audit:read", nav="trail", filters=(ACT, ACTOR)
)
SEAL: Final = DetailPage(name="seal", path="/trail/seal", gather=show, action="audit:read", nav="trail")
PAGES: Final = (LIST, STORY, SEAL)
