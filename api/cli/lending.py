"""Leases and devices at the terminal: `lictor lease --help`, `lictor device --help`; each starts only what it needs."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

leases = typer.Typer(no_args_is_help=True, help="Floating seats: lent to a client, renewed, given back.")
devices = typer.Typer(no_args_is_help=True, help="Devices: registered, given seats or cores, listed.")
Pool = Annotated[str, typer.Option("--pool", help="The pool as license/line/pool, by their codes.")]


@leases.callback()
def _leases() -> None:
    """Lend floating seats."""


@devices.callback()
def _devices() -> None:
    """Register devices and give them seats."""


@leases.command("acquire")
def acquire(
    product: Annotated[str, typer.Argument(help="Code of the product; the pool is chosen.")],
    person: Annotated[str, typer.Option("--person", help="Mail address of whom it is for.")],
    client: Annotated[str, typer.Option("--client", help="What the client calls itself, the same each time.")],
    quantity: Annotated[int, typer.Option(help="How many seats.", min=1)] = 1,
    feature: Annotated[
        list[str] | None, typer.Option("--feature", help="Code of a feature that is needed; may be repeated.")
    ] = None,
    waits: Annotated[int | None, typer.Option(help="Seconds to stand in line where all is full.", min=1)] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Lend a client seats of a product, or give it the lease it has; prints the lease and its token.

    Ends with code 4 where nothing is free.

    Example: `lictor lease acquire hyperworks --person ada@halden.example --client ada@ws-104 --json`
    """
    from api.cli.leasing import acquire_one as start

    start(product, person, client, quantity, feature or [], waits, tenant, as_json=as_json)


@leases.command("renew")
def renew(
    lease: Annotated[str, typer.Argument(help="The lease, as `acquire` printed it.")],
    token: Annotated[int, typer.Argument(help="Its token.")],
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Renew a lease for another term; do it at a third of the term.

    Example: `lictor lease renew 01a20f8d-909f-708e-ad40-7dddf0110e9d 7`
    """
    from api.cli.leasing import renew_one as start

    start(lease, token, tenant, as_json=as_json)


@leases.command("release")
def release(
    lease: Annotated[str, typer.Argument(help="The lease, as `acquire` printed it.")],
    token: Annotated[int | None, typer.Option(help="Its token; default: whoever holds it.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Give a lease back.

    Example: `lictor lease release 01a20f8d-909f-708e-ad40-7dddf0110e9d --token 7`
    """
    from api.cli.leasing import release_one as start

    start(lease, token, tenant, as_json=as_json)


@devices.command("register")
def register(
    code: Annotated[str, typer.Argument(help="By which it is known again: a serial number, a host name.")],
    name: Annotated[str, typer.Option("--name", help="What it is called.")],
    keeper: Annotated[str, typer.Option("--keeper", help="Mail address of who keeps it.")],
    kind: Annotated[str, typer.Option(help="WORKSTATION, PORTABLE, HOST or VM.")] = "WORKSTATION",
    cores: Annotated[int, typer.Option(help="How many cores it has.", min=1)] = 1,
    host: Annotated[str | None, typer.Option(help="Of a VM: the code of its host.")] = None,
    cluster: Annotated[str | None, typer.Option(help="The cluster it belongs to.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Register a device in its keeper's unit, or say anew what a known one is.

    Example: `lictor device register esx-07 --name "ESX 7" --keeper ada@halden.example --kind HOST --cores 32`
    """
    from api.cli.leasing import register_one as start

    start(code, name, keeper, kind, cores, host, cluster, tenant, as_json=as_json)


@devices.command("assign")
def assign(
    code: Annotated[list[str], typer.Argument(help="Codes of the devices.")],
    pool: Pool,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; say what each would take.")] = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Give devices a seat, or their cores, of a pool; each is answered by itself.

    Ends with code 4 where one was refused.

    Example: `lictor device assign esx-07 esx-08 --pool oracle-db/cores/prod --dry-run`
    """
    from api.cli.leasing import assign_many as start

    start(code, pool, tenant, dry_run=dry_run, as_json=as_json)
