"""A tenant is born: its settings, its root unit, its first admin and the first number of its rights, all or nothing."""

import re
from dataclasses import dataclass
from uuid import UUID

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency
from sqlalchemy import select

from governance.directory.models import OrgUnit, Person, Tenant
from governance.directory.rules import UnitKind
from governance.directory.service.accounts import NewAccount, create_account
from governance.directory.service.actors import operator
from governance.directory.service.grants import NewGrant, grant_role, raise_revision
from governance.directory.service.people import PersonFacts, upsert_person
from governance.directory.service.units import NewUnit, add_unit
from governance.kernel.due import zone
from governance.kernel.errors import BadInput
from governance.kernel.work import Change, Office, Work
from policies.access.parties import Role, ScopeKind

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


@dataclass(frozen=True)
class NewTenant:
    """`currency` by ISO 4217, `zone` by IANA. With `admin_password` the admin gets a local sign-in by their mail."""

    name: str
    slug: str
    admin_name: str
    admin_mail: str
    currency: str = "USD"
    zone: str = "UTC"
    locale: str = "en"
    admin_country: str = "US"
    admin_password: str | None = None
    root_code: str | None = None


@dataclass(frozen=True)
class TenantCreated:
    tenant: Tenant
    root: OrgUnit
    admin: Person


async def create_tenant(office: Office, command: NewTenant, tenant_id: UUID | None = None) -> TenantCreated:
    """Create a tenant in one transaction of the system. Raises BadInput (slug taken, zone or currency unknown)."""
    _check(command)
    tenant_id = tenant_id or office.ids.new()
    actor = operator(tenant_id)
    gate = await office.gates(tenant_id)
    async with office.database.system_write() as session:
        work = Work(session, actor, gate, office.clock, office.ids, office, office.ids.new())
        tenant = await _settle(work, command)
        root_unit = NewUnit(command.root_code or command.slug, command.name, UnitKind.COMPANY)
        root = await add_unit(work, root_unit)
        admin = await _first_admin(work, command, root)
    office.mover.wake()
    return TenantCreated(tenant, root, admin)


async def _settle(work: Work, command: NewTenant) -> Tenant:
    taken = select(Tenant.id).where(Tenant.slug == command.slug)
    if (await work.session.execute(taken)).first() is not None:
        raise BadInput("slug", command.slug, "a slug that no other tenant has")
    tenant = Tenant(
        id=work.tenant_id, name=command.name.strip(), slug=command.slug, currency=command.currency, zone=command.zone,
        locale=command.locale, created_at=work.now(),
    )  # fmt: skip
    work.session.add(tenant)
    await work.session.flush()
    await raise_revision(work)
    after = {"name": tenant.name, "slug": tenant.slug, "currency": tenant.currency, "zone": tenant.zone}
    await work.record(Change("tenant:create", "tenant", tenant.id, after=after))
    return tenant


async def _first_admin(work: Work, command: NewTenant, root: OrgUnit) -> Person:
    mail = command.admin_mail
    facts = PersonFacts(mail, command.admin_name, mail, root.id, command.admin_country, source="set-up")
    admin = await upsert_person(work, facts)
    await grant_role(work, NewGrant(Role.IT_ADMIN, ScopeKind.TENANT, "first admin of the tenant", person_id=admin.id))
    if command.admin_password is not None:
        await create_account(work, NewAccount(admin.id, mail, command.admin_password))
    return admin


def _check(command: NewTenant) -> None:
    if not SLUG.fullmatch(command.slug):
        raise BadInput("slug", command.slug, "1 to 60 small letters, digits and hyphens, such as halden-group")
    if not 0 < len(command.name.strip()) <= 200:
        raise BadInput("name", command.name, "1 to 200 characters")
    if not is_currency(command.currency):
        raise BadInput("currency", command.currency, "an ISO 4217 code such as USD")
    zone(command.zone)
    try:
        Locale.parse(command.locale, sep="-" if "-" in command.locale else "_")
    except (UnknownLocaleError, ValueError):
        raise BadInput("locale", command.locale, "a locale such as en or de-CH") from None
