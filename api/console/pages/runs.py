"""Runs: how far long work is, what came of it, and stopping it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api.console.acting import actors_of, id_of
from api.console.declare import (
    Badge,
    Column,
    Context,
    Detail,
    DetailPage,
    Done,
    Empty,
    Filter,
    FormPage,
    Ids,
    Level,
    Note,
    Opened,
    Option,
    Outcome,
    Part,
    Query,
    Rows,
    Status,
    TablePage,
)
from api.console.desk import desk_of, provenance_of
from api.console.import_read import import_actions, import_parts
from api.console.paging import read_rows
from api.console.run_outcome import asked_of, outcome_parts, result_of
from api.console.runs_read import progress, run_status, run_title
from api.console.standing import today_only
from governance.kernel.page import Order
from governance.kernel.work import Work
from governance.runs.models import Run
from governance.runs.queries import run, state_at, visible_runs
from governance.runs.rules import ENDED, RunKind, RunState
from governance.runs.service import cancel_run

MINE: Final = "mine"


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as a list shows it."""

    id: UUID
    title: str
    asked: str
    by: str
    status: Status
    created_at: datetime
    ended_at: datetime | None


async def run_rows(ctx: Context, work: Work, found: Sequence[Run]) -> list[RunRow]:
    """Runs with the names they are read under."""
    actors = await actors_of(ctx, work, [each.principal for each in found])
    return [
        RunRow(
            each.id,
            run_title(ctx, each),
            asked_of(ctx, each),
            actors[each.principal],
            run_status(ctx, each),
            each.created_at,
            None if ctx.as_of and each.ended_at and each.ended_at > ctx.as_of else each.ended_at,
        )
        for each in found
    ]


async def runs(ctx: Context, query: Query) -> Rows:
    """The list as its address asks for it, the newest first."""
    kind, state, whose = (query.filters.get(name, "") for name in ("kind", "state", "whose"))
    async with ctx.work() as work:
        chosen, stood = visible_runs(work), state_at(ctx.as_of)
        if ctx.as_of is not None:
            chosen = chosen.where(Run.created_at <= ctx.as_of)
        if kind in set(RunKind):
            chosen = chosen.where(Run.kind == RunKind(kind))
        if state in set(RunState):
            chosen = chosen.where(stood == RunState(state))
        if whose == MINE:
            chosen = chosen.where(Run.principal == work.actor.principal)
        read = await read_rows(work, query, chosen, (Order(Run.created_at, True), Order(Run.id, True)))
        rows = await run_rows(ctx, work, read.page.rows)
    return Rows(
        rows, total=read.total, next=read.next, previous=read.previous, provenance=await provenance_of(ctx)
    )  # fmt: skip


async def show(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    """The page of one run: its progress, then what came of it."""
    run_id = id_of(ids["id"], "run")
    async with ctx.work() as work:
        row = await run(work, run_id)
        [listed] = await run_rows(ctx, work, [row])
    told = progress(ctx, row, sub=_asked_by(ctx, row, listed), result=result_of(ctx, row))
    parts: list[Part] = [*today_only(ctx), told]
    if row.error and row.state is not RunState.DONE:
        parts.append(Note(ctx.text("runs.failed", error=row.error), level=Level.CRITICAL))
    parts += await outcome_parts(ctx, row)
    if row.kind is RunKind.IMPORT_FILE:
        parts += await import_parts(ctx, row)
    return Detail(
        listed.title,
        ((ctx.text("runs.title"), "/runs"),),
        (Badge(ctx.text(f"runs.state_{row.state.value.lower()}")),),
        parts=tuple(parts),
        actions=await import_actions(ctx, row),
        provenance=await provenance_of(ctx),
    )


def _asked_by(ctx: Context, row: Run, listed: RunRow) -> str:
    return " · ".join(each for each in (listed.asked, ctx.text("runs.asked_by", who=listed.by)) if each)


async def cancel_opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    """What stopping a run means, for who comes here by its address. Raises NotFound."""
    async with ctx.work() as work:
        row = await run(work, id_of(ids["id"], "run"))
    here = f"/runs/{row.id}"
    crumbs = ((ctx.text("runs.title"), "/runs"), (run_title(ctx, row), here))
    return Opened(ctx.text("runs.cancel"), {}, ctx.text("runs.cancel_text"), crumbs, cancel=here)


async def cancel(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    """Stop the run: at once where it waits, at its next look where it works."""
    run_id = id_of(ids["id"], "run")

    async def verb(work: Work) -> Run:
        return await cancel_run(work, run_id)

    row = await desk_of(ctx).perform(verb)
    return Done(f"/runs/{run_id}", ctx.text("runs.cancelled" if row.state in ENDED else "runs.will_stop"))


KINDS: Final = Filter(
    "kind", "runs.kind",
    (Option("", "licenses.any"), *(Option(each.value, f"runs.kind_{each.value.lower()}") for each in RunKind)),
    icon="report",
)  # fmt: skip
STATES: Final = Filter(
    "state", "table.status",
    (Option("", "licenses.any"), *(Option(each.value, f"runs.state_{each.value.lower()}") for each in RunState)),
)  # fmt: skip
WHOSE: Final = Filter("whose", "runs.whose", (Option("", "runs.everybody"), Option(MINE, "runs.mine")), icon="person")
LIST: Final = TablePage(
    name="runs", path="/runs", title="runs.title", action="run:read", nav="reports", rows=runs,
    columns=(
        Column("title", "runs.run", sub=lambda row: row.asked, strong=True),
        Column("asked", "runs.what", file_only=True),
        Column("by", "runs.by", leaves=2),
        Column("created_at", "runs.created", kind="date", leaves=1),
        Column("ended_at", "runs.ended", kind="date", leaves=3),
        Column("status", "table.status", kind="status"),
    ),
    filters=(KINDS, STATES, WHOSE), row_href=lambda row: f"/runs/{row.id}",
    empty=Empty("runs.empty", "runs.empty_text", "report"),
)  # fmt: skip
CANCEL: Final = FormPage(
    name="run-cancel", path="/runs/{id}/cancel", fields=(), opens=cancel_opens, submit=cancel, button="runs.cancel",
    action="run:read", nav="reports",
)  # fmt: skip
DETAIL: Final = DetailPage(name="run", path="/runs/{id}", gather=show, action="run:read", nav="reports")
PAGES: Final = (LIST, CANCEL, DETAIL)
