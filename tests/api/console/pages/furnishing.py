"""A small estate in which every declared page of the console has something to show."""

import base64
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from governance.activation.service import DeclareJourney, ask_survey, declare_journey
from governance.agreements.rules import Side
from governance.agreements.spoken import Outcome
from governance.assignment_rules.service import ApplyRule, apply_rule, preview_rule, reconcile
from governance.catalog.bonding import BondTiers, bond_tiers
from governance.catalog.models import Product, Tier
from governance.catalog.rules import BondKind
from governance.directory.models import Group
from governance.directory.one_time import code_at, step_of
from governance.entitlements.rights import GrantLineRight, grant_line_right
from governance.entitlements.rules import LicenseModel, Overage, RightKind
from governance.entitlements.service import NewReading, RecordConsumption, record_consumption
from governance.entitlements.service.lots import NewLot, buy_lot
from governance.fulfillment.models import WorkOrder
from governance.fulfillment.rules import Fulfilled, Mode, OrderAct
from governance.inventory.rules import DeviceKind
from governance.inventory.service import (
    RecordInstallations,
    RegisterDevice,
    Seen,
    record_installations,
    register_device,
)
from governance.keys.rules import NewKey
from governance.keys.service import AddKeys, add_keys
from governance.reviews.service import PrepareReview, prepare_review
from governance.rulebook.rules import PolicyKind, shipped_content
from governance.seats.rules import SeatState
from governance.seats.service.devices import AssignDevices, assign_devices
from policies.access.parties import Role
from tests.api.console.pages.conftest import Browser
from tests.api.console.pages.moving import moved, scanned
from tests.api.console.pages.test_alerts import raised
from tests.api.console.pages.test_imports import _handed_in
from tests.api.console.pages.test_policies import HOLDS, LINE
from tests.api.console.pages.test_queue import stuck_seat
from tests.api.console.pages.test_retention import ended
from tests.api.console.pages.test_review_items import convened, proposed
from tests.api.console.pages.test_sign_in_settings import GIVEN
from tests.api.console.pages.test_templates import SEATS, templated
from tests.estate import License
from tests.governance.holding import seat
from tests.governance.imports.tables import AGREEMENT, file_of
from tests.governance.seats.ground import rows
from tests.reports.test_four_way_report import held_there


async def furnished(console, folder: Path) -> dict[str, Browser]:
    """Fill the estate: seats of each state, calls for help, alerts, findings, renewals, a review, imports, a report.

    Gives the browser of each reader.
    """
    estate, clock = console.estate, console.desk.office.clock
    await estate.grant("board-sales", Role.FINANCE)
    await _ended_terms(console)
    await _first_uses(console)
    await stuck_seat(console)
    crowded = await estate.license("crowded", quantity=1)
    for who in ("ben", "cleo"):
        await seat(estate, crowded, who)
    admin = await raised(console)
    await _own_seats(console)
    await estate.license("unlimited", quantity=None, overage=Overage.ALLOW_AND_FLAG)
    await estate.license("past", quantity=9, first_day=date(2020, 1, 1), last_day=date(2020, 12, 31))
    clock.advance(timedelta(hours=1))
    await scanned(console, admin)
    await _long_work(console, admin, folder)
    await admin.send("/settings/tokens/new", name="nightly import", owner="me", actions="person:read")
    board, auditor, ada = [await console.browser(who) for who in ("board-sales", "auditor", "ada")]
    await _reviews(console, admin, board)
    await _ways_in(console, admin, auditor, ada)
    await _counted(console)
    await _beside_seats(console, ada, crowded)
    await _of_templates(console, admin)
    await _planned(console, admin)
    return {"admin": admin, "board-sales": board, "auditor": auditor, "ada": ada}


async def _planned(console, admin: Browser) -> None:
    """A unit that is to move next month."""
    day = (console.desk.office.clock.now() + timedelta(days=30)).date().isoformat()
    move = {"parent": str(console.estate.units["it"]), "at": day, "reason": "nearer"}
    path = f"/units/{console.estate.units['finance']}/move"
    assert (await admin.confirmed(path, **move)).headers["location"] == "/planned-changes"


