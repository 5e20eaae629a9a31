"""Time to first use: unused seats are not yet, the chain's first episode counts, small groups stay hidden."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.work import Office
from governance.metrics.first_use import FirstUse, FirstUseQuery, hidden_groups, time_to_first_use
from governance.seats.rules import SeatState
from policies.access.parties import Actor, Role
from tests.estate import Estate
from tests.governance.metrics.held import crowd, held, smallest

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
APRIL = datetime(2026, 3, 31, 22, tzinfo=UTC)


async def told(estate: Estate, actor: Actor | None = None, **query: Any) -> FirstUse:
    async with estate.office.reading(actor or estate.actor("admin")) as work:
        return await time_to_first_use(work, FirstUseQuery(**query))


async def used_after(estate: Estate, license_: Any, days: list[int | None], *, people: list[str] | None = None) -> None:
    """Let one person after another use their seat so many days after it was assigned at START, or not."""
    names = people or await crowd(estate, len(days))
    for who, after in zip(names, days, strict=True):
        used = None if after is None else START + after * DAY
        await held(estate, license_, who, started_at=START, first_use_at=used)


async def test_never_used_seats_are_censored_and_the_estimate_is_the_published_one(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    # Six of ten used after 1, 2, 2, 3, 5, 8 days; four not by day 10: S drops to 0.5 at day 5.
    clock.set(START + 10 * DAY)
    await smallest(estate, 1)
    lic = await estate.license("e5", quantity=20)
    await used_after(estate, lic, [1, 2, 2, 3, 5, 8, None, None, None, None])
    answer = await told(estate)
    assert (answer.n, answer.events, answer.censored, answer.unknown_dates) == (10, 6, 4, 0)
    assert answer.median is not None
    assert answer.lower_quartile is not None
    assert (answer.lower_quartile.time, answer.median.time) == (2.0, 5.0)
    assert answer.upper_quartile is not None
    assert answer.upper_quartile.time is None
    assert answer.within_7 is not None
    assert (round(answer.within_7.value, 6), answer.within_30) == (0.5, None)
    assert [(s.time, s.at_risk, s.events) for s in answer.curve][:3] == [(1.0, 10, 1), (2.0, 9, 2), (3.0, 7, 1)]
    assert (answer.suppressed, answer.scope.everything, answer.definition.label) == (False, True, "time_to_first_use/2")


async def test_a_release_without_use_ends_the_watch_and_a_renewed_episode_is_not_another_start(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await smallest(estate, 1)
    clock.set(START + 20 * DAY)
    lic = await estate.license("e5", quantity=20)
    await used_after(estate, lic, [1, 2, 3, 4])
    who = (await crowd(estate, 1))[0]
    first = await held(estate, lic, who, started_at=START, released_at=START + 6 * DAY)
    await held(estate, lic, who, started_at=START + 8 * DAY, prior_id=first.id, first_use_at=START + 9 * DAY)
    answer = await told(estate)
    assert (answer.n, answer.events, answer.censored) == (5, 4, 1)
    assert answer.curve[-1].time == 6.0


async def test_an_invitation_that_ran_out_is_followed_to_its_end(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await smallest(estate, 1)
    clock.set(START + 40 * DAY)
    lic = await estate.license("e5", quantity=20)
    await used_after(estate, lic, [1, 2, 3, 4])
    await held(estate, lic, "ada", started_at=START, state=SeatState.INVITED, invitation_expires_at=START + 14 * DAY)
    assert (await told(estate)).curve[-1].time == 14.0


async def test_unknown_dates_are_counted_apart(office: Office, estate: Estate, clock: HandClock) -> None:
    await smallest(estate, 1)
    clock.set(START + 40 * DAY)
    lic = await estate.license("e5", quantity=20)
    await used_after(estate, lic, [1, 2, 3, 4, 5])
    await held(estate, lic, "ada", started_at=START, first_use_at=START - DAY)
    await held(estate, lic, "ben", started_at=START, state=SeatState.ACTIVE)
    answer = await told(estate)
    assert (answer.n, answer.unknown_dates) == (5, 2)


async def test_what_was_learned_later_is_not_in_the_answer_of_then(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await smallest(estate, 1)
    clock.set(START + 10 * DAY)
    lic = await estate.license("e5", quantity=20)
    await used_after(estate, lic, [1, 2, 3, 4, None])
    then = await told(estate)
    await held(
        estate, lic, "ada", started_at=START, first_use_at=START + DAY, recorded_at=START + 11 * DAY,
        first_use_recorded_at=START + 11 * DAY,
    )  # fmt: skip
    clock.advance(5 * DAY)
    again = await told(estate, as_of=START + 10 * DAY, known_at=START + 10 * DAY)
    assert (again.n, again.events, again.curve, again.median) == (then.n, then.events, then.curve, then.median)
    assert (await told(estate, as_of=START + 10 * DAY)).n == 6


async def test_a_group_under_k_is_not_shown_nor_can_it_be_told_from_the_others(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    clock.set(START + 10 * DAY)
    products = {code: await estate.product(code) for code in ("small", "middle", "large")}
    people = await crowd(estate, 12)
    for code, size in (("small", 2), ("middle", 6), ("large", 12)):
        lic = await estate.license(f"lic-{code}", quantity=20, product_id=products[code])
        await used_after(estate, lic, [1] * size, people=people[:size])
    hidden = {code: (await told(estate, product_id=product)).suppressed for code, product in products.items()}
    assert hidden == {"small": True, "middle": True, "large": False}
    small = await told(estate, product_id=products["small"])
    assert (small.n, small.events, small.median, small.curve, small.within_7) == (2, None, None, (), None)
    assert not (await told(estate)).suppressed


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((), 0),
        ((5, 9), 0),
        ((2, 9), 2),
        ((2, 3, 9), 2),
        ((1, 1, 2, 9, 9), 4),
        ((4,), 1),
        ((0, 9), 0),
    ],
)
def test_hidden_groups_are_at_least_k_together(sizes: tuple[int, ...], hidden: int) -> None:
    groups = {UUID(int=i + 1): size for i, size in enumerate(sizes)}
    found = hidden_groups(groups, 5)
    assert len(found) == hidden
    assert not found or sum(groups[g] for g in found) >= 5 or len(found) == len([s for s in sizes if s])


async def test_a_cohort_and_a_scope_narrow_whose_seats_are_counted(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    clock.set(START + 120 * DAY)
    lic = await estate.license("e5", quantity=20, pools={"main": 10, "it": 10})
    await used_after(estate, lic, [1, 2, 3, 4, 5])
    for who in await crowd(estate, 5):
        await held(estate, lic, who, started_at=START + 100 * DAY, first_use_at=START + 101 * DAY)
    early = await told(estate, assigned_from=START, assigned_until=START + DAY)
    late = await told(estate, assigned_from=START + 100 * DAY, assigned_until=START + 101 * DAY)
    assert (early.assigned_from, early.assigned_until) == (datetime(2025, 12, 31, 23, tzinfo=UTC), APRIL)
    assert late.assigned_from == APRIL
    assert (early.n, late.n) == (5, 5)
    assert late.median is not None
    assert late.median.time == 1.0
    owner = estate.actor("cleo", role=Role.LICENSE_OWNER, unit="it")
    scoped = await told(estate, owner)
    assert (scoped.n, scoped.suppressed, scoped.scope.units) == (0, True, ("It",))


async def test_what_cannot_be_asked_is_refused(office: Office, estate: Estate) -> None:
    with pytest.raises(NotFound):
        await told(estate, product_id=uuid4())
    for query in (
        {"confidence": 1.0},
        {"as_of": datetime(2100, 1, 1, tzinfo=UTC)},
        {"assigned_from": START, "assigned_until": START},
        {"assigned_from": START},
        {"assigned_from": START, "assigned_until": START + 100 * DAY},
        {"assigned_from": START - 4000 * DAY, "assigned_until": START - 3999 * DAY},
        {"assigned_from": datetime(2026, 1, 1)},  # noqa: DTZ001 - the very mistake
    ):
        with pytest.raises(BadInput):
            await told(estate, **query)


async def test_the_curve_tells_no_step_of_few_and_keeps_its_shares(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    clock.set(START + 40 * DAY)
    lic = await estate.license("e5", quantity=40)
    await used_after(estate, lic, [1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, *[None] * 8])
    await held(estate, lic, "ada", started_at=START, released_at=START + 2 * DAY)
    answer = await told(estate)
    assert answer.n == 21
    assert [(step.time, step.at_risk, step.events, step.censored) for step in answer.curve] == [
        (2.0, 21, 5, 0), (5.0, 16, 7, 0), (40.0, 9, 0, 9),
    ]  # fmt: skip
    assert round(answer.curve[0].survival, 6) == round(16 / 21, 6)
    assert answer.events == 12
