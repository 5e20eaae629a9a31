"""What does not fit at the vendor, on pages: named, settled by preview, ordered, and noted when it is done."""

import re

from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode
from governance.holdings.models import HeldSeat, HoldingsReading
from tests.governance.seats.ground import rows


async def test_differences_are_settled_and_orders_noted(console):
    estate, office, admin = console.estate, console.desk.office, await console.browser("admin")
    product = await estate.product("suite")
    license_ = await estate.license(quantity=9, product_id=product)
    here = f"/licenses/{license_.entitlement_id}"
    setting = f"{here}/pools/{license_.pools['main']}/fulfillment"
    await console.seated(license_, "ada")
    assert f"{here}/differences" in (await admin.get(here)).text
    empty = await admin.page(f"{here}/differences")
    assert "no list was read in" in empty
    assert setting in (await admin.get(f"{here}/differences")).text
    refused = await admin.send(setting, mode="WEBHOOK", url="http://10.0.0.1/x", version="0")
    assert refused.status_code == 422
    told = await admin.send(setting, mode="WEBHOOK", url="https://seats.example/hook", version="0")
    assert "whsec_" in told.text
    assert (await admin.send(setting, mode="CONNECTOR", url="", version="1")).status_code == 303
    assert "whsec_" not in (await admin.get(setting)).text
    now = office.clock.now()
    reading = await estate.add(
        HoldingsReading(
            **estate.key(), source="m365", instance="m365", complete=True, seats=2, observed_at=now, recorded_at=now,
            recorded_by="system:tests",
        )
    )  # fmt: skip
    for who, account in (("ben", "ben@there"), (None, "ghost@there")):
        person = None if who is None else estate.people[who]
        await estate.add(
            HeldSeat(
                **estate.key(), reading_id=reading.id, account=account, person_id=person, product_id=product, quantity=1
            )
        )  # fmt: skip
    page = await admin.page(f"{here}/differences")
    for word in ("Held there, not here", "Held there, by whom?", "ghost@there", "Revoke it there"):
        assert word in page
    assert "Assigned, not held there" in page
    assert "Settle differences" in page
    none = await admin.send(f"{here}/differences/settle", kind="HELD_BY_LEAVER")
    assert none.status_code == 422
    done = await admin.confirmed(f"{here}/differences/settle", kind="HELD_NOT_ASSIGNED")
    assert done.status_code == 303
    [order] = await rows(office, estate, WorkOrder)
    assert (order.account, order.mode) == ("ben@there", Mode.CONNECTOR)
    every = await admin.page("/differences")
    assert "Held there, by whom?" in every, "the gravest of what does not fit"
    listed = await admin.page("/work-orders")
    assert "Revoke a seat" in listed
    say = f"/work-orders/{order.id}/confirm"
    assert say in (await admin.get("/work-orders")).text
    assert (await admin.send(say, outcome="FAILED")).status_code == 422
    assert (await admin.send(say, outcome="FAILED", error="no such account")).status_code == 303
    assert "no such account" in await admin.page("/work-orders")
    assert (await admin.send(say, outcome="AGAIN")).status_code == 303
    assert (await admin.send(say, outcome="DONE", vendor_ref="r-1")).status_code == 303
    [order] = await rows(office, estate, WorkOrder)
    assert order.state is Fulfilled.DONE
    assert (await admin.get(say)).status_code == 404
    assert "Revoke a seat" in await admin.page("/work-orders?state=all")
    auditor = await console.browser("auditor", language="de")
    german = await auditor.page(f"{here}/differences")
    assert "Dort belegt, hier nicht" in german
    assert not re.search(r"\bholdings\.|\borders\.", german)
    assert (await auditor.get(say)).status_code in {403, 404}
    assert (await auditor.get(setting)).status_code in {403, 404}
