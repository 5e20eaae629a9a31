"""Imports exchange rates for the whole installation: a known rate stays, one that differs supersedes it and is told."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from governance.catalog.models import ExchangeRate
from governance.catalog.rules import ECB
from governance.imports.formats.ecb_rates import DayRates, read_day, read_headers
from governance.imports.rest import rest_for
from governance.imports.rules import CHUNK, Counts, ImportOutcome, Issue, IssueCode, bounded
from governance.imports.sheet import open_sheet
from governance.kernel.work import Change, Work
from governance.runs.desk import RunDesk
from policies.access.actions import Action

Key = tuple[date, str]


@dataclass
class _Told:
    """What the import comes to so far: days as rows, and each rate."""

    rows: int = 0
    rejected: int = 0
    days: Counts = field(default_factory=Counts)
    rates: Counts = field(default_factory=Counts)
    issues: list[Issue] = field(default_factory=list)
    seen: dict[date, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        outcome = ImportOutcome(
            self.rows, self.rows - self.rejected, self.rejected, self.days.created, self.days.updated,
            self.days.unchanged, bounded(self.issues),
        )  # fmt: skip
        span = {"first_day": min(self.seen).isoformat(), "last_day": max(self.seen).isoformat()} if self.seen else {}
        return outcome.document() | {"rates": asdict(self.rates)} | span


@dataclass(frozen=True)
class _Part:
    """Days to be kept in one transaction, and what is known of them: rate by day and currency."""

    days: Sequence[DayRates]
    known: Mapping[Key, ExchangeRate]

    def rates(self) -> dict[Key, str]:
        return {(day.day, currency): rate for day in self.days if day.day for currency, rate in day.rates.items()}

    def new(self) -> dict[Key, str]:
        return {key: rate for key, rate in self.rates().items() if key not in self.known}

    def corrected(self) -> dict[Key, str]:
        rates = self.rates()
        return {key: rates[key] for key, row in self.known.items() if key in rates and not _same(row, rates[key])}


def _same(row: ExchangeRate, rate: str) -> bool:
    """Whether the bank has said this number before; what somebody else said is superseded even by the same number."""
    return row.source == ECB and row.says(rate)


async def import_ecb_rates(desk: RunDesk, path: Path) -> dict[str, Any]:
    """Take the table in, a thousand rates a transaction; each step is safe to repeat.

    Answers an ImportOutcome as a document, its rows being days, with `rates` counted one by one. Raises SheetRefused,
    LeaseLost, Cancelled.
    """
    told, today, rest = _Told(), desk.office.clock.now().date(), rest_for(desk.office.database)
    async with open_sheet(path) as sheet, aclosing(sheet.rows) as rows:  # type: ignore[type-var]
        headers = read_headers(sheet.headers)
        for header in headers.unknown:
            said = f"Column {header!r} is no currency and was not read."
            told.issues.append(Issue(1, header, IssueCode.UNKNOWN_COLUMN, said))
        waiting: list[DayRates] = []
        async for row in rows:
            day = read_day(row, headers, today)
            if _accepted(told, day):
                waiting.append(day)
            if sum(len(each.rates) for each in waiting) >= CHUNK:
                await _take(desk, waiting, told)
                waiting = []
                await desk.progress("merge", told.rows)
                await rest()
        await _take(desk, waiting, told)
    return told.document()


def _accepted(told: _Told, day: DayRates) -> bool:
    told.rows += 1
    if day.day is not None and (first := told.seen.setdefault(day.day, day.number)) != day.number:
        said = f"Row {first} has the same day; keep one of them. Row {first} was taken."
        day.issues.append(Issue(day.number, None, IssueCode.DUPLICATE, said))
    told.issues += day.issues
    told.rejected += not day.accepted
    return day.accepted


async def _take(desk: RunDesk, days: Sequence[DayRates], told: _Told) -> None:
    if not days:
        return
    async with desk.reading() as work:
        part = await _part(work, days)
    if not desk.asked["dry_run"] and (part.new() or part.corrected()):
        await desk.check()
        async with _everywhere(desk) as work:
            part = await _part(work, days)
            await _keep(work, part)
    new, corrected = part.new(), part.corrected()
    told.rates += Counts(len(new), len(corrected), len(part.rates()) - len(new) - len(corrected))
    for day in days:
        keys = {(day.day, currency) for currency in day.rates if day.day is not None}
        created = bool(keys) and keys <= new.keys()
        updated = not created and not keys.isdisjoint(new.keys() | corrected.keys())
        told.days += Counts(created, updated, not created and not updated)
        for key in sorted(keys & corrected.keys()):
            said = f"{key[1]} was {part.known[key].rate} and is {corrected[key]} now; the earlier rate stays readable."
            told.issues.append(Issue(day.number, key[1], IssueCode.RATE_CHANGED, said))


async def _part(work: Work, days: Sequence[DayRates]) -> _Part:
    asked = [day.day for day in days]
    query = select(ExchangeRate).where(ExchangeRate.superseded_at.is_(None), ExchangeRate.day.in_(asked))
    rows = (await work.session.execute(query)).scalars()
    return _Part(days, {(row.day, row.currency): row for row in rows})


async def _keep(work: Work, part: _Part) -> None:
    """Write new rates and corrections, with entries in the trail of the tenant at whose terminal they came in."""
    now, new, corrected = work.now(), part.new(), part.corrected()
    gone = [{"id": part.known[key].id, "superseded_at": now} for key in corrected]
    if gone:
        await work.session.execute(update(ExchangeRate), gone)
    rows: list[dict[str, Any]] = [
        {
            "id": work.new_id(), "day": day, "currency": currency, "rate": rate, "recorded_at": now,
            "superseded_at": None, "source": ECB,
        }
        for (day, currency), rate in sorted({**new, **corrected}.items())
    ]  # fmt: skip
    await work.session.execute(insert(ExchangeRate), rows)
    days = [row["day"] for row in rows]
    after = {"first_day": min(days), "last_day": max(days), "rates": len(new)}
    changes = [Change(Action.IMPORT_RUN, "exchange_rates", work.request_id, after=after)] if new else []
    changes += [
        Change(
            Action.IMPORT_RUN, "exchange_rate", part.known[key].id,
            before={"rate": part.known[key].rate}, after={"day": key[0], "currency": key[1], "rate": rate},
        )
        for key, rate in corrected.items()
    ]  # fmt: skip
    await work.record_all(changes)


@asynccontextmanager
async def _everywhere(desk: RunDesk) -> AsyncIterator[Work]:
    """Open a desk that may write what belongs to no tenant; only the installation's operator comes here."""
    office, actor = desk.office, await desk.actor()
    gate = await office.gates(desk.tenant_id)
    async with office.database.system_write() as session:
        yield Work(session, actor, gate, office.clock, office.ids, office, desk.run_id)
        await session.flush()
