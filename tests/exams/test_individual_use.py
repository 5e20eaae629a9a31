"""Whether somebody used their seat, where their region keeps that from others: nothing told differs by it, anywhere."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from api.delivery.smtp import SmtpSender, smtp_server
from api.graphql.engine import encode_node_id
from governance.activation.service.declaring import DeclareJourney, declare_journey
from governance.entitlements.models import Allocation, Room
from governance.kernel.clock import HandClock
from governance.metrics.answers import Moments
from governance.notices.rules import Channel
from governance.notices.service import deliver_due
from governance.reactions import duties, seat_links
from governance.runs.movers import answer_due
from governance.seats.rules import SeatState
from governance.seats.service.use import record_use
from governance.usage.models import UsageEvent
from reports.ground import Ground
from reports.seat_register import register_sheet
from reports.words import words_in
from tests.api.console.pages.conftest import Browser, Console, console, words  # noqa: F401 (a fixture)
from tests.api.delivery.test_smtp import Sink, serving
from tests.api.graphql.asking import root_lists
from tests.api.graphql.conftest import Door, Graph, client  # noqa: F401 (a fixture)
from tests.estate import License
from tests.exams.paths import more, within

# The trail keeps every act for who proves the whole of it; what is told of sources, tokens and sessions is about those.
ABOUT_OTHERS = {"auditEntries", "feeds", "tokens", "mySessions"}
AT_ONCE = 6
LENGTH_OF_TRAIL = re.compile(r"Audit head \d+ entries")
PEOPLE = {"dora": "DE", "fred": "FR", "uma": "US"}
PAGES = ("/home", "/dashboard", "/licenses", "/activation", "/queue", "/findings", "/alerts")
WHERE = {
    "graph seats", "graph seats ACTIVE", "graph seats ASSIGNED", "graph seat", "graph overAllocation",
    "graph usageEvents", "page /seats", "page /seats?state=ACTIVE", "page /seats?state=ASSIGNED", "page of the seat",
    "file seat_register",
}  # fmt: skip
SEAT = """query($id: ID!, $pool: ID!) {
  node(id: $id) { ... on Seat { state firstUseAt lastUseAt steps { state event at } journey { steps { step at } } } }
  overAllocation(input: { pool: $pool }) { __typename ... on OverAllocation { suggested { why seat { id state } } } } }"""


async def _letters(under: Console, box: Sink, port: int) -> dict[str, list[tuple[str, str, str]]]:
    """Let the house answer, look and write as it does by itself; what it wrote until now to others, and to holders."""
    office, table = under.desk.office, duties(under.desk.ledger)
    for sweep in table.sweeps:
        await sweep.verb(office)
    while await answer_due(office, table):
        pass
    sender = SmtpSender(smtp_server(f"smtp://127.0.0.1:{port}"), "lictor@halden.example")
    while (await deliver_due(office, {Channel.MAIL: sender}, seat_links(lambda _: "a link"))).sent:
        pass
    found: dict[str, list[tuple[str, str, str]]] = {"letters to others": [], "letters to holders": []}
    for one in box.taken:
        mine = any(who in one["to"] for who in PEOPLE)
        found[f"letters to {'holders' if mine else 'others'}"].append((one["to"], one["subject"], one.get_content()))
    return {whose: sorted(those) for whose, those in found.items()}


async def _told(under: Console, graph: Graph, browser: Browser, seats: list[UUID], license_: License) -> dict[str, str]:
    """Everything that this reader is told of people's seats: lists, filters and counts, single things, pages, files."""
    told: dict[str, Any] = {}
    lists = [(name, asked) for name, asked in root_lists().items() if name not in ABOUT_OTHERS]
    for at in range(0, len(lists), AT_ONCE):
        some = " ".join(f"{name}(first: 20) {within(asked, more)}" for name, asked in lists[at : at + AT_ONCE])
        told |= {f"graph {name}": said for name, said in (await graph.ask(f"{{ {some} }}")).items()}
    for state in SeatState:
        filtered = f"{{ seats(filter: {{ states: [{state}] }}) {{ totalCount nodes {{ id }} }} }}"
        told[f"graph seats {state}"] = await graph.answer(filtered)
    pool = encode_node_id("Pool", license_.pools["main"])
    each = [await graph.ask(SEAT, id=encode_node_id("Seat", seat), pool=pool) for seat in seats]
    told |= {"graph seat": [one["node"] for one in each], "graph overAllocation": each[0]["overAllocation"]}
    for path in ("/seats", *(f"/seats?state={state}" for state in SeatState), *PAGES):
        told[f"page {path}"] = words((await browser.get(path)).text)
    told["page of the seat"] = [await browser.page(f"/seats/{seat}") for seat in seats]
    told["page of the people"] = [await browser.page(f"/people/{under.estate.people[one]}") for one in PEOPLE]
    told["page of the license"] = await browser.page(f"/licenses/{license_.entitlement_id}")
    estate, now = under.estate, under.desk.office.clock.now()
    async with under.desk.office.reading(estate.actor("admin")) as work:
        sheet = await register_sheet(Ground(work, Moments(now, now), words_in("en"), None))
        told["file seat_register"] = [row async for row in sheet.table.rows]
    written = {name: json.dumps(said, sort_keys=True, default=str) for name, said in told.items()}
    return {name: LENGTH_OF_TRAIL.sub("", said) for name, said in written.items()}


