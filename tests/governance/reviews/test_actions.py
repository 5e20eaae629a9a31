"""What a board gives to do: owner and last day, closed once by its owner or the board; aims judged on their day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from governance.audit.models import Entry as Audited
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.reviews import queries
from governance.reviews.models import ActionItem, AimVerdict, Review
from governance.reviews.noise import Verdict
from governance.reviews.rules import ActionState, Direction
from governance.reviews.service import (
    MEASURES,
    Aim,
    AssignAction,
    CloseAction,
    assign_action,
    close_action,
    judge_aim,
)
from governance.reviews.service.aims import gathered
from governance.seats.models import Assignment
from tests.estate import Estate, License
from tests.governance.holding import release, seat
from tests.governance.reviews.test_items import listed, seated
from tests.governance.reviews.test_review import act, prepared
from tests.reports.ground import furnished

DUE = date(2026, 3, 20)
AIM = Aim("utilization", Direction.DOWN, "60", date(2026, 3, 31))


async def given(estate: Estate, review: Review, aim: Aim | None = None, **said: Any) -> ActionItem:
    command = AssignAction(review.id, "Return the unused seat", estate.people["ben"], DUE, aim=aim)
    return await act(estate, "board-sales", assign_action, replace(command, **said))


async def judged(estate: Estate, action: ActionItem) -> AimVerdict | None:
    async def verb(work: Any, action_id: Any) -> AimVerdict | None:
        return await judge_aim(work, action_id)

    return await act(estate, "admin", verb, action.id)


async def stands(estate: Estate, action: ActionItem) -> ActionState:
    async with estate.office.reading(estate.actor("auditor")) as work:
        return (await queries.states(work, [action.id]))[action.id].state


async def test_an_action_has_an_owner_a_last_day_and_the_item_it_follows_from(office: Office, estate: Estate) -> None:
    _, review = await seated(estate)
    key = (await listed(estate, review))[0].key
    action = await given(estate, review, item_key=key)
    assert (action.item_key, action.owner_id, action.due_day) == (key, estate.people["ben"], DUE)
    assert action.due_at == datetime(2026, 3, 20, 23, tzinfo=UTC)  # midnight after it, in Zurich
    assert await stands(estate, action) is ActionState.OPEN
    async with office.reading(estate.actor("auditor")) as work:
        acts = (await work.session.execute(select(Audited.act).where(Audited.subject_id == review.id))).scalars().all()
        events = (await work.session.execute(select(OutboxEvent.name))).scalars().all()
    assert "review:assign-action" in acts
    assert "ActionAssigned" in events


async def test_only_a_day_to_come_a_person_and_an_item_that_are_there_are_taken(estate: Estate) -> None:
    _, review = await seated(estate)
    with pytest.raises(BadInput, match="dueDay"):
        await given(estate, review, due_day=date(2026, 3, 1))
    with pytest.raises(BadInput, match="what"):
        await given(estate, review, what=" ")
    with pytest.raises(NotFound):
        await given(estate, review, owner_id=uuid4())
    with pytest.raises(NotFound):
        await given(estate, review, item_key="own:nothing")
    with pytest.raises(Refused):
        await act(estate, "admin", assign_action, AssignAction(review.id, "Do", estate.people["ben"], DUE))


async def test_its_owner_closes_it_once_and_says_why_it_is_dropped(office: Office, estate: Estate) -> None:
    _, review = await seated(estate)
    action = await given(estate, review)
    with pytest.raises(NotFound):
        await act(estate, "cleo", close_action, CloseAction(action.id, ActionState.DONE))
    with pytest.raises(Refused):
        await act(estate, "auditor", close_action, CloseAction(action.id, ActionState.DONE))
    with pytest.raises(BadInput, match="why it is dropped"):
        await act(estate, "ben", close_action, CloseAction(action.id, ActionState.DROPPED, " "))
    with pytest.raises(BadInput, match="DONE or DROPPED"):
        await act(estate, "ben", close_action, CloseAction(action.id, ActionState.OPEN))
    await act(estate, "ben", close_action, CloseAction(action.id, ActionState.DROPPED, "The vendor took it back."))
    assert await stands(estate, action) is ActionState.DROPPED
    with pytest.raises(WrongState):
        await act(estate, "board-sales", close_action, CloseAction(action.id, ActionState.DONE))
    async with office.reading(estate.actor("auditor")) as work:
        found = [(each.number, each.state, each.reason) for each in await queries.steps(work, action.id)]
    assert found == [(1, ActionState.OPEN, None), (2, ActionState.DROPPED, "The vendor took it back.")]


async def test_an_owner_sees_their_own_actions_and_no_review(office: Office, estate: Estate) -> None:
    _, review = await seated(estate)
    action = await given(estate, review)
    await given(estate, review, owner_id=estate.people["cleo"])
    async with office.reading(estate.actor("ben")) as work:
        assert [row.id for row in (await work.session.execute(queries.visible_actions(work))).scalars()] == [action.id]
        assert not (await work.session.execute(queries.visible_reviews(work))).all()
    async with office.reading(estate.actor("auditor")) as work:
        assert len((await work.session.execute(queries.visible_actions(work))).all()) == 2


async def test_it_is_overdue_by_the_clock_when_its_last_day_is_over_and_it_is_open(
    estate: Estate, clock: HandClock
) -> None:
    _, review = await seated(estate)
    action = await given(estate, review)
    last = action.due_at - timedelta(seconds=1)
    assert not action.overdue(ActionState.OPEN, last)
    assert action.overdue(ActionState.OPEN, action.due_at)
    assert not action.overdue(ActionState.DONE, action.due_at)


@pytest.mark.parametrize("change", ["UPDATE action_item SET what = 'forged'", "DELETE FROM action_step"])
async def test_what_was_given_and_its_states_are_never_edited(office: Office, estate: Estate, change: str) -> None:
    _, review = await seated(estate)
    await given(estate, review)
    with pytest.raises(DBAPIError):
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(text(change))


async def test_an_aim_keeps_the_figure_of_the_day_it_was_decided(estate: Estate) -> None:
    _, review = await seated(estate)
    action = await given(estate, review, AIM)
    assert action.aim_then == {"value": "66.7", "lower": None, "upper": None, "exact": True, "n": 3}
    assert action.judge_at == datetime(2026, 3, 31, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"measure": "happiness"}, "aim.measure"),
        ({"subject": "nothing"}, "aim.subject"),
        ({"measure": "open_findings", "subject": "no-check"}, "aim.subject"),
        ({"measure": "funnel_share"}, "aim.subject"),
        ({"measure": "cost_per_unit"}, "aim.subject"),
        ({"measure": "spend", "subject": "x"}, "aim.subject"),
        ({"target": "much"}, "aim.target"),
        ({"target": "NaN"}, "aim.target"),
        ({"judge_day": date(2026, 3, 2)}, "aim.judgeDay"),
        ({"direction": "SIDEWAYS"}, "aim.direction"),
    ],
)
async def test_an_aim_names_a_figure_that_exists_a_number_and_a_later_day(
    estate: Estate, wrong: dict[str, Any], field: str
) -> None:
    await furnished(estate)
    review = await prepared(estate)
    with pytest.raises(BadInput) as said:
        await given(estate, review, replace(AIM, **wrong))
    assert said.value.field == field


async def test_an_aim_is_judged_once_after_its_day(estate: Estate, clock: HandClock) -> None:
    _, review = await seated(estate)
    action = await given(estate, review, AIM)
    with pytest.raises(WrongState):
        await judged(estate, action)
    await release(estate, await _a_seat(estate))
    clock.advance(timedelta(days=30))
    verdict = await judged(estate, action)
    assert verdict is not None
    assert (verdict.verdict, verdict.now) == (
        Verdict.MET, {"value": "33.3", "lower": None, "upper": None, "exact": True, "n": 3},
    )  # fmt: skip
    assert await judged(estate, action) is None
    with pytest.raises(WrongState):
        await judged(estate, await given(estate, review, due_day=date(2026, 5, 1)))


async def test_what_happens_after_the_judge_on_day_does_not_count(estate: Estate, clock: HandClock) -> None:
    _, review = await seated(estate)
    action = await given(estate, review, AIM)
    clock.advance(timedelta(days=40))
    await release(estate, await _a_seat(estate))
    clock.advance(timedelta(days=1))
    verdict = await judged(estate, action)
    assert verdict is not None
    assert (verdict.verdict, verdict.now and verdict.now["value"]) == (Verdict.NOT_MET, "66.7")


async def test_a_share_of_so_few_cannot_be_told(estate: Estate, clock: HandClock) -> None:
    _, review = await seated(estate)
    action = await given(estate, review, replace(AIM, measure="in_use", direction=Direction.UP, target="40"))
    assert action.aim_then is not None
    assert action.aim_then["n"] == 2
    clock.advance(timedelta(days=30))
    verdict = await judged(estate, action)
    assert verdict is not None
    assert verdict.verdict is Verdict.CANT_TELL


async def test_every_figure_that_can_be_aimed_at_can_be_told(estate: Estate, clock: HandClock) -> None:
    license_ = await furnished(estate)
    for number in range(8):
        used = clock.now() + timedelta(days=number)
        await seat(estate, license_, f"p{number}", first_use_at=used, first_use_recorded_at=used)
    await _ended_one(estate)
    clock.advance(timedelta(days=45))
    told = {name: await _told(estate, name, subject) for name, subject in _subjects(estate).items()}
    assert set(told) == set(MEASURES)
    assert {name for name, each in told.items() if each is None} == set()
    shown = {name: (str(each["value"]), each["n"]) for name, each in told.items() if each}
    assert shown["utilization"] == ("333.3", 3)
    assert shown["open_findings"] == ("1", None)
    assert shown["renewal_rate"] == ("0.0000", 1)
    assert shown["spend"][0].startswith("42.16")  # 3 seats of 57 USD a year, for 90 of 365 days
    assert shown["cost_per_unit"] == shown["spend"]  # all of it lies in the pool of sales
    assert shown["funnel_share"] == ("100.0000", 10)
    assert {name for name, each in told.items() if each and not each["exact"]} == {
        "in_use", "first_use_median", "first_use_within_30", "funnel_share", "renewal_rate",
    }  # fmt: skip


def _subjects(estate: Estate) -> dict[str, str]:
    return dict.fromkeys(MEASURES, "") | {
        "funnel_share": "ASSIGNED", "cost_per_unit": str(estate.units["sales"]), "open_findings": "over-assigned",
    }  # fmt: skip


async def _told(estate: Estate, measure: str, subject: str) -> dict[str, Any] | None:
    async with estate.office.reading(estate.actor("board-sales")) as work:
        return await gathered(work, estate.units["halden"], measure, subject, None)


async def _ended_one(estate: Estate) -> License:
    return await estate.license("ended", first_day=date(2025, 3, 1), last_day=date(2026, 2, 28), quantity=0)


async def _a_seat(estate: Estate) -> Any:
    async with estate.office.database.read(estate.tenant_id) as session:
        return (await session.execute(select(Assignment.id).order_by(Assignment.id).limit(1))).scalar_one()
