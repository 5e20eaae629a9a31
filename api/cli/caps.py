"""Revocation caps at the terminal: `lictor cap --help`; each command starts only what it needs."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

caps = typer.Typer(no_args_is_help=True, help="How many seats of a line may be taken from people within its term.")
Line = Annotated[str, typer.Argument(help="The metric line as license/line, by their codes.")]
Why = Annotated[str, typer.Option("--reason", help="Why; the trail keeps it.")]


@caps.callback()
def _caps() -> None:
    """Tell how a line stands against its revocation cap, set it, raise it."""


@caps.command("show")
def show(line: Line, tenant: TenantSlug = None, as_json: Json = False) -> None:
    """Tell how many seats of a line may be taken in this term, how many were, and when several may be again.

    Ends with code 4 where no seat is left.

    Example: `lictor cap show m365-e5/named --json`
    """
    from api.cli.capping import show_cap as start

    start(line, tenant, as_json=as_json)


@caps.command("set")
def set_percent(
    reason: Why,
    percent: Annotated[str | None, typer.Argument(help="0 to 100, such as 7.5.")] = None,
    line: Annotated[
        str | None, typer.Option(help="The line as license/line; default: every line that says nothing itself.")
    ] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Take back what was said here.")] = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Set what part of a line, or of every line of the tenant, may be taken from people in a term.

    Example: `lictor cap set 10 --line m365-e5/named --reason "agreed with the works council"`
    """
    from api.cli.capping import set_one as start

    start(line, percent, reason, tenant, unset=unset, as_json=as_json)


@caps.command("raise")
def raise_by(
    line: Line,
    seats: Annotated[int, typer.Argument(help="By how many seats, until the term ends.", min=1)],
    reason: Why,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Let more seats of a line be taken than its cap allows, until its term ends.

    Example: `lictor cap raise m365-e5/named 20 --reason "the office in Lyon closes"`
    """
    from api.cli.capping import raise_one as start

    start(line, seats, reason, tenant, as_json=as_json)