async def _use(console: Console, who: str, product_id: UUID) -> None:  # noqa: F811
    """Let somebody be seen using the product now."""
    estate, now = console.estate, console.desk.office.clock.now()
    await record_use(console.desk, estate.tenant_id, estate.people[who], product_id, now)
    await estate.add(
        UsageEvent(
            **estate.key(), source="suite", source_id=who, type="lictor.seat.used", person_id=estate.people[who],
            product_id=product_id, occurred_at=now, recorded_at=now, data={},
        )
    )  # fmt: skip


async def test_nothing_tells_whether_somebody_used_their_seat(console: Console, client: Any, clock: HandClock) -> None:  # noqa: F811
    """DE shows groups only, FR pseudonyms. US allows it: there the same look finds the use wherever it may be told."""
    estate, office = console.estate, console.desk.office
    product_id = await estate.product("suite")
    license_ = await estate.license("m365-e5", quantity=3, pools={"main": 3}, product_id=product_id)
    for who, country in PEOPLE.items():
        estate.people[who] = await estate.person(who, country=country)
    seats = await console.seated(license_, *PEOPLE)
    async with office.database.write(estate.tenant_id) as session:
        room = await session.get_one(Room, (estate.tenant_id, license_.pools["main"]))
        room.ceiling, room.over_since = 1, clock.now()
        await session.execute(update(Allocation).where(Allocation.pool_id == license_.pools["main"]).values(quantity=1))
    journey = DeclareJourney(product_id, survey=True)
    await office.perform(estate.actor("admin"), lambda work: declare_journey(work, journey))
    graph = await Door(estate, client).as_("admin")
    clock.advance(timedelta(days=100))
    browser, looks, letters, box = await console.browser("admin"), [], [], Sink()
    async with serving(box) as port:
        for used in ((), ("dora", "fred"), ("uma",)):
            for who in used:
                await _use(console, who, product_id)
            letters.append(await _letters(console, box, port))
            looks.append(await _told(console, graph, browser, seats, license_))
    never, kept, told = looks
    assert {name for name in never if kept[name] != never[name]} <= {"graph usageEvents"}
    before, after, last = (each["letters to others"] for each in letters)
    assert before, "nobody is written to, so nothing is shown"
    assert before == after == last  # nor does a letter to anybody else tell it, in whatever region
    asked = [len(each["letters to holders"]) for each in letters]
    assert asked == [0, 2, 3], asked  # each who used it is asked how it went, and nobody else is
    assert not [who for who in PEOPLE if encode_node_id("Person", estate.people[who]) in kept["graph usageEvents"]]
    assert {name for name in kept if told[name] != kept[name]} >= WHERE
