"""Consumption at the terminal: `lictor consumption --help`; each command starts only what it needs."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

consumption = typer.Typer(no_args_is_help=True, help="What measured lines consume: recorded, and told by period.")
Line = Annotated[str, typer.Argument(help="The metric line as license/line, by their codes.")]


@consumption.callback()
def _consumption() -> None:
    """Record or tell what a measured line consumed."""


@consumption.command("record")
def record(
    line: Line,
    quantity: Annotated[int, typer.Argument(help="The units: of a meter what these days consumed, else in use.")],
    first_day: Annotated[str, typer.Option(help="The first of these days, such as 2026-10-01.")],
    last_day: Annotated[str | None, typer.Option(help="The last of them; default: the first.")] = None,
    subject: Annotated[str, typer.Option(help="What consumed it: a host, a cluster, a key.")] = "",
    source: Annotated[str, typer.Option(help="Who says it; the same said again is a correction.")] = "terminal",
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Record one reading of a measured line; a file of them comes in by `lictor import consumption`.

    Example: `lictor consumption record speech-api/calls 120000 --first-day 2026-10-01 --last-day 2026-10-31`
    """
    from api.cli.consuming import record_one as start

    start(line, quantity, (first_day, last_day), subject, source, tenant, as_json=as_json)


@consumption.command("show")
def show(
    line: Line,
    last: Annotated[int, typer.Option(help="How many periods, the newest first.", min=1, max=36)] = 12,
    as_of: Annotated[str | None, typer.Option(help="An instant, a day, or snapshot:FY2026-Q3.")] = None,
    known_at: Annotated[str | None, typer.Option(help="What was known at this instant; default: all of today.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Tell what each period of a measured line consumed: within what was bought, burst, and beyond.

    Ends with code 4 where the newest period went beyond what its mode allows.

    Example: `lictor consumption show speech-api/calls --last 3 --json`
    """
    from api.cli.consuming import show_periods as start

    start(line, last, as_of, known_at, tenant, as_json=as_json)
