"""Renewals in the console: what ends, a conversation, notice and outcome recorded from the page, money by right."""

from datetime import date, timedelta

from governance.entitlements.service.lots import NewLot, buy_lot
from tests.api.console.pages.conftest import words


async def test_what_ends_is_listed_by_its_last_day_and_opens(console):
    estate = console.estate
    owned = await estate.license("m365", quantity=12, last_day=date(2026, 12, 31))
    await estate.license("old", quantity=5, last_day=date(2026, 2, 1))
    admin = await console.browser("admin")
    coming = await admin.page("/renewals")
    assert "m365" in coming
    assert "old" not in coming
    assert "old" in await admin.page("/renewals?when=past")
    assert (await admin.get("/renewals.csv")).text.count("m365") == 1
    shown = await admin.page(f"/renewals/{owned.lot_key}")
    assert "No renewal is bought" in shown
    assert "Nothing is decided" in shown


async def test_what_is_said_given_and_decided_is_kept_and_a_later_word_replaces(console):
    owned = await console.estate.license("m365", quantity=12, last_day=date(2026, 12, 31))
    admin, here = await console.browser("admin"), f"/renewals/{owned.lot_key}"
    talk = await admin.send(
        f"{here}/conversations/new", day="2026-03-01", with_whom="Ms. Ito", channel="CALL", summary="Price stays."
    )
    assert talk.status_code == 303, words(talk.text)[-600:]
    given = await admin.send(f"{here}/notice", day="2026-03-02", reference="letter 7")
    assert given.status_code == 303, words(given.text)[-600:]
    refused = await admin.send(f"{here}/outcome", stage="INTENDED", outcome="CANCELLED")
    assert refused.status_code == 422
    assert "Say why nothing follows" in words(refused.text)
    await admin.send(f"{here}/outcome", stage="INTENDED", outcome="CANCELLED", cancel_reason="UNUSED")
    seen = (await admin.get(f"{here}/outcome")).text
    standing = seen.split('name="seen_intended"')[1].split('value="')[1].split('"')[0]
    stale = await admin.send(f"{here}/outcome", stage="INTENDED", outcome="RENEWED")
    assert stale.status_code == 422
    assert "changed meanwhile" in words(stale.text)
    again = await admin.send(f"{here}/outcome", stage="INTENDED", outcome="RENEWED", seen_intended=standing)
    assert again.status_code == 303, words(again.text)[-600:]
    shown = await admin.page(here)
    for said in ("Ms. Ito", "Price stays.", "letter 7", "Cancelled Intended Unused", "Replaced", "Renewed Intended"):
        assert said in shown, said


async def test_the_board_sees_what_ends_and_no_conversation(console):
    owned = await console.estate.license("m365", quantity=12, last_day=date(2026, 12, 31))
    admin, here = await console.browser("admin"), f"/renewals/{owned.lot_key}"
    await admin.send(
        f"{here}/conversations/new", day="2026-03-01", with_whom="Ms. Ito", channel="CALL", summary="Price stays."
    )
    assert "Price stays." in await admin.page(here)
    board = await console.browser("board-sales")
    shown = await board.page(here)
    assert "Ms. Ito" not in shown
    assert "Price stays." not in shown
    assert "Conversations" not in shown
    assert "Record outcome" not in shown


async def test_what_was_decided_later_was_not_known_before(console):
    clock = console.desk.office.clock
    owned = await console.estate.license("m365", quantity=12, last_day=date(2026, 12, 31))
    before = clock.now() + timedelta(minutes=1)
    clock.advance(timedelta(hours=1))
    admin, here = await console.browser("admin"), f"/renewals/{owned.lot_key}"
    await admin.send(f"{here}/outcome", stage="BOOKED", outcome="RENEWED")
    assert "Renewed Booked" in await admin.page(here)
    then = f"{before:%Y-%m-%dT%H:%M:%SZ}"
    assert "Nothing is decided" in await admin.page(f"{here}?as-of={then}&known-at={then}")


