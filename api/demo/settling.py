"""The company settles in: tenant, units, people as of the first day, roles, and one login per audience."""

import random
import secrets
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from api.demo.cast import UNITS, DemoPerson, demo_people
from api.demo.contracts import DemoLicense, licenses_until
from governance.directory.service.accounts import NewAccount, create_account
from governance.directory.service.actors import operator
from governance.directory.service.grants import NewGrant, grant_role
from governance.directory.service.people import PersonFacts, upsert_person
from governance.directory.service.tenants import NewTenant, create_tenant
from governance.directory.service.units import NewUnit, add_unit
from governance.kernel.work import Office, Work
from policies.access.parties import Actor, Role, ScopeKind

NAME, SLUG = "Halden Group", "halden-group"
AUDIENCES: tuple[tuple[str, str, str, Role | None], ...] = (
    ("IT admin", "Dana Whitfield", "it", Role.IT_ADMIN),
    ("Auditor", "Ingrid Solheim", "finance", Role.AUDITOR),
    ("Board, finance", "Mateo Ruiz", "finance", Role.BOARD_MEMBER),
    ("Board, sales", "Camille Laurent", "sales", Role.BOARD_MEMBER),
    ("License owner", "Kenji Mori", "engineering", Role.LICENSE_OWNER),
    ("Holder", "Priya Raman", "product", None),
)


@dataclass(frozen=True)
class Login:
    """One sign-in of the demo; the password is known only here."""

    audience: str
    name: str
    mail: str
    password: str


@dataclass
class Company:
    """What the rest of the story needs to know of the company."""

    tenant_id: UUID
    admin: Actor
    units: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, DemoPerson] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    cast: dict[str, UUID] = field(default_factory=dict)
    logins: list[Login] = field(default_factory=list)
    licenses: tuple[DemoLicense, ...] = ()


async def settle(office: Office, rng: random.Random, first: date, last: date) -> Company:
    """Create the tenant as it stood on the first day; who joins later is known here but not entered yet."""
    audience, name, _, _ = AUDIENCES[0]
    password = secrets.token_urlsafe(12)
    made = await create_tenant(
        office,
        NewTenant(
            NAME, SLUG, name, _mail(name), currency="USD", zone="Europe/Zurich", admin_country="CH",
            admin_password=password, root_code="halden",
        ),
    )  # fmt: skip
    company = Company(made.tenant.id, operator(made.tenant.id), licenses=licenses_until(last))
    company.units["halden"] = made.root.id
    company.cast[name] = made.admin.id
    company.logins.append(Login(audience, name, _mail(name), password))
    cast = frozenset(name for _, name, _, _ in AUDIENCES)
    company.people = {p.external_id: p for p in demo_people(rng, first, last, cast)}

    async def found(work: Work) -> None:
        await _units(work, company)
        for person in company.people.values():
            if person.joined <= first:
                await join(work, company, person)
        await _cast(work, company)

    await office.perform(company.admin, found)
    return company


async def join(work: Work, company: Company, person: DemoPerson) -> None:
    """Enter a person in the directory on the day they join."""
    row = await upsert_person(
        work,
        PersonFacts(person.external_id, person.name, person.mail, company.units[person.unit], person.country,
                    source="hr-system"),
    )  # fmt: skip
    company.ids[person.external_id] = row.id


async def _units(work: Work, company: Company) -> None:
    for unit in UNITS:
        if unit.parent is not None:
            row = await add_unit(
                work, NewUnit(unit.code, unit.name, unit.kind, company.units[unit.parent], region=unit.region)
            )
            company.units[unit.code] = row.id


async def _cast(work: Work, company: Company) -> None:
    for audience, name, unit, role in AUDIENCES[1:]:
        row = await upsert_person(
            work, PersonFacts(_mail(name), name, _mail(name), company.units[unit], "CH", source="hr-system")
        )
        company.cast[name] = row.id
        if role is Role.LICENSE_OWNER:
            await grant_role(
                work,
                NewGrant(role, ScopeKind.UNIT, "owns these licenses", row.id, unit_id=company.units[unit]),
            )
        elif role is not None:
            await grant_role(work, NewGrant(role, ScopeKind.TENANT, "set up with the demo", row.id))
        password = secrets.token_urlsafe(12)
        await create_account(work, NewAccount(row.id, _mail(name), password))
        company.logins.append(Login(audience, name, _mail(name), password))


def _mail(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@halden.example"
