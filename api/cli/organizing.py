"""Units and owners at the terminal: `lictor unit --help`, `lictor owner --help`; each starts only what it needs."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

units = typer.Typer(no_args_is_help=True, help="The org tree: list it, add to it, move, merge and split units.")
owners = typer.Typer(no_args_is_help=True, help="Who answers for licenses: who cannot any more, and handing over.")
Code = Annotated[str, typer.Argument(help="The unit's code.")]
Reason = Annotated[str, typer.Option(help="Why; it goes into the trail and into the amendment of each agreement.")]
Since = Annotated[
    str | None,
    typer.Option("--at", help="Since when: a day, from its beginning, or an instant; one to come is planned."),
]
Token = Annotated[
    str | None, typer.Option("--token", help="The token that the same command gave; without it nothing is changed.")
]
Carry = Annotated[bool, typer.Option("--carry-roles", help="Let roles over the unit reach the other one too.")]


@units.command("list")
def listing(tenant: TenantSlug = None, as_json: Json = False) -> None:
    """List the units of today's tree, each with the one above it.

    Example: `lictor unit list --json`
    """
    from api.cli.reorganizing import listing as start

    start(tenant, as_json=as_json)


@units.command("add")
def add(
    code: Code,
    name: Annotated[str, typer.Option(help="Its name.")],
    below: Annotated[str | None, typer.Option(help="Code of the unit above it; without one it is a root.")] = None,
    kind: Annotated[str, typer.Option(help="company, division, department or cost_center.")] = "department",
    region: Annotated[str, typer.Option(help="Its home region, such as DE; 001 is the world.")] = "001",
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Add a unit below another one.

    Example: `lictor unit add labs --name Labs --below it`
    """
    from api.cli.reorganizing import add as start

    start(code, name, below, kind, region, tenant, as_json=as_json)


@units.command("move")
def move(
    code: Code,
    below: Annotated[str, typer.Option(help="Code of the unit that it is to hang below.")],
    reason: Reason,
    at: Since = None,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show what moving a unit with its subtree would do; with the token of that, move it.

    Example: `lictor unit move labs --below it --reason "IT runs the labs"`
    """
    from api.cli.reorganizing import move as start

    start(code, below, reason, at, token, tenant, as_json=as_json)


@units.command("merge")
def merge(
    code: Code,
    into: Annotated[str, typer.Option(help="Code of the unit that gets all of it.")],
    reason: Reason,
    carry_roles: Carry = False,
    at: Since = None,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show what merging a unit into another one would do; with the token of that, merge them.

    Example: `lictor unit merge labs --into it --reason "one desk" --at 2026-10-01`
    """
    from api.cli.reorganizing import merge as start

    start(code, into, reason, at, token, tenant, carry=carry_roles, as_json=as_json)


@units.command("split")
def split(
    code: Code,
    new: Annotated[str, typer.Option(help="Code of the new unit.")],
    name: Annotated[str, typer.Option(help="Name of the new unit.")],
    reason: Reason,
    below: Annotated[
        str | None, typer.Option(help="Code of the unit above the new one; default: that above the other.")
    ] = None,
    child: Annotated[list[str] | None, typer.Option(help="Code of a unit below that goes along; repeatable.")] = None,
    person: Annotated[list[str] | None, typer.Option(help="Mail address of who goes along; repeatable.")] = None,
    licenses: Annotated[
        list[str] | None,
        typer.Option("--license", help="Code of a license that goes along, with its pools there; repeatable."),
    ] = None,
    agreement: Annotated[
        list[str] | None, typer.Option(help="Number of an agreement that goes along; repeatable.")
    ] = None,
    carry_roles: Carry = False,
    at: Since = None,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show what making a part of a unit a unit of its own would do; with the token of that, split it.

    Example: `lictor unit split it --new labs --name Labs --person ada@halden.example --reason grown`
    """
    from api.cli.reorganizing import split as start

    chosen = {"children": child, "people": person, "licenses": licenses, "agreements": agreement}
    start(code, new, name, reason, below, chosen, at, token, tenant, carry=carry_roles, as_json=as_json)


@units.command("planned")
def planned(
    every: Annotated[
        bool, typer.Option("--all", help="Those too that were carried out, stopped or withdrawn.")
    ] = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """List what is planned for units on a day to come, which the clock carries out if it still is as it was shown.

    Example: `lictor unit planned --json`
    """
    from api.cli.planned import listing as start

    start(tenant, every=every, as_json=as_json)


@units.command("withdraw")
def withdraw(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="The id, as `lictor unit planned` shows it.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the trail and in the list.")],
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take a planned reorganization back before its day.

    Example: `lictor unit withdraw 01a20f61-8552-7088-8200-6e686869c73a --reason "not needed"`
    """
    from api.cli.planned import withdraw as start

    start(plan, reason, tenant, as_json=as_json)


@owners.command("stale")
def stale(tenant: TenantSlug = None, as_json: Json = False) -> None:
    """List owners and deputies who left, are on leave or past their contract's end, and what names them.

    Ends with code 8 where there is one.

    Example: `lictor owner stale --json`
    """
    from api.cli.reorganizing import stale as start

    start(tenant, as_json=as_json)


@owners.command("hand-over")
def hand_over(
    giver: Annotated[str, typer.Argument(help="Mail address of the person who answers for it.")],
    to: Annotated[str, typer.Option(help="Mail address of the person who gets it.")],
    reason: Reason,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show all that somebody answers for, and with the token of that hand it to somebody else.

    Example: `lictor owner hand-over ada@halden.example --to ben@halden.example --reason "she left"`
    """
    from api.cli.reorganizing import hand as start

    start(giver, to, reason, token, tenant, as_json=as_json)
