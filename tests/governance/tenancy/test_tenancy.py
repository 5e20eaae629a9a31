"""A tenant is suspended, exported and deleted whole; its neighbor, with the same names, keeps every row."""

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from governance.audit.checkpoints import Signer
from governance.audit.models import Entry
from governance.audit.sealing import Sealer
from governance.directory.errors import SignInAgain, SignInFailed
from governance.directory.models import Tenant
from governance.directory.service import (
    NewTenant,
    NewToken,
    TenantCreated,
    actor_of_session,
    actor_of_token,
    create_tenant,
    create_token,
    operator,
    sign_in,
)
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, WrongState
from governance.kernel.work import Office
from governance.runs.queries import due_runs
from governance.runs.rules import RunKind
from governance.runs.service import RunRequest, request_run
from governance.seats.service import AssignSeats, assign_seats
from governance.tenancy.errors import BadCertificate, NotSuspended, OtherExport
from governance.tenancy.models import DeletedTenant
from governance.tenancy.rules import LEFT_OUT
from governance.tenancy.service import (
    DeleteTenant,
    delete_tenant,
    export_tenant,
    resume_tenant,
    suspend_tenant,
    verify_certificate,
)
from governance.tenancy.service.exporting import digest_of, tenant_tables
from tests.estate import Estate
from tests.governance.seats.ground import open_desk

PASSWORD, SIGNER = "correct horse battery", Signer(bytes(range(32)))


async def rows_of(office: Office, tenant_id: UUID) -> dict[str, int]:
    found = {}
    async with office.database.system_read() as session:
        for table in tenant_tables():
            query = select(func.count()).select_from(table).where(table.c.tenant_id == tenant_id)
            if count := (await session.execute(query)).scalar_one():
                found[table.name] = count
    return found


async def lived(office: Office, name: str) -> tuple[Estate, str]:
    """Give a tenant with seats, denials, a sealed trail; and its short name."""
    estate = await Estate.raised(office, name)
    built = await estate.license(quantity=1)
    async with open_desk(office) as desk:
        people = (estate.people["ada"], estate.people["ben"])
        await assign_seats(desk, estate.actor("admin"), AssignSeats(built.pools["main"], people))
    await Sealer(SIGNER).seal(office, estate.tenant_id)
    async with office.database.system_read() as session:
        return estate, (await session.get_one(Tenant, estate.tenant_id)).slug


def deletion(slug: str, **more: Any) -> DeleteTenant:
    return replace(DeleteTenant(slug, slug, "contract ended", "R. Weiss"), **more)


@pytest.fixture
async def born(office: Office) -> TenantCreated:
    return await create_tenant(office, NewTenant("Born", "born", "Ina", "ina@born.example", admin_password=PASSWORD))


async def test_nobody_comes_into_a_suspended_tenant_and_all_do_again(office: Office, born: TenantCreated) -> None:
    boss = operator(born.tenant.id)
    _, cookie = await sign_in(office, "born", "ina@born.example", PASSWORD)
    _, secret = await office.perform(boss, lambda w: create_token(w, NewToken("t", person_id=born.admin.id)))
    under_way = (await actor_of_session(office, cookie)).actor
    await suspend_tenant(office, "born", "contract ended")
    for refused in (actor_of_session(office, cookie), actor_of_token(office, secret)):
        with pytest.raises(SignInAgain):
            await refused
    with pytest.raises(SignInFailed):
        await sign_in(office, "born", "ina@born.example", PASSWORD)
    with pytest.raises(SignInAgain):
        async with office.writing(under_way) as work:
            await create_token(work, NewToken("late", person_id=born.admin.id))
    with pytest.raises(WrongState):
        await suspend_tenant(office, "born", "again")
    await resume_tenant(office, "born", "contract renewed")
    assert (await actor_of_token(office, secret)).person_id == born.admin.id
    assert (await actor_of_session(office, cookie)).person.id == born.admin.id


async def test_work_that_waits_waits_on_while_its_tenant_is_suspended(office: Office, born: TenantCreated) -> None:
    boss = operator(born.tenant.id)
    run = await office.perform(boss, lambda work: request_run(work, RunRequest(RunKind.SCAN, {})))

    async def due() -> set[UUID]:
        async with office.database.system_read() as session:
            return {run_id for _, run_id in await due_runs(session, office.clock.now(), most=10)}

    assert run.id in await due()
    await suspend_tenant(office, "born", "contract ended")
    assert run.id not in await due()
    await resume_tenant(office, "born", "contract renewed")
    assert run.id in await due()


