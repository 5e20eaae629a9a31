"""Call those who fulfill by webhook: signed, at least once, under the same id at every try, and not for ever."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from governance.fulfillment import queries
from governance.fulfillment.errors import CallFailed
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.queries import Told
from governance.fulfillment.rules import MOST_ATTEMPTS, Answered, Fulfilled, answered, signed, wait_after
from governance.fulfillment.service.ordering import end
from governance.fulfillment.service.setting import PURPOSE
from governance.kernel.sealed import SealBroken, unseal
from governance.kernel.work import Office, Work
from governance.runs.principals import system_actor
from policies.access.parties import Actor

MOST_AT_ONCE = 200


class Caller(Protocol):
    """Makes one call out."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body and give the status of the answer. Raises CallFailed where there was none."""
        ...


@dataclass(frozen=True)
class _Call:
    order: WorkOrder
    url: str
    body: bytes
    headers: Mapping[str, str]


async def call_due(office: Office, caller: Caller) -> int:
    """Make every call whose time has come, of all tenants; give how many were made.

    A try is counted and its successor scheduled before the call goes out, so that a process which dies in between
    neither loses the order nor tries it without end. After 8 tries, or a no for good, it has FAILED.
    """
    async with office.database.system_read() as session:
        found = await queries.due_orders(session, office.clock.now(), MOST_AT_ONCE)
    made = 0
    for tenant_id, order_id in found:
        actor = system_actor(tenant_id, "fulfillment")
        async with office.writing(actor) as work:
            order = await queries.due(work, order_id)
            call = None if order is None else await _prepared(work, order)
        if call is not None:
            made += 1
            await _noted(office, actor, call, *await _called(caller, call))
    return made


async def _prepared(work: Work, order: WorkOrder) -> _Call | None:
    setting = await queries.fulfillment_of(work, order.pool_id)
    if setting is None or setting.url is None or setting.secret_sealed is None:
        await end(work, order, Fulfilled.FAILED, error="the pool has no address to call any more")
        return None
    try:
        secret = unseal(work.office.secret, setting.secret_sealed, purpose=PURPOSE, about=str(order.pool_id))
    except SealBroken as broken:
        await end(work, order, Fulfilled.FAILED, error=broken.message())
        return None
    body = body_of(await queries.told_of(work, order.id))
    order.attempts += 1
    order.due_at = work.now() + wait_after(order.id, order.attempts)
    headers = {"content-type": "application/json", **signed(secret, order.id, work.now(), body)}
    return _Call(order, setting.url, body, headers)


async def _called(caller: Caller, call: _Call) -> tuple[Answered, str]:
    try:
        status = await caller(call.url, call.body, call.headers)
    except CallFailed as failed:
        return Answered.AGAIN, str(failed)
    return answered(status), f"it answered {status}"


async def _noted(office: Office, actor: Actor, call: _Call, said: Answered, why: str) -> None:
    async with office.writing(actor) as work:
        row = await queries.work_order(work, call.order.id, locked=True)
        if row.state is not Fulfilled.PENDING:
            return  # confirmed, or not needed any more, while the call was under way
        if said is Answered.DONE:
            await end(work, row, Fulfilled.DONE)
        elif said is Answered.TAKEN:
            row.due_at, row.last_error = None, None
        elif said is Answered.NO or row.attempts >= MOST_ATTEMPTS:
            await end(work, row, Fulfilled.FAILED, error=why)
        else:
            row.last_error = why[:400]


def body_of(told: Told) -> bytes:
    """Write what the other side is told: the act, of which license, for whom. The same at every try."""
    order, person = told.order, told.person
    data: dict[str, Any] = {
        "order": str(order.id), "assignment": None if order.assignment_id is None else str(order.assignment_id),
        "license": told.license.code, "line": told.line.code, "pool": told.pool.code, "product": told.product.code,
        "tier": None if told.tier is None else {"code": told.tier.code, "externalId": told.tier.external_id},
        "account": order.account,
        "person": None if person is None else {
            "externalId": person.external_id, "mail": person.mail, "name": person.name,
        },
    }  # fmt: skip
    said = {"type": f"seat.{order.act.value.lower()}", "timestamp": order.asked_at.isoformat(), "data": data}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
