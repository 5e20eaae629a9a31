"""Templates and row reports are handed out to who is signed in, and only what they may see."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.auth.middleware import Authentication
from api.import_files import import_handlers
from api.problems import problem_handlers
from api.settings import Settings
from governance.directory.models import Token
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.imports.tables import agreements_of


@pytest.fixture
async def client(office: Office, tmp_path) -> AsyncIterator[AsyncTestClient[Any]]:
    settings = Settings(data_dir=tmp_path)
    app = Litestar(
        [*import_handlers(office)], middleware=[Authentication(office, settings)], openapi_config=None,
        exception_handlers=problem_handlers(),
    )  # fmt: skip
    async with AsyncTestClient(app) as opened:
        yield opened


async def headers_of(estate: Estate, who: str) -> dict[str, str]:
    secret = f"lictor_test_{estate.tenant_id.hex}_{who}"
    await estate.add(
        Token(
            **estate.key(), name=who, person_id=estate.people[who], prefix=secret[:12],
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(), created_at=estate.office.clock.now(),
        )
    )  # fmt: skip
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(("path", "kind"), [("agreements/xlsx", "spreadsheetml"), ("licenses/csv", "text/csv")])
async def test_templates_are_fetched_by_who_is_signed_in(
    estate: Estate, client: AsyncTestClient[Any], path: str, kind: str
):
    answer = await client.get(f"/imports/templates/{path}", headers=await headers_of(estate, "ada"))
    assert (answer.status_code, kind in answer.headers["content-type"]) == (200, True)
    assert (await client.get(f"/imports/templates/{path}")).status_code == 401


async def test_a_row_report_is_fetched_within_reach_and_runs_no_formula(
    office: Office, estate: Estate, client: AsyncTestClient[Any]
):
    await estate.product("cad")
    run = await agreements_of(office, estate, {}, {"number": "EA-2", "first_day": "=1+1"})
    answer = await client.get(f"/imports/{run.id}/rows", headers=await headers_of(estate, "admin"))
    lines = answer.text.splitlines()
    assert lines[0].startswith("row,name,outcome,field,has,needs")
    assert lines[1].startswith("2,EA-1,CREATED,,,,agreement,")
    assert lines[2].startswith("3,EA-2,REFUSED,first_day,'=1+1,")
    answer = await client.get(f"/imports/{run.id}/rows", headers=await headers_of(estate, "ada"))
    assert answer.status_code == 404
