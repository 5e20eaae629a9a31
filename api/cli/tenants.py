"""Tenants at the terminal: `lictor tenant --help` names what an operator does to a whole tenant; each starts lazily."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Json

tenancy = typer.Typer(no_args_is_help=True, help="Tenants: each a world of its own; nothing is visible across them.")
Slug = Annotated[str, typer.Argument(help="Its short name.")]
Reason = Annotated[str, typer.Option(help="Why; it goes into the trail, or into the certificate.")]


@tenancy.command("create")
def create(
    slug: Annotated[str, typer.Argument(help="Its short name: small letters, digits and hyphens.")],
    name: Annotated[str, typer.Option(help="Its full name.")],
    admin_mail: Annotated[str, typer.Option(help="Mail address of its first admin, who signs in by it.")],
    admin_name: Annotated[str | None, typer.Option(help="The first admin's name; default: the mail address.")] = None,
    currency: Annotated[str, typer.Option(help="Reporting currency, ISO 4217.")] = "USD",
    zone: Annotated[str, typer.Option(help="Home zone by IANA, such as Europe/Zurich.")] = "UTC",
    locale: Annotated[str, typer.Option(help="Language of its texts: en or de.")] = "en",
    country: Annotated[str, typer.Option(help="The first admin's work country, ISO 3166.")] = "US",
    as_json: Json = False,
) -> None:
    """Create a tenant with its root unit and its first admin; the admin's password is shown this once.

    Example: `lictor tenant create halden --name "Halden Group" --admin-mail dana@halden.example`
    """
    from api.cli.tenancy import create as start

    start(slug, name, admin_mail, admin_name, currency, zone, locale, country, as_json=as_json)


@tenancy.command("list")
def listing(as_json: Json = False) -> None:
    """List the tenants, when each was made, and whether it is suspended. Nothing of what they hold is shown.

    Example: `lictor tenant list --json`
    """
    from api.cli.tenancy import listing as start

    start(as_json=as_json)


@tenancy.command("suspend")
def suspend(slug: Slug, reason: Reason, as_json: Json = False) -> None:
    """Suspend a tenant: nobody comes in, no token opens, nothing runs or is sent; its rows stay as they are.

    Example: `lictor tenant suspend halden --reason "contract ended"`
    """
    from api.cli.tenancy import suspend as start

    start(slug, reason, as_json=as_json)


@tenancy.command("resume")
def resume(slug: Slug, reason: Reason, as_json: Json = False) -> None:
    """Let a suspended tenant go on where it stood.

    Example: `lictor tenant resume halden --reason "contract renewed"`
    """
    from api.cli.tenancy import resume as start

    start(slug, reason, as_json=as_json)


@tenancy.command("export")
def export(
    slug: Slug,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default SLUG.zip.")] = None,
    as_json: Json = False,
) -> None:
    """Write everything of a tenant into one zip: a file of JSON lines for each table, and a manifest of every row.

    What opens doors (passwords, tokens, secrets of providers) stays here, even as a hash.

    Example: `lictor tenant export halden -o halden.zip`
    """
    from api.cli.tenancy import export as start

    start(slug, output, as_json=as_json)


@tenancy.command("delete")
def delete(
    slug: Slug,
    reason: Reason,
    confirm: Annotated[str, typer.Option(help="The short name once more: nothing brings it back.")],
    by: Annotated[str, typer.Option(help="Who deletes it; it stands in the certificate.")],
    export: Annotated[
        Path | None, typer.Option("--export", help="The export that was handed over, taken while it was suspended.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The certificate; default SLUG.deleted.json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Delete a suspended tenant with all its rows and files, and give a signed certificate of what went.

    Its trail goes too; the certificate names its last root. Backups made before are yours to destroy.

    Example: `lictor tenant delete halden --confirm halden --by "R. Weiss" --reason ended --export halden.zip`
    """
    from api.cli.tenancy import delete as start

    start(slug, confirm, reason, by, export, output, as_json=as_json)


@tenancy.command("certificate")
def certificate(
    file: Annotated[Path, typer.Argument(help="A certificate of deletion.")], as_json: Json = False
) -> None:
    """Verify a certificate of deletion against this deployment's key.

    Example: `lictor tenant certificate halden.deleted.json`
    """
    from api.cli.tenancy import check_certificate as start

    start(file, as_json=as_json)
