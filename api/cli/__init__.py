"""The terminal: `lictor --help` teaches; each command starts only what it needs, so that help answers at once."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.caps import caps
from api.cli.exits import MEANING
from api.cli.explaining import explanations
from api.cli.granting import elevations, roles
from api.cli.keyring import license_keys
from api.cli.lending import devices, leases
from api.cli.making import templates
from api.cli.measuring import metrics
from api.cli.metered import consumption
from api.cli.options import Json, TenantSlug
from api.cli.organizing import owners, units
from api.cli.replaying import replays
from api.cli.rules import rules
from api.cli.tabled import imports
from api.cli.tenants import tenancy
from api.cli.trail import trail

OUTPUT = "File to write; default NAME.FORMAT. renewals_calendar -o NAME.ics is a calendar for any calendar program."
EXITS = "Exit codes:\n\n" + "\n\n".join(f"{code.value}: {what}" for code, what in MEANING.items())

app = typer.Typer(
    name="lictor",
    help="License governance: seats without overselling, reports that can be proven, reviews that count.",
    epilog=EXITS,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
database = typer.Typer(no_args_is_help=True, help="The database's schema: bring it up, take it down, check it.")
tokens = typer.Typer(no_args_is_help=True, help="API tokens of people and service accounts; a secret is shown once.")
app.add_typer(database, name="db")
app.add_typer(tenancy, name="tenant")
app.add_typer(caps, name="cap")
app.add_typer(consumption, name="consumption")
app.add_typer(elevations, name="elevation")
app.add_typer(devices, name="device")
app.add_typer(explanations, name="explain")
app.add_typer(imports, name="import")
app.add_typer(license_keys, name="key")
app.add_typer(leases, name="lease")
app.add_typer(metrics, name="metric")
app.add_typer(owners, name="owner")
app.add_typer(replays, name="replay")
app.add_typer(roles, name="role")
app.add_typer(rules, name="rule")
app.add_typer(templates, name="templates")
app.add_typer(tokens, name="token")
app.add_typer(trail, name="trail")
app.add_typer(units, name="unit")

Instant = Annotated[str | None, typer.Option(help="An instant, a day, or snapshot:FY2026-Q3; default: now.")]


def main() -> None:
    """Start the terminal."""
    app()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default LICTOR_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default LICTOR_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes (PostgreSQL); default LICTOR_WORKERS.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Make the demo estate if this start made the database.")] = False,
) -> None:
    """Serve the console and the graph; bring the database up first.

    Example: `lictor serve --demo`
    """
    from api.cli.serving import serve as start

    start(host, port, workers, demo=demo)


@app.command()
def worker() -> None:
    """Do long work, answers to events and deliveries, until told to stop; any number beside a PostgreSQL.

    Example: `LICTOR_DATABASE_URL=postgresql://lictor@db/lictor lictor worker`
    """
    from api.cli.serving import work

    work()


@app.command()
def demo(as_json: Json = False) -> None:
    """Invent a company of some 600 people and two years of licenses, as a tenant of its own.

    Example: `lictor demo --json`
    """
    from api.cli.serving import demo as raise_demo

    raise_demo(as_json=as_json)


@app.command()
def scan(
    tenant: TenantSlug = None,
    fail_on: Annotated[
        str | None, typer.Option(help="End with code 8 when a finding of this severity or worse is open.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run every compliance check now and say what is open.

    Example: `lictor scan --fail-on high`
    """
    from api.cli.working import scan as start

    start(tenant, fail_on, as_json=as_json)


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="Which report; `lictor report list` names them.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help=OUTPUT)] = None,
    as_of: Instant = None,
    known_at: Annotated[str | None, typer.Option(help="What was known at this instant; default: all of today.")] = None,
    file_format: Annotated[str, typer.Option("--format", help="xlsx, csv or jsonl.")] = "xlsx",
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Write a report, reproducible as of any instant and as known at any instant.

    Example: `lictor report license_review --as-of 2026-10-31 --known-at 2026-10-31 -o october.xlsx`
    """
    from api.cli.working import report as start

    start(name, output, as_of, known_at, file_format, tenant, as_json=as_json)


@tokens.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    mail: Annotated[str | None, typer.Option(help="The person it acts for.")] = None,
    service_account: Annotated[str | None, typer.Option(help="Or the service account, made if need be.")] = None,
    role: Annotated[str | None, typer.Option(help="Role for a service account made now, in the whole tenant.")] = None,
    act: Annotated[list[str] | None, typer.Option(help="Narrow it to these acts, such as seat:read.")] = None,
    days: Annotated[int, typer.Option(help="Days until it expires.", min=1, max=3660)] = 90,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Make a token and show its secret, this once.

    Example: `lictor token create telemetry --service-account telemetry --role it_admin --act event:ingest`
    """
    from api.cli.keys import create

    create(name, mail, service_account, role, act, days, tenant, as_json=as_json)


@tokens.command("list")
def token_list(tenant: TenantSlug = None, as_json: Json = False) -> None:
    """List tokens: whose they are, until when they hold, when they were last used.

    Example: `lictor token list --json`
    """
    from api.cli.keys import listing

    listing(tenant, as_json=as_json)


@tokens.command("revoke")
def token_revoke(
    prefix: Annotated[str, typer.Argument(help="The token's beginning, as `lictor token list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the trail.")] = "revoked at the terminal",
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Revoke a token; from then on every process refuses it.

    Example: `lictor token revoke lic_a1B2c3`
    """
    from api.cli.keys import revoke

    revoke(prefix, reason, tenant, as_json=as_json)


@database.command("upgrade")
def db_upgrade(
    revision: Annotated[str, typer.Argument(help="Revision to go to.")] = "head", as_json: Json = False
) -> None:
    """Bring the schema up, and lay roles, row policies and append-only triggers anew.

    Example: `lictor db upgrade`
    """
    from api.cli.base import upgrade

    upgrade(revision, as_json=as_json)


@database.command("downgrade")
def db_downgrade(
    revision: Annotated[str, typer.Argument(help="Revision to go back to.")], as_json: Json = False
) -> None:
    """Take the schema down to a revision; data of what goes is lost.

    Example: `lictor db downgrade -- -1`
    """
    from api.cli.base import downgrade

    downgrade(revision, as_json=as_json)


@database.command("check")
def db_check(as_json: Json = False) -> None:
    """Compare the database with what Lictor expects; ends with code 8 when they differ.

    Example: `lictor db check`
    """
    from api.cli.base import check

    check(as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look at settings, database, rights, ledger counters, feeds and mail, and say what ails.

    Example: `lictor doctor`
    """
    from api.cli.base import doctor as look

    look(as_json=as_json)


@app.command("settings")
def show_settings(as_json: Json = False) -> None:
    """List every setting: its variable, its value (secrets hidden), what it is for.

    Example: `lictor settings`
    """
    from api.cli.base import settings as show

    show(as_json=as_json)
