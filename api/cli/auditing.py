"""The trail at the terminal: sealing now, verifying all of it, and what auditors take away as files."""

import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from api.cli.exits import Exit
from api.cli.ground import Ground, answer, ground, run, stop
from governance.audit.checkpoints import Signer, Statement, key_line, note_of, read_key, read_note
from governance.audit.proofs import as_file, grow, newest_checkpoint, prove, verifier_text
from governance.audit.sealing import Sealer
from governance.audit.verification import Difference, Verdict, verify_trail

PASSES = 10_000


def seal_now(tenant: str | None, *, as_json: bool) -> None:
    """Seal all that waits."""

    async def command() -> int:
        async with ground(tenant) as on:
            sealer = Sealer(Signer(on.settings.trail_seed))
            return await sealer.seal(on.office, on.actor.tenant_id, PASSES)

    sealed = run(command)
    answer({"sealed": sealed}, as_json=as_json, said=f"{sealed} entries sealed.")


def verify(kept: Sequence[Path], keys: Sequence[Path], tenant: str | None, *, as_json: bool) -> None:
    """Verify the whole trail; what differs is named and ends with its own code."""

    async def command() -> Verdict:
        async with ground(tenant) as on:
            known = _keys(on, keys)
            statements = [_kept(on, path, known) for path in kept]
            async with on.office.reading(on.actor, steady=True) as work:
                return await verify_trail(work, known, statements)

    verdict = run(command)
    answer(_as_json(verdict), as_json=as_json, said=_said(verdict, len(kept)))
    if verdict.count:
        raise SystemExit(int(Exit.FOUND))


def give_checkpoint(output: Path | None, tenant: str | None) -> None:
    """Give the newest checkpoint as the file to keep."""

    async def command() -> str:
        async with ground(tenant) as on, on.office.reading(on.actor) as work:
            return note_of(await newest_checkpoint(work))

    _give(output, run(command))


def give_proof(entry: str, output: Path | None, kept: Path | None, keys: Sequence[Path], tenant: str | None) -> None:
    """Give the proof of one entry."""
    try:
        entry_id = UUID(entry)
    except ValueError:
        stop(Exit.BAD_INPUT, f"ENTRY: {entry!r} cannot be used; needs an id such as {UUID(int=0)}.")

    async def command() -> str:
        async with ground(tenant) as on, on.office.reading(on.actor, steady=True) as work:
            statement = None if kept is None else _kept(on, kept, _keys(on, keys))
            return as_file((await prove(work, entry_id, statement)).to_json())

    _give(output, run(command))


def give_consistency(kept: Path, output: Path | None, keys: Sequence[Path], tenant: str | None) -> None:
    """Give the proof that the trail of now continues a kept checkpoint."""

    async def command() -> str:
        async with ground(tenant) as on, on.office.reading(on.actor, steady=True) as work:
            return as_file((await grow(work, _kept(on, kept, _keys(on, keys)))).to_json())

    _give(output, run(command))


def give_key(output: Path | None, tenant: str | None) -> None:
    """Give the public key of this deployment, under the name of the tenant's trail."""

    async def command() -> str:
        async with ground(tenant) as on:
            return key_line(on.actor.tenant_id, Signer(on.settings.trail_seed).public_key) + "\n"

    _give(output, run(command))


def give_verifier(output: Path | None) -> None:
    """Give the verifier that stands alone."""
    _give(output, verifier_text())


def _keys(on: Ground, more: Sequence[Path]) -> frozenset[bytes]:
    """Give the deployment's own key and those of before that were named. Raises BadCheckpoint."""
    tenant_id = on.actor.tenant_id
    own = Signer(on.settings.trail_seed).public_key
    return frozenset({own, *(read_key(_text(path), str(path), tenant_id) for path in more)})


def _kept(on: Ground, path: Path, keys: frozenset[bytes]) -> Statement:
    return read_note(_text(path), str(path), on.actor.tenant_id, keys)


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def _give(output: Path | None, text: str) -> None:
    """Write a file, or to standard output; a file that is there already is never written over."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        with output.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        stop(Exit.BAD_INPUT, f"{output}: {error.strerror}.")


def _as_json(verdict: Verdict) -> dict[str, object]:
    last = verdict.last
    return {
        "entries": verdict.entries,
        "sealed": verdict.sealed,
        "waiting": verdict.waiting,
        "checkpoints": verdict.checkpoints,
        "last": None if last is None else {"size": last.size, "root": last.root.hex(), "sealed_at": last.sealed_at},
        "count": verdict.count,
        "differences": [
            {"wrong": each.wrong, "number": each.seq, "entry": each.entry_id, "said": each.said}
            for each in verdict.differences
        ],
    }


def _said(verdict: Verdict, kept: int) -> str:
    held = f"{verdict.entries} entries, {verdict.sealed} sealed under {verdict.checkpoints} checkpoints, "
    held += f"{verdict.waiting} waiting."
    if verdict.count:
        return "\n".join([*(_line(each) for each in verdict.differences), held, f"{verdict.count} differences."])
    beside = f" and to {kept} kept elsewhere" if kept else ""
    also = "" if kept else "\nCut off or written anew as a whole it would read so too: give a checkpoint you kept."
    return f"{held}\nAll is as it was sealed, to the last checkpoint{beside}.{also}"


def _line(each: Difference) -> str:
    where = "" if each.seq is None else f" number {each.seq}"
    which = "" if each.entry_id is None else f" entry {each.entry_id}"
    return f"{each.wrong}{where}{which}: {each.said}."
