"""Imports at the terminal: `lictor import --help` names every format; each command starts only what it needs."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import DryRun, Json, TenantSlug

imports = typer.Typer(no_args_is_help=True, help="Take files in: first a dry run, then for good; bad rows are named.")


@imports.command("people")
def import_people(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one person a row; a dash reads CSV from the pipe.")],
    dry_run: DryRun = False,
    strict: Annotated[bool, typer.Option("--strict", help="Change nothing unless every row is good.")] = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Enter and update people by their external id; the same file twice changes nothing.

    Example: `lictor import people people.csv --dry-run`
    """
    from api.cli.working import import_people as start

    start(file, tenant, dry_run=dry_run, strict=strict, as_json=as_json)


@imports.command("agreements")
def import_agreements(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one agreement a row; a dash reads CSV from the pipe.")],
    reason: Annotated[str | None, typer.Option(help="Amend known agreements for this reason, such as RENEWAL.")] = None,
    reason_text: Annotated[str | None, typer.Option(help="Why, in a sentence; OTHER needs it.")] = None,
    effective_day: Annotated[str | None, typer.Option(help="From which day amendments hold; default: today.")] = None,
    create: Annotated[bool, typer.Option("--create", help="Create vendors that are missing.")] = False,
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Sign agreements by their number; known ones stay, or are amended where a reason is given.

    Example: `lictor import agreements agreements.xlsx --dry-run`
    """
    from api.cli.filing import import_file as start

    options = {"reason": reason, "reason_text": reason_text, "effective_day": effective_day}
    start(
        "agreements", file, tenant, {**options, "create": "yes" if create else None}, dry_run=dry_run, as_json=as_json
    )


@imports.command("consumption")
def import_consumption(
    file: Annotated[
        Path, typer.Argument(help="CSV or XLSX with license, line, quantity, first_day; a dash: the pipe.")
    ],
    source: Annotated[str | None, typer.Option(help="Who says it; the same said again corrects.")] = None,
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take in what measured lines consumed, a row for each subject and its days.

    Example: `lictor import consumption october.csv --source billing --dry-run`
    """
    from api.cli.filing import import_file as start

    start("consumption", file, tenant, {"source": source}, dry_run=dry_run, as_json=as_json)


@imports.command("ecb-rates")
def import_ecb_rates(
    file: Annotated[Path, typer.Argument(help="The central bank's CSV, of one day or of all; a dash: the pipe.")],
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take euro reference rates in, for all tenants; a correction supersedes, the earlier rate stays readable.

    Example: `lictor import ecb-rates eurofxref-hist.csv`
    """
    from api.cli.filing import import_file as start

    start("ecb-rates", file, tenant, dry_run=dry_run, as_json=as_json)


@imports.command("flexlm-log")
def import_flexlm_log(
    file: Annotated[Path, typer.Argument(help="A FlexNet server's debug log; a dash: the pipe.")],
    server: Annotated[str | None, typer.Option(help="The server's name; default: as the log names it.")] = None,
    zone: Annotated[str | None, typer.Option(help="The server's IANA zone; default: as the log names it.")] = None,
    first_day: Annotated[str | None, typer.Option(help="Day of the first line, where no line tells a date.")] = None,
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take a license server's log in as observed use: checkouts, returns, denials; what is inferred is listed.

    Example: `lictor import flexlm-log debug.log --zone America/New_York --json`
    """
    from api.cli.filing import import_file as start

    options = {"server": server, "zone": zone, "first_day": first_day}
    start("flexlm-log", file, tenant, options, dry_run=dry_run, as_json=as_json)


@imports.command("gsa-register")
def import_gsa_register(
    file: Annotated[Path, typer.Argument(help="GSA's CSV of IT standards and their statuses; a dash: the pipe.")],
    day: Annotated[str | None, typer.Option(help="The day the register speaks of; default: today.")] = None,
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take GSA's register of IT standards in: standards become products, statuses decisions that hold from its day.

    Example: `lictor import gsa-register it-standards.csv --day 2021-04-19 --json`
    """
    from api.cli.filing import import_file as start

    start("gsa-register", file, tenant, {"day": day}, dry_run=dry_run, as_json=as_json)


@imports.command("holdings")
def import_holdings(
    file: Annotated[Path, typer.Argument(help="Graph users, GitHub seats, people export or lmstat; a dash: the pipe.")],
    product: Annotated[str | None, typer.Option(help="Code of the product the list is of; GitHub's need it.")] = None,
    observed_at: Annotated[str | None, typer.Option(help="When it was so; default: as the list says, or now.")] = None,
    zone: Annotated[str | None, typer.Option(help="The server's IANA zone; default: the tenant's.")] = None,
    instance: Annotated[str | None, typer.Option(help="Which of several lists of a kind; default: as it says.")] = None,
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take in who holds what at a vendor, told by its looks: the latest list of a source is what is held there.

    Example: `lictor import holdings seats.json --product copilot --dry-run --json`
    """
    from api.cli.filing import import_file as start

    options = {"product": product, "observed_at": observed_at, "zone": zone, "instance": instance}
    start("holdings", file, tenant, options, dry_run=dry_run, as_json=as_json)


@imports.command("licenses")
def import_licenses(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one dated purchase a row; a dash: the pipe.")],
    create: Annotated[bool, typer.Option("--create", help="Create products and tiers that are missing.")] = False,
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Buy what is new, by license, line and purchase order, with license, line and pool; what is known stays.

    Example: `lictor import licenses licenses.csv --dry-run --json`
    """
    from api.cli.filing import import_file as start

    start("licenses", file, tenant, {"create": "yes" if create else None}, dry_run=dry_run, as_json=as_json)


@imports.command("m365-catalog")
def import_m365_catalog(
    file: Annotated[Path, typer.Argument(help="Microsoft's CSV of SKUs and their service plans; a dash: the pipe.")],
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take Microsoft's table of SKUs into the catalog: SKUs become tiers, service plans features.

    Example: `lictor import m365-catalog skus.csv --dry-run --json`
    """
    from api.cli.filing import import_file as start

    start("m365-catalog", file, tenant, dry_run=dry_run, as_json=as_json)


@imports.command("m365-prices")
def import_m365_prices(
    file: Annotated[Path, typer.Argument(help="CSV of SKU ids with monthly price and currency; a dash: the pipe.")],
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take list prices of tiers in, each in its own currency; a tier without a price in one is told, not converted.

    Example: `lictor import m365-prices prices.csv --json`
    """
    from api.cli.filing import import_file as start

    start("m365-prices", file, tenant, dry_run=dry_run, as_json=as_json)


@imports.command("provided-customers")
def import_provided_customers(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with one customer a row; a dash: the pipe.")],
    day: Annotated[str, typer.Option(help="The day the table speaks of: on it every customer's lot ends.")],
    currency: Annotated[str | None, typer.Option(help="Of its prices, ISO 4217; default: the tenant's.")] = None,
    customer: Annotated[str | None, typer.Option(help="Header of the customer's number.")] = None,
    tenure: Annotated[str | None, typer.Option(help="Header of the whole months since the customer came.")] = None,
    price: Annotated[str | None, typer.Option(help="Header of what is paid a month.")] = None,
    churned: Annotated[str | None, typer.Option(help="Header of whether the customer left, yes or no.")] = None,
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take in whom we provide to: each customer an agreement, renewed or cancelled on the day; inferences are listed.

    Example: `lictor import provided-customers customers.csv --day 2026-01-31 --tenure months --json`
    """
    from api.cli.filing import import_file as start

    options = {
        "day": day, "currency": currency, "customer": customer, "tenure": tenure, "price": price, "churned": churned,
    }  # fmt: skip
    start("provided-customers", file, tenant, options, dry_run=dry_run, as_json=as_json)


@imports.command("template")
def import_template(
    name: Annotated[str, typer.Argument(help="agreements, devices, licenses, line-rights, people or suites.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A new file; default: the pipe.")] = None,
    file_format: Annotated[
        str, typer.Option("--format", help="csv, or xlsx with an example, explanations and lists to choose from.")
    ] = "",
) -> None:
    """Give the empty table of an import, with the headers that its reader knows; an .xlsx file is a workbook.

    Example: `lictor import template licenses -o licenses.xlsx`
    """
    from api.cli.templates import give_template as start

    start(name, out, file_format or ("xlsx" if out is not None and out.suffix == ".xlsx" else "csv"))


@imports.command("report")
def import_report(
    run: Annotated[str, typer.Argument(help="The run of an import of agreements or licenses, by its id.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A new file; default: the pipe.")] = None,
    tenant: TenantSlug = None,
) -> None:
    """Give what became of each row of an import as CSV: a line a row, and a line for each problem of a refused one.

    Example: `lictor import report 0192f1c0-7c1e-7000-8000-000000000000 -o rows.csv`
    """
    from api.cli.undoing import give_report as start

    start(run, out, tenant)


@imports.command("undo")
def import_undo(
    run: Annotated[str, typer.Argument(help="The run of an import of agreements or licenses, by its id.")],
    dry_run: DryRun = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Take an import back; what was corrected, renewed or is taken since stays, and says why.

    Example: `lictor import undo 0192f1c0-7c1e-7000-8000-000000000000 --dry-run`
    """
    from api.cli.undoing import undo as start

    start(run, tenant, dry_run=dry_run, as_json=as_json)
