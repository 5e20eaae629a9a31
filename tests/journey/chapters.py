"""The first half of the journey: a tenant is founded, a license bought, seats given, refused, accepted and used."""

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.journey.house import Graph, House, Postbox, until

ADMIN = "dana@halden.example"
PEOPLE = (
    ("ada", "sales", "DE", "active"),
    ("ben", "sales", "FR", "active"),
    ("cleo", "sales", "DE", "active"),
    ("lena", "sales", "US", "left"),
    ("ingrid", "finance", "CH", "active"),
    ("mateo", "finance", "CH", "active"),
    ("marta", "finance", "CH", "active"),
    ("camille", "sales", "FR", "active"),
    *((f"new-{n}", "sales", "DE", "active") for n in range(6)),
)
OWN = "{ seats(first: 50) { nodes { state } } }"
REASONS = "reasons { code has needs remedy }"
ASSIGNED = f"... on AssignmentAnswer {{ seated {{ personId seatId state }} denied {{ personId {REASONS} }} }}"


@dataclass
class Journey:
    """What one chapter leaves for the next: who may ask, and the ids of what stands."""

    house: House
    box: Postbox
    folder: Path
    admin: Graph
    password: str
    ids: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    seats: dict[str, str] = field(default_factory=dict)
    ingest: dict[str, str] = field(default_factory=dict)

    def token_of(self, name: str) -> Graph:
        made = self.house.lictor("token", "create", "journey", "--mail", f"{name}@halden.example")
        return self.house.by_token(made["secret"])

    def occupied(self) -> int:
        query = "query($id: ID!) { pool(id: $id) { room { occupied ceiling } } }"
        return int(self.admin.ask(query, id=self.ids["pool"])["pool"]["room"]["occupied"])

    def states(self) -> dict[str, str]:
        rows = self.admin.ask("{ seats(first: 50) { nodes { state holder { externalId } } } }")["seats"]["nodes"]
        return {row["holder"]["externalId"]: row["state"] for row in rows}

    def import_people(self, rows: list[tuple[str, ...]], code: int = 0) -> dict[str, Any]:
        """Import a file of people at the terminal, beside the running server."""
        text = io.StringIO()
        csv.writer(text).writerows([("external_id", "name", "mail", "unit", "country", "status"), *rows])
        path = self.folder / "people.csv"
        path.write_text(text.getvalue(), "utf-8")
        return self.house.lictor("import", "people", str(path), code=code)


def row_of(name: str, unit: str, country: str, status: str) -> tuple[str, ...]:
    return (name, name.title(), f"{name}@halden.example", unit, country, status)


def found(house: House, box: Postbox, folder: Path) -> Journey:
    """Bring the database up, create the tenant, serve, and let its admin in by a token."""
    house.data_dir.mkdir()
    assert house.lictor("db", "upgrade") == {"before": None, "after": "0005"}
    made = house.lictor(
        "tenant", "create", "halden", "--name", "Halden Group", "--admin-mail", ADMIN, "--admin-name", "Dana",
        "--zone", "Europe/Zurich", "--country", "CH",
    )  # fmt: skip
    assert (made["tenant"], made["admin"]) == ("halden", ADMIN)
    house.serve()
    secret = house.lictor("token", "create", "journey", "--mail", ADMIN)["secret"]
    journey = Journey(house, box, folder, house.by_token(secret), made["password"])
    viewer = journey.admin.ask("{ viewer { roles tenant { name } person { id unit { id } } } }")["viewer"]
    assert "IT_ADMIN" in viewer["roles"]
    assert viewer["tenant"] == {"name": "Halden Group"}
    journey.people["dana"], journey.ids["root"] = viewer["person"]["id"], viewer["person"]["unit"]["id"]
    for code in ("sales", "finance"):
        added = journey.admin.done("addUnit", "Unit", code=code, name=code.title(), parent=journey.ids["root"])
        journey.ids[code] = added["id"]
    return journey


