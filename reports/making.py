"""Builds a report: gathers under the reader's rights at one moment, writes the form that was asked for, proves it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from governance.audit.queries import SealState, head, seal_state
from governance.compliance.roster import roster_version
from governance.metrics.answers import Freshness, freshness_at, scope_of, tenant_of
from governance.metrics.definitions import definitions
from reports.asking import Format, ReportRequest
from reports.cover import cover_rows, scope_in
from reports.errors import ReportTooLarge
from reports.ground import Gathered, Ground, Reader, Table, ground_of
from reports.manifest import Checkpoint, Manifest, Watch
from reports.plain_text import save_csv, save_csv_zip, save_jsonl
from reports.shape import Report
from reports.tables import Sheet
from reports.words import Words
from reports.workbook import MAX_ROWS, Row, Value, Workbook

Progress = Callable[[str, int, int | None], Awaitable[None]]
TOLD_EVERY, YIELD_EVERY = 500, 50


@dataclass(frozen=True)
class _Cover:
    """Answers once the rows have passed its watches; `standing` is the manifest before there were any."""

    standing: Manifest
    tables: tuple[Table, ...]
    watches: tuple[Watch, ...]
    words: Words
    sources: tuple[Freshness, ...]
    made_at: datetime

    def manifest(self) -> Manifest:
        return replace(self.standing, sheets=tuple(watch.seen() for watch in self.watches))

    def rows(self) -> Iterable[tuple[str, Value]]:
        return cover_rows(self.manifest(), self.tables, self.words, self.sources, self.made_at)


async def make_report(reader: Reader, report: Report, request: ReportRequest, to: Path, progress: Progress) -> Manifest:
    """Build `report` at `to`, which appears whole or not at all.

    Raises NotFound, Refused, BadInput, ReportTooLarge, and what `progress` raises to stop it.
    """
    await progress("rights", 0, None)
    async with reader() as work:
        ground = await ground_of(work, request, report.needs)
        await progress("gather", 0, None)
        parts = await report.gather(ground)
        check_size(parts, request.format, ground.words)
        cover = await _cover(ground, report, parts)
        told = _Told(progress, sum(table.expected for table in parts.tables))
        await progress("write", 0, told.expected)
        await _save(to, report, request.format, cover, _sheets(cover, told))
        await progress("write", told.done, told.done)
    return cover.manifest()


@dataclass
class _Told:
    """Tells how many rows have passed, of all sheets together."""

    progress: Progress
    expected: int
    done: int = 0

    async def over(self, rows: AsyncIterator[Row]) -> AsyncIterator[Row]:
        async for row in rows:
            yield row
            self.done += 1
            if self.done % YIELD_EVERY == 0:
                await asyncio.sleep(0)  # the server answers others while it writes
            if self.done % TOLD_EVERY == 0:
                await self.progress("write", self.done, max(self.expected, self.done))


def check_size(parts: Gathered, form: Format, words: Words) -> None:
    """Let pass what the form can hold. Raises ReportTooLarge."""
    for table in parts.tables:
        if form is Format.XLSX and table.expected > MAX_ROWS:
            raise ReportTooLarge(words(f"sheet.{table.key}"), table.expected, MAX_ROWS)


async def _cover(ground: Ground, report: Report, parts: Gathered) -> _Cover:
    work, when, unit = ground.work, ground.when, ground.unit
    tenant = await tenant_of(work)
    entries, last = await head(work)
    seal = await seal_state(work.session, work.tenant_id)
    standing = Manifest(
        report=report.name, tenant=tenant.name, scope=scope_in(ground.words, await scope_of(work, report.needs[0])),
        as_of=when.as_of, known_at=when.known_at, policy_version=work.gate.revision,
        definitions_version=f"{definitions()['position'].label}, checks {roster_version()[:16]}", sheets=(),
        unit=None if unit is None else ground.words("scope.unit", name=unit.name, code=unit.code),
        left_out={part.key: part.reason for part in parts.left_out},
        withheld={table.key: table.withheld for table in parts.tables if table.withheld},
        reconciled=parts.reconciled, audit_entries=entries, audit_head=last,
        audit_checkpoint=_signed(seal), audit_unsealed=seal.waiting,
    )  # fmt: skip
    watches = tuple(Watch(table.key, table.totals) for table in parts.tables)
    sources = await freshness_at(work, when, tenant.stale_after_days)
    return _Cover(standing, parts.tables, watches, ground.words, sources, work.now())


def _signed(seal: SealState) -> Checkpoint | None:
    return None if seal.last is None else Checkpoint(seal.last.size, seal.last.root, seal.last.sealed_at)


def _sheets(cover: _Cover, told: _Told) -> tuple[tuple[str, Sheet], ...]:
    return tuple(
        (table.key, _sheet(table, told.over(watch.over(table.rows)), cover.words))
        for table, watch in zip(cover.tables, cover.watches, strict=True)
    )


def _sheet(table: Table, rows: AsyncIterator[Row], words: Words) -> Sheet:
    return Sheet(
        words(f"sheet.{table.key}"), table.columns, rows, table.totals, words("note.total"), table.note, table.charts
    )


async def _save(to: Path, report: Report, form: Format, cover: _Cover, named: tuple[tuple[str, Sheet], ...]) -> None:
    if form is Format.JSONL:
        await save_jsonl(to, cover, named)
    elif form is Format.CSV and report.many:
        await save_csv_zip(to, cover, named)
    elif form is Format.CSV:
        await save_csv(to, named[0][1])
    else:
        title, sheets = cover.words(report.title), tuple(sheet for _, sheet in named)
        names = {"cover_title": cover.words("sheet.cover"), "charts_title": cover.words("sheet.charts")}
        await Workbook(title, cover.rows, sheets, cover.made_at, **names).save(to)
