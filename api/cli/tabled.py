"""Imports of plain tables at the terminal, which ask for nothing but the file."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.importing import imports
from api.cli.options import DryRun, Json, TenantSlug

__all__ = ("imports",)


@imports.command("devices")
def import_devices(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one device a row; a dash reads CSV from the pipe.")],
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Register devices by their serials with who keeps them; of a known one a blank cell leaves what is known.

    Example: `lictor import devices devices.csv --dry-run`
    """
    from api.cli.filing import import_file as start

    start("devices", file, tenant, {}, dry_run=dry_run, as_json=as_json)


@imports.command("line-rights")
def import_line_rights(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one right beside seats a row; a dash: the pipe.")],
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Record older releases and second devices that lines grant; a known right given a last day ends on it.

    Example: `lictor import line-rights rights.csv --dry-run --json`
    """
    from api.cli.filing import import_file as start

    start("line-rights", file, tenant, {}, dry_run=dry_run, as_json=as_json)


@imports.command("suites")
def import_suites(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one part or base a row; a dash: the pipe.")],
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Say what suites contain and on which bases add-ons stand; a row whose `holds` is no ends what is known.

    Example: `lictor import suites suites.csv --dry-run --json`
    """
    from api.cli.filing import import_file as start

    start("suites", file, tenant, {}, dry_run=dry_run, as_json=as_json)
