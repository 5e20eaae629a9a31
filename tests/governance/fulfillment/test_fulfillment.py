"""Seats at the vendor: ordered once, called with a signature under one id until an end, and revoked when given back."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.delivery.webhook import WebhookCaller
from api.outbound import Outbound
from governance.audit.models import Entry
from governance.fulfillment.models import PoolFulfillment, WorkOrder
from governance.fulfillment.rules import (
    MOST_ATTEMPTS,
    Answered,
    Fulfilled,
    Mode,
    OrderAct,
    after_release,
    answered,
    checked_url,
    new_secret,
    signed,
    wait_after,
)
from governance.fulfillment.service import (
    ConfirmOrder,
    SetFulfillment,
    call_due,
    confirm_order,
    retry_order,
    set_fulfillment,
)
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Conflict, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.reactions import duties
from governance.runs.outbox import dispatch_event
from governance.seats.models import Assignment
from governance.seats.service import AssignSeats, ReleaseSeats, SeatDesk, assign_seats, release_seats
from tests.estate import Estate, License
from tests.governance.fulfillment.receiver import Receiver, receiving
from tests.governance.seats.ground import open_desk, rows

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Ground:
    """An estate whose one pool is fulfilled, and what moves it."""

    office: Office
    estate: Estate
    license: License
    desk: SeatDesk
    caller: WebhookCaller
    clock: HandClock

    @property
    def admin(self) -> Any:
        return self.estate.actor("admin")

    async def set(self, mode: Mode, url: str | None = None) -> str | None:
        command = SetFulfillment(self.license.pools["main"], mode, url)
        return (await self.office.perform(self.admin, lambda work: set_fulfillment(work, command))).secret

    async def assign(self, who: str, *, invite: bool = False) -> UUID:
        command = AssignSeats(self.license.pools["main"], (self.estate.people[who],), invite=invite)
        done = await assign_seats(self.desk, self.admin, command)
        await self.answer()
        return done.seated[0].assignment_id

    async def release(self, seat: UUID) -> None:
        await release_seats(self.desk, self.admin, ReleaseSeats((seat,)))
        await self.answer()

    async def answer(self) -> None:
        """Answer every event that waits; twice, for answers come at least once."""
        table = duties(self.desk.ledger)
        for event in await rows(self.office, self.estate, OutboxEvent, OutboxEvent.done_at.is_(None)):
            await dispatch_event(self.office, self.estate.tenant_id, event.id, table)

    async def orders(self) -> list[WorkOrder]:
        return await rows(self.office, self.estate, WorkOrder)

    async def call(self) -> int:
        return await call_due(self.office, self.caller)


@pytest.fixture
async def receiver() -> Any:
    with receiving() as one:
        yield one


@pytest.fixture
async def ground(office: Office, clock: HandClock) -> Any:
    estate = await Estate.raised(office)
    license_ = await estate.license(quantity=5)
    async with open_desk(office) as desk:
        caller = WebhookCaller(Outbound(("127.0.0.0/8",)))
        yield Ground(office, estate, license_, desk, caller, clock)


def test_a_signature_is_what_its_receivers_compute() -> None:
    order, body = UUID(int=7), b'{"a":1}'
    secret = new_secret(bytes(range(32)))
    sent = signed(secret, order, AT, body)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    told = b".".join((sent["webhook-id"].encode(), sent["webhook-timestamp"].encode(), body))
    seal = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    assert sent["webhook-signature"] == f"v1,{seal}"
    assert sent["webhook-timestamp"] == str(int(AT.timestamp()))
    assert signed(secret, order, AT + timedelta(hours=1), body)["webhook-id"] == sent["webhook-id"]
    assert signed(secret, order, AT, body + b" ")["webhook-signature"] != sent["webhook-signature"]


def test_what_a_status_means_and_how_long_an_order_rests() -> None:
    said = {status: answered(status) for status in (200, 204, 202, 302, 400, 404, 408, 410, 429, 500, 503)}
    assert {s for s, a in said.items() if a is Answered.DONE} == {200, 204}
    assert {s for s, a in said.items() if a is Answered.TAKEN} == {202}
    assert {s for s, a in said.items() if a is Answered.NO} == {400, 404, 410}
    rests = [wait_after(UUID(int=9), attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]
    assert all(timedelta(seconds=30) < rest <= timedelta(hours=6) for rest in rests)
    assert rests[0] <= timedelta(minutes=1)
    assert rests == [wait_after(UUID(int=9), attempt) for attempt in range(1, MOST_ATTEMPTS + 1)]


def test_a_seat_nobody_was_told_of_is_not_revoked() -> None:
    assert not after_release(Mode.WEBHOOK, Fulfilled.PENDING, 0)
    assert after_release(Mode.WEBHOOK, Fulfilled.PENDING, 1)
    assert after_release(Mode.CONNECTOR, Fulfilled.PENDING, 0)
    assert after_release(Mode.WEBHOOK, Fulfilled.FAILED, 8)
    assert not after_release(Mode.CONNECTOR, Fulfilled.NOT_NEEDED, 0)


@pytest.mark.parametrize(
    "url",
    [
        None, "", "ftp://a.example/x", "http://a.example/x", "https://", "https://u:p@a.example/", "https://a.example/#f",
        "https://[::1/", "https://a.example:99999/", "https://ä.example/",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_called_is_refused(url: str | None) -> None:
    with pytest.raises(BadInput) as no:
        checked_url(url, Mode.WEBHOOK)
    assert no.value.field == "url"
    assert "p@" not in no.value.has


async def test_a_seat_is_told_of_until_it_is_done_and_revoked_when_given_back(
    ground: Ground, receiver: Receiver
) -> None:
    secret = await ground.set(Mode.WEBHOOK, receiver.url)
    assert secret is not None
    assert await ground.set(Mode.WEBHOOK, receiver.url) is None, "a key is told once"
    [row] = await rows(ground.office, ground.estate, PoolFulfillment)
    assert row.secret_sealed is not None
    assert secret not in row.secret_sealed
    seat = await ground.assign("ada")
    await ground.answer()
    [order] = await ground.orders()
    assert (order.act, order.state, order.attempts) == (OrderAct.GRANT, Fulfilled.PENDING, 0)
    receiver.says = [503, 429]
    for _ in range(3):
        assert await ground.call() == 1
        assert await ground.call() == 0, "it rests first"
        ground.clock.advance(timedelta(hours=6))
    [done] = await ground.orders()
    assert (done.state, done.attempts) == (Fulfilled.DONE, 3)
    assert len({headers["webhook-id"] for headers, _ in receiver.told}) == 1
    assert len({body for _, body in receiver.told}) == 1
    headers, body = receiver.told[-1]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == signed(secret, order.id, at, body)["webhook-signature"]
    told = json.loads(body)
    assert told["type"] == "seat.grant"
    assert told["data"]["person"]["mail"] == "ada@halden.example"
    assert told["data"]["license"] == "m365-e5"
    await ground.release(seat)
    assert await ground.call() == 1
    assert json.loads(receiver.told[-1][1])["type"] == "seat.revoke"
    assert [(o.act, o.state) for o in await ground.orders()] == [
        (OrderAct.GRANT, Fulfilled.DONE), (OrderAct.REVOKE, Fulfilled.DONE)
    ]  # fmt: skip
    acts = [e.act for e in await rows(ground.office, ground.estate, Entry) if e.act.startswith(("order:", "pool:"))]
    assert acts.count("order:place") == 2
    assert acts.count("order:end") == 2
    assert acts.count("pool:fulfill") == 2


async def test_what_fails_for_good_is_told_to_the_owner_and_may_be_tried_again(
    ground: Ground, receiver: Receiver
) -> None:
    await ground.set(Mode.WEBHOOK, receiver.url)
    await ground.assign("ada")
    receiver.says = [422]
    assert await ground.call() == 1
    [order] = await ground.orders()
    assert (order.state, order.last_error) == (Fulfilled.FAILED, "it answered 422")
    await ground.answer()
    [told] = await rows(ground.office, ground.estate, Notice, Notice.text_key == "order-failed")
    assert told.person_id == ground.estate.people["admin"]
    again = await ground.office.perform(ground.admin, lambda work: retry_order(work, order.id))
    assert again.state is Fulfilled.PENDING
    receiver.says = [500] * MOST_ATTEMPTS
    for _ in range(MOST_ATTEMPTS):
        await ground.call()
        ground.clock.advance(timedelta(hours=6))
    [dead] = await ground.orders()
    assert (dead.state, dead.attempts) == (Fulfilled.FAILED, MOST_ATTEMPTS)
    assert {headers["webhook-id"] for headers, _ in receiver.told} == {f"msg_{order.id.hex}"}
    await ground.set(Mode.WEBHOOK, "https://10.0.0.1/private")
    await ground.office.perform(ground.admin, lambda work: retry_order(work, order.id))
    assert await ground.call() == 1
    [refused] = await ground.orders()
    assert refused.state is Fulfilled.PENDING
    assert "not public" in (refused.last_error or "")


async def test_a_connector_fetches_and_confirms(ground: Ground) -> None:
    estate, office = ground.estate, ground.office
    await ground.set(Mode.CONNECTOR)
    invited = await ground.assign("ben", invite=True)
    assert await ground.orders() == [], "an invitation is nothing to grant yet"
    seat = await ground.assign("ada")
    [order] = await ground.orders()
    assert await ground.call() == 0
    for who in ("auditor", "ada"):
        command = ConfirmOrder(order.id, Fulfilled.DONE)
        with pytest.raises(Refused):
            await office.perform(estate.actor(who), lambda work, c=command: confirm_order(work, c))
    for bad in (
        ConfirmOrder(order.id, Fulfilled.PENDING), ConfirmOrder(order.id, Fulfilled.FAILED),
        ConfirmOrder(order.id, Fulfilled.DONE, error="but"),
    ):  # fmt: skip
        with pytest.raises(BadInput):
            await office.perform(ground.admin, lambda work, c=bad: confirm_order(work, c))
    failed = ConfirmOrder(order.id, Fulfilled.FAILED, error="no such user")
    done = ConfirmOrder(order.id, Fulfilled.DONE, vendor_ref="sub-77")
    for command in (failed, failed, done, done):
        row = await office.perform(ground.admin, lambda work, c=command: confirm_order(work, c))
    assert (row.state, row.vendor_ref, row.last_error) == (Fulfilled.DONE, "sub-77", None)
    entries = [e for e in await rows(office, estate, Entry) if e.act == "order:end"]
    assert len(entries) == 2, "said twice alike, it is one confirmation"
    with pytest.raises(WrongState):
        await office.perform(ground.admin, lambda work: confirm_order(work, failed))
    with pytest.raises(WrongState):
        await office.perform(ground.admin, lambda work: retry_order(work, order.id))
    await ground.set(Mode.RECORD)
    await ground.release(seat)
    last = (await ground.orders())[-1]
    assert (last.act, last.mode, last.state) == (OrderAct.REVOKE, Mode.RECORD, Fulfilled.PENDING)
    await ground.release(invited)
    assert len(await ground.orders()) == 2, "a pool that records only asks for nothing new"


async def test_a_grant_nobody_was_told_of_is_dropped_and_settings_are_guarded(ground: Ground) -> None:
    office, pool = ground.office, ground.license.pools["main"]
    await ground.set(Mode.WEBHOOK, "https://seats.example/hook")
    seat = await ground.assign("ada")
    await ground.release(seat)
    [order] = await ground.orders()
    assert (order.act, order.state) == (OrderAct.GRANT, Fulfilled.NOT_NEEDED)
    stale = SetFulfillment(pool, Mode.RECORD, expected_version=9)
    with pytest.raises(Conflict):
        await office.perform(ground.admin, lambda work: set_fulfillment(work, stale))
    with pytest.raises(Refused):
        await office.perform(
            ground.estate.actor("auditor"), lambda work: set_fulfillment(work, SetFulfillment(pool, Mode.RECORD))
        )
    async with office.database.read(ground.estate.tenant_id) as session:
        seats = (await session.execute(select(Assignment))).scalars().all()
    assert len(seats) == 1
