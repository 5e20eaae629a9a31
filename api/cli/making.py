"""Templates at the terminal: `lictor templates --help`; each command starts only what it needs."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

templates = typer.Typer(no_args_is_help=True, help="Templates of licenses: publish, make, compare, apply a version.")
Template = Annotated[str, typer.Argument(help="The template's code.")]
Token = Annotated[
    str | None, typer.Option("--token", help="The token that the same command gave; without it nothing is changed.")
]
Document = Annotated[Path, typer.Argument(help="TOML or JSON; a dash is standard input.")]


@templates.command("list")
def listing(tenant: TenantSlug = None, as_json: Json = False) -> None:
    """List the templates, each with its live version and how many licenses are held to it.

    Example: `lictor templates list --json`
    """
    from api.cli.templating import listing as start

    start(tenant, as_json=as_json)


@templates.command("show")
def show(
    name: Annotated[str, typer.Argument(help="named_seats or floating.")],
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="A new file; without one, standard output.")
    ] = None,
) -> None:
    """Write a template that Lictor ships, to begin with.

    Example: `lictor templates show named_seats -o seats.toml`
    """
    from api.cli.templating import show as start

    start(name, out)


@templates.command("publish")
def publish(
    template: Template,
    file: Document,
    note: Annotated[str, typer.Option(help="What is to be said of this version; it goes into the trail.")],
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Draft a version from a file and show what differs from the live one; with the token of that, publish it.

    Example: `lictor templates publish seats seats.toml --note "Longer grace"`
    """
    from api.cli.templating import publish as start

    start(template, file, note, token, tenant, as_json=as_json)


@templates.command("make")
def make(
    template: Template,
    code: Annotated[str, typer.Argument(help="The code of the new license.")],
    agreement: Annotated[str, typer.Option(help="Number of the agreement that grants it.")],
    unit: Annotated[str, typer.Option(help="Code of the unit it belongs to.")],
    name: Annotated[str | None, typer.Option(help="Its name; without one, its code.")] = None,
    region: Annotated[str | None, typer.Option(help="Whose variant holds, such as DE.")] = None,
    first_day: Annotated[str | None, typer.Option(help="First day of its purchases; today without one.")] = None,
    overrides: Annotated[Path | None, typer.Option(help="What is otherwise here: a part of a template.")] = None,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show all that a license of the live version would be; with the token of that, make it.

    Example: `lictor templates make seats sign-de --agreement DCS-2207 --unit sales --region DE`
    """
    from api.cli.templating import make as start

    start(
        template, code, {"agreement": agreement, "unit": unit, "name": name, "region": region, "first_day": first_day},
        overrides, token, tenant, as_json=as_json,
    )  # fmt: skip


@templates.command("diff")
def diff(template: Template, tenant: TenantSlug = None, as_json: Json = False) -> None:
    """List what differs of each license: on purpose, by hand, and which are behind. Ends with 8 where some do.

    Example: `lictor templates diff seats`
    """
    from api.cli.templating import diff as start

    start(template, tenant, as_json=as_json)


@templates.command("apply")
def apply(
    template: Template,
    license_: Annotated[
        list[str] | None,
        typer.Option("--license", help="Code of a license; more of them; those behind without."),
    ] = None,
    version: Annotated[int | None, typer.Option(help="Number of the version; the live one without it.")] = None,
    restore: Annotated[bool, typer.Option("--restore", help="Take back what was changed by hand.")] = False,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show what a version changes of licenses; with the token of that, change it, as a run where they are many.

    Example: `lictor templates apply seats --license sign-de --version 1`
    """
    from api.cli.templating import apply as start

    start(template, license_, version, token, tenant, restore=restore, as_json=as_json)
