"""Conversations, notices and outcomes: kept for good, superseded not edited, within rights and reach only."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from governance.agreements.rules import Side
from governance.agreements.spoken import CancelReason, Channel, Outcome, Stage
from governance.alerts.ladders import lots_ending
from governance.entitlements.models import Lot
from governance.entitlements.queries import lot as current_lot
from governance.entitlements.service.lots import NewLot, buy_lot
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused
from governance.kernel.work import Office
from governance.renewals.queries import endings, outcomes_of, renewal, visible_conversations, visible_renewals
from governance.renewals.retention import RetentionQuery, retention
from governance.renewals.rules import RenewalState, state_at
from governance.renewals.service import (
    GiveNotice,
    LinkRenewal,
    RecordConversation,
    RecordOutcome,
    UnlinkRenewal,
    give_notice,
    link_renewal,
    record_conversation,
    record_outcome,
    unlink_renewal,
)
from policies.access.parties import Role
from policies.thresholds.threshold import default_thresholds
from tests.estate import Estate, License

CANCELLED = {"outcome": Outcome.CANCELLED, "cancel_reason": CancelReason.UNUSED}


async def decided(office: Office, estate: Estate, key: Any, who: str = "admin", **said: Any) -> Any:
    command = RecordOutcome(**{"lot_key": key, "stage": Stage.BOOKED, "outcome": Outcome.RENEWED, **said})
    return await office.perform(estate.actor(who), lambda work: record_outcome(work, command))


async def test_a_later_outcome_supersedes_and_the_lot_stays(office: Office, estate: Estate) -> None:
    key = (await estate.license()).lot_key
    first = await decided(office, estate, key)
    with pytest.raises(Conflict):
        await decided(office, estate, key, **CANCELLED)
    await decided(office, estate, key, expected=first.id, **CANCELLED)
    async with office.reading(estate.actor("admin")) as work:
        lot, _, agreement = await renewal(work, key)
        found = await outcomes_of(work, key)
        ends = (await endings(work, [(lot, agreement)]))[key]
    assert sorted((row.outcome, row.superseded_at is None) for row in found) == [
        ("CANCELLED", True),
        ("RENEWED", False),
    ]
    assert (lot.last_day, lot.quantity) == (date(2026, 12, 31), 3)
    assert state_at(ends, office.clock.now()) is RenewalState.CANCELLED


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"outcome": Outcome.CANCELLED}, "cancel_reason"),
        ({"cancel_reason": CancelReason.UNUSED}, "cancel_reason"),
        ({"outcome": Outcome.CANCELLED, "cancel_reason": CancelReason.OTHER}, "reason_text"),
        ({"outcome": Outcome.EXPANDED}, "value"),
        ({**CANCELLED, "quantity": 2}, "quantity"),
    ],
)
async def test_an_outcome_says_enough(office: Office, estate: Estate, said: dict[str, Any], field: str) -> None:
    key = (await estate.license()).lot_key
    with pytest.raises(BadInput) as wrong:
        await decided(office, estate, key, **said)
    assert wrong.value.field == field


async def test_the_auditor_reads_but_decides_nothing(office: Office, estate: Estate) -> None:
    key = (await estate.license()).lot_key
    with pytest.raises(Refused):
        await decided(office, estate, key, "auditor")
    async with office.reading(estate.actor("auditor")) as work:
        assert [row.lot_key for row in (await work.session.execute(visible_renewals(work))).scalars()] == [key]
        assert not await outcomes_of(work, key)


async def test_what_lies_outside_of_reach_is_not_there(office: Office, estate: Estate) -> None:
    key = (await estate.license(unit="finance", owner=None)).lot_key
    await estate.grant("ada", Role.LICENSE_OWNER, unit="sales")
    with pytest.raises(NotFound):
        await decided(office, estate, key, "ada")
    with pytest.raises(NotFound):
        await decided(office, estate, uuid4())


async def test_a_perpetual_lot_has_no_renewal(office: Office, estate: Estate) -> None:
    key = (await estate.license(last_day=None)).lot_key
    async with office.reading(estate.actor("admin")) as work:
        assert (await work.session.execute(visible_renewals(work).where(Lot.lot_key == key))).first() is None


async def test_a_conversation_is_kept_for_those_who_read_agreements(office: Office, estate: Estate) -> None:
    key, admin = (await estate.license()).lot_key, estate.actor("admin")
    today = office.clock.now().date()
    said = RecordConversation(key, today, "Ravi Patel", Channel.CALL, "Price holds.", "Send use", next_due=today)
    await office.perform(admin, lambda work: record_conversation(work, said))
    for who, seen in (("admin", 1), ("board-sales", 0)):
        async with office.reading(estate.actor(who)) as work:
            assert len((await work.session.execute(visible_conversations(work))).all()) == seen
    later = RecordConversation(key, date(2030, 1, 1), "Ravi Patel", Channel.CALL, "Price holds.")
    with pytest.raises(BadInput):
        await office.perform(admin, lambda work: record_conversation(work, later))


async def test_notice_names_its_proof(office: Office, estate: Estate) -> None:
    key, admin = (await estate.license()).lot_key, estate.actor("admin")
    today = office.clock.now().date()
    await office.perform(admin, lambda work: give_notice(work, GiveNotice(key, today, "Letter 12", "A" * 64)))
    with pytest.raises(BadInput):
        await office.perform(admin, lambda work: give_notice(work, GiveNotice(key, today, "Letter 12", "xyz")))
    async with office.reading(admin) as work:
        lot, _, agreement = await renewal(work, key)
        assert (await endings(work, [(lot, agreement)]))[key].notice_given == today


async def test_what_is_booked_for_a_term_of_three_years_is_compared_by_the_year(office: Office, estate: Estate) -> None:
    license_ = await estate.license(first_day=date(2024, 1, 1), last_day=date(2026, 12, 31))
    await decided(office, estate, license_.lot_key, outcome=Outcome.EXPANDED, value=360_000_000)
    async with office.reading(estate.actor("admin")) as work:
        lot, _, agreement = await renewal(work, license_.lot_key)
        ends = (await endings(work, [(lot, agreement)]))[license_.lot_key]
    assert (ends.value, ends.booked and ends.booked.value) == (57_000_000, 120_000_000)


async def test_several_that_end_become_one_and_every_seat_and_unit_of_money_is_counted_once(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    term = {"first_day": date(2025, 3, 1), "last_day": date(2026, 2, 28), "unit_price": 10_000_000}
    one = await estate.license("one", quantity=7, **term)
    two = await estate.license("two", quantity=4, **term)
    new = NewLot(
        one.line_id, 13, date(2026, 3, 1), date(2027, 2, 28), "Europe/Zurich", "USD", 10_000_001,
        renewal_of=one.lot_key,
    )  # fmt: skip
    bought = await office.perform(admin, lambda work: buy_lot(work, new))
    link = LinkRenewal(two.lot_key, bought.lot_key)
    await office.perform(admin, lambda work: link_renewal(work, link))
    for wrong in (link, LinkRenewal(bought.lot_key, two.lot_key)):
        with pytest.raises(BadInput):
            await office.perform(admin, lambda work, wrong=wrong: link_renewal(work, wrong))
    async with office.reading(admin) as work:
        rows = [(row[0], row[2]) for row in [await renewal(work, each.lot_key) for each in (one, two)]]
        ends = await endings(work, rows)
        told = await retention(work, RetentionQuery(Side.PROCURED, date(2026, 1, 1), date(2026, 3, 1)))
        by_unit = told.total.booked.worths
    [first], [second] = ends[one.lot_key].follows, ends[two.lot_key].follows
    assert (first.quantity, second.quantity, first.among, second.among) == (8, 5, 2, 2)
    assert first.value + second.value == 130_000_013
    assert {state_at(each, office.clock.now()) for each in ends.values()} == {RenewalState.RENEWED}
    assert by_unit is not None
    assert (by_unit.waterfall.opening, by_unit.waterfall.closing) == (110_000_000, 130_000_013)
    assert (told.total.due.due, told.total.due.renewed, told.total.due.seats_renewed) == (2, 2, 11)
    await undone(office, estate, (one, two), bought)


async def undone(office: Office, estate: Estate, olds: tuple[License, License], new: Lot) -> None:
    """Take both ways of following back: by link, and as it was bought; what was known before stays so."""
    admin, known_then = estate.actor("admin"), office.clock.now()
    ladder = default_thresholds().expiry
    office.clock.advance(timedelta(hours=1))
    async with office.reading(admin) as work:
        assert date(2026, 2, 28) not in {each.day for each in await lots_ending(work, ladder)}
    for old in olds:
        with pytest.raises(BadInput):
            await office.perform(admin, lambda work, old=old: unlink_renewal(work, unlinked(old, new, " ")))
        await office.perform(admin, lambda work, old=old: unlink_renewal(work, unlinked(old, new, "For others.")))
        with pytest.raises(BadInput):
            await office.perform(admin, lambda work, old=old: unlink_renewal(work, unlinked(old, new, "Again.")))
    office.clock.advance(timedelta(hours=1))
    async with office.reading(admin) as work:
        rows = [(row[0], row[2]) for row in [await renewal(work, each.lot_key) for each in olds]]
        now, then = await endings(work, rows), await endings(work, rows, known_then)
        ending = {(each.subject_id, each.day) for each in await lots_ending(work, ladder)}
        kept = await current_lot(work, new.lot_key)
    assert [each.follows for each in now.values()] == [(), ()]
    assert [len(each.follows) for each in then.values()] == [1, 1]
    assert (olds[1].line_id, date(2026, 2, 28)) in ending
    assert (kept.renewal_of, kept.quantity, kept.last_day, kept.unit_price) == (None, 13, new.last_day, new.unit_price)


def unlinked(old: License, new: Lot, why: str) -> UnlinkRenewal:
    return UnlinkRenewal(old.lot_key, new.lot_key, why)
