"""The activation funnel: eligible before each step, lost and not yet apart, unobserved steps unknown, errors by code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.activation.rules import Step
from governance.activation.service import take_events
from governance.catalog.models import Product
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput
from governance.kernel.work import Office
from governance.metrics.funnel import Funnel, FunnelQuery, StepTold, activation_funnel
from tests.estate import Estate
from tests.governance.metrics.held import crowd, held, smallest

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


async def told(estate: Estate, **query: Any) -> Funnel:
    async with estate.office.reading(estate.actor("admin")) as work:
        return await activation_funnel(work, FunnelQuery(**query))


def step(funnel: Funnel, which: Step) -> StepTold:
    return next(each for each in funnel.steps if each.step is which)


def counts(funnel: Funnel, which: Step) -> tuple[int | None, int | None, int | None, int | None]:
    told = step(funnel, which)
    return told.eligible, told.reached, told.lost, told.not_yet


async def sent(estate: Estate, *events: tuple[str, str, dict[str, Any]], product: str = "m365") -> None:
    """Send (person, kind, data) as events a day after START."""
    batch = [
        {
            "specversion": "1.0", "id": f"{product}-{who}-{kind}-{n}", "source": "/setup",
            "type": f"lictor.{kind}", "time": (START + DAY + timedelta(minutes=n)).isoformat(),
            "data": {"person": who, "product": product} | data,
        }
        for n, (who, kind, data) in enumerate(events)
    ]  # fmt: skip
    answer = await estate.office.perform(estate.actor("admin"), lambda work: take_events(work, batch))
    assert not answer.refused


async def ten(estate: Estate, clock: HandClock, k: int = 1) -> list[str]:
    """Seat ten: four of them used, one released without use."""
    await smallest(estate, k)
    lic = await estate.license("m365", product_id=await estate.product("m365"), quantity=20)
    names = await crowd(estate, 10)
    for n, who in enumerate(names):
        dates: dict[str, Any] = {}
        if n < 4:
            dates["first_use_at"] = START + 2 * DAY
        if n == 9:
            dates["released_at"] = START + 3 * DAY
        await held(estate, lic, who, started_at=START, **dates)
    clock.set(START + 10 * DAY)
    return names


async def test_each_step_counts_those_who_came_before_it(office: Office, estate: Estate, clock: HandClock) -> None:
    names = await ten(estate, clock)
    await sent(estate, *[(who, "activation.step", {"step": "INSTALLED"}) for who in names[2:7]])
    funnel = await told(estate)
    assert counts(funnel, Step.ASSIGNED) == (10, 10, 0, 0)
    # 0 and 1 used it, so they installed it, whoever forgot to tell; 2 to 6 told; 7 and 8 may still; 9 is over.
    assert counts(funnel, Step.INSTALLED) == (10, 7, 1, 2)
    assert counts(funnel, Step.FIRST_USE) == (7, 4, 0, 3)
    share = step(funnel, Step.FIRST_USE).share
    assert share is not None
    assert (round(share.value, 4), round(share.lower, 4), round(share.upper, 4)) == (0.5714, 0.2505, 0.8418)
    assert funnel.definition.label == "activation_funnel/2"


async def test_a_step_without_a_source_is_not_observed_and_no_step_back(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await ten(estate, clock)
    funnel = await told(estate)
    for which in (Step.INSTALLED, Step.REGISTERED, Step.VALIDATED, Step.VALUE):
        assert not step(funnel, which).observed
        assert step(funnel, which).share is None
    assert counts(funnel, Step.FIRST_USE) == (10, 4, 1, 5)
    assert not step(funnel, Step.INVITED).observed


async def test_use_that_nobody_reports_is_not_observed_and_no_zero(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    lic = await estate.license("m365", product_id=await estate.product("m365"), quantity=20)
    names = await crowd(estate, 6)
    for who in names:
        await held(estate, lic, who, started_at=START)
    clock.set(START + 10 * DAY)
    assert not step(await told(estate), Step.FIRST_USE).observed
    await sent(estate, (names[0], "seat.used", {"feature": "mail"}))
    assert counts(await told(estate), Step.FIRST_USE) == (6, 0, 0, 6)


async def test_a_product_without_a_source_is_not_in_that_steps_figures(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    names = await ten(estate, clock)
    await sent(estate, *[(who, "activation.step", {"step": "INSTALLED"}) for who in names])
    other = await estate.license("crm", product_id=await estate.product("crm"), quantity=20)
    for who in names:
        await held(estate, other, who, started_at=START)
    funnel = await told(estate)
    assert counts(funnel, Step.ASSIGNED) == (20, 20, 0, 0)
    assert counts(funnel, Step.INSTALLED) == (10, 10, 0, 0)


async def test_invitations_are_steps_of_those_who_were_invited(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await smallest(estate, 1)
    lic = await estate.license("m365", product_id=await estate.product("m365"), quantity=20)
    for n, who in enumerate(await crowd(estate, 12)):
        until = START + 5 * DAY if n < 8 else START + 90 * DAY
        accepted = START + DAY if n < 6 else None
        await held(estate, lic, who, started_at=START, invitation_expires_at=until, accepted_at=accepted)
    for who in await crowd(estate, 3):
        await held(estate, lic, who, started_at=START)
    clock.set(START + 10 * DAY)
    funnel = await told(estate)
    assert counts(funnel, Step.INVITED) == (12, 12, 0, 0)
    assert counts(funnel, Step.ACCEPTED) == (12, 6, 2, 4)
    assert counts(funnel, Step.ASSIGNED) == (15, 9, 2, 4)


async def test_errors_are_told_by_code_and_rare_ones_only_counted(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    names = await ten(estate, clock, k=2)
    failed = [(who, "activation.error", {"step": "REGISTERED", "code": "E-17"}) for who in names[:8]]
    again = [(names[2], "activation.error", {"step": "REGISTERED", "code": "E-17"})]
    rare = [(names[5], "activation.error", {"step": "REGISTERED", "code": "E-99"})]
    await sent(estate, *failed, *again, *rare)
    registered = step(await told(estate), Step.REGISTERED)
    assert [(each.code, each.seats, each.overcome, each.stuck) for each in registered.errors] == [("E-17", 8, 4, 4)]
    assert registered.errors_hidden == 1


async def test_help_counts_against_unassisted_only_before_first_use(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    names = await ten(estate, clock)
    lic = await estate.license("crm", product_id=await estate.product("crm"), quantity=20)
    for who in names[:6]:
        await held(estate, lic, who, started_at=START, first_use_at=START + timedelta(hours=30))
    opened = [(who, "support.opened", {"case": f"T-{who}"}) for who in names[:2]]
    await sent(estate, *opened, product="crm")
    late = {"case": "T-late"}
    clock.set(START + 10 * DAY)
    batch = [{
        "specversion": "1.0", "id": "late", "source": "/setup", "type": "lictor.support.opened",
        "time": (START + 4 * DAY).isoformat(), "data": {"person": names[3], "product": "crm"} | late,
    }]  # fmt: skip
    await estate.office.perform(estate.actor("admin"), lambda work: take_events(work, batch))
    funnel = await told(estate, product_id=await product_of(estate, "crm"))
    assert funnel.unassisted is not None
    assert (funnel.unassisted.successes, funnel.unassisted.n, funnel.contacts) == (4, 6, 3)


async def product_of(estate: Estate, code: str) -> Any:
    async with estate.office.database.read(estate.tenant_id) as session:
        query = select(Product.id).where(Product.tenant_id == estate.tenant_id, Product.code == code)
        return (await session.execute(query)).scalar_one()


async def test_a_small_group_is_not_told_nor_what_would_tell_of_it(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    await ten(estate, clock, k=5)
    small = await estate.license("crm", product_id=await estate.product("crm"), quantity=20)
    for who in await crowd(estate, 2):
        await held(estate, small, who, started_at=START)
    for code in ("crm", "m365"):
        one = await told(estate, product_id=await product_of(estate, code))
        assert one.suppressed
        assert one.steps == ()
    assert not (await told(estate)).suppressed


async def test_what_was_learned_later_is_not_in_what_was_known(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    names = await ten(estate, clock)
    before = clock.now()
    clock.advance(DAY)
    await sent(estate, *[(who, "activation.step", {"step": "INSTALLED"}) for who in names])
    assert counts(await told(estate), Step.INSTALLED) == (10, 10, 0, 0)
    assert not step(await told(estate, as_of=before, known_at=before), Step.INSTALLED).observed


async def test_a_cohort_the_wrong_way_round_is_refused(estate: Estate) -> None:
    with pytest.raises(BadInput, match="assigned_until"):
        await told(estate, assigned_from=START, assigned_until=START - DAY)