async def _of_templates(console, admin: Browser) -> None:
    """A template with a license that differs and a draft; a policy left, one in force, a draft whose example fails."""
    version, _ = await templated(console, admin)
    assert (await admin.get(version)).status_code == 200
    draft = await admin.send("/templates/new", code="seats", content=SEATS, note="next")
    assert draft.status_code == 303
    wrong = HOLDS.replace('"seat:read tenant inside"', '"seat:read tenant foreign"')
    lines = "\n".join(shipped_content(PolicyKind.ROLES)["lines"])
    for content, examples in ((lines, ""), (f"{lines}\n{LINE}", HOLDS), (f"{lines}\n{LINE}", wrong)):
        kept = await admin.send("/settings/policies/new", content=content, examples=examples, note="Boards see seats")
        if examples != wrong:
            done = await admin.confirmed(f"{kept.headers['location']}/publish", reason="asked")
            assert done.status_code == 303


async def _counted(console) -> None:
    """A device of a license that counts devices, with what is installed on it, and a meter with a reading."""
    estate, now = console.estate, console.desk.office.clock.now()
    node = await estate.license("node", model=LicenseModel.NODE_LOCKED)
    meter = await estate.license("meter", model=LicenseModel.METERED)
    new = RegisterDevice("WS-1", "One", DeviceKind.WORKSTATION, estate.people["ada"], estate.units["sales"])
    device = await estate.office.perform(estate.actor("admin"), lambda work: register_device(work, new))
    await assign_devices(console.desk, estate.actor("admin"), AssignDevices(node.pools["main"], (device.id,)))
    (product, *_) = await rows(estate.office, estate, Product)
    seen = RecordInstallations(device.id, "agent", (Seen(product.id, "26.2", date(2026, 1, 1)),))
    await estate.office.perform(estate.actor("admin"), lambda work: record_installations(work, seen))
    reading = RecordConsumption(meter.line_id, "bill", (NewReading(7, now.date()),))
    await estate.office.perform(estate.actor("admin"), lambda work: record_consumption(work, reading))


async def _beside_seats(console, ada: Browser, crowded: License) -> None:
    """A request, a key, a group, a list of holders that does not fit, and an order that waits for its answer."""
    estate, now = console.estate, console.desk.office.clock.now()
    asked = await ada.send("/my-licenses/ask", pool=str(crowded.pools["main"]), reason="a customer")
    assert asked.status_code == 303
    keyed = AddKeys(crowded.pools["main"], tuple(NewKey(f"KEY-OF-A-SEAT-000{number}") for number in range(3)))
    await estate.office.perform(estate.actor("admin"), lambda work: add_keys(work, keyed))
    suite, part = [await estate.product(code, tiers=("E3",)) for code in ("a-suite", "a-part")]
    (whole,) = [tier for tier in await rows(estate.office, estate, Tier) if tier.product_id == suite]
    contains = BondTiers(whole.id, BondKind.CONTAINS, "as its vendor says", product_ids=(part,))
    await estate.office.perform(estate.actor("admin"), lambda work: bond_tiers(work, contains))
    second = GrantLineRight(crowded.line_id, RightKind.SECOND_USE, "Section 9: a portable copy", date(2026, 1, 1))
    await estate.office.perform(estate.actor("admin"), lambda work: grant_line_right(work, second))
    await estate.add(Group(**estate.key(), name="It", name_key="it", source="tests", recorded_at=now, changed_at=now))
    (product, *_) = await rows(estate.office, estate, Product)
    desk, rule = console.desk, ApplyRule("it", code="it", name="It", product_id=product.id, unit_id=estate.units["it"])
    shown = await preview_rule(desk, estate.actor("admin"), rule)
    await apply_rule(desk, estate.actor("admin"), replace(rule, token=shown.token))
    await reconcile(desk, estate.tenant_id)
    await held_there(estate, *[product.id for product in await rows(estate.office, estate, Product)])
    await estate.add(
        WorkOrder(
            **estate.key(), pool_id=crowded.pools["main"], account="ben@there", act=OrderAct.REVOKE, mode=Mode.CONNECTOR,
            state=Fulfilled.PENDING, asked_at=now, asked_by="system:tests",
        )
    )  # fmt: skip


async def _ended_terms(console) -> None:
    for side in Side:
        for outcome in (Outcome.RENEWED, Outcome.CANCELLED):
            await ended(console, f"{side.value}-{outcome.value}".lower(), outcome, side=side)
    estate, first, last = console.estate, date(2027, 1, 1), date(2027, 12, 31)
    ending = await estate.license("a follower")
    new = NewLot(ending.line_id, 3, first, last, "Europe/Zurich", "USD", 1, renewal_of=ending.lot_key)
    await estate.office.perform(estate.actor("admin"), lambda work: buy_lot(work, new))


