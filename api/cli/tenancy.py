"""Tenants at the terminal: one is born with its root unit and its first admin, whose password is shown once."""

import secrets

from api.cli.ground import answer, run, settings_or_stop
from api.opening import open_office
from governance.directory.service.tenants import NewTenant, TenantCreated, create_tenant

PASSWORD_BYTES = 15


def create(
    slug: str, name: str, admin_mail: str, admin_name: str | None, currency: str, zone: str, locale: str,
    country: str, *, as_json: bool,
) -> None:  # fmt: skip
    """Create a tenant and show its first admin's password."""
    settings = settings_or_stop()
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    asked = NewTenant(
        name, slug, admin_name or admin_mail, admin_mail, currency, zone, locale, country.upper(), password
    )

    async def command() -> TenantCreated:
        async with open_office(settings) as office:
            return await create_tenant(office, asked)

    made = run(command)
    said = {"tenant": made.tenant.slug, "name": made.tenant.name, "admin": made.admin.mail, "password": password}
    answer(said, as_json=as_json, said=f"{made.admin.mail}  {password}\nShown this once. Sign in, then change it.")