def buy(journey: Journey) -> None:
    """Sign an agreement, grant an entitlement whose seats must be accepted, buy two, open a pool, allocate both."""
    do, ids = journey.admin.done, journey.ids
    vendor = do("addVendor", "Vendor", name="Northwind")["id"]
    product = do("addProduct", "Product", vendor=vendor, code="suite", name="Suite")["id"]
    tier = do("addTier", "Tier", product=product, code="E5", name="E5", rank=1)["id"]
    today = datetime.now(UTC).date()
    term = {"firstDay": (today - timedelta(days=40)).isoformat(), "lastDay": date(today.year + 1, 12, 31).isoformat()}
    money = {"currency": "USD", "zone": "Europe/Zurich"}
    agreement = do(
        "signAgreement", "Agreement", number="EA-1", title="Suite", vendor=vendor, unit=ids["root"],
        owner=journey.people["dana"], **term, **money,
    )["id"]  # fmt: skip
    line = {
        "code": "named", "model": "NAMED_USER", "term": "SUBSCRIPTION", "overage": "BLOCK", "needsAcceptance": True,
        "tier": tier,
    }  # fmt: skip
    granted = do(
        "grantEntitlement", "Entitlement", "id lines { id }", agreement=agreement, product=product, code="suite-e5",
        name="Suite E5", unit=ids["root"], owner=journey.people["dana"], lines=[line],
    )  # fmt: skip
    ids["line"] = granted["lines"][0]["id"]
    lot = do(
        "buyLot", "Lot", "id version", line=ids["line"], quantity=2, unitPrice="57.00", included=["150"],
        poNumber="PO-7", **term, **money,
    )  # fmt: skip
    ids |= {"lot": lot["id"], "lot_version": lot["version"]}
    ids["pool"] = do("openPool", "Pool", line=ids["line"], code="sales", name="Sales", unit=ids["sales"])["id"]
    ids["allocation"] = do("allocate", "Allocation", lot=ids["lot"], pool=ids["pool"], quantity=2)["id"]


def enter_people(journey: Journey) -> None:
    """Import people: the one bad row is named by row, field and remedy, everybody else is in."""
    rows = [row_of(*person) for person in PEOPLE]
    bad = ("erik", "Erik", "erik@halden.example", "sales", "Atlantis", "active")
    answer = journey.import_people([*rows[:2], bad, *rows[2:]], code=3)
    count = len(PEOPLE)
    assert {k: answer[k] for k in ("rows", "accepted", "rejected", "created", "updated", "unchanged")} == {
        "rows": count + 1, "accepted": count, "rejected": 1, "created": count, "updated": 0, "unchanged": 0,
    }  # fmt: skip
    [issue] = answer["issues"]
    assert (issue["row"], issue["column"], issue["code"]) == (4, "country", "BAD_VALUE")
    assert "Atlantis" in issue["message"]
    assert "DE" in issue["message"]
    nodes = journey.admin.ask("{ people(first: 50) { nodes { id externalId } } }")["people"]["nodes"]
    journey.people |= {node["externalId"]: node["id"] for node in nodes}
    assert "erik" not in journey.people


def assign(journey: Journey) -> None:
    """Assign three to two seats: two are invited, one is refused with what is there and what it needs."""
    people, pool = journey.people, journey.ids["pool"]
    asked = {"pool": pool, "people": [people[name] for name in ("ada", "ben", "cleo")]}
    first = journey.admin.do("assignSeats", ASSIGNED, key="first-three", **asked)
    assert {seat["personId"]: seat["state"] for seat in first["seated"]} == {
        people["ada"]: "INVITED", people["ben"]: "INVITED",
    }  # fmt: skip
    [refused] = first["denied"]
    assert refused["personId"] == people["cleo"]
    full = {"code": "LIMIT_REACHED", "has": "2 of 2 taken", "needs": "one free seat"}
    assert {full["code"]} == {reason["code"] for reason in refused["reasons"]}
    assert all(full.items() <= reason.items() and reason["remedy"] for reason in refused["reasons"])
    assert len(refused["reasons"]) == 2, "the pool is full, and so is its line"
    assert journey.admin.do("assignSeats", ASSIGNED, key="first-three", **asked) == first
    journey.seats = {seat["personId"]: seat["seatId"] for seat in first["seated"]}
    leaver = journey.admin.do("assignSeats", ASSIGNED, pool=pool, people=[people["lena"]])
    [refused] = leaver["denied"]
    why = {reason["code"]: (reason["has"], reason["needs"]) for reason in refused["reasons"]}
    assert why == {
        "HOLDER_NOT_ACTIVE": ("LEFT", "ACTIVE"), "TERRITORY": ("US", "150"),
        "LIMIT_REACHED": (full["has"], full["needs"]),
    }  # fmt: skip
    denials = journey.admin.ask("{ denials { nodes { holder { externalId } count } } }")["denials"]["nodes"]
    assert {denial["holder"]["externalId"] for denial in denials} == {"cleo", "lena"}
    assert journey.occupied() == 2


