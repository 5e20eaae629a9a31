"""Background work inside a server: done while it stands, taken up again after a breakdown, given back at its end."""

import asyncio
from typing import Any

from api.settings import Settings
from api.worker import background, with_mail, worker_name
from governance.kernel.work import Office, Work
from governance.runs.desk import RunDesk
from governance.runs.duties import Duties
from governance.runs.models import Run
from governance.runs.movers import InProcessMover
from governance.runs.rules import RunKind, RunState
from governance.runs.service import RunRequest, request_run
from tests.estate import Estate

PATIENCE_S = 30


async def asked(office: Office, estate: Estate) -> Run:
    async def ask(work: Work) -> Run:
        return await request_run(work, RunRequest(RunKind.SCAN, {}))

    return await office.perform(estate.actor("admin"), ask)


async def row_of(office: Office, estate: Estate, run: Run) -> Run:
    async with office.database.read(estate.tenant_id) as session:
        row = await session.get(Run, (estate.tenant_id, run.id))
    assert row is not None
    return row


async def test_a_run_is_done_beside_the_server(office: Office, estate: Estate) -> None:
    done = asyncio.Event()

    async def work(desk: RunDesk) -> dict[str, Any]:
        done.set()
        return {"rows": 1}

    async with asyncio.timeout(PATIENCE_S), background(office, Duties({RunKind.SCAN: work})):
        run = await asked(office, estate)
        await done.wait()
    assert (await row_of(office, estate, run)).state in {RunState.DONE, RunState.WAITING}


async def test_a_run_that_is_open_at_the_servers_end_is_given_back(office: Office, estate: Estate) -> None:
    begun = asyncio.Event()

    async def never_ends(desk: RunDesk) -> dict[str, Any]:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(PATIENCE_S), background(office, Duties({RunKind.SCAN: never_ends})):
        run = await asked(office, estate)
        await begun.wait()
    row = await row_of(office, estate, run)
    assert (row.state, row.attempts, row.worker) == (RunState.WAITING, 0, None)


async def test_a_step_that_breaks_down_does_not_end_the_work(office: Office, estate: Estate) -> None:
    done, broken = asyncio.Event(), asyncio.Event()

    class BrokenOnce(InProcessMover):
        """Breaks down where the loops first wait for it."""

        def __getattribute__(self, name: str) -> Any:
            if name == "signal" and not broken.is_set():
                broken.set()
                raise ConnectionError
            return super().__getattribute__(name)

    async def work(desk: RunDesk) -> dict[str, Any]:
        done.set()
        return {}

    office.mover = BrokenOnce()
    async with asyncio.timeout(PATIENCE_S), background(office, Duties({RunKind.SCAN: work})):
        await broken.wait()
        await asked(office, estate)
        await done.wait()


def test_without_a_mail_server_no_delivery_is_tried() -> None:
    duties = Duties()
    assert with_mail(duties, Settings(smtp_url=None), links=None).sweeps == ()  # type: ignore[arg-type]
    told = with_mail(duties, Settings(smtp_url="smtp://127.0.0.1:25"), links=None)  # type: ignore[arg-type]
    assert [sweep.name for sweep in told.sweeps] == ["deliveries"]


def test_a_worker_is_named_within_its_column() -> None:
    assert 0 < len(worker_name()) <= 80
