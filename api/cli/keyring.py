"""License keys at the terminal: `lictor key --help`; the command starts only what it needs."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

license_keys = typer.Typer(no_args_is_help=True, help="License keys: taken in from a file, sealed at once.")


@license_keys.callback()
def keys() -> None:
    """License keys: taken in from a file, sealed at once, never printed."""


@license_keys.command("add")
def add_keys(
    file: Annotated[Path, typer.Argument(help="CSV with a column key, and label, kind, reusable; a dash: the pipe.")],
    pool: Annotated[str, typer.Option(help="The pool as license/line/pool, by their codes.")],
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take license keys in: sealed at once, never printed; the same file twice changes nothing.

    Example: `lictor key add keys.csv --pool m365-e5/named/sales-emea`
    """
    from api.cli.keying import import_keys as start

    start(file, pool, tenant, as_json=as_json)
