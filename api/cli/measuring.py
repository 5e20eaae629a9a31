"""Figures at the terminal: `lictor metric --help` names every figure; each command starts only what it needs."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

metrics = typer.Typer(no_args_is_help=True, help="Figures over a period, with what they count, as of when and how.")


@metrics.callback()
def _figures() -> None:
    """Tell a figure over a period."""


@metrics.command("retention")
def retention(
    first: Annotated[str, typer.Option("--from", help="First day of the period.")],
    until: Annotated[str, typer.Option("--until", help="Last day of the period.")],
    side: Annotated[str, typer.Option(help="provided: what we grant; procured: what we buy. Never both.")] = "provided",
    by: Annotated[
        str | None, typer.Option(help="Tell apart by product, vendor, region, unit or fiscal_quarter.")
    ] = None,
    rate_day: Annotated[str | None, typer.Option(help="Whose rates constant currency takes; default: --until.")] = None,
    as_of: Annotated[str | None, typer.Option(help="An instant, a day, or snapshot:FY2026-Q3.")] = None,
    known_at: Annotated[str | None, typer.Option(help="What was known at this instant; default: all of today.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Tell renewal rate, GRR and NRR of what fell due, by count, seats and value.

    Example: `lictor metric retention --side provided --from 2026-01-01 --until 2026-03-31 --json`
    """
    from api.cli.retaining import tell_retention as start

    start(side, (first, until), by, rate_day, as_of, known_at, tenant, as_json=as_json)


@metrics.command("seat-cost")
def seat_cost(
    by: Annotated[str, typer.Option(help="Tell it by lot, line, license, product or unit.")] = "license",
    as_of: Annotated[str | None, typer.Option(help="An instant, a day, or snapshot:FY2026-Q3.")] = None,
    known_at: Annotated[str | None, typer.Option(help="What was known at this instant; default: all of today.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Tell what a seat costs a day, month, year and term, and what unused seats cost.

    Example: `lictor metric seat-cost --by product --as-of 2026-10-31 --json`
    """
    from api.cli.seat_costing import tell_seat_cost as start

    start(by, as_of, known_at, tenant, as_json=as_json)
