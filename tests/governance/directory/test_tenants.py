"""A tenant is born whole or not at all."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory import queries
from governance.directory.models import Account, PolicyRevision
from governance.directory.service import NewTenant, TenantCreated, create_tenant
from governance.kernel.errors import BadInput
from governance.kernel.work import Office

GOOD = NewTenant("Nord AB", "nord", "Nils", "nils@nord.example")


async def test_a_tenant_is_born_with_root_admin_account_and_revision(office: Office, born: TenantCreated) -> None:
    async with office.database.read(born.tenant.id) as session:
        revision = (await session.execute(select(PolicyRevision.revision))).scalar_one()
        account = (await session.execute(select(Account))).scalar_one()
        acts = set((await session.execute(select(Entry.act))).scalars())
    assert revision >= 1
    assert account.login == "ina@born.example"
    assert account.password_hash.startswith("$argon2id$")
    assert {"tenant:create", "unit:edit", "person:edit", "access:grant", "account:create"} <= acts
    async with office.database.system_read() as session:
        assert [t.slug for t in await queries.tenants(session)] == ["born"]
        assert (await queries.tenant_by_slug(session, "born")).id == born.tenant.id


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "Bad Slug"), ("currency", "XXQ"), ("zone", "Mars/Olympus"), ("locale", "klingon"), ("name", " ")],
)
async def test_a_tenant_that_cannot_be_is_refused_by_field(office: Office, field: str, value: str) -> None:
    with pytest.raises(BadInput) as refused:
        await create_tenant(office, replace(GOOD, **{field: value}))
    assert refused.value.field == field


async def test_a_tenant_whose_admin_cannot_be_leaves_nothing_behind(office: Office, born: TenantCreated) -> None:
    with pytest.raises(BadInput):
        await create_tenant(office, replace(GOOD, admin_mail="nowhere"))
    with pytest.raises(BadInput):
        await create_tenant(office, replace(GOOD, slug="born"))
    async with office.database.system_read() as session:
        assert [t.slug for t in await queries.tenants(session)] == ["born"]
