"""Finished reports leave the house to their asker alone: by session, token, or a sealed link of ten minutes."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from api.downloads import download_handlers
from api.links import download_link, path_of
from api.settings import Settings
from governance.directory.models import Person, RoleGrant
from governance.directory.rules import PersonStatus
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.runs.models import Run
from policies.access.actions import Action
from policies.access.parties import Role
from reports.shelf import Format, ReportRequest
from tests.api.doors import bearer, served
from tests.estate import Estate
from tests.reports.ground import furnished
from tests.reports.test_running import asked, moved


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
async def client(office: Office, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with served(office, settings, download_handlers(office, settings)) as opened:
        yield opened


@pytest.fixture
async def run(estate: Estate, settings: Settings) -> Run:
    await furnished(estate)
    return await moved(estate, await asked(estate, ReportRequest("license_review")), settings.data_dir / "reports")


def link_of(estate: Estate, run: Run, who: str = "auditor") -> str:
    link = download_link(estate.office, estate.actor(who), run)
    assert link is not None
    return link


async def test_a_link_gives_the_file_without_a_session(client: httpx.AsyncClient, estate: Estate, run: Run) -> None:
    answer = await client.get(link_of(estate, run))
    assert answer.status_code == 200
    assert run.outcome is not None
    assert hashlib.sha256(answer.content).hexdigest() == run.outcome["sha256"]
    assert answer.headers["content-disposition"] == 'attachment; filename="license_review_2026-03-02.xlsx"'
    assert answer.headers["content-length"] == str(run.outcome["size"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")


async def test_a_link_holds_for_ten_minutes(
    client: httpx.AsyncClient, estate: Estate, run: Run, clock: HandClock
) -> None:
    link = link_of(estate, run)
    clock.advance(timedelta(minutes=9, seconds=59))
    assert (await client.get(link)).status_code == 200
    clock.advance(timedelta(seconds=1))
    assert (await client.get(link)).status_code == 404


async def test_a_link_that_was_changed_anywhere_gives_nothing(
    client: httpx.AsyncClient, estate: Estate, run: Run
) -> None:
    path, said = path_of(run), parse_qs(urlsplit(link_of(estate, run)).query)["link"][0]
    tenant, principal, expires, seal = said.split(".")
    forged = [
        f"{tenant}.{principal}.{int(expires) + 60}.{seal}",
        f"{tenant}.person:{estate.people['admin']}.{expires}.{seal}",
        f"{uuid4()}.{principal}.{expires}.{seal}",
        f"{tenant.upper()}.{principal}.{expires}.{seal}",
        f"{tenant}.{principal}.{expires}.{seal[:-1]}",
        f"{tenant}.{principal}.{expires}.",
        f"{tenant}.{principal}.１.{seal}",
        "x" * 5000,
        "...",
    ]
    for link in forged:
        assert (await client.get(f"{path}?link={quote(link)}")).status_code == 404, link
    other = path.replace(str(run.id), str(uuid4()))
    assert (await client.get(f"{other}?link={quote(said)}")).status_code == 404
    assert (await client.get(path.replace("license_review", "trail") + f"?link={quote(said)}")).status_code == 404


async def test_only_its_asker_fetches_it(client: httpx.AsyncClient, estate: Estate, run: Run) -> None:
    path = path_of(run)
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers=await bearer(estate, "auditor"))).status_code == 200
    for who in ("admin", "board-sales", "ada"):
        assert (await client.get(path, headers=await bearer(estate, who))).status_code == 404
        assert download_link(estate.office, estate.actor(who), run) is None
    stranger = await Estate.raised(estate.office, "Other Group")
    assert (await client.get(path, headers=await bearer(stranger, "auditor"))).status_code == 404
    assert download_link(estate.office, stranger.actor("auditor"), run) is None


async def test_a_narrowed_token_fetches_only_what_it_was_made_for(
    client: httpx.AsyncClient, estate: Estate, run: Run
) -> None:
    path = path_of(run)
    assert (await client.get(path, headers=await bearer(estate, "auditor", Action.SEAT_READ))).status_code == 403
    rights = (Action.REPORT_READ, Action.POSITION_READ, Action.SEAT_READ, Action.FINDING_READ, Action.AUDIT_READ)
    assert (await client.get(path, headers=await bearer(estate, "auditor", *rights))).status_code == 200


async def test_whoever_lost_a_right_since_does_not_get_what_it_gave(
    client: httpx.AsyncClient, estate: Estate, run: Run
) -> None:
    link = link_of(estate, run)
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id == estate.people["auditor"])
            .values(end=estate.office.clock.now())
        )
    await estate.grant("auditor", Role.AUDITOR, unit="sales")
    assert (await client.get(link)).status_code == 403
    assert (await client.get(path_of(run), headers=await bearer(estate, "auditor"))).status_code == 403


async def test_a_link_of_a_leaver_gives_nothing(client: httpx.AsyncClient, estate: Estate, run: Run) -> None:
    link = link_of(estate, run)
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(
            update(Person).where(Person.id == estate.people["auditor"]).values(status=PersonStatus.LEFT)
        )
    assert (await client.get(link)).status_code == 404


async def test_a_report_that_is_not_finished_or_whose_file_is_gone_is_not_there(
    client: httpx.AsyncClient, estate: Estate, settings: Settings, run: Run
) -> None:
    waiting = await asked(estate, ReportRequest("position", format=Format.CSV))
    assert download_link(estate.office, estate.actor("auditor"), waiting) is None
    head = await bearer(estate, "auditor")
    assert (await client.get(f"/reports/position/runs/{waiting.id}/file", headers=head)).status_code == 404
    (settings.data_dir / "reports" / str(estate.tenant_id) / f"{run.id}.xlsx").unlink()
    assert (await client.get(path_of(run), headers=head)).status_code == 404


async def test_names_in_the_path_are_never_paths(client: httpx.AsyncClient, estate: Estate, run: Run) -> None:
    head = await bearer(estate, "auditor")
    for name in ("..%2F..%2Fetc", "license_review%00", "%2e%2e"):
        answer = await client.get(f"/reports/{name}/runs/{run.id}/file", headers=head)
        assert answer.status_code == 404
    assert (await client.get(f"/reports/license_review/runs/..%2F{run.id}/file", headers=head)).status_code == 404
