"""What one watches: told when it changes, from where one left off, and only for as long as one may see it."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth.middleware import Authentication
from api.graphql.door import graphql_handlers
from api.graphql.engine import StreamBounds, Streams, encode_node_id
from api.links import download_link
from api.problems import problem_handlers
from api.settings import Settings
from governance.alerts.service import evaluate_pool_use
from governance.directory.errors import SignInAgain
from governance.directory.models import Account, RoleGrant, Session, Tenant, Token
from governance.directory.service.secrets import hashed, new_secret
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.reviews.models import Review
from governance.reviews.rules import ReviewState
from governance.runs.models import Run
from governance.runs.principals import system_actor
from governance.runs.rules import RunKind, RunState
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import AssignSeats, SeatDesk, assign_seats
from policies.access.parties import Actor, Role
from tests.api.graphql.asking import GRAPH
from tests.api.graphql.conftest import Door
from tests.api.graphql.wire import Wire, wire
from tests.estate import Estate, License

QUICKLY = StreamBounds(of_one=3, look_every_s=0.01, first_word_s=0.2)
RUN = "subscription($id: ID!, $after: String) { runChanged(id: $id, after: $after) { cursor run { state percent } } }"
POOL = """subscription($id: ID!, $after: String) { poolChanged(id: $id, after: $after) {
    cursor waiting pool { room { occupied ceiling } } } }"""
LICENSE = """subscription($id: ID!) { entitlementChanged(id: $id) {
    waiting entitlement { lines { nodes { pools { nodes { room { occupied } } } } } } } }"""
ALERTS = "subscription($after: String) { alertsRaised(after: $after) { cursor open raised { id level } } }"
REVIEW = "subscription($id: ID!) { reviewChanged(id: $id) { cursor review { state } } }"


@dataclass
class House:
    """The app with streams that look often, and who works behind it."""

    app: Litestar
    estate: Estate
    desk: SeatDesk
    streams: Streams

    async def token(self, who: str) -> str:
        door = Door(self.estate, None)  # type: ignore[arg-type]  # only its tokens are wanted
        return (await door.as_(who)).token or ""

    async def change(self, verb: Callable[[AsyncSession], Awaitable[Any]]) -> None:
        async with self.desk.office.database.system_write() as session:
            await verb(session)

    async def seat(self, license_: License, *who: str) -> None:
        people = tuple(self.estate.people[each] for each in who)
        answers = await assign_seats(self.desk, self.estate.actor("admin"), AssignSeats(license_.pools["main"], people))
        assert len(answers.seated) == len(who)

    async def weigh(self, license_: License) -> None:
        async with self.desk.office.writing(system_actor(self.estate.tenant_id, "tests")) as work:
            await evaluate_pool_use(work, list(license_.pools.values()))


@pytest.fixture
async def house(office: Office, estate: Estate, tmp_path: Any) -> AsyncIterator[House]:
    settings, streams = Settings(data_dir=tmp_path), Streams(QUICKLY)
    ledger = GroupCommit(office.database, office.clock, office.ids)
    desk = SeatDesk(office, ledger)
    app = Litestar(
        [*graphql_handlers(desk, settings, download_link, streams)],
        middleware=[Authentication(office, settings)],
        exception_handlers=problem_handlers(),
        openapi_config=None,
    )
    await ledger.start()
    yield House(app, estate, desk, streams)
    await ledger.stop()


def _node(kind: str, id: UUID) -> str:
    return encode_node_id(kind, id)


async def _run(house: House, who: str = "admin") -> Run:
    estate = house.estate
    run: Run = await estate.add(
        Run(
            **estate.key(), kind=RunKind.SCAN, state=RunState.RUNNING, asked={}, rows_done=0, rows_all=4,
            principal=f"person:{estate.people[who]}", created_at=estate.office.clock.now(),
        )
    )  # fmt: skip
    return run


async def _moved(house: House, run: Run, **values: Any) -> None:
    await house.change(lambda s: s.execute(update(Run).where(Run.id == run.id).values(**values)))


async def test_a_run_is_followed_to_its_end_and_from_where_one_left_off(house: House) -> None:
    run, token = await _run(house), await house.token("admin")
    async with wire(house.app, token) as line:
        assert await line.heard() == {"type": "connection_ack"}
        first = (await line.watch(RUN, id=_node("Run", run.id)))["payload"]["data"]["runChanged"]
        assert first["run"] == {"state": "RUNNING", "percent": 0}
        await _moved(house, run, rows_done=2)
        second = (await line.heard())["payload"]["data"]["runChanged"]
        assert second["run"] == {"state": "RUNNING", "percent": 50}
    await _moved(house, run, rows_done=3)  # nobody listens
    async with wire(house.app, token) as line:
        await line.heard()
        missed = await line.watch(RUN, id=_node("Run", run.id), after=second["cursor"])
        assert missed["payload"]["data"]["runChanged"]["run"]["percent"] == 75
        same = await line.watch(RUN, "2", id=_node("Run", run.id), after=first["cursor"][:-2] + "AA")
        assert (same["type"], same["id"], same["payload"][0]["extensions"]["code"]) == ("error", "2", "BAD_CURSOR")
        await _moved(house, run, state=RunState.DONE, ended_at=house.desk.office.clock.now())
        last = (await line.heard())["payload"]["data"]["runChanged"]
        assert last["run"] == {"state": "DONE", "percent": 100}
        assert await line.heard() == {"id": "1", "type": "complete"}
        again = await line.watch(RUN, id=_node("Run", run.id), after=last["cursor"])
        assert again == {"id": "1", "type": "complete"}, "what was told and is over completes at once"


async def test_seats_and_alerts_are_told_within_reach(house: House) -> None:
    estate = house.estate
    sales = await estate.license("m365-e5", quantity=2, pools={"main": 2}, pool_unit="sales")
    finance = await estate.license("adobe-cc", quantity=2, pools={"main": 2}, pool_unit="finance")
    await estate.grant("ben", Role.AUDITOR, unit="finance")
    async with wire(house.app, await house.token("admin")) as all_, wire(house.app, await house.token("ben")) as some:
        for line in (all_, some):
            await line.heard()
            quiet = (await line.watch(ALERTS, "alerts"))["payload"]["data"]["alertsRaised"]
            assert (quiet["open"], quiet["raised"]) == (0, [])
        pool = (await all_.watch(POOL, "pool", id=_node("Pool", sales.pools["main"])))["payload"]["data"]["poolChanged"]
        assert pool["pool"] == {"room": {"occupied": 0, "ceiling": 2}}
        told = await all_.watch(LICENSE, "license", id=_node("Entitlement", finance.entitlement_id))
        assert "errors" not in told["payload"], told
        gone = await some.watch(POOL, "pool", id=_node("Pool", sales.pools["main"]))
        none = await some.watch(POOL, "none", id=_node("Pool", estate.office.ids.new()))
        assert [each["payload"][0]["extensions"]["code"] for each in (gone, none)] == ["NOT_FOUND"] * 2
        await house.seat(sales, "ada", "ben")
        await house.weigh(sales)
        heard = [await all_.heard() for _ in range(2)]
        told = {each["id"]: each["payload"]["data"] for each in heard}
        assert told["pool"]["poolChanged"]["pool"]["room"]["occupied"] == 2
        raised = told["alerts"]["alertsRaised"]
        assert (raised["open"], [each["level"] for each in raised["raised"]]) == (1, ["CRITICAL"])
        await house.seat(finance, "cleo", "ada")
        await house.weigh(finance)
        own = (await some.heard())["payload"]["data"]["alertsRaised"]
        assert (own["open"], len(own["raised"])) == (1, 1), "of sales nothing was told"
        assert own["raised"][0]["id"] != raised["raised"][0]["id"]
    async with wire(house.app, await _again(house, "ben")) as some:
        await some.heard()
        late = await some.watch(ALERTS, after=quiet["cursor"])
        assert late["payload"]["data"]["alertsRaised"]["raised"] == own["raised"], "a break loses nothing"


async def _things(estate: Estate) -> dict[str, UUID]:
    """One of everything that a subscription takes by its id."""
    license_ = await estate.license("watched", quantity=1, pools={"main": 1})
    now = estate.office.clock.now()
    whole = {
        "unit_id": estate.units["halden"],
        "prepared_by": "system:t",
        "prepared_at": now,
        "as_of": now,
        "known_at": now,
    }
    review = await estate.add(Review(**estate.key(), title="Q1", state=ReviewState.PREPARED, **whole))
    asker = f"person:{estate.people['admin']}"
    run = await estate.add(Run(**estate.key(), kind=RunKind.SCAN, asked={}, principal=asker, created_at=now))
    return {
        "Run": run.id, "Pool": license_.pools["main"], "Entitlement": license_.entitlement_id, "Review": review.id,
    }  # fmt: skip


async def test_what_is_foreign_or_out_of_reach_is_watched_no_more_than_what_is_not_there(
    house: House, office: Office
) -> None:
    """Every subscription that takes an id, read from the schema: another tenant's things, and one's own without a right."""
    theirs, ours = await _things(await Estate.raised(office)), await _things(house.estate)
    for who, things in (("admin", theirs), ("cleo", ours)):
        async with wire(house.app, await house.token(who)) as line:
            await line.heard()
            for name, asked in GRAPH.subscription_type.fields.items():
                query = f"subscription($id: ID!) {{ {name}(id: $id) {{ cursor }} }}"
                if "id" not in asked.args:
                    continue
                kind = name.removesuffix("Changed").title()
                tried = (things.pop(kind), office.ids.new())
                said = [str(await line.watch(query, id=_node(kind, one))).replace(str(one), "…") for one in tried]
                assert said[0] == said[1], who
                assert "NOT_FOUND" in said[0]
            alerts = await line.watch(ALERTS)
            assert alerts["type"] == ("next" if who == "admin" else "error"), alerts
    assert not theirs
    assert not ours


async def _again(house: House, who: str) -> str:
    secret = f"once more {who} {house.estate.tenant_id}"
    row = Token(
        **house.estate.key(), name="again", person_id=house.estate.people[who], prefix=secret[:12],
        secret_hash=hashlib.sha256(secret.encode()).hexdigest(), created_at=house.desk.office.clock.now(),
    )  # fmt: skip
    await house.estate.add(row)
    return secret


class AsAtFirst:
    """A planted bug: rights are looked up when somebody subscribes, and never again."""

    def __init__(self, real: Any) -> None:
        self.real = real

    async def revision(self, session: AsyncSession, tenant_id: UUID) -> int:
        return int(await self.real.revision(session, tenant_id))

    async def today(self, session: AsyncSession, actor: Actor, now: Any) -> Actor:
        return actor


@pytest.mark.parametrize("taken", ["grant", "token", "tenant", "planted"])
async def test_a_right_that_is_taken_back_ends_the_stream(house: House, taken: str, clock: HandClock) -> None:
    estate = house.estate
    run = await _run(house)
    await estate.grant("cleo", Role.AUDITOR)
    if taken == "planted":
        house.desk.office.rights = AsAtFirst(house.desk.office.rights)
    token = await house.token("cleo")
    ends: dict[str, Any] = {
        "grant": update(RoleGrant).where(RoleGrant.person_id == estate.people["cleo"]).values(end=clock.now()),
        "token": update(Token).where(Token.person_id == estate.people["cleo"]).values(revoked_at=clock.now()),
        "tenant": update(Tenant).where(Tenant.id == estate.tenant_id).values(suspended_at=clock.now()),
    }
    async with wire(house.app, token) as line:
        await line.heard()
        assert (await line.watch(RUN, id=_node("Run", run.id)))["type"] == "next"
        await house.change(lambda s: s.execute(ends.get(taken, ends["token"])))
        await _moved(house, run, rows_done=1)
        after = await line.heard()
        if taken == "planted":
            assert after["type"] == "next", "the bug was not planted"
            return
        assert (after["type"], after["payload"][0]["extensions"]["code"]) == (
            "error", "NOT_FOUND" if taken == "grant" else "SIGN_IN_AGAIN",
        )  # fmt: skip
        if taken != "grant":
            assert (await line.heard(), line.closed) == ({}, 4403)
        assert not house.streams.open, "no stream is left standing"


class GoneAfter(AsAtFirst):
    """Lets rights be looked up a number of times; then the session is over."""

    def __init__(self, real: Any, looks: int) -> None:
        super().__init__(real)
        self.looks = looks

    async def today(self, session: AsyncSession, actor: Actor, now: Any) -> Actor:
        self.looks -= 1
        if self.looks < 0:
            raise SignInAgain
        return actor


async def test_what_was_looked_up_before_a_right_was_gone_is_not_told_after_it(house: House) -> None:
    """Rights are looked up when somebody subscribes, before each look, and again before its answer goes out."""
    run, token = await _run(house), await house.token("admin")
    house.desk.office.rights = GoneAfter(house.desk.office.rights, 2)
    async with wire(house.app, token) as line:
        await line.heard()
        no = await line.watch(RUN, id=_node("Run", run.id))
        assert (no["type"], no["payload"][0]["extensions"]["code"]) == ("error", "SIGN_IN_AGAIN")


async def test_who_speaks_out_of_turn_is_let_go(house: House) -> None:
    token = await house.token("admin")

    async def ended(*said: dict[str, Any], token: str | None = token, **more: Any) -> int | None:
        async with wire(house.app, token, **more) as line:
            for each in said:
                await line.say(**each)
            while line.closed is None:
                await line.heard()
            return line.closed

    assert await ended(token=None) == 4403
    assert await ended(token="lic_nobody") == 4403
    assert await ended({"type": "connection_init"}) == 4429
    assert await ended({"type": "unheard of"}) == 4400
    assert await ended({"id": "1", "type": "subscribe", "payload": "query"}) == 4400
    assert await ended({"type": "ping", "payload": "x" * 300_000}) == 1009
    assert await ended(protocols=("graphql-ws",)) == 4406
    once = {"id": "1", "type": "subscribe", "payload": {"query": ALERTS}}
    assert await ended(once, once) == 4409
    early = Wire(house.app, {}, ["graphql-transport-ws"])
    await early.say(**once)
    assert (await early.heard(), early.closed) == ({}, 4401)
    silent = Wire(house.app, {}, ["graphql-transport-ws"])
    assert (await silent.heard(), silent.closed) == ({}, 4408)


async def test_streams_are_bounded_and_only_streams(house: House) -> None:
    async with wire(house.app, await house.token("admin")) as line:
        await line.heard()
        for query, code in (
            ("{ viewer { __typename } }", "BAD_INPUT"),
            ("subscription { nothing }", "BAD_INPUT"),
            ("subscription { alertsRaised { raised { facts } } alertsRaised2: alertsRaised { open } }", "BAD_INPUT"),
            (
                f"subscription {{ alertsRaised {{ raised {{ {'pool { line { pools { nodes { line { ' * 9 + 'id' + ' } } } } }' * 9} }} }} }}",
                "COST_LIMIT",
            ),
            ("", "BAD_INPUT"),
        ):
            no = await line.watch(query)
            assert (no["type"], no["payload"][0]["extensions"]["code"]) == ("error", code), no
        names = [f"stream {n}" for n in range(4)]
        said = [await line.watch(ALERTS, name) for name in names]
        assert [each["type"] for each in said] == ["next"] * 3 + ["error"]
        assert said[3]["payload"][0]["extensions"]["code"] == "TOO_MANY"
        await line.say(id=names[0], type="complete")
        await line.say(type="ping")
        assert await line.heard() == {"type": "pong"}
        assert (await line.watch(ALERTS, names[3]))["type"] == "next"
    assert not house.streams.open
    assert house.streams.sockets == 0


async def test_a_cookie_opens_a_socket_for_its_own_site_alone(house: House, clock: HandClock) -> None:
    estate, ids, now = house.estate, house.desk.office.ids, clock.now()
    secret = new_secret(ids)
    account = await estate.add(
        Account(**estate.key(), person_id=estate.people["admin"], login="admin@halden.example", password_hash="-")
    )
    await estate.add(
        Session(
            **estate.key(), account_id=account.id, secret_hash=hashed(secret), csrf=new_secret(ids), created_at=now,
            authenticated_at=now, last_seen_at=now, ends_at=now + timedelta(days=1),
        )
    )  # fmt: skip
    headers = {"cookie": f"lictor={secret}", "origin": "http://127.0.0.1:8000"}
    for origin in ("https://evil.example", "http://127.0.0.1:9000", ""):
        async with wire(house.app, headers={**headers, "origin": origin}) as line:
            assert (await line.heard(), line.closed) == ({}, 4500)
    async with wire(house.app, headers=headers) as line:
        assert await line.heard() == {"type": "connection_ack"}
        assert (await line.watch(ALERTS))["type"] == "next"
        ended = update(Session).where(Session.tenant_id == house.estate.tenant_id).values(ended_at=clock.now())
        await house.change(lambda s: s.execute(ended))
        assert (await line.heard())["payload"][0]["extensions"]["code"] == "SIGN_IN_AGAIN"


async def test_events_are_streamed_over_http_too(house: House) -> None:
    run, token = await _run(house), await house.token("admin")
    await _moved(house, run, state=RunState.DONE, ended_at=house.desk.office.clock.now())
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    transport = httpx.ASGITransport(house.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        asked = {"query": RUN, "variables": {"id": _node("Run", run.id)}}
        answer = await client.post("/graphql", json=asked, headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        first, last = answer.text.split("\n\n")[:2]
        assert first.startswith("event: next\ndata: {")
        assert '"state":"DONE"' in first
        assert last == "event: complete\ndata:"
        query = await client.post("/graphql", json={"query": "{ viewer { __typename } }"}, headers=headers)
        assert "BAD_INPUT" in query.text