async def test_a_conversation_is_of_its_own_renewal_and_not_of_the_others_of_its_agreement(console):
    estate = console.estate
    owned = await estate.license("m365", quantity=12, last_day=date(2026, 6, 30))
    new = NewLot(
        owned.line_id, 12, date(2026, 7, 1), date(2027, 6, 30), "Europe/Zurich", "USD", 57_000_000,
        renewal_of=owned.lot_key,
    )  # fmt: skip
    later = await estate.office.perform(estate.actor("admin"), lambda work: buy_lot(work, new))
    admin = await console.browser("admin")
    talk = {"day": "2026-03-01", "with_whom": "Ms. Ito", "channel": "CALL", "summary": "Price stays."}
    await admin.send(f"/renewals/{owned.lot_key}/conversations/new", **talk)
    assert "Ms. Ito" in await admin.page(f"/renewals/{owned.lot_key}")
    assert "Ms. Ito" not in await admin.page(f"/renewals/{later.lot_key}")


async def test_before_the_decision_the_page_tells_facts_and_ways_out(console):
    estate = console.estate
    owned = await estate.license("m365", quantity=12, last_day=date(2026, 12, 31), unit_price=12_000_000)
    await console.seated(owned, "ada", "ben")
    admin, here = await console.browser("admin"), f"/renewals/{owned.lot_key}"
    shown = await admin.page(here)
    assert "Occupied 2 of 12 (16.7%)" in shown
    assert "Seats nobody holds 10 Their cost a year $120.00" in shown
    assert "Price of a seat and year $12.00; no list price in USD" in shown
    assert "Open findings 0" in shown
    assert "Right-size: occupied and 10 % 3 $36.00 −$108.00 0" in shown
    assert "Let it lapse 0 $0.00 −$144.00 2" in shown
    await admin.send(f"{here}/conversations/new", day="2026-03-01", with_whom="Ms. Ito", channel="CALL", summary="Yes.")
    assert "Last conversation Mar 1, 2026, Ms. Ito" in await admin.page(here)
    german = await console.browser("board-finance", language="de")
    assert "Auslaufen lassen" in await german.page(here)


async def test_a_later_lot_is_linked_and_taken_back_for_a_reason(console):
    estate = console.estate
    owned = await estate.license("m365", quantity=12, last_day=date(2026, 12, 31))
    term = {"first_day": date(2027, 1, 1), "last_day": date(2027, 12, 31)}
    later = await estate.license("group", quantity=20, **term)
    here, admin = f"/renewals/{owned.lot_key}", await console.browser("admin")
    form = (await admin.get(f"{here}/link")).text
    assert f'value="{later.lot_key}"' in form
    assert f'value="{owned.lot_key}"' not in form
    assert (await admin.send(f"{here}/link", by_key=str(later.lot_key))).headers["location"] == here
    assert "Jan 1, 2027 20 +8" in await admin.page(here)
    assert f'value="{later.lot_key}"' not in (await admin.get(f"{here}/link")).text
    undo = f"{here}/follows/{later.lot_key}/undo"
    assert undo in (await admin.get(here)).text
    assert 'id="f-reason_text-error"' in (await admin.send(undo)).text
    assert (await admin.send(undo, reason_text="Bought for the group.")).headers["location"] == here
    assert "No renewal is bought" in await admin.page(here)
    assert (await admin.get(undo)).status_code == 404

    new = NewLot(
        owned.line_id, 5, term["first_day"], term["last_day"], "Europe/Zurich", "USD", 1, renewal_of=owned.lot_key
    )
    bought = await estate.office.perform(estate.actor("admin"), lambda work: buy_lot(work, new))
    console.desk.office.clock.advance(timedelta(hours=1))
    named = f"{here}/follows/{bought.lot_key}/undo"
    assert (await admin.send(named, reason_text="It renews nothing.")).headers["location"] == here
    assert "No renewal is bought" in await admin.page(here)
    for who in ("board-sales", "ada"):
        assert (await (await console.browser(who)).get(f"{here}/link")).status_code == 404
