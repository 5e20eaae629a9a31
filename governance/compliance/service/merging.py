"""Merging what a check found into the findings that stand: new ones open, known ones stay, the unseen resolve."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from governance.audit.entries import plain
from governance.compliance.check import COLUMNS, Check
from governance.compliance.models import Finding, FindingStep, Scan
from governance.compliance.rules import FindingState, standing
from governance.kernel.work import Work
from governance.runs.desk import RunDesk

AT_ONCE = 1000
SAME = ("subject_name", "unit_id", "region", "owner_id", "has", "needs")
TRIES = 3


@dataclass
class Tally:
    """What came of one check in one scan so far."""

    seen: int = 0
    opened: int = 0
    changed: int = 0
    resolved: int = 0


@dataclass
class Batch:
    """The rows one page leads to: written in four statements, however many findings there are."""

    opened: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    stayed: list[UUID] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)


async def merge(desk: RunDesk, scan: Scan, check: Check, page: Sequence[RowMapping], tally: Tally) -> None:
    """Bring the findings of one check up to date with one page of its violations, in one transaction.

    A scan beside this one may open the same finding first: the page is then merged anew and finds it open.
    """
    for attempt in range(1, TRIES + 1):
        try:
            async with desk.working() as work:
                batch = await _compare(work, scan, check, page)
                await _write(work, scan, batch)
        except IntegrityError:
            if attempt == TRIES:
                raise
        else:
            break
    tally.seen += len(page)
    tally.opened += len(batch.opened)
    tally.changed += len(batch.changed)


async def resolve_unseen(desk: RunDesk, scan: Scan, which: ColumnElement[bool], reason: str = "no longer found") -> int:
    """Resolve the unresolved findings of `which` that this scan has not seen; those seen by a later one stay."""
    resolved = 0
    while True:
        async with desk.working() as work:
            found = await work.session.execute(
                select(Finding)
                .where(
                    Finding.tenant_id == work.tenant_id,
                    Finding.resolved_at.is_(None),
                    which,
                    _seen_before(scan),
                )
                .order_by(Finding.id)
                .limit(AT_ONCE)
                .with_for_update(key_share=True)
            )
            rows = found.scalars().all()
            values = {"state": FindingState.RESOLVED, "resolved_at": scan.as_of, "resolved_scan_id": scan.id}
            batch = Batch(
                changed=[_change(row, {**values, "waived_until": None}) for row in rows],
                steps=[_step(work, row, FindingState.RESOLVED, scan.as_of, reason) for row in rows],
            )
            await _write(work, scan, batch)
        resolved += len(rows)
        if len(rows) < AT_ONCE:
            return resolved


def _seen_before(scan: Scan) -> ColumnElement[bool]:
    """Say which findings an earlier scan has seen last; of two at one instant the one with the lower id is earlier."""
    at_once = and_(Finding.last_seen_at == scan.as_of, Finding.last_seen_scan_id < scan.id)
    return or_(Finding.last_seen_at < scan.as_of, at_once)


async def _compare(work: Work, scan: Scan, check: Check, page: Sequence[RowMapping]) -> Batch:
    found = await work.session.execute(
        select(Finding)
        .where(
            Finding.tenant_id == work.tenant_id,
            Finding.check_id == check.id,
            Finding.resolved_at.is_(None),
            Finding.subject_id.in_([row["subject_id"] for row in page]),
        )
        .with_for_update(key_share=True)
    )
    standing_now = {(row.subject_type, row.subject_id): row for row in found.scalars()}
    batch = Batch()
    for violation in page:
        known = standing_now.get((violation["subject_type"], violation["subject_id"]))
        if known is None:
            _open(work, scan, check, violation, batch)
        elif (known.last_seen_at, known.last_seen_scan_id) <= (scan.as_of, scan.id):
            _stay(work, scan, check, violation, known, batch)
    return batch


def _open(work: Work, scan: Scan, check: Check, violation: RowMapping, batch: Batch) -> None:
    row = {
        "tenant_id": work.tenant_id, "id": work.new_id(), "check_id": check.id, **_told(check, violation),
        "subject_type": violation["subject_type"], "subject_id": violation["subject_id"],
        "state": FindingState.OPEN, "opened_at": scan.as_of, "last_seen_at": scan.as_of,
        "opened_scan_id": scan.id, "last_seen_scan_id": scan.id, "version": 1,
    }  # fmt: skip
    batch.opened.append(row)
    batch.steps.append(
        {
            "tenant_id": work.tenant_id, "id": work.new_id(), "finding_id": row["id"], "number": 1,
            "state": FindingState.OPEN, "has": row["has"], "needs": row["needs"], "at": scan.as_of,
            "recorded_at": work.now(), "actor": work.actor.principal, "reason": None, "until": None,
        }
    )  # fmt: skip


def _stay(work: Work, scan: Scan, check: Check, violation: RowMapping, known: Finding, batch: Batch) -> None:
    batch.stayed.append(known.id)
    told = _told(check, violation)
    state = standing(known.state, known.waived_until, scan.as_of)
    over = state is not known.state
    if not over and all(getattr(known, key) == value for key, value in told.items()):
        return
    values = {**told, "state": state, "waived_until": None if over else known.waived_until}
    batch.changed.append(_change(known, values))
    at = known.waived_until if over and known.waived_until else scan.as_of
    reason = "the waiver ran out" if over else None
    step = _step(work, known, state, at, reason, has=told["has"], needs=told["needs"], until=values["waived_until"])
    batch.steps.append(step)


def _told(check: Check, violation: RowMapping) -> dict[str, Any]:
    facts = {key: value for key, value in violation.items() if key not in COLUMNS}
    return {
        **{key: violation[key] for key in SAME},
        "severity": check.severity,
        "rule_version": check.rule_version,
        "facts": plain(facts),
    }


def _change(row: Finding, values: dict[str, Any]) -> dict[str, Any]:
    return {"tenant_id": row.tenant_id, "id": row.id, "version": row.version + 1, **values}


def _step(
    work: Work, row: Finding, state: FindingState, at: datetime, reason: str | None, **changed: Any
) -> dict[str, Any]:
    return {
        "tenant_id": row.tenant_id, "id": work.new_id(), "finding_id": row.id, "number": row.version + 1,
        "state": state, "has": row.has, "needs": row.needs, "at": at, "recorded_at": work.now(),
        "actor": work.actor.principal, "reason": reason, "until": None, **changed,
    }  # fmt: skip


async def _write(work: Work, scan: Scan, batch: Batch) -> None:
    if batch.opened:
        await work.session.execute(insert(Finding), batch.opened)
    if batch.stayed:
        await work.session.execute(
            update(Finding)
            .where(Finding.tenant_id == work.tenant_id, Finding.id.in_(batch.stayed))
            .values(last_seen_at=scan.as_of, last_seen_scan_id=scan.id)
            .execution_options(synchronize_session=False)
        )
    if batch.changed:
        await work.session.execute(update(Finding), batch.changed)
    if batch.steps:
        await work.session.execute(insert(FindingStep), batch.steps)
