"""What waits for a board at its review: alerts that stood, renewals to come with their deadlines, from its unit alone."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import update

from governance.agreements.models import Agreement
from governance.agreements.spoken import Outcome, Stage
from governance.alerts.models import Alert
from governance.alerts.rules import POOL_USE, SLOWER, AlertState
from governance.kernel.clock import HandClock
from governance.renewals.service import RecordOutcome, record_outcome
from governance.reviews.rules import sha256_of
from governance.reviews.service import PrepareMeeting, prepare_meeting
from policies.thresholds.threshold import Level
from tests.estate import Estate, License
from tests.governance.reviews.test_board import board
from tests.governance.reviews.test_review import act, frozen


async def content(estate: Estate, **asked: Any) -> dict[str, Any]:
    of = await board(estate)
    review = await act(estate, "admin", prepare_meeting, PrepareMeeting(of.id, **asked))
    snapshot = await frozen(estate, review.id)
    assert sha256_of(snapshot.content) == snapshot.sha256
    return snapshot.content


async def raised(estate: Estate, license_: License, rule: str = POOL_USE, **said: Any) -> Alert:
    now = estate.office.clock.now()
    row = Alert(
        **estate.key(), rule=rule, pool_id=license_.pools["main"], level=Level.HIGH, state=AlertState.OPEN, facts={},
        raised_at=now, level_since=now, **said,
    )  # fmt: skip
    return await estate.add(row)  # type: ignore[no-any-return]


async def test_alerts_that_stood_come_by_pool_and_rule_and_those_that_were_over_do_not(
    estate: Estate, clock: HandClock
) -> None:
    license_ = await estate.license()
    first, second = await raised(estate, license_), await raised(estate, license_, SLOWER)
    await raised(estate, await estate.license("other"), resolved_at=clock.now() + timedelta(hours=1))
    clock.advance(timedelta(hours=2))
    told = await content(estate)
    assert {each["id"] for each in told["alerts"]} == {str(first.id), str(second.id)}
    assert {(each["name"], each["level"]) for each in told["alerts"]} == {("m365-e5, main", "HIGH")}
    keys = [item["key"] for item in told["agenda"] if item["source"] == "alerts"]
    pool = license_.pools["main"]
    assert sorted(keys) == sorted([f"alert:{pool}:{POOL_USE}", f"alert:{pool}:{SLOWER}"])


async def test_an_alert_that_was_resolved_later_stood_at_the_instant_asked_for(
    estate: Estate, clock: HandClock
) -> None:
    then = clock.now() + timedelta(hours=1)
    alert = await raised(estate, await estate.license(), resolved_at=then + timedelta(hours=1))
    clock.advance(timedelta(hours=3))
    await raised(estate, await estate.license("later"))
    assert [each["id"] for each in (await content(estate, as_of=then))["alerts"]] == [str(alert.id)]


async def test_what_ends_within_two_quarters_comes_with_its_notice_deadline_and_what_is_renewed_does_not(
    estate: Estate,
) -> None:
    near = await estate.license("near", last_day=date(2026, 9, 30))
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(Agreement).where(Agreement.id == near.agreement_id).values(notice_days=30, auto_renews=True)
        )
    await estate.license("far", last_day=date(2026, 10, 1))
    await estate.license("over", first_day=date(2025, 1, 1), last_day=date(2026, 2, 28))
    renewed = await estate.license("renewed", last_day=date(2026, 6, 30))
    await act(estate, "admin", record_outcome, RecordOutcome(renewed.lot_key, Stage.BOOKED, Outcome.RENEWED))
    told = await content(estate)
    assert told["renewals"] == [
        {
            "id": str(near.agreement_id), "name": "EA-near", "licenses": ["near"], "last_day": "2026-09-30",
            "notice_by": "2026-08-31", "auto_renews": True, "state": "UPCOMING",
        }
    ]  # fmt: skip
    (item,) = [each for each in told["agenda"] if each["source"] == "renewals"]
    assert (item["key"], item["change"]) == (f"renewal:{near.agreement_id}", {"moved": "NEW"})


async def test_what_lies_in_another_unit_is_not_this_boards(estate: Estate) -> None:
    license_ = await estate.license("finance-only", unit="finance", pool_unit="finance", last_day=date(2026, 6, 30))
    await raised(estate, license_)
    estate.units["halden"], whole = estate.units["sales"], estate.units["halden"]
    told = await content(estate)
    assert (told["alerts"], told["renewals"]) == ([], [])
    estate.units["halden"] = whole


async def test_a_board_that_gave_nothing_to_do_has_nothing_open_and_nothing_to_judge(estate: Estate) -> None:
    told = await content(estate)
    assert (told["open_actions"], told["aims"]) == ([], [])