async def test_an_export_accounts_for_every_row_and_opens_no_door(
    office: Office, tmp_path: Path, born: TenantCreated
) -> None:
    await sign_in(office, "born", "ina@born.example", PASSWORD)
    made = await export_tenant(office, "born", tmp_path / "born.zip")
    assert made.sha256 == digest_of(tmp_path / "born.zip")
    assert {name: count for name, count in made.rows.items() if count} == await rows_of(office, born.tenant.id)
    with zipfile.ZipFile(tmp_path / "born.zip") as file:
        manifest = json.loads(file.read("manifest.json"))
        assert set(file.namelist()) == {"manifest.json", *(f"{table.name}.jsonl" for table in tenant_tables())}
        for name, said in manifest["files"].items():
            lines = file.read(f"{name}.jsonl").splitlines()
            assert len(lines) == said["rows"]
            assert all({"tenant_id", "id"} <= json.loads(line).keys() for line in lines)
        [account] = [json.loads(line) for line in file.read("account.jsonl").splitlines()]
    assert "password_hash" not in account
    assert manifest["files"]["account"]["left_out"] == ["password_hash"]
    with pytest.raises(NotFound):
        await export_tenant(office, "nowhere", tmp_path / "no.zip")


def test_every_column_that_opens_a_door_is_decided() -> None:
    """A new column of such a name is left out, or stands here with the reason why it may be carried."""
    may_go = {
        "token", "hash", "claim_hash", "reasons_hash", "content_hash", "body_hash", "token_actions", "text_hash", "address_hash",
        "row_hash", "bytes_hash",
    }  # fmt: skip
    telling = {
        column.name
        for table in tenant_tables()
        for column in table.c
        if any(word in column.name for word in ("hash", "secret", "password", "csrf", "token", "sealed_"))
    }
    undecided = telling - set(LEFT_OUT) - may_go - {"sealed_at"}
    assert undecided == set()


async def test_a_deletion_takes_one_tenant_whole_and_leaves_its_twin(
    office: Office, clock: HandClock, tmp_path: Path
) -> None:
    estate, slug = await lived(office, "Twin Group")
    twin, _ = await lived(office, "Twin Group too")
    kept = await rows_of(office, twin.tenant_id)
    assert {"assignment", "denial", "entry", "sealed", "checkpoint"} <= kept.keys()
    with pytest.raises(NotSuspended):
        await delete_tenant(office, SIGNER, deletion(slug))
    early = await export_tenant(office, slug, tmp_path / "early.zip")
    clock.advance(timedelta(minutes=1))
    await suspend_tenant(office, slug, "contract ended")
    before = await rows_of(office, estate.tenant_id)
    export = await export_tenant(office, slug, tmp_path / "t.zip")
    for wrong, error in (
        ({"confirm": "twin"}, BadInput), ({"reason": " "}, BadInput), ({"export": early.path}, OtherExport),
        ({"export": Path(__file__)}, OtherExport),
    ):  # fmt: skip
        with pytest.raises(error):
            await delete_tenant(office, SIGNER, deletion(slug, **wrong))
    assert await rows_of(office, estate.tenant_id) == before
    row = await delete_tenant(office, SIGNER, deletion(slug, export=export.path))
    assert await rows_of(office, estate.tenant_id) == {}
    assert await rows_of(office, twin.tenant_id) == kept
    assert (row.rows, row.export_sha256) == (before, export.sha256)
    async with office.database.system_read() as session:
        assert await session.get(Tenant, estate.tenant_id) is None
        assert (await session.get_one(DeletedTenant, estate.tenant_id)).certificate == row.certificate
    with pytest.raises(NotFound):
        await delete_tenant(office, SIGNER, deletion(slug))


async def test_what_is_append_only_stays_so_for_everybody_else(office: Office) -> None:
    _, slug = await lived(office, "Twin Group")
    await lived(office, "Twin Group too")
    await suspend_tenant(office, slug, "contract ended")
    await delete_tenant(office, SIGNER, deletion(slug))
    async with office.database.system_read() as session:
        left = (await session.execute(select(func.count()).select_from(Entry))).scalar_one()
    assert left > 0
    with pytest.raises(DBAPIError):
        async with office.database.system_write() as session:
            await session.execute(text("DELETE FROM entry"))
    with pytest.raises(DBAPIError):
        async with office.database.system_write() as session:
            await session.execute(text("UPDATE deleted_tenant SET reason = 'none'"))
    async with office.database.system_read() as session:
        assert (await session.execute(select(func.count()).select_from(Entry))).scalar_one() == left


async def test_a_certificate_holds_as_it_stands_and_by_its_key(office: Office) -> None:
    _, slug = await lived(office, "Twin Group")
    await suspend_tenant(office, slug, "contract ended")
    said = (await delete_tenant(office, SIGNER, deletion(slug))).certificate
    assert said["total"] == sum(said["rows"].values()) > 20
    assert said["trail"]["size"] > 0
    verify_certificate(said, SIGNER.public_key)
    forged = [
        {**said, "total": 0}, {**said, "slug": "other"}, {**said, "rows": {}}, {**said, "format": "other"},
        {name: value for name, value in said.items() if name != "signature"},
        {**said, "public_key": json.loads(json.dumps(said["signature"]))},
    ]  # fmt: skip
    for each in forged:
        with pytest.raises(BadCertificate):
            verify_certificate(each, SIGNER.public_key)
    with pytest.raises(BadCertificate):
        verify_certificate(said, Signer(bytes(32)).public_key)
