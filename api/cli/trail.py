"""The trail at the terminal: `lictor trail --help` names what seals, verifies and proves it; each starts lazily."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

trail = typer.Typer(
    no_args_is_help=True, help="The audit trail: seal it, verify it, and take away proofs that hold without Lictor."
)
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: standard output.")]
Kept = Annotated[list[Path] | None, typer.Option("--checkpoint", help="A checkpoint that was kept; may be repeated.")]
Keys = Annotated[list[Path] | None, typer.Option("--key", help="A public key of before, too; may be repeated.")]


@trail.command("seal")
def seal(tenant: TenantSlug = None, as_json: Json = False) -> None:
    """Seal what waits now; a server or worker does so by itself every ten seconds.

    Example: `lictor trail seal`
    """
    from api.cli.auditing import seal_now as start

    start(tenant, as_json=as_json)


@trail.command("verify")
def verify(checkpoint: Kept = None, key: Keys = None, tenant: TenantSlug = None, as_json: Json = False) -> None:
    """Verify every entry against its seal, the seals against each other, and all of it against kept checkpoints.

    Names the first wrong entry first and ends with code 8 where anything differs. A trail that was cut off or written
    anew as a whole is found only with a checkpoint from before, kept where this database's owner cannot reach it.

    Example: `lictor trail verify --checkpoint october.checkpoint`
    """
    from api.cli.auditing import verify as start

    start(checkpoint or [], key or [], tenant, as_json=as_json)


@trail.command("checkpoint")
def checkpoint(output: Output = None, tenant: TenantSlug = None) -> None:
    """Give the newest checkpoint, signed: keep it somewhere else.

    Example: `lictor trail checkpoint -o october.checkpoint`
    """
    from api.cli.auditing import give_checkpoint as start

    start(output, tenant)


@trail.command("prove")
def prove(
    entry: Annotated[str, typer.Argument(help="The entry's id, as the trail shows it.")],
    output: Output = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="Prove it to who kept this checkpoint; default: the newest.")
    ] = None,
    key: Keys = None,
    tenant: TenantSlug = None,
) -> None:
    """Give the proof that an entry is in the trail, word for word.

    Example: `lictor trail prove 01a20ded-54e9-7e58-857d-70b9cbee1a20 -o entry.proof`
    """
    from api.cli.auditing import give_proof as start

    start(entry, output, checkpoint, key or [], tenant)


@trail.command("consistency")
def consistency(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint that was kept.")],
    output: Output = None,
    key: Keys = None,
    tenant: TenantSlug = None,
) -> None:
    """Give the proof that the trail of now begins with all that a kept checkpoint had.

    Example: `lictor trail consistency october.checkpoint -o since-october.proof`
    """
    from api.cli.auditing import give_consistency as start

    start(checkpoint, output, key or [], tenant)


@trail.command("key")
def key(output: Output = None, tenant: TenantSlug = None) -> None:
    """Give the public key that signs checkpoints: hand it to who verifies, by another way than the proofs.

    Example: `lictor trail key -o lictor.key`
    """
    from api.cli.auditing import give_key as start

    start(output, tenant)


@trail.command("verifier")
def verifier(output: Output = None) -> None:
    """Give the verifier that stands alone: one Python file, which needs nothing of Lictor.

    Example: `lictor trail verifier -o verify.py`
    """
    from api.cli.auditing import give_verifier as start

    start(output)
