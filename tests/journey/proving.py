"""The second half of the journey: what is checked, reported, corrected, grown, reviewed, revoked, and outlives a kill."""

import hashlib
import sqlite3
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import openpyxl
import psycopg
import rfc8785

from tests.journey.chapters import OWN, PEOPLE, Journey, link_of, row_of, send, used
from tests.journey.house import Graph, until

REPORT = "license_review"
STANDING = "id state hashToSign version snapshot { sha256 content } decisions { text } signatures { sha256 }"


def instant() -> str:
    return datetime.now(UTC).isoformat()


def grant(journey: Journey, name: str, role: str) -> None:
    journey.admin.done(
        "grantRole", "RoleGrant", person=journey.people[name], role=role, scope="TENANT", reason="journey"
    )


def findings(journey: Journey) -> dict[tuple[str, str], str]:
    query = "{ findings { nodes { state subjectType check { id } } } }"
    nodes = journey.admin.ask(query)["findings"]["nodes"]
    return {(node["check"]["id"], node["subjectType"]): node["state"] for node in nodes}


def shrink(journey: Journey) -> None:
    """Give the pool one seat less than it holds: looked at first, done by that token alone, nobody is revoked by it."""
    given = {"allocation": journey.ids["allocation"], "quantity": 1, "reason": "REQUESTED"}
    assert journey.admin.do("changeAllocation", "... on Allocation { id }", **given)["code"] == "PREVIEW_STALE"
    look = """query($input: ChangeAllocationInput!) { changeAllocationPreview(input: $input) {
        ... on Preview { destroys token rooms { kind before after occupied over } } } }"""
    seen = journey.admin.ask(look, input=given)["changeAllocationPreview"]
    assert seen["destroys"] is True
    assert {"kind": "POOL", "before": 2, "after": 1, "occupied": 2, "over": 1} in seen["rooms"]
    wrong = journey.admin.do("changeAllocation", "... on Allocation { id }", **given | {"token": "x" * 20})
    assert wrong["code"] == "PREVIEW_STALE"
    changed = journey.admin.done("changeAllocation", "Allocation", "id quantity", **given, token=seen["token"])
    assert changed["quantity"] == 1
    journey.ids["allocation"] = changed["id"]
    assert journey.occupied() == 2


def check(journey: Journey) -> None:
    """Scan: over-assigned and the leaver are found; when both are put right, the next scan resolves them."""
    shrink(journey)
    journey.import_people([row_of("ben", "sales", "FR", "left")])
    until(lambda: journey.states()["ben"] == "RECLAIM_PENDING", "the leaver's seat proposed for reclaim")
    told = journey.house.lictor("scan", "--fail-on", "high", code=8)
    assert (told["complete"], told["open"]) == (True, {"HIGH": 1, "MEDIUM": 1})
    assert findings(journey) == {("over-assigned", "pool"): "OPEN", ("leaver-holds-seat", "assignment"): "OPEN"}
    seat = journey.seats[journey.people["ben"]]
    released = journey.admin.done(
        "releaseSeats", "Seats", "seats { state releaseReason }", seats=[seat], reason="USER_LEFT"
    )
    assert released["seats"] == [{"state": "RELEASED", "releaseReason": "USER_LEFT"}]
    assert journey.house.lictor("scan", "--fail-on", "low")["open"] == {}
    assert set(findings(journey).values()) == {"RESOLVED"}


def report(journey: Journey, auditor: Graph, **asked: Any) -> tuple[dict[str, str], bytes]:
    """Ask for the workbook in the graph, wait for its run, fetch it by its link; give its sheets' hashes and bytes."""
    run = auditor.done("requestReport", "Run", name=REPORT, **asked)["id"]
    query = "query($id: ID!) { run(id: $id) { state percent download error outcome } }"

    def ended() -> Any:
        now = auditor.ask(query, id=run)["run"]
        return now if now["state"] in {"DONE", "FAILED", "CANCELLED"} else None

    done = until(ended, "the end of a report's run")
    assert (done["state"], done["percent"]) == ("DONE", 100), done["error"]
    browser = journey.house.nobody()
    assert browser.get(done["download"].partition("?")[0]).status_code == 401, "without the link, nobody's"
    fetched = browser.get(done["download"])
    assert fetched.status_code == 200
    assert hashlib.sha256(fetched.content).hexdigest() == done["outcome"]["sha256"]
    return {sheet["title"]: sheet["sha256"] for sheet in done["outcome"]["manifest"]["sheets"]}, fetched.content


def rows_of(content: bytes, sheet: str) -> list[dict[str, Any]]:
    """Read a sheet as people do: the header, then every row that names a license."""
    lines = openpyxl.load_workbook(BytesIO(content))[sheet].iter_rows(values_only=True)
    header = [str(name) for name in next(lines)]
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    return [row for row in rows if row["License code"] is not None]


