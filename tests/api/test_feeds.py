"""The calendar of renewals is fetched by who may read renewals, with what lies within reach, and by nobody else."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.auth.middleware import Authentication
from api.feeds import feed_handlers
from api.problems import problem_handlers
from api.settings import Settings
from governance.kernel.work import Office
from tests.api.test_import_files import headers_of
from tests.estate import Estate


@pytest.fixture
async def client(office: Office, tmp_path) -> AsyncIterator[AsyncTestClient[Any]]:
    settings = Settings(data_dir=tmp_path)
    app = Litestar(
        [*feed_handlers(office)], middleware=[Authentication(office, settings)], openapi_config=None,
        exception_handlers=problem_handlers(),
    )  # fmt: skip
    async with AsyncTestClient(app) as opened:
        yield opened


async def test_who_may_read_renewals_gets_the_calendar(estate: Estate, client: AsyncTestClient[Any]):
    await estate.license("m365", last_day=date(2026, 12, 31))
    answer = await client.get("/feeds/renewals.ics", headers=await headers_of(estate, "admin"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "DTSTART;VALUE=DATE:20261231" in answer.text


async def test_nobody_else_gets_it(estate: Estate, client: AsyncTestClient[Any]):
    await estate.license("m365", last_day=date(2026, 12, 31))
    assert (await client.get("/feeds/renewals.ics")).status_code == 401
    holder = await client.get("/feeds/renewals.ics", headers=await headers_of(estate, "ada"))
    assert holder.status_code in {403, 404} or "BEGIN:VEVENT" not in holder.text
