"""What auditors take away from the trail: it holds under the verifier that is handed out beside it, and is theirs alone."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.auth.middleware import Authentication
from api.problems import problem_handlers
from api.settings import Settings
from api.trail_files import trail_handlers
from governance.audit import verifier
from governance.audit.models import Entry
from governance.audit.proofs import verifier_text
from governance.kernel.work import Office
from tests.api.test_import_files import headers_of
from tests.estate import Estate
from tests.governance.audit.writing import rows, seal, write


@pytest.fixture
async def client(office: Office, tmp_path: Path) -> AsyncIterator[AsyncTestClient[Any]]:
    settings = Settings(data_dir=tmp_path)
    app = Litestar(
        [*trail_handlers(office)], middleware=[Authentication(office, settings)], openapi_config=None,
        exception_handlers=problem_handlers(),
    )  # fmt: skip
    async with AsyncTestClient(app) as opened:
        yield opened


async def test_what_is_handed_out_holds_under_the_verifier_beside_it(
    office: Office, estate: Estate, client: AsyncTestClient[Any]
) -> None:
    await write(office, estate, 3)
    await seal(office, estate)
    auditor, entry = await headers_of(estate, "auditor"), (await rows(office, Entry))[0]
    proof = await client.get(f"/trail-files/proofs/{entry.id}", headers=auditor)
    size = int(json.loads(proof.text)["checkpoint"].splitlines()[1])
    checkpoint = await client.get(f"/trail-files/checkpoints/{size}", headers=auditor)
    key = await client.get("/trail-files/key", headers=auditor)
    names = [answer.headers["content-disposition"].split('"')[1] for answer in (checkpoint, key)]
    assert names == [f"lictor-{size}.checkpoint", "lictor.key"]
    told = verifier.check(proof.text, verifier.read_key(key.text), checkpoint.text)
    assert str(entry.id) in told[0]
    file = await client.get("/trail-files/verifier", headers=auditor)
    assert file.text == verifier_text()


async def test_the_files_are_for_who_reads_the_whole_trail(
    office: Office, estate: Estate, client: AsyncTestClient[Any]
) -> None:
    await write(office, estate, 1)
    entry = (await rows(office, Entry))[0]
    auditor, admin = await headers_of(estate, "auditor"), await headers_of(estate, "admin")
    assert (await client.get(f"/trail-files/proofs/{entry.id}", headers=auditor)).status_code == 409
    await seal(office, estate)
    assert (await client.get(f"/trail-files/proofs/{uuid4()}", headers=auditor)).status_code == 404
    assert (await client.get("/trail-files/checkpoints/9999", headers=auditor)).status_code == 404
    assert (await client.get(f"/trail-files/proofs/{entry.id}", headers=admin)).status_code == 404
    for path in ("checkpoints/1", "key"):
        assert (await client.get(f"/trail-files/{path}", headers=admin)).status_code == 403
    for path in ("checkpoints/1", "key", "verifier", f"proofs/{entry.id}"):
        assert (await client.get(f"/trail-files/{path}")).status_code == 401
