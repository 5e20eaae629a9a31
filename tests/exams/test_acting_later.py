"""What acts later acts under the rights of then: every kind of run, and every purpose of a link, read from the registries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from litestar import Litestar
from sqlalchemy import func, select, update

from api.auth.middleware import Authentication
from api.console.door import console_handlers, problem_page
from api.problems import problem_handlers
from api.settings import Settings
from governance.activation.service import DeclareJourney, ask_survey, declare_journey
from governance.audit.models import Entry
from governance.compliance.service import start_scan
from governance.directory.models import Person, RoleGrant, Tenant
from governance.directory.rules import LINK_ACTIONS, LinkPurpose, PersonStatus
from governance.directory.service import actor_of_link, make_link
from governance.imports.filed import ImportFile, request_file_import
from governance.imports.rules import FileFormat
from governance.imports.service import ImportPeople, request_people_import
from governance.kernel.clock import HandClock
from governance.kernel.database import Database
from governance.kernel.work import Office, Work
from governance.reactions import run_verbs
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.moving import move_run
from governance.runs.queries import due_runs
from governance.runs.rules import RunKind, RunState
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import AssignSeats, SeatDesk, assign_seats
from governance.seats.service.reclaim import propose_reclaim
from governance.templates.service import ApplyTemplate, preview_apply, request_apply
from policies.access.actions import Action
from policies.access.parties import Role
from reports.asking import ReportRequest
from reports.running import report_verb, request_report
from tests.estate import Estate
from tests.exams.filler import TENANT_TABLES
from tests.governance.holding import seat
from tests.governance.holdings.test_four_way import graph_users
from tests.governance.imports.people import row, table
from tests.governance.templates.test_templates import SEATS, Templates, newer

ABOUT_THE_RUN = {"run", "entry", "unsealed", "upload", "outbox_event", "notice"}
Asked = Callable[[], Awaitable[Run]]


@dataclass
class Asker:
    """Somebody with a role of the whole tenant who asks for work that is done later."""

    office: Office
    estate: Estate
    folder: Path

    @property
    def actor(self) -> Any:
        return self.estate.actor("cleo", role=Role.IT_ADMIN)

    async def ask(self, verb: Callable[[Work], Awaitable[Run]]) -> Run:
        return await self.office.perform(self.actor, verb)

    async def scan(self) -> Run:
        return await self.ask(start_scan)

    async def report(self) -> Run:
        return await self.ask(lambda work: request_report(work, ReportRequest("seat_register")))

    async def people(self) -> Run:
        return await self.ask(lambda work: request_people_import(work, ImportPeople("p.csv", table([row(1)]))))

    async def file(self) -> Run:
        asked = ImportFile(FileFormat.HOLDINGS, "users.json", graph_users(("ada", ())))
        return await self.ask(lambda work: request_file_import(work, asked))

    async def template(self) -> Run:
        license_ = await self.estate.license(f"by-hand-{self.office.ids.new()}"[:40])
        made = Templates(self.office, self.estate, license_.agreement_id)
        made.actor = self.actor
        one = await made.make(await made.publish(SEATS), f"made-{self.office.ids.new()}"[:40])
        version = await made.publish(newer(alerts={"use": {"warn": 60}}))
        command = ApplyTemplate(version.id, (one.id,))
        seen = await made.look(preview_apply, command)
        return await self.ask(lambda work: request_apply(work, replace(command, token=seen.token)))

    async def moved(self, run: Run) -> Run:
        """Let a worker take the run, and give it as it ended."""
        duties = Duties(run_verbs(report_verb(self.folder)))
        await move_run(self.office, run.tenant_id, run.id, duties, "tests")
        async with self.office.database.read(run.tenant_id) as session:
            return await session.get_one(Run, (run.tenant_id, run.id))

    async def rows(self) -> dict[str, int]:
        """How many rows there are of everything but what tells of runs themselves."""
        async with self.office.database.read(self.estate.tenant_id) as session:
            return {
                each.name: (
                    await session.execute(select(func.count()).where(each.c.tenant_id == self.estate.tenant_id))
                ).scalar_one()
                for each in TENANT_TABLES
                if each.name not in ABOUT_THE_RUN
            }

    async def change(self, statement: Any) -> None:
        async with self.office.database.system_write() as session:
            await session.execute(statement)


ASKS: Mapping[RunKind, Callable[[Asker], Asked]] = {
    RunKind.IMPORT_FILE: lambda asker: asker.file,
    RunKind.IMPORT_PEOPLE: lambda asker: asker.people,
    RunKind.REPORT: lambda asker: asker.report,
    RunKind.SCAN: lambda asker: asker.scan,
    RunKind.TEMPLATE: lambda asker: asker.template,
}


async def test_every_kind_of_run_acts_under_the_rights_of_when_it_runs(
    office: Office, estate: Estate, tmp_path: Path
) -> None:
    assert set(ASKS) == set(RunKind), "a new kind of run: say here how it is asked for"
    await estate.product("design")
    asker = Asker(office, estate, tmp_path)
    for kind, ask in ASKS.items():
        await _runs_only_while_permitted(asker, kind, ask(asker))


async def _runs_only_while_permitted(asker: Asker, kind: RunKind, ask: Asked) -> None:
    office, estate, now = asker.office, asker.estate, asker.office.clock.now()
    cleo, tenant = estate.people["cleo"], estate.tenant_id
    await estate.grant("cleo", Role.IT_ADMIN)
    mine = update(RoleGrant).where(RoleGrant.person_id == cleo)
    done = await asker.moved(await ask())
    assert done.state is RunState.DONE, (kind, done.error)
    ways: dict[str, tuple[Any, Any]] = {
        "the role ended": (mine.values(end=now), mine.values(end=None)),
        "the asker left": (
            update(Person).where(Person.id == cleo).values(status=PersonStatus.LEFT),
            update(Person).where(Person.id == cleo).values(status=PersonStatus.ACTIVE),
        ),
    }
    for way, (taken, back) in ways.items():
        run = await ask()
        await asker.change(taken)
        before = await asker.rows()
        ended = await asker.moved(run)
        nothing = ended.state is RunState.FAILED or (ended.outcome or {}).get("applied") == 0
        assert nothing, (kind, way, ended.state, ended.outcome)
        assert await asker.rows() == before, (kind, way)
        await asker.change(back)
    waits = await ask()
    await asker.change(update(Tenant).where(Tenant.id == tenant).values(suspended_at=now))
    async with office.database.system_read() as session:
        assert (tenant, waits.id) not in await due_runs(session, now, most=100), (kind, "of a suspended tenant")
    await asker.change(update(Tenant).where(Tenant.id == tenant).values(suspended_at=None))
    assert (await asker.moved(waits)).state is RunState.DONE, kind
    await asker.change(mine.values(end=now))


@dataclass
class Links:
    """Makes something of each kind that a link may be about, and the link to it."""

    desk: SeatDesk
    estate: Estate

    async def link(self, purpose: LinkPurpose, subject: UUID) -> str:
        ada, admin = self.estate.people["ada"], self.estate.actor("admin")
        return await self.desk.office.perform(admin, lambda work: make_link(work, ada, purpose, subject))

    async def invitation(self) -> str:
        license_ = await self.estate.license(
            f"invited-{self.estate.office.ids.new()}"[:40], pools={"main": 1}, needs_acceptance=True
        )
        command = AssignSeats(license_.pools["main"], (self.estate.people["ada"],))
        found = await assign_seats(self.desk, self.estate.actor("admin"), command)
        return await self.link(LinkPurpose.ACCEPT_SEAT, found.seated[0].assignment_id)

    async def proposal(self) -> str:
        license_ = await self.estate.license(f"proposed-{self.estate.office.ids.new()}"[:40], pools={"main": 1})
        admin = self.estate.actor("admin")
        found = await assign_seats(self.desk, admin, AssignSeats(license_.pools["main"], (self.estate.people["ada"],)))
        await propose_reclaim(self.desk, admin, found.seated[0].assignment_id)
        return await self.link(LinkPurpose.KEEP_SEAT, found.seated[0].assignment_id)

    async def question(self) -> str:
        office, admin = self.desk.office, self.estate.actor("admin")
        product = await self.estate.product(f"product-{office.ids.new()}"[:40])
        license_ = await self.estate.license(f"asked-{office.ids.new()}"[:40], product_id=product)
        seat_id = await seat(self.estate, license_, "ada")
        await office.perform(admin, lambda work: declare_journey(work, DeclareJourney(product, survey=True)))
        asked = await office.perform(admin, lambda work: ask_survey(work, seat_id))
        assert asked is not None
        return await self.link(LinkPurpose.ANSWER_SURVEY, asked.id)


OFFERS: Mapping[LinkPurpose, tuple[Callable[[Links], Awaitable[str]], tuple[str, ...]]] = {
    LinkPurpose.ACCEPT_SEAT: (Links.invitation, ("accept", "decline")),
    LinkPurpose.ANSWER_SURVEY: (Links.question, ("1", "7")),
    LinkPurpose.KEEP_SEAT: (Links.proposal, ("keep", "forego")),
}


@asynccontextmanager
async def _door(office: Office, folder: Path) -> AsyncIterator[tuple[SeatDesk, httpx.AsyncClient]]:
    """One process's own door to the database: its connections, its ledger, its app."""
    settings = Settings(data_dir=folder)
    ledger = GroupCommit(office.database, office.clock, office.ids)
    await ledger.start()
    desk = SeatDesk(office, ledger)
    app = Litestar(
        console_handlers(desk, settings), middleware=[Authentication(office, settings)], openapi_config=None,
        exception_handlers=problem_handlers(problem_page(desk, settings)),
    )  # fmt: skip
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield desk, client
    await ledger.stop()


