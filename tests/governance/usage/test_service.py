"""Usage that comes in: once each, refused by position with what would be right, never lost for an unknown name."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.kernel.clock import HandClock
from governance.kernel.errors import Refused
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.usage import queries, service
from governance.usage.errors import TooManyEvents
from governance.usage.models import Feed, UsageEvent
from policies.access.parties import Role
from tests.estate import Estate


def used(source_id: str = "1", **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "specversion": "1.0", "id": source_id, "source": "/signin", "type": "lictor.seat.used",
        "time": "2026-03-02T08:00:00Z", "data": {"person": "ada", "product": "m365"},
    }  # fmt: skip
    return {k: v for k, v in (event | changes).items() if v is not ...}


async def sent(estate: Estate, *events: Any, who: str = "admin") -> service.IngestAnswer:
    return await estate.office.perform(estate.actor(who), lambda w: service.ingest(w, events))


async def rows(estate: Estate, model: Any) -> list[Any]:
    async with estate.office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(model).where(model.tenant_id == estate.tenant_id))).scalars())


async def test_an_event_is_kept_once_however_often_it_comes(office: Office, estate: Estate, clock: HandClock) -> None:
    product_id = await estate.product("m365")
    first = await sent(estate, used("1"), used("2"), used("1"))
    clock.advance(timedelta(hours=1))
    again = await sent(estate, used("1"), used("2"), used("3"))
    assert (first.accepted, first.duplicates, again.accepted, again.duplicates) == (2, 1, 1, 2)
    kept = await rows(estate, UsageEvent)
    assert {(e.source_id, e.person_id, e.product_id) for e in kept} == {
        (i, estate.people["ada"], product_id) for i in ("1", "2", "3")
    }
    feed = (await rows(estate, Feed))[0]
    assert (feed.source, feed.events, feed.last_heard_at) == ("/signin", 3, clock.now())


async def test_two_calls_at_once_keep_each_event_once(office: Office, estate: Estate) -> None:
    await estate.product("m365")
    batch = [used(str(i)) for i in range(40)]
    answers = await asyncio.gather(*(sent(estate, *order) for order in (batch, batch[::-1], batch[10:] + batch[:10])))
    assert (sum(a.accepted for a in answers), sum(a.duplicates for a in answers)) == (40, 80)
    assert len(await rows(estate, UsageEvent)) == 40
    assert [f.events for f in await rows(estate, Feed)] == [40]


async def test_the_same_id_of_another_source_is_another_event(office: Office, estate: Estate) -> None:
    answer = await sent(estate, used("1"), used("1", source="/other"))
    assert (answer.accepted, answer.duplicates) == (2, 0)


async def test_use_is_told_once_for_a_person_and_product_with_its_first_and_last_moment(
    office: Office, estate: Estate
) -> None:
    product_id = await estate.product("m365")
    await sent(
        estate,
        used("1"),
        used("2", time="2026-03-01T08:00:00+02:00"),
        used("3", time="2026-03-02T08:59:59.5Z", data={"person": "ADA@halden.example", "product": "m365"}),
        used("4", data={"person": "ben", "product": "m365"}),
    )
    told = {e.subject_id: e.facts for e in await rows(estate, OutboxEvent) if e.name == "UsageObserved"}
    assert told[estate.people["ada"]] == {
        "product_id": str(product_id),
        "first_at": "2026-03-01T06:00:00+00:00",
        "last_at": "2026-03-02T08:59:59.500000+00:00",
        "moments": [
            "2026-03-01T06:00:00+00:00",
            "2026-03-02T08:00:00+00:00",
            "2026-03-02T08:59:59.500000+00:00",
        ],
    }
    assert set(told) == {estate.people["ada"], estate.people["ben"]}


async def test_unknown_names_are_kept_and_said_and_move_nothing(office: Office, estate: Estate) -> None:
    await estate.product("m365")
    answer = await sent(
        estate,
        used("1", data={"person": "nobody", "product": "nothing"}),
        used("2", type="com.example.ping", data={"x": 1}),
    )
    assert answer.accepted == 2
    assert [(u.index, u.code) for u in answer.unmatched] == [(0, "UNKNOWN_PERSON"), (0, "UNKNOWN_PRODUCT")]
    assert {e.type: e.data for e in await rows(estate, UsageEvent)}["com.example.ping"] == {"x": 1}
    assert not [e for e in await rows(estate, OutboxEvent) if e.name == "UsageObserved"]


async def test_a_mail_address_of_two_people_names_neither(office: Office, estate: Estate) -> None:
    await estate.product("m365")
    async with office.database.write(estate.tenant_id) as session:
        person = await session.get_one(queries.Person, (estate.tenant_id, estate.people["ben"]))
        person.mail_key = "ada@halden.example"
    answer = await sent(estate, used("1", data={"person": "ada@halden.example", "product": "m365"}))
    assert [u.code for u in answer.unmatched] == ["UNKNOWN_PERSON"]


HOSTILE: list[tuple[Any, str]] = [
    ("text", "JSON object"),
    (None, "JSON object"),
    ([], "JSON object"),
    (used(specversion="0.3"), "specversion"),
    (used(specversion=...), "specversion"),
    (used(id=...), "id: missing"),
    (used(id=""), "id"),
    (used(id=7), "id"),
    (used(id="x" * 201), "201"),
    (used(id="a\0b"), "control"),
    (used(source=...), "source"),
    (used(source="\ud800"), "half a character"),
    (used(type=...), "type"),
    (used(time="yesterday"), "RFC 3339"),
    (used(time="2026-03-02T08:00:00"), "zone"),
    (used(time="2026-02-30T08:00:00Z"), "calendar"),
    (used(time="0001-01-01T00:00:00+14:00"), "calendar"),
    (used(time="1970-01-01T00:00:00Z"), "far back"),
    (used(time="2026-03-02T09:05:01Z"), "future"),
    (used(time=1772438400), "RFC 3339"),
    (used(data="used"), "JSON object"),
    (used(data=...), "data.person"),
    (used(data={"person": "ada"}), "data.product"),
    (used(data={"person": " ", "product": "m365"}), "data.person"),
    (used(data={"person": "ada", "product": "m365", "x": "a\0"}), "control"),
    (used(data={"person": "ada", "product": "m365", "x": float("nan")}), "NaN"),
    (used(data={"person": "ada", "product": "m365", "x": 2**70}), "64 bits"),
    (used(data={"person": "ada", "product": "m365", "x": [0] * 500}), "values"),
    (used(data={"person": "ada", "product": "m365", "x": "y" * 5000}), "characters"),
    (used(data_base64="AAAA"), "data_base64"),
    (used(datacontenttype="text/xml"), "application/json"),
    (used(**{"Bad-Name": 1}), "attribute"),
]  # fmt: skip


async def test_each_unreadable_event_is_refused_by_its_position_and_the_others_are_kept(
    office: Office, estate: Estate
) -> None:
    deep: Any = 1
    for _ in range(20):
        deep = [deep]
    cases = [*HOSTILE, (used(data={"person": "ada", "product": "m365", "x": deep}), "levels")]
    answer = await sent(estate, *(event for event, _ in cases), used("good"))
    assert (answer.accepted, len(answer.refused)) == (1, len(cases))
    for refusal, (_, word) in zip(answer.refused, cases, strict=True):
        assert word in refusal.message, (refusal.index, refusal.message)
    assert [r.index for r in answer.refused] == list(range(len(cases)))


async def test_an_event_without_a_time_happened_when_it_came(office: Office, estate: Estate, clock: HandClock) -> None:
    await sent(estate, used(time=...), used("2", time="2026-03-02T09:05:00Z"))
    kept = {e.source_id: e.occurred_at for e in await rows(estate, UsageEvent)}
    assert kept == {"1": clock.now(), "2": datetime(2026, 3, 2, 9, 5, tzinfo=UTC)}


async def test_only_who_may_ingest_does_and_a_batch_is_bounded(office: Office, estate: Estate) -> None:
    with pytest.raises(Refused):
        await sent(estate, used(), who="auditor")
    with pytest.raises(TooManyEvents):
        await sent(estate, *(used(str(i)) for i in range(1001)))
    assert (await sent(estate, *(used(str(i)) for i in range(1000)))).accepted == 1000
    assert (await sent(estate)).accepted == 0
    assert [e.act for e in await rows(estate, Entry)].count("event:ingest") == 1


async def test_one_tenants_events_are_not_anothers_duplicates(office: Office, estate: Estate) -> None:
    other = await Estate.raised(office, "Twin Group")
    await estate.product("m365")
    assert (await sent(estate, used())).accepted == 1
    answer = await sent(other, used())
    assert (answer.accepted, [u.code for u in answer.unmatched]) == (1, ["UNKNOWN_PRODUCT"])


async def test_freshness_is_told_as_it_was_known(office: Office, estate: Estate, clock: HandClock) -> None:
    await sent(estate, used("1"))
    then = clock.now()
    clock.advance(timedelta(days=3))
    await sent(estate, used("2", time="2026-03-04T08:00:00Z"))
    async with office.database.read(estate.tenant_id) as session:
        was = await queries.freshness(session, estate.tenant_id, then)
        now = await queries.freshness(session, estate.tenant_id, clock.now())
    assert [(w[0], w[2], w[3]) for w in was] == [("/signin", then, 1)]
    assert [(n[0], n[2], n[3]) for n in now] == [("/signin", clock.now(), 2)]


async def test_events_are_read_within_reach(office: Office, estate: Estate) -> None:
    await estate.product("m365")
    await sent(estate, used("1"), used("2", data={"person": "cleo", "product": "m365"}))
    for who, unit, count in (("admin", None, 2), ("cleo", "sales-emea", 1), ("cleo", "finance", 0)):
        actor = estate.actor(who) if unit is None else estate.actor(who, role=Role.LICENSE_OWNER, unit=unit)
        async with office.reading(actor) as work:
            assert len((await work.session.execute(queries.visible_events(work))).all()) == count
