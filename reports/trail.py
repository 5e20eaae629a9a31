"""Who did what to which object, before and after: the entries of the audit trail up to an instant."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Select

from governance.audit.models import Entry
from governance.audit.queries import visible_entries
from governance.kernel.errors import Refused
from governance.kernel.page import Order, Window, count_all, read_page
from policies.access.actions import Action
from reports.ground import Gathered, Ground, LeftOut, Table, gathered
from reports.shape import Report
from reports.workbook import Column, Kind, Row

KEY = "trail"
PAGE = 1_000
EXTRACT_DAYS, REPORT_DAYS = 31, 366
WIDTHS = {"actor": 44, "subject_id": 38, "before": 50, "after": 50, "request_id": 38, "entry_id": 38}
TEXTS = ("actor", "act", "subject_type", "subject_id", "before", "after", "reason", "request_id", "entry_id")


async def gather(ground: Ground, days: int = EXTRACT_DAYS) -> Table | LeftOut:
    """Gather the entries of so many days up to the instant, and none that were written after `known_at`."""
    if not ground.work.gate.reach(ground.work.actor, Action.AUDIT_READ).everything:
        return LeftOut(KEY, ground.words("left_out.trail"))
    query = _entries(ground, days)
    words = ground.words
    return Table(
        key=KEY,
        columns=(
            Column("recorded_at", words("trail.recorded_at"), Kind.INSTANT, 20),
            *(Column(key, words(f"trail.{key}"), width=WIDTHS.get(key, 22)) for key in TEXTS),
        ),
        rows=_rows(ground, query),
        expected=await count_all(ground.work.session, query.with_only_columns(Entry.id)),
        note=words("note.trail", days=days),
    )


async def _report(ground: Ground) -> Gathered:
    part = await gather(ground, REPORT_DAYS)
    if isinstance(part, LeftOut):
        raise Refused(Action.AUDIT_READ.value, "the trail, which lies in no unit")
    return gathered(part)


REPORT = Report("trail", (Action.AUDIT_READ,), _report)


def _entries(ground: Ground, days: int) -> Select[Any]:
    until = min(ground.when.as_of, ground.when.known_at)
    since = ground.when.as_of - timedelta(days=days)
    return visible_entries(ground.work, since=since).where(Entry.recorded_at <= until)


async def _rows(ground: Ground, query: Select[Any]) -> AsyncIterator[Row]:
    order = (Order(Entry.recorded_at), Order(Entry.id))
    window: Window | None = Window(PAGE)
    while window is not None:
        page = await read_page(ground.work.session, query, order, window)
        for entry in page.rows:
            yield {
                "recorded_at": entry.recorded_at,
                "actor": entry.actor,
                "act": entry.act,
                "subject_type": entry.subject_type,
                "subject_id": str(entry.subject_id),
                "before": _said(entry.before),
                "after": _said(entry.after),
                "reason": entry.reason,
                "request_id": str(entry.request_id),
                "entry_id": str(entry.id),
            }
        window = Window(PAGE, edge=page.keys[-1]) if page.has_next else None


def _said(values: dict[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
