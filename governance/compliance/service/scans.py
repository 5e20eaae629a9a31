"""A scan: every check is asked once as of one instant; findings open, stay or resolve; a crash never reads as clean."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.models import CheckResult, Finding, Scan
from governance.compliance.roster import CHECKS, roster_version
from governance.compliance.rules import CheckState
from governance.compliance.service.merging import Tally, merge, resolve_unseen
from governance.kernel.work import Change, Work
from governance.runs.desk import RunDesk
from governance.runs.models import Run
from governance.runs.rules import RunKind
from governance.runs.service import RunRequest, request_run
from policies.access.actions import Action
from policies.access.parties import Ownership

log = logging.getLogger("lictor.scans")
PAGE = 1000


@dataclass
class CheckCrashed(Exception):
    """A check's SELECT could not be built or read; what went wrong stands in the log under the correlation id."""

    correlation: UUID

    def __str__(self) -> str:
        return f"The check could not be evaluated. Correlation id {self.correlation}."


async def start_scan(work: Work, key: str | None = None) -> Run:
    """Ask for a scan of the tenant; it runs after this transaction commits. The same `key` gives the same run.

    Raises Refused, IdempotencyMismatch.
    """
    work.permit(Action.SCAN_RUN, Ownership(work.tenant_id), "the tenant")
    return await request_run(work, RunRequest(RunKind.SCAN, {}, key))


async def scan(desk: RunDesk, checks: Sequence[Check] = CHECKS) -> dict[str, Any]:
    """Run every check and keep what it finds. Safe to repeat: what a killed worker had finished is not done again.

    Gives the outcome: scan, complete, violations and state per check, findings opened, changed and resolved.
    Raises Refused where the asker may no longer scan, LeaseLost, Cancelled.
    """
    row = await _begin(desk, checks)
    facts = Facts(desk.tenant_id, row.as_of, row.as_of)
    done = await _done(desk, row.id)
    for number, check in enumerate(checks):
        await desk.progress(check.id, number, len(checks))
        if check.id not in done:
            await _ask(desk, row, check, facts)
    await _retire(desk, row, checks)
    outcome = await _end(desk, row)
    await desk.progress("done", len(checks), len(checks))
    return outcome


async def _begin(desk: RunDesk, checks: Sequence[Check]) -> Scan:
    async with desk.working() as work:
        work.permit(Action.SCAN_RUN, Ownership(work.tenant_id), "the tenant")
        row = await work.session.get(Scan, (work.tenant_id, desk.run_id))
        if row is None:
            row = Scan(
                tenant_id=work.tenant_id, id=desk.run_id, as_of=work.now(), started_at=work.now(),
                roster_version=roster_version(checks),
            )  # fmt: skip
            work.session.add(row)
            await work.session.flush()
            after = {"as_of": row.as_of, "roster_version": row.roster_version}
            await work.record(Change(Action.SCAN_RUN, "scan", row.id, after=after))
    return row


async def _done(desk: RunDesk, scan_id: UUID) -> frozenset[str]:
    async with desk.reading() as work:
        found = await work.session.execute(
            select(CheckResult.check_id).where(CheckResult.tenant_id == desk.tenant_id, CheckResult.scan_id == scan_id)
        )
        return frozenset(found.scalars())


async def _ask(desk: RunDesk, row: Scan, check: Check, facts: Facts) -> None:
    tally = Tally()
    try:
        await _read(desk, row, check, facts, tally)
    except CheckCrashed as crash:
        await _keep(desk, row, check, CheckState.ERRORED, tally, str(crash))
        return
    tally.resolved = await resolve_unseen(desk, row, Finding.check_id == check.id)
    await _keep(desk, row, check, CheckState.FOUND if tally.seen else CheckState.CLEAN, tally, None)


async def _read(desk: RunDesk, row: Scan, check: Check, facts: Facts, tally: Tally) -> None:
    """Read the violations once, from one snapshot, and merge them page by page, each page in its own transaction."""
    async with desk.office.database.read(desk.tenant_id) as session:
        try:
            pages = (await session.stream(check.violations(facts))).mappings()
            page = await pages.fetchmany(PAGE)
        except Exception as error:
            raise _crashed(check, error) from error
        while page:
            await merge(desk, row, check, page, tally)
            try:
                page = await pages.fetchmany(PAGE)
            except Exception as error:
                raise _crashed(check, error) from error


def _crashed(check: Check, error: Exception) -> CheckCrashed:
    crash = CheckCrashed(uuid4())
    log.error("check %s crashed, correlation id %s", check.id, crash.correlation, exc_info=error)
    return crash


async def _keep(desk: RunDesk, row: Scan, check: Check, state: CheckState, tally: Tally, error: str | None) -> None:
    async with desk.working() as work:
        work.session.add(
            CheckResult(
                tenant_id=work.tenant_id, id=work.new_id(), scan_id=row.id, check_id=check.id,
                rule_version=check.rule_version, state=state, violations=tally.seen, error=error,
            )
        )  # fmt: skip
        await work.session.flush()
        after = {
            "check": check.id, "state": state, "violations": tally.seen, "opened": tally.opened,
            "changed": tally.changed, "resolved": tally.resolved,
        }  # fmt: skip
        await work.record(Change("scan:check", "scan", row.id, after=after))


async def _retire(desk: RunDesk, row: Scan, checks: Sequence[Check]) -> None:
    """Resolve the findings of checks that no longer exist: nothing would ever look at them again."""
    await resolve_unseen(desk, row, Finding.check_id.not_in([check.id for check in checks]), "the check was retired")


async def _end(desk: RunDesk, row: Scan) -> dict[str, Any]:
    async with desk.working() as work:
        kept = await work.session.get(Scan, (work.tenant_id, row.id), with_for_update={"key_share": True})
        assert kept is not None
        results = await work.session.execute(
            select(CheckResult.check_id, CheckResult.state, CheckResult.violations)
            .where(CheckResult.tenant_id == work.tenant_id, CheckResult.scan_id == row.id)
            .order_by(CheckResult.check_id)
        )
        told = {check_id: {"state": state.value, "violations": count} for check_id, state, count in results.all()}
        kept.complete = all(one["state"] != CheckState.ERRORED for one in told.values())
        kept.ended_at = work.now()
        opened, resolved = await _changed(work, row)
        await work.session.flush()
        await work.record(Change("scan:end", "scan", row.id, after={"complete": kept.complete}))
    return {
        "scan": str(row.id), "complete": kept.complete, "checks": told, "opened": opened, "resolved": resolved,
    }  # fmt: skip


async def _changed(work: Work, row: Scan) -> tuple[int, int]:
    """Count the findings which this scan opened, and those which it resolved."""
    of_tenant = select(func.count()).where(Finding.tenant_id == work.tenant_id)
    opened = await work.session.execute(of_tenant.where(Finding.opened_scan_id == row.id))
    resolved = await work.session.execute(of_tenant.where(Finding.resolved_scan_id == row.id))
    return int(opened.scalar_one()), int(resolved.scalar_one())
