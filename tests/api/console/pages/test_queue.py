"""Help: asked for by a holder, seen by IT in the queue and on the seat's page, closed, and told back; regions obeyed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from governance.activation.models import SupportContact
from governance.activation.service import DeclareErrorText, declare_error, take_events
from tests.api.console.pages.conftest import words
from tests.api.console.pages.test_survey import asked, score_of
from tests.governance.holding import seat


async def stuck_seat(console, who="ada", country="US"):
    """Somebody of that country who holds a seat and was stopped by an error the service desk was called about."""
    estate, clock = console.estate, console.desk.office.clock
    product = await estate.product("m365")
    license_ = await estate.license("m365", product_id=product)
    person = await estate.person("stopped", country=country)
    seat_id = await seat(estate, license_, "stopped")
    clock.advance(timedelta(minutes=10))
    data = {"person": "stopped", "product": "m365", "step": "VALIDATED", "code": "E-17", "case": "T-1"}
    events = [
        {"specversion": "1.0", "id": kind, "source": "/desk", "type": f"lictor.{kind}",
         "time": clock.now().isoformat(), "data": data}
        for kind in ("activation.error", "support.opened")
    ]  # fmt: skip
    admin = estate.actor("admin")
    meaning = DeclareErrorText(product, "E-17", "The key is of another region", "Ask for a key of your own")
    await console.desk.office.perform(admin, lambda work: declare_error(work, meaning))
    await console.desk.office.perform(admin, lambda work: take_events(work, events))
    return license_, seat_id, person


async def test_a_holder_asks_it_sees_closes_and_the_holder_is_told(console):
    license_ = await console.estate.license("m365")
    [seat_id] = await console.seated(license_, "ada")
    ada, admin = await console.browser("ada"), await console.browser("admin")
    assert "Ask for help" in await ada.page("/my-licenses")
    sent = await ada.send(f"/my-licenses/{seat_id}/help", step="REGISTERED", note="It wants a code")
    assert sent.status_code == 303
    assert "Open" in await ada.page("/my-licenses")
    queue = await admin.page("/queue")
    assert "Ada" in queue
    assert "It wants a code" in queue
    assert "Need help" in await admin.page(f"/licenses/{license_.entitlement_id}")
    async with console.desk.office.reading(console.estate.actor("admin")) as work:
        [row] = (await work.session.execute(select(SupportContact))).scalars()
    ben = await console.browser("ben")
    assert (await ben.send(f"/queue/{row.id}/close", version="1")).status_code in (403, 404)
    assert (await admin.send(f"/queue/{row.id}/close", version="1")).status_code == 303
    assert "It wants a code" not in await admin.page("/queue")
    assert "Closed" in await ada.page("/my-licenses")
    assert (await ben.get(f"/my-licenses/{seat_id}/help")).status_code == 404


async def test_a_stuck_seat_is_in_the_queue_with_what_the_code_means_and_on_its_own_page(console):
    license_, seat_id, _ = await stuck_seat(console)
    admin = await console.browser("admin")
    queue = await admin.page(f"/queue?license={license_.entitlement_id}")
    assert "The key is of another region" in queue
    assert "Stopped" in queue
    page = await admin.page(f"/seats/{seat_id}")
    assert "Error E-17 at Validated" in page
    assert "Ask for a key of your own" in page
    admin.client.headers["accept-language"] = "de"
    german = await admin.page(f"/seats/{seat_id}")
    assert "Fehler E-17 bei Freigeschaltet" in german
    admin.client.headers["accept-language"] = "en"
    clock = console.desk.office.clock
    clock.advance(timedelta(minutes=5))
    solved = {"specversion": "1.0", "id": "solved", "source": "/desk", "type": "lictor.activation.step",
              "time": clock.now().isoformat(), "data": {"person": "stopped", "product": "m365", "step": "VALIDATED"}}  # fmt: skip
    await console.desk.office.perform(console.estate.actor("admin"), lambda work: take_events(work, [solved]))
    assert "The key is of another region" not in await admin.page("/queue")
    assert "overcome" in await admin.page(f"/seats/{seat_id}")


@pytest.mark.parametrize(("country", "shown", "named"), [("US", True, True), ("CH", True, False), ("DE", False, False)])
async def test_a_region_decides_whether_somebody_stuck_is_named_or_told_at_all(console, country, shown, named):
    _, seat_id, _ = await stuck_seat(console, country=country)
    admin = await console.browser("admin")
    queue = await admin.page("/queue")
    assert ("The key is of another region" in queue) is shown
    assert ("Stopped" in queue) is named
    assert ("E-17" in await admin.page(f"/seats/{seat_id}")) is named


async def test_nobody_without_the_right_opens_the_queue(console):
    await stuck_seat(console)
    for who in ("ada", "board-sales"):
        assert (await (await console.browser(who)).get("/queue")).status_code in (403, 404)
    auditor = await console.browser("auditor")
    assert (await auditor.get("/queue")).status_code in (403, 404)


async def test_a_survey_waits_in_my_licenses_and_is_answered_there_once(console):
    row, _ = await asked(console)
    ada, ben = await console.browser("ada"), await console.browser("ben")
    assert "How easy was it" in await ada.page("/my-licenses")
    assert (await ben.get(f"/my-licenses/surveys/{row.id}")).status_code == 404
    assert (await ada.send(f"/my-licenses/surveys/{row.id}", score="9")).status_code == 422
    assert (await ada.send(f"/my-licenses/surveys/{row.id}", score="5")).status_code == 303
    assert await score_of(console, row) == 5
    assert "How easy was it" not in words((await ada.get("/my-licenses")).text)
    assert (await ada.get(f"/my-licenses/surveys/{row.id}")).status_code == 404
