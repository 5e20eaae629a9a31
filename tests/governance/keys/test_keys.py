"""License keys: sealed where they lie, one a seat, shown only by an act of its own that the trail keeps."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from governance.audit.models import Entry
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.sealed import SealBroken
from governance.kernel.work import Office
from governance.keys.errors import BadKeyFile
from governance.keys.models import LicenseKey
from governance.keys.rules import KeyKind, KeyState, NewKey, checked, fingerprint, hint, key_state, read_file
from governance.keys.service import AddKeys, KeysAdded, add_keys, bind_key, retire_key, reveal_key, reveal_own_key
from governance.reactions import duties
from governance.runs.outbox import dispatch_event
from governance.seats.models import Assignment
from governance.seats.service import AssignSeats, ReleaseSeats, assign_seats, release_seats
from governance.tenancy.rules import carried
from policies.access.parties import Grant, Role, ScopeKind
from tests.conftest import START
from tests.estate import Estate
from tests.governance.seats.ground import open_desk, rows

SECRETS = ("AAAA-BBBB-CCCC-0001", "AAAA-BBBB-CCCC-0002", "short")
WHY = "the holder's machine was set up anew"


def test_what_of_a_key_may_be_seen_and_how_it_stands() -> None:
    assert (hint(SECRETS[0]), hint("12345678901"), hint("123456789012")) == ("0001", None, "9012")
    assert key_state(None, None, None) is KeyState.FREE
    assert key_state(None, START, None) is KeyState.SPENT
    assert key_state(None, None, START) is KeyState.RETIRED
    assert not carried("secret_sealed")
    assert not carried("secret_hash")
    with pytest.raises(BadInput) as long:
        checked(NewKey("S3CRET" * 200))
    assert "S3CRET" not in long.value.message()
    with pytest.raises(BadInput):
        checked(NewKey("http://a.example/activate", kind=KeyKind.LINK))


def test_a_file_of_keys_is_read_or_named_to_the_cell() -> None:
    found = read_file("\ufeffKey,label,kind,reusable\n K-1 ,Desk 1,,yes\n\nhttps://a.example/x,,link,\n")
    assert found == (
        NewKey("K-1", "Desk 1", KeyKind.KEY, reusable=True),
        NewKey("https://a.example/x", None, KeyKind.LINK, reusable=False),
    )
    for bad, where in (
        ("", "line 1"),
        ("serial\nK-1\n", "line 1"),
        ("key,key\nK,K\n", "line 1"),
        ("key\n", "file"),
        ("key,label\nK-1\n", "line 2"),
        ("key,reusable\nK-1,perhaps\n", "line 2, reusable"),
        ("key,kind\nK-1,dongle\n", "line 2, kind"),
        ("key\nK-1\n\x07S3CRET\n", "line 3, key"),
        ('key\n"K-1\n', "file"),
    ):
        with pytest.raises(BadKeyFile) as no:
            read_file(bad)
        assert no.value.where == where, bad
        assert "S3CRET" not in no.value.message()


async def test_a_key_goes_with_its_seat_and_is_shown_by_an_act_of_its_own(office: Office, clock: HandClock) -> None:
    estate = await Estate.raised(office)
    license_ = await estate.license(quantity=5)
    pool, admin = license_.pools["main"], estate.actor("admin")
    keys = (*map(NewKey, SECRETS[:2]), NewKey(SECRETS[2], reusable=True))

    async def do(verb: Any, *given: Any, actor: Any = admin) -> Any:
        return await office.perform(actor, lambda work: verb(work, *given))

    async def states() -> list[KeyState]:
        found = await by_time(office, estate)
        return [key_state(row.assignment_id, row.freed_at, row.retired_at) for row in found]

    async with open_desk(office) as desk:

        async def answer() -> None:
            for event in await rows(office, estate, OutboxEvent, OutboxEvent.done_at.is_(None)):
                assert await dispatch_event(office, estate.tenant_id, event.id, duties(desk.ledger))

        async def seat(who: str) -> Any:
            done = await assign_seats(desk, admin, AssignSeats(pool, (estate.people[who],)))
            await answer()
            return done.seated[0].assignment_id

        first = await seat("ada")
        for number, key in enumerate(keys):  # the seat that had none gets the first
            assert await do(add_keys, AddKeys(pool, (key,))) == KeysAdded(1, 0, 1 if number == 0 else 0)
            clock.advance(timedelta(seconds=1))
        assert await do(add_keys, AddKeys(pool, keys)) == KeysAdded(0, 3, 0)
        second = await seat("ben")
        third = await seat("cleo")
        found = await by_time(office, estate)
        assert [row.assignment_id for row in found] == [first, second, third]
        for each in (first, third):
            await release_seats(desk, admin, ReleaseSeats((each,)))
        await answer()
        assert await states() == [KeyState.SPENT, KeyState.BOUND, KeyState.FREE]
        again = await seat("cleo")
        assert (await by_time(office, estate))[2].assignment_id == again

    shown = await do(reveal_key, found[1].id, WHY)
    assert shown.key == SECRETS[1]
    holder = estate.actor("ben", Grant(Role.HOLDER, ScopeKind.OWN))
    with pytest.raises(NotFound):
        await do(reveal_key, found[1].id, WHY, actor=holder)
    with pytest.raises(Refused):
        await do(reveal_key, found[1].id, WHY, actor=estate.actor("auditor"))
    with pytest.raises(BadInput):
        await do(reveal_key, found[1].id, " ")
    with pytest.raises(WrongState):
        await do(bind_key, found[0].id, second)
    await do(retire_key, found[1].id, "leaked in a mail")
    with pytest.raises(WrongState):
        await do(reveal_key, found[1].id, WHY)

    entries = await rows(office, estate, Entry)
    assert [row.reason for row in entries if row.act == "key:reveal"] == [WHY]
    assert "access:refused" in {row.act for row in entries}
    assert {"key:add", "key:bind", "key:free", "key:retire"} <= {row.act for row in entries}
    await _nowhere_in_the_database(office, estate)


async def test_a_key_opens_nowhere_else(office: Office) -> None:
    estate = await Estate.raised(office)
    license_ = await estate.license()
    admin, pool = estate.actor("admin"), license_.pools["main"]
    keys = tuple(map(NewKey, SECRETS))
    await office.perform(admin, lambda work: add_keys(work, AddKeys(pool, keys)))
    by_hint = {row.hint: row for row in await rows(office, estate, LicenseKey)}
    one, other = by_hint["0001"], by_hint["0002"]
    assert fingerprint(office.secret, pool, SECRETS[0]) == one.secret_hash
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(
            text("UPDATE license_key SET secret_sealed = :sealed WHERE hint = '0002'"), {"sealed": one.secret_sealed}
        )
    with pytest.raises(SealBroken):
        await office.perform(admin, lambda work: reveal_key(work, other.id, WHY))


async def by_time(office: Office, estate: Estate) -> list[LicenseKey]:
    return sorted(await rows(office, estate, LicenseKey), key=lambda row: row.added_at)


async def _nowhere_in_the_database(office: Office, estate: Estate) -> None:
    """What a key says stands in no column of keys, entries, events or seats."""
    for kind in (LicenseKey, Entry, OutboxEvent, Assignment):
        for row in await rows(office, estate, kind):
            told = json.dumps({column.name: str(getattr(row, column.key)) for column in kind.__table__.columns})
            assert not any(secret in told for secret in SECRETS[:2]), kind


async def test_a_holder_looks_at_their_own_key_and_at_no_other(office: Office) -> None:
    estate = await Estate.raised(office)
    license_ = await estate.license(quantity=2)
    pool, admin = license_.pools["main"], estate.actor("admin")
    given = AddKeys(pool, (NewKey(SECRETS[0]),))
    async with open_desk(office) as desk:
        [ada] = (await assign_seats(desk, admin, AssignSeats(pool, (estate.people["ada"],)))).seated
        await office.perform(admin, lambda work: add_keys(work, given))
        [ben] = (await assign_seats(desk, admin, AssignSeats(pool, (estate.people["ben"],)))).seated

        async def look(who: str, seat: Any) -> str:
            done = await office.perform(estate.actor(who), lambda work: reveal_own_key(work, seat.assignment_id))
            return done.key

        assert await look("ada", ada) == SECRETS[0]
        for who, seat in (("ben", ada), ("admin", ada), ("ben", ben)):  # another's, and one without a key
            with pytest.raises(NotFound):
                await look(who, seat)
        [entry] = await rows(office, estate, Entry, Entry.act == "key:reveal")
        assert (entry.actor, SECRETS[0] in json.dumps([entry.after, entry.reason])) == (
            f"person:{estate.people['ada']}", False,
        )  # fmt: skip
        await release_seats(desk, admin, ReleaseSeats((ada.assignment_id,)))
        with pytest.raises(WrongState):
            await look("ada", ada)