async def _first_uses(console) -> None:
    estate, clock = console.estate, console.desk.office.clock
    license_ = await estate.license("activated", quantity=20)
    for number in range(12):
        first = clock.now() + timedelta(days=1 + number % 4) if number % 5 else None
        await seat(estate, license_, f"holder {number}", first_use_at=first, first_use_recorded_at=first)
    clock.advance(timedelta(days=9))


async def _own_seats(console) -> None:
    """Ada has been invited, has help to ask for, a seat somebody wants back, and a question to answer."""
    estate, office = console.estate, console.desk.office
    now, admin = office.clock.now(), estate.actor("admin")
    product = await estate.product("asked")
    held = await estate.license("asked", product_id=product, needs_acceptance=True)
    asked = await seat(estate, held, "ada", first_use_at=now, first_use_recorded_at=now)
    await seat(
        estate,
        await estate.license("offered"),
        "ada",
        state=SeatState.INVITED,
        invitation_expires_at=now + timedelta(days=9),
    )
    await seat(
        estate,
        await estate.license("unused"),
        "ada",
        state=SeatState.RECLAIM_PENDING,
        reclaim_due_at=now + timedelta(days=9),
    )
    keyed = AddKeys(held.pools["main"], (NewKey("KEY-OF-ADAS-SEAT"),))
    await office.perform(admin, lambda work: add_keys(work, keyed))
    await office.perform(admin, lambda work: declare_journey(work, DeclareJourney(product, survey=True)))
    assert await office.perform(admin, lambda work: ask_survey(work, asked)) is not None
    ada = await console.browser("ada")
    assert (await ada.send(f"/my-licenses/{asked}/help", step="REGISTERED", note="It wants a code")).status_code == 303


async def _reviews(console, admin: Browser, board: Browser) -> None:
    """A board with its agenda, a proposal and an action, one before its first quarter, a review that is undecided."""
    estate = console.estate
    _, path = await convened(console)
    await proposed(console, path, board)
    due = (estate.office.clock.now() + timedelta(days=20)).date().isoformat()
    given = await board.send(f"{path}/actions/new", what="Ask who needs it.", owner="Admin", dueDay=due)
    assert given.status_code == 303, given.text
    new = await admin.send("/boards/new", name="New board", unit=str(estate.units["sales"]), quorum="2")
    assert new.status_code == 303, new.text
    command = PrepareReview("Spring review", estate.units["halden"])
    await estate.office.perform(estate.actor("admin"), lambda work: prepare_review(work, command))


async def _ways_in(console, admin: Browser, auditor: Browser, ada: Browser) -> None:
    """A provider with a group; an auditor with an app, and a holder who has begun with one."""
    wish = {"role": Role.LICENSE_OWNER.value, "unit": "", "region": "", "hours": "4", "reason": "an audit"}
    for _ in range(2):  # one is given, and the other waits
        assert (await ada.send("/elevations/ask", **wish)).status_code == 303
    approve = re.search(r'"(/elevations/[^"]+/approve)"', (await admin.get("/elevations")).text)
    assert (await admin.send(approve[1], note="")).status_code == 303
    unit = str(console.estate.units["it"])
    provider = (await admin.send("/settings/sign-in/new", **GIVEN)).headers["location"]
    await admin.send(f"{provider}/map", group_name="it", role="it_admin", unit=unit, reason="runs the machines")
    for browser in (auditor, ada):
        assert (await browser.send("/my-sign-in/app/start")).status_code == 303
    offered = (await auditor.get("/my-sign-in/app")).text
    typed = re.search(r"type this into the app: ([A-Z2-7 ]+)", offered)[1].replace(" ", "")
    code = code_at(base64.b32decode(typed), step_of(console.desk.office.clock.now()))
    assert (await auditor.send("/my-sign-in/app", code=code)).status_code == 200


async def _long_work(console, admin, folder: Path) -> None:
    """A table tried and not yet taken in, one taken in, a report that is built, and one that waits."""
    await console.estate.product("cad")
    trial = await _handed_in(admin, file_of(AGREEMENT, {}, {"number": "EA-2", "first_day": "1/2/26"}))
    await moved(console, trial)
    taken = (await admin.send(f"{trial}/import")).headers["location"]
    await moved(console, taken)
    await moved(console, await _handed_in(admin, file_of(AGREEMENT, {"number": "EA-3"})))
    built = await admin.send("/reports/position/new", format="csv", as_of="2026-03-02T10:00")
    await moved(console, built.headers["location"], folder)
    await admin.send("/reports/position/new", format="csv", as_of="2026-03-02T10:00")