async def test_every_purpose_of_a_link_is_served_once_and_under_the_rights_of_then(
    office: Office, estate: Estate, clock: HandClock, tmp_path: Path
) -> None:
    """Six answers at once at two doors of their own connections: one is taken, whatever it says."""
    assert set(OFFERS) == set(LinkPurpose) == set(LINK_ACTIONS), "a new purpose: say here how it comes about"
    other = replace(office, database=Database(office.database.url))
    ada, tenant = estate.people["ada"], estate.tenant_id
    async with _door(office, tmp_path) as (desk, here), _door(other, tmp_path) as (_, there):
        links = Links(desk, estate)

        async def answered(secret: str, *clients: httpx.AsyncClient, says: tuple[str, ...]) -> list[int]:
            sends = [client.post(f"/l/{secret}", data={"answer": word}) for client in clients for word in says]
            return sorted([answer.status_code for answer in await asyncio.gather(*sends)])

        async def effects() -> int:
            """How often something was done that a link can ask for, by the trail."""
            of = Entry.act.like("seat:%") | Entry.act.like("survey:%")
            async with office.database.read(tenant) as session:
                found = select(func.count()).where(Entry.tenant_id == tenant, of)
                return (await session.execute(found)).scalar_one()

        for purpose, (offer, says) in OFFERS.items():
            for doors, words in (((here, there, here, there, here, there), says[:1]), ((here, there), says)):
                secret, before = await offer(links), await effects()
                raced = await answered(secret, *doors, says=words)
                assert raced.count(200) == 1, (purpose, raced)
                assert await effects() == before + 1, (purpose, words, "not once alone")
            kept = await offer(links)
            bearer = await actor_of_link(office, kept)
            gate = await office.gate_for(bearer.actor)
            may = {action for action in Action if gate.may(bearer.actor, action)}
            assert may <= LINK_ACTIONS[purpose], (purpose, may)
            for taken, back in (
                (
                    update(Person).where(Person.id == ada).values(status=PersonStatus.LEFT),
                    update(Person).where(Person.id == ada).values(status=PersonStatus.ACTIVE),
                ),
                (
                    update(Tenant).where(Tenant.id == tenant).values(suspended_at=clock.now()),
                    update(Tenant).where(Tenant.id == tenant).values(suspended_at=None),
                ),
            ):
                async with office.database.system_write() as session:
                    await session.execute(taken)
                assert await answered(kept, here, there, says=says) == [404] * 4, purpose
                async with office.database.system_write() as session:
                    await session.execute(back)
            assert await answered(kept, there, says=says[:1]) == [200], purpose
    await other.database.dispose()