def traced(content: bytes) -> int:
    """Trace the occupied seats of the position to the rows of the seat register that take room."""
    occupied = sum(row["Occupied"] for row in rows_of(content, "Position") if row["License code"] == "suite-e5")
    seats = [row for row in rows_of(content, "Seat register") if row["License code"] == "suite-e5" and row["Occupies"]]
    assert occupied == len(seats) == len({row["Seat id"] for row in seats})
    return int(occupied)


def purchased(content: bytes) -> int:
    return sum(int(row["Purchased"]) for row in rows_of(content, "Position") if row["License code"] == "suite-e5")


def audit(journey: Journey) -> Graph:
    """Let the auditor report before and after changes; as of then and as known then, it is the same to the row."""
    grant(journey, "ingrid", "AUDITOR")
    auditor = journey.token_of("ingrid")
    full = instant()
    before, content = report(journey, auditor, asOf=full, knownAt=full)
    assert set(before) == {"position", "seats", "findings", "trail"}
    assert traced(content) == 2
    check(journey)
    now, content = report(journey, auditor)
    assert traced(content) == 1
    assert now["seats"] != before["seats"]
    correct(journey)
    after = instant()
    again, content = report(journey, auditor, asOf=full, knownAt=full)
    assert (again, traced(content), purchased(content)) == (before, 2, 2)
    known_now, content = report(journey, auditor, asOf=full, knownAt=after)
    assert known_now["position"] != before["position"]
    assert known_now["seats"] == before["seats"]
    assert (traced(content), purchased(content)) == (2, 10)
    here = journey.house.lictor(
        "report", REPORT, "--as-of", full, "--known-at", full, "-o", str(journey.folder / "t.xlsx")
    )
    assert {sheet["title"]: sheet["sha256"] for sheet in here["manifest"]["sheets"]} == before
    return auditor


def correct(journey: Journey) -> None:
    """Learn later that ten seats had been bought, not two; then give the pool eight of them."""
    given = {
        "lot": journey.ids["lot"], "expected": journey.ids["lot_version"], "reason": "INCORRECT_INPUT",
        "changes": {"quantity": 10},
    }  # fmt: skip
    assert journey.admin.done("correctLot", "Lot", "quantity version", **given)["quantity"] == 10
    assert journey.admin.do("correctLot", "... on Lot { id }", **given)["code"] == "CONFLICT"
    journey.admin.done(
        "changeAllocation", "Allocation", allocation=journey.ids["allocation"], quantity=8, reason="REQUESTED",
        fromDay=datetime.now(UTC).date().isoformat(),
    )  # fmt: skip


def grow(journey: Journey) -> None:
    """Seat six more, who accept by mail and begin to use it."""
    names = [name for name, *_ in PEOPLE if name.startswith("new-")]
    asked = {"pool": journey.ids["pool"], "people": [journey.people[name] for name in names]}
    said = journey.admin.done("assignSeats", "AssignmentAnswer", "seated { seatId } denied { personId }", **asked)
    assert (len(said["seated"]), said["denied"]) == (len(names), [])
    for name in names:
        answered = journey.house.nobody().post(link_of(journey, name), data={"answer": "accept"})
        assert answered.status_code == 200
    assert send(journey, *(used(name) for name in names))["accepted"] == len(names)
    last = journey.token_of(names[-1])  # events are taken in order, and of others an admin is not told
    until(lambda: {"state": "ACTIVE"} in last.ask(OWN)["seats"]["nodes"], "six seats in use")


def review(journey: Journey) -> None:
    """Prepare a review, read it, decide, and sign by two of different units; every wrong signature is refused."""
    for name in ("mateo", "marta", "camille"):
        grant(journey, name, "BOARD_MEMBER")
        journey.admin.done(
            "createAccount", "Person", person=journey.people[name], login=f"{name}@halden.example",
            password=f"a long password of {name}",
        )  # fmt: skip
    prepared = journey.admin.done("prepareReview", "Review", STANDING, title="Suite", unit=journey.ids["root"])
    frozen = prepared["snapshot"]
    assert hashlib.sha256(rfc8785.dumps(frozen["content"])).hexdigest() == frozen["sha256"]
    assert frozen["content"]["position"]["totals"]["occupied"] == 7
    board = {name: session_of(journey, name) for name in ("mateo", "marta", "camille")}
    first_use = """{ timeToFirstUse { ... on TimeToFirstUse { n events censored suppressed
        median { days lower upper } } } }"""
    told = board["mateo"].ask(first_use)["timeToFirstUse"]
    assert (told["suppressed"], told["n"], told["events"]) == (False, 8, None), told  # one not yet is too few to tell
    assert told["median"]["lower"] <= told["median"]["days"]
    decided = board["mateo"].done(
        "decideReview", "Decision", review=prepared["id"], expectedVersion=prepared["version"], text="Renew eight."
    )
    assert decided["id"]
    look = f"query($id: ID!) {{ review(id: $id) {{ {STANDING} }} }}"
    stands = board["mateo"].ask(look, id=prepared["id"])["review"]
    assert (stands["state"], stands["snapshot"]["sha256"]) == ("DECIDED", frozen["sha256"])
    sign(journey, board, prepared["id"], stands["hashToSign"])
    signed = board["camille"].ask(look, id=prepared["id"])["review"]
    assert (signed["state"], signed["snapshot"]) == ("SIGNED", frozen)
    assert [mark["sha256"] for mark in signed["signatures"]] == [stands["hashToSign"]] * 2
    broken = board["camille"].broken_links()
    assert broken == {}, broken
    assert journey.house.by_session("dana@halden.example", journey.password).broken_links() == {}