def link_of(journey: Journey, name: str) -> str:
    return journey.box.link_for(f"{name}@halden.example").removeprefix(journey.house.address)


def accept(journey: Journey, *names: str) -> None:
    """Let holders accept by the link in their mail, without a login; a second try finds the link used up."""
    for name in names:
        path, browser = link_of(journey, name), journey.house.nobody()
        offered = browser.get(path)
        assert offered.status_code == 200
        assert "Suite E5" in offered.text
        assert journey.states()[name] == "INVITED", "opening a link does nothing"
        assert browser.post(path, data={"answer": "accept"}).status_code == 200
        assert browser.post(path, data={"answer": "accept"}).status_code == 404
        assert browser.get(path).status_code == 404
        assert journey.states()[name] == "ASSIGNED"
        spoiled = path[:-1] + ("a" if path[-1] != "a" else "b")
        assert browser.get(spoiled).status_code == 404


def send(journey: Journey, *events: dict[str, Any]) -> dict[str, Any]:
    kind = {"Content-Type": "application/cloudevents-batch+json"}
    answer = journey.house.nobody().post("/v1/events", json=list(events), headers={**journey.ingest, **kind})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def used(name: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"{name}-{number}", "source": "/proxy", "type": "lictor.seat.used",
        "time": datetime.now(UTC).isoformat(), "data": {"person": name, "product": "suite"},
    } | changed  # fmt: skip


def use(journey: Journey) -> None:
    """Take usage in: the same event twice counts once, a bad one is refused by its place, the seat was used.

    Of somebody in Germany only she herself is told so: for an admin the seat goes on reading ASSIGNED.
    """
    made = journey.house.lictor(
        "token", "create", "telemetry", "--service-account", "telemetry", "--role", "it_admin", "--act", "event:ingest"
    )
    journey.ingest = {"Authorization": f"Bearer {made['secret']}"}
    event = used("ada")
    said = send(journey, event, event, used("ben", specversion="0.3"))
    assert (said["accepted"], said["duplicates"], said["unmatched"]) == (1, 1, [])
    assert [(no["index"], no["code"]) for no in said["refused"]] == [(2, "BAD_INPUT")]
    assert send(journey, event)["duplicates"] == 1
    own = journey.token_of("ada")
    until(lambda: {"state": "ACTIVE"} in own.ask(OWN)["seats"]["nodes"], "ada's seat in use")
    assert (journey.states()["ada"], journey.states()["ben"]) == ("ASSIGNED", "ASSIGNED")
    assert journey.admin.ask("{ feeds { nodes { source events } } }")["feeds"]["nodes"] == [
        {"source": "/proxy", "events": "1"}
    ]


def alerted(journey: Journey) -> None:
    """See that the full pool raised one alert and one letter to the license's owner, whatever happened since."""
    query = "{ alerts { nodes { id state level facts pool { id } } } }"
    alerts = until(lambda: journey.admin.ask(query)["alerts"]["nodes"], "an alert")
    assert [(one["level"], one["state"], one["pool"]["id"]) for one in alerts] == [
        ("CRITICAL", "OPEN", journey.ids["pool"])
    ]
    assert alerts[0]["facts"]["percent"] == "100.0"
    until(lambda: journey.box.to(ADMIN), "a letter to the owner")
    assert [str(letter["Subject"]) for letter in journey.box.to(ADMIN)] == ["Suite E5: pool Sales is full (100.0 %)"]
