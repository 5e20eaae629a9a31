"""What the directory's tests share: a tenant made by the verbs themselves, with one admin who can sign in."""

import pytest

from governance.directory.service import NewTenant, TenantCreated, create_tenant
from governance.kernel.work import Office
from policies.access.parties import Actor, Grant, Role, ScopeKind

PASSWORD = "correct horse battery"


@pytest.fixture
async def born(office: Office) -> TenantCreated:
    return await create_tenant(
        office,
        NewTenant("Born AG", "born", "Ina Admin", "Ina@Born.example", "CHF", "Europe/Zurich", admin_password=PASSWORD),
    )


@pytest.fixture
def ina(born: TenantCreated) -> Actor:
    grants = frozenset({Grant(Role.IT_ADMIN, ScopeKind.TENANT)})
    return Actor(born.tenant.id, f"person:{born.admin.id}", born.admin.id, grants)
