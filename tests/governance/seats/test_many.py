"""Many seats at once: a crowd that one statement seats leaves the very rows and answers of one that comes one by one."""

import uuid
from datetime import timedelta
from typing import Any

import orjson
import pytest

from governance.audit.models import Entry
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Room
from governance.entitlements.rules import Overage
from governance.kernel.clock import HandClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.ledger.port import Claim, Deny, Move
from governance.seats.models import Assignment, AssignmentStep, Denial
from governance.seats.rules import SeatEvent, no_room
from tests.estate import Estate, License
from tests.governance.seats.ground import claim, grant, rows, running

AT_ONCE, ONE_BY_ONE = 2, 1_000
TOLD = (Assignment, AssignmentStep, Denial, Entry, OutboxEvent)
NOT_SAID = ("id", "request_id", "reasons_hash")
CALLS: tuple[dict[str, Any], ...] = (
    {"people": "retired free returned seated changed free2", "key": "k"},
    {"people": "retired free returned seated changed free2", "key": "k", "of": "again"},
    {"people": "seated free3", "atomic": True},
    {"people": "free3 free4", "atomic": True, "note": "for the fair"},
    {"people": "invited free5 free6", "invite": True, "hours": 15 * 24},
    {"people": "free5 free7 free8", "refused": "free9"},
)


@pytest.mark.parametrize(
    ("quantity", "overage"),
    [(3, Overage.ALLOW_AND_FLAG), (None, Overage.BLOCK), (12, Overage.BLOCK), (5, Overage.BLOCK)],
)
async def test_a_crowd_leaves_what_its_people_would_have_left_one_by_one(
    office: Office, estate: Estate, clock: HandClock, quantity: int | None, overage: Overage
) -> None:
    people = {f"free{n}": await estate.person(f"free{n}") for n in ("", *range(2, 10))}
    people |= {name: await estate.person(name) for name in ("returned", "seated", "changed", "invited")}
    people["retired"] = await estate.person("retired", status=PersonStatus.LEFT)
    start, told = clock.now(), []
    for code, many in (("one", AT_ONCE), ("two", ONE_BY_ONE)):
        license_ = await estate.license(code, quantity=quantity, overage=overage, last_day=None)
        clock.set(start)
        async with running(office, many=many) as ledger:
            answers = await _history(ledger, estate, license_, people, clock)
        told.append((answers, await _left(office, estate, license_, people)))
    assert told[0] == told[1]


async def _history(
    ledger: GroupCommit, estate: Estate, license_: License, people: dict[str, uuid.UUID], clock: HandClock
) -> list[Any]:
    """Let some have sat before and one be invited; then come the crowds. Give every answer."""
    said = [await ledger.submit(grant(estate, license_, people[name])) for name in ("seated", "returned")]
    ask = Move(said[-1].assignment_id or uuid.uuid4(), license_.line_id, license_.pools["main"], SeatEvent.RELEASE)
    said.append(await ledger.submit(claim(estate, ask, act="seat:release")))
    said.append(await ledger.submit(grant(estate, license_, people["invited"], invite=True)))
    for n, call in enumerate(CALLS):
        clock.advance(timedelta(hours=call.get("hours", 1)))
        said += await ledger.submit_all(_claims(estate, license_, people, call, n), atomic=call.get("atomic", False))
    return [(a.outcome, a.state, a.overage, a.replayed, len(a.reasons), type(a.error)) for a in said]


def _claims(
    estate: Estate, license_: License, people: dict[str, uuid.UUID], call: dict[str, Any], n: int
) -> list[Claim]:
    shared: dict[str, Any] = {"request_id": uuid.UUID(int=n), "note": call.get("note")}
    found = []
    for name in call["people"].split():
        key = f"{call['key']}:{license_.line_id}:{name}" if "key" in call else None
        bare = grant(estate, license_, people[name], invite=call.get("invite", False), **shared)
        ask: Any = bare.ask
        version = {"person_version": 99} if name == "changed" else {}
        found.append(claim(estate, type(ask)(**(vars(ask) | version)), **shared, key=key, hash=key and "same"))
    if (name := call.get("refused")) is not None:
        why = (no_room("pool elsewhere", 1, 1),)
        found.append(claim(estate, Deny(license_.pools["main"], license_.line_id, people[name], why), **shared))
    return found


async def _left(office: Office, estate: Estate, license_: License, people: dict[str, uuid.UUID]) -> list[str]:
    """Give every row that tells of the license, with names for the ids in it, and its rooms."""
    seats = await rows(office, estate, Assignment, Assignment.line_id == license_.line_id)
    names = {str(each): name for name, each in people.items()}
    names |= {str(license_.line_id): "LINE", str(license_.pools["main"]): "POOL"}
    own = {seat.id for seat in seats}
    order = sorted(seats, key=lambda seat: (seat.person_id, seat.started_at))
    names |= {str(seat.id): f"seat {n}" for n, seat in enumerate(order)}
    found = []
    for model in TOLD:
        for row in await rows(office, estate, model):
            values = {c.name: getattr(row, c.name) for c in model.__table__.columns if c.name not in NOT_SAID}
            text = orjson.dumps({"of": model.__tablename__} | values, default=str).decode()
            denial = model is Denial and row.pool_id == license_.pools["main"]
            if own & {getattr(row, name, None) for name in ("id", "assignment_id", "subject_id")} or denial:
                for each, name in (names | {"line one": "line", "line two": "line"}).items():
                    text = text.replace(each, name)
                found.append(text)
    rooms = await rows(office, estate, Room, Room.id.in_([license_.line_id, license_.pools["main"]]))
    found += [f"{each.kind} {each.ceiling} {each.occupied} {each.over_since} {each.lapses_at}" for each in rooms]
    return sorted(found)