def session_of(journey: Journey, name: str) -> Graph:
    return journey.house.by_session(f"{name}@halden.example", f"a long password of {name}")


def sign(journey: Journey, board: dict[str, Graph], review_id: str, sha256: str) -> None:
    asked = {"review": review_id, "sha256": sha256}

    def signed(by: Graph, **changed: Any) -> str:
        said = by.do("signReview", "... on Signature { sha256 }", **asked | changed)
        return str(said.get("code", "SIGNED"))

    dana = journey.house.by_session("dana@halden.example", journey.password)
    assert signed(dana) == "SEPARATION_OF_DUTIES", "who prepared it does not sign it"
    by_token = journey.token_of("mateo")
    assert signed(by_token) == "SIGN_IN_AGAIN", "a token proves nobody's presence"
    assert signed(board["mateo"], sha256="0" * 64) == "CONFLICT"
    age_sessions(journey)
    assert signed(board["mateo"]) == "SIGN_IN_AGAIN"
    board["mateo"] = session_of(journey, "mateo")
    assert signed(board["mateo"]) == "SIGNED"
    assert signed(board["mateo"]) == "ALREADY_DECIDED"
    assert signed(board["marta"]) == "SEPARATION_OF_DUTIES", "her unit signed already"
    proved = board["camille"].client.post(
        "/sign-in/again",
        data={"password": "a long password of camille", "_csrf": board["camille"].headers["X-CSRF-Token"]},
    )
    assert proved.status_code == 303
    assert signed(board["camille"]) == "SIGNED"


def age_sessions(journey: Journey) -> None:
    """Let time pass over every session's proof, in the database: the server's own clock cannot be moved."""
    statement = "UPDATE session SET authenticated_at = "
    if journey.house.database_url is None:
        with sqlite3.connect(journey.house.data_dir / "lictor.sqlite") as connection:
            [[kept]] = connection.execute("SELECT authenticated_at FROM session LIMIT 1").fetchall()
            older = kept - 600_000_000 if isinstance(kept, int) else "2020" + kept[4:]
            connection.execute(statement + "?", (older,))
        connection.close()
        return
    with psycopg.connect(journey.house.database_url) as connection:
        connection.execute(statement + "authenticated_at - interval '6 minutes'")


def revoke(journey: Journey, auditor: Graph) -> None:
    """Revoke the auditor's token at the terminal: the running server refuses it at once."""
    assert auditor.answer("{ viewer { principal } }").status_code == 200
    journey.house.lictor("token", "revoke", auditor.headers["Authorization"].removeprefix("Bearer ")[:12])
    refused = auditor.answer("{ viewer { principal } }")
    assert (refused.status_code, refused.json()["code"]) == (401, "SIGN_IN_AGAIN")


def kill(journey: Journey) -> None:
    """Kill the server and start it again: everything acknowledged is there, and it goes on working."""
    query = """{ seats(first: 50) { totalCount nodes { id state } } people { totalCount } alerts { totalCount }
        findings { totalCount } reviews { totalCount } runs { totalCount } }"""
    last = journey.admin.done("suspendSeat", "Seat", "id state", seat=journey.seats[journey.people["ada"]])
    before = journey.admin.ask(query)
    journey.house.kill()
    journey.house.serve()
    assert journey.admin.ask(query) == before
    assert {"id": last["id"], "state": "SUSPENDED"} in before["seats"]["nodes"]
    resumed = journey.admin.done("resumeSeat", "Seat", "state", seat=last["id"])
    assert resumed["state"] == "ASSIGNED"
    told = journey.house.lictor("doctor")
    assert all(finding["well"] for finding in told["findings"]), told
