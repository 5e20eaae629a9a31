"""Replays at the terminal: `lictor replay --help` names what can be replayed; no database is needed for it."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Json

replays = typer.Typer(no_args_is_help=True, help="What others' license servers did, decided anew by the lease engine.")


@replays.callback()
def _replays() -> None:
    """Replay a log."""


@replays.command("flexlm")
def replay_flexlm(
    log: Annotated[Path, typer.Argument(help="A FlexNet server's debug log; a dash: the pipe.")],
    more: Annotated[
        list[str] | None, typer.Argument(help="More FEATURE=N, as after --seats.", metavar="[FEATURE=N]...")
    ] = None,
    seats: Annotated[
        list[str] | None, typer.Option(help="How many seats a feature has, as FEATURE=N; once for each feature.")
    ] = None,
    seats_from: Annotated[
        list[str] | None, typer.Option(help="How many it has from a day of the log on, as DATE:FEATURE=N.")
    ] = None,
    first_day: Annotated[str | None, typer.Option(help="Day of the first line, where no line tells a date.")] = None,
    server: Annotated[str | None, typer.Option(help="The server's name; default: as the log names it.")] = None,
    tolerance: Annotated[
        int, typer.Option(help="Seconds within which a checkout still satisfies a denial.", min=0, max=86_400)
    ] = 600,
    as_json: Json = False,
) -> None:
    """Drive the lease engine with a log's own events: which checkouts and denials would it have decided alike?

    Example: `lictor replay flexlm debug.log --seats base=6 --seats matk=6 --json`
    """
    from api.cli.replays import replay

    replay(log, [*(seats or ()), *(more or ())], seats_from or [], first_day, server, tolerance, as_json=as_json)
