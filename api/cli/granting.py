"""Roles at the terminal: `lictor role --help` gives and takes back, `lictor elevation --help` decides on some hours."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

roles = typer.Typer(no_args_is_help=True, help="Roles: given to a person, a group or a service account, taken back.")
elevations = typer.Typer(no_args_is_help=True, help="Roles for some hours: who asks, what is held, and the decision.")
Wish = Annotated[str, typer.Argument(help="The wish's id, as `lictor elevation list` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the trail.")]


@roles.command("list")
def listing(
    group: Annotated[str | None, typer.Option(help="Only what this group holds, by its name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Those too that have ended.")] = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """List who holds which role where; of a group, everybody who is in it holds it.

    Example: `lictor role list --group "Data platform" --json`
    """
    from api.cli.roles import listing as start

    start(group, tenant, every=every, as_json=as_json)


@roles.command("grant")
def grant(
    role: Annotated[str, typer.Argument(help="it_admin, license_owner, auditor, board_member or finance.")],
    reason: Reason,
    mail: Annotated[str | None, typer.Option(help="To the person of this mail address.")] = None,
    group: Annotated[str | None, typer.Option(help="To whoever is in the group of this name.")] = None,
    service_account: Annotated[str | None, typer.Option(help="To the service account of this name.")] = None,
    unit: Annotated[str | None, typer.Option(help="Code of the unit over which it is held, with all below it.")] = None,
    region: Annotated[str | None, typer.Option(help="The region over which it is held, such as DE or 150.")] = None,
    until: Annotated[str | None, typer.Option(help="Its last day, or the instant of its end; default: none.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Give a role; without unit and region it is held over the whole tenant.

    Example: `lictor role grant license_owner --group "Data platform" --unit it --reason "runs the platform"`
    """
    from api.cli.roles import grant as start

    start(role, mail, group, service_account, unit, region, until, reason, tenant, as_json=as_json)


@roles.command("end")
def end(
    grant_id: Annotated[str, typer.Argument(metavar="GRANT", help="The id, as `lictor role list` shows it.")],
    reason: Reason,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take a role back, from now on and in every process.

    Example: `lictor role end 01a20f61-8552-7088-8200-6e686869c73a --reason "moved on"`
    """
    from api.cli.roles import end as start

    start(grant_id, reason, tenant, as_json=as_json)


@elevations.command("list")
def wishes(
    every: Annotated[bool, typer.Option("--all", help="Those too that are over.")] = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """List the wishes for a role that nobody decided on yet, and the roles that are held for some hours.

    Example: `lictor elevation list --json`
    """
    from api.cli.roles import wishes as start

    start(tenant, every=every, as_json=as_json)


@elevations.command("approve")
def approve(
    wish: Wish,
    note: Annotated[str | None, typer.Option(help="What to remember of the decision.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Give the role for the hours asked, from now on.

    Example: `lictor elevation approve 01a20f61-8552-7088-8200-6e686869c73a --note "for the audit"`
    """
    from api.cli.roles import decide as start

    start("approve", wish, note, tenant, as_json=as_json)


@elevations.command("refuse")
def refuse(wish: Wish, reason: Reason, tenant: TenantSlug = None, as_json: Json = False) -> None:
    """Refuse the role; who asked reads why.

    Example: `lictor elevation refuse 01a20f61-8552-7088-8200-6e686869c73a --reason "ask the owner"`
    """
    from api.cli.roles import decide as start

    start("refuse", wish, reason, tenant, as_json=as_json)


@elevations.command("end")
def end_early(wish: Wish, reason: Reason, tenant: TenantSlug = None, as_json: Json = False) -> None:
    """End a role for some hours before its time; who holds it reads why.

    Example: `lictor elevation end 01a20f61-8552-7088-8200-6e686869c73a --reason "the audit is over"`
    """
    from api.cli.roles import decide as start

    start("end", wish, reason, tenant, as_json=as_json)
