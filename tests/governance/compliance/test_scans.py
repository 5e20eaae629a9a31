"""Scans: findings open, stay and resolve; equal ones are one row; a crash never reads as clean; killed scans go on."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, func, literal, select

from governance.audit.models import Entry
from governance.compliance.checks import leaver_holds_seat, over_assigned
from governance.compliance.facts import Facts
from governance.compliance.models import CheckResult, Finding, FindingStep, Scan
from governance.compliance.queries import check_results, findings_at, visible_scans
from governance.compliance.roster import CHECKS, roster_version
from governance.compliance.rules import CheckState, FindingState, Severity
from governance.compliance.service import scan, start_scan
from governance.kernel.clock import HandClock
from governance.kernel.errors import Refused
from governance.kernel.work import Office
from governance.runs.claims import claim_run
from governance.runs.rules import RunState
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.holding import leave, leavers, release, release_all, seat

OVER, LEAVER = over_assigned.CHECK, leaver_holds_seat.CHECK


def states(findings: list[Finding]) -> dict[str, FindingState]:
    return {finding.subject_name: finding.state for finding in findings}


async def test_findings_open_stay_refresh_and_resolve(judge: Any, estate: Estate, clock: HandClock) -> None:
    owned = await estate.license("m365", quantity=1)
    await seat(estate, owned, "ada")
    second = await seat(estate, owned, "ben")
    first = await judge.scan()
    assert (first.state, first.outcome["complete"], first.outcome["opened"]) == (RunState.DONE, True, 2)
    opened_at = clock.now()
    clock.advance(timedelta(hours=1))
    third = await seat(estate, owned, "cleo")
    await judge.scan()
    found = {finding.subject_type: finding for finding in await judge.findings()}
    assert len(found) == 2
    assert (found["pool"].has, found["pool"].facts) == ("3 seats occupied", {"occupied": 3, "supply": 1})
    assert (found["pool"].opened_at, found["pool"].last_seen_at) == (opened_at, clock.now())
    clock.advance(timedelta(hours=1))
    await release(estate, second)
    await release(estate, third)
    last = await judge.scan()
    assert last.outcome["resolved"] == 2
    assert set(states(await judge.findings()).values()) == {FindingState.RESOLVED}
    clock.advance(timedelta(hours=1))
    await seat(estate, owned, "dora")
    again = await judge.scan()
    assert again.outcome["opened"] == 2  # a finding that comes back is a new one, with its own story
    assert len(await judge.findings()) == 4


async def test_two_scans_at_one_instant_change_nothing_and_still_resolve(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=1)
    await seat(estate, owned, "ada")
    held = await seat(estate, owned, "ben")
    await judge.scan()
    again = await judge.scan()
    assert (again.outcome["opened"], again.outcome["resolved"]) == (0, 0)
    assert [finding.version for finding in await judge.findings()] == [1, 1]
    await release(estate, held)
    assert (await judge.scan()).outcome["resolved"] == 2


async def test_a_crashed_check_is_errored_and_its_findings_untouched(
    judge: Any, estate: Estate, clock: HandClock, office: Office
) -> None:
    owned = await estate.license("m365", quantity=1)
    for who in ("ada", "ben"):
        await seat(estate, owned, who)
    await leave(estate, "ada")
    await judge.scan()
    before = await judge.findings()

    def broken(facts: Facts) -> Select[*tuple[Any, ...]]:
        return select(literal("x").label("subject_type"), func.no_such_function().label("subject_id"))

    def unbuilt(facts: Facts) -> Select[*tuple[Any, ...]]:
        raise ZeroDivisionError

    clock.advance(timedelta(hours=1))
    for violations in (broken, unbuilt):
        run = await judge.scan([replace(OVER, violations=violations), LEAVER])
        assert (run.state, run.outcome["complete"]) == (RunState.DONE, False)
        assert run.outcome["checks"]["over-assigned"]["state"] == "ERRORED"
        assert run.outcome["checks"]["leaver-holds-seat"] == {"state": "FOUND", "violations": 1}
    after = await judge.findings()
    over = [(f.id, f.state, f.version, f.last_seen_at) for f in after if f.check_id == "over-assigned"]
    assert over == [(f.id, f.state, f.version, f.last_seen_at) for f in before if f.check_id == "over-assigned"]
    async with office.reading(estate.actor("auditor")) as work:
        newest = visible_scans(work).order_by(Scan.id.desc()).limit(1)
        scanned = (await work.session.execute(newest)).scalar_one()
        results = (await work.session.execute(check_results(work, scanned.id))).scalars().all()
    assert scanned.complete is False
    assert [(r.check_id, r.state) for r in results] == [
        ("leaver-holds-seat", CheckState.FOUND),
        ("over-assigned", CheckState.ERRORED),
    ]
    assert "Correlation id" in str(results[1].error)


async def test_a_clean_check_says_so(judge: Any, estate: Estate, office: Office) -> None:
    run = await judge.scan()
    assert {one["state"] for one in run.outcome["checks"].values()} == {"CLEAN"}
    async with office.database.read(estate.tenant_id) as session:
        row = (await session.execute(select(Scan))).scalar_one()
    assert (row.id, row.complete, row.roster_version) == (run.id, True, roster_version())


async def test_a_scan_killed_half_way_is_finished_once_by_another(judge: Any, estate: Estate, office: Office) -> None:
    owned = await estate.license("m365", quantity=1)
    for who in ("ada", "ben"):
        await seat(estate, owned, who)
    run_id = (await office.perform(estate.actor("admin"), start_scan)).id
    killed = await claim_run(office, estate.tenant_id, run_id, "w1")
    assert killed is not None

    def dies(facts: Facts) -> Select[*tuple[Any, ...]]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await scan(killed, [OVER, replace(LEAVER, violations=dies)])
    office.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    other = await claim_run(office, estate.tenant_id, run_id, "w2")
    assert other is not None
    outcome = await scan(other)
    assert (outcome["complete"], outcome["opened"]) == (True, 2)
    async with office.database.read(estate.tenant_id) as session:
        assert (await session.execute(select(func.count()).select_from(CheckResult))).scalar_one() == len(CHECKS)
        assert (await session.execute(select(func.count()).select_from(Finding))).scalar_one() == 2


async def test_scans_side_by_side_leave_one_row_per_finding(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=1)
    for who in ("ada", "ben"):
        await seat(estate, owned, who)
    await asyncio.gather(*(judge.scan() for _ in range(4)))
    found = await judge.findings()
    assert sorted((f.subject_type, f.state) for f in found) == [
        ("metric_line", FindingState.OPEN),
        ("pool", FindingState.OPEN),
    ]


async def test_findings_of_a_retired_check_resolve(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=3)
    await seat(estate, owned, "ada")
    await leave(estate, "ada")
    await judge.scan()
    await judge.scan([OVER])
    assert set(states(await judge.findings()).values()) == {FindingState.RESOLVED}


async def test_a_severer_rule_refreshes_what_stands(judge: Any, estate: Estate) -> None:
    owned = await estate.license("m365", quantity=3)
    await seat(estate, owned, "ada")
    await leave(estate, "ada")
    await judge.scan()
    await judge.scan([OVER, replace(LEAVER, severity=Severity.CRITICAL, rule_version=2)])
    (found,) = await judge.findings(severity=Severity.CRITICAL)
    assert (found.rule_version, found.version) == (2, 2)


async def test_many_pages_are_merged_and_resolved(judge: Any, estate: Estate, office: Office) -> None:
    owned = await estate.license("m365", quantity=None)
    await leavers(estate, owned, 2300)
    assert (await judge.scan()).outcome["opened"] == 2300
    office.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    await release_all(estate)
    assert (await judge.scan()).outcome["resolved"] == 2300
    async with office.database.read(estate.tenant_id) as session:
        assert (await session.execute(select(func.count()).select_from(FindingStep))).scalar_one() == 4600


async def test_who_may_not_scan_is_refused_and_the_trail_knows(judge: Any, estate: Estate, office: Office) -> None:
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), start_scan)
    await judge.scan()
    async with office.database.read(estate.tenant_id) as session:
        acts = (await session.execute(select(Entry.act).order_by(Entry.recorded_at, Entry.id))).scalars().all()
    assert {"access:refused", "run:request", "scan:run", "scan:check", "scan:end", "run:end"} <= set(acts)


async def test_a_unit_sees_the_findings_of_its_subtree_alone(judge: Any, estate: Estate, office: Office) -> None:
    sales = await estate.license("crm", quantity=1, pool_unit="sales-emea", unit="sales", owner=None)
    finance = await estate.license("erp", quantity=1, pool_unit="finance", unit="finance", owner=None)
    for who in ("ada", "ben"):
        await seat(estate, sales, who)
        await seat(estate, finance, who)
    await judge.scan([OVER])
    for unit, seen in (("sales", {"crm / main", "crm / named"}), ("finance", {"erp / main", "erp / named"})):
        async with office.reading(estate.actor("cleo", role=Role.LICENSE_OWNER, unit=unit)) as work:
            rows = (await work.session.execute(findings_at(work, work.now(), work.now()))).all()
        assert {row[0].subject_name for row in rows} == seen
