"""Tenants at the terminal: born with their first admin, suspended, exported, and deleted with a certificate."""

import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.cli.exits import Exit
from api.cli.ground import answer, run, settings_or_stop, stop
from api.opening import open_office
from governance.audit.checkpoints import Signer
from governance.directory.models import Tenant
from governance.directory.queries import tenants
from governance.directory.service.tenants import NewTenant, TenantCreated, create_tenant
from governance.tenancy import service
from governance.tenancy.models import DeletedTenant
from governance.tenancy.service import DeleteTenant, Exported, verify_certificate

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


def listing(*, as_json: bool) -> None:
    """List the tenants."""
    settings = settings_or_stop()

    async def command() -> Sequence[Tenant]:
        async with open_office(settings) as office, office.database.system_read() as session:
            return await tenants(session)

    found = [_said(row) for row in run(command)]
    lines = [f"{row['tenant']:<24}{row['created_at']:<34}{row['suspended_at'] or 'at work'}" for row in found]
    answer({"tenants": found}, as_json=as_json, said="\n".join(lines) or "No tenant yet.")


def suspend(slug: str, reason: str, *, as_json: bool) -> None:
    """Suspend a tenant."""
    _change(slug, reason, as_json=as_json, suspending=True)


def resume(slug: str, reason: str, *, as_json: bool) -> None:
    """Let a suspended tenant go on."""
    _change(slug, reason, as_json=as_json, suspending=False)


def export(slug: str, output: Path | None, *, as_json: bool) -> None:
    """Write a tenant into one file."""
    settings, path = settings_or_stop(), output or Path(f"{slug}.zip")

    async def command() -> Exported:
        async with open_office(settings) as office:
            return await service.export_tenant(office, slug, path)

    made = run(command)
    said = {
        "tenant": slug, "file": str(path), "rows": sum(made.rows.values()), "tables": made.rows,
        "taken_at": made.taken_at.isoformat(), "sha256": made.sha256,
    }  # fmt: skip
    answer(said, as_json=as_json, said=f"{said['rows']} rows in {path}, SHA-256 {made.sha256}")


def delete(
    slug: str, confirm: str, reason: str, by: str, export_file: Path | None, output: Path | None, *, as_json: bool
) -> None:
    """Delete a tenant, its rows first, then its files, and write the certificate."""
    settings, path = settings_or_stop(), output or Path(f"{slug}.deleted.json")
    if path.exists():
        stop(Exit.USAGE, f"{path} is there already; name another file for the certificate.")

    async def command() -> DeletedTenant:
        async with open_office(settings) as office:
            asked = DeleteTenant(slug, confirm, reason, by, export_file)
            return await service.delete_tenant(office, Signer(settings.trail_seed), asked)

    row = run(command)
    shutil.rmtree(settings.data_dir / "reports" / str(row.id), ignore_errors=True)
    path.write_text(json.dumps(row.certificate, indent=2, ensure_ascii=False) + "\n", "utf-8")
    said = f"{sum(row.rows.values())} rows of {slug} were deleted. The certificate is {path}."
    answer({"file": str(path), "certificate": row.certificate}, as_json=as_json, said=said)


def check_certificate(file: Path, *, as_json: bool) -> None:
    """Verify a certificate of deletion."""
    settings = settings_or_stop()
    text = file.read_text("utf-8") if file.is_file() else stop(Exit.BAD_INPUT, f"There is no file {file}.")

    async def command() -> dict[str, Any]:
        try:
            said: dict[str, Any] = json.loads(text)
        except ValueError:
            stop(Exit.BAD_INPUT, f"{file} is no JSON.")
        verify_certificate(said, Signer(settings.trail_seed).public_key)
        return said

    said = run(command)
    answer(
        {"holds": True, "tenant": said["slug"], "deleted_at": said["deleted_at"], "total": said["total"]},
        as_json=as_json, said=f"It holds: {said['slug']} was deleted at {said['deleted_at']}, {said['total']} rows.",
    )  # fmt: skip


def _change(slug: str, reason: str, *, as_json: bool, suspending: bool) -> None:
    settings = settings_or_stop()

    async def command() -> Tenant:
        async with open_office(settings) as office:
            verb = service.suspend_tenant if suspending else service.resume_tenant
            return await verb(office, slug, reason)

    row = run(command)
    answer(_said(row), as_json=as_json, said=f"{slug} is {'suspended' if row.suspended_at else 'at work'}.")


def _said(row: Tenant) -> dict[str, str | None]:
    return {
        "tenant": row.slug, "name": row.name, "created_at": row.created_at.isoformat(),
        "suspended_at": row.suspended_at.isoformat() if row.suspended_at else None,
    }  # fmt: skip
