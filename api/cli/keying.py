"""License keys at the terminal: a file of them taken in, sealed at once; none of them is ever printed."""

from pathlib import Path

from api.cli.exits import Exit
from api.cli.filing import content_of
from api.cli.ground import answer, ground, run, stop
from api.cli.naming import pool_called
from governance.kernel.work import Work
from governance.keys.rules import NewKey, read_file
from governance.keys.service import AddKeys, KeysAdded, add_keys


def import_keys(file: Path, pool: str, tenant: str | None, *, as_json: bool) -> None:
    """Take keys in from CSV for the pool named `license/line/pool`, and answer how many are new."""
    try:
        text = content_of(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        stop(Exit.BAD_INPUT, f"{file}: it is no UTF-8 text.")

    async def command() -> KeysAdded:
        keys = read_file(text)
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, lambda work: _taken_in(work, pool, keys))

    done = run(command)
    said = f"{done.added} keys taken in, {done.known} were there already; {done.bound} went to seats that had none."
    answer({"added": done.added, "known": done.known, "bound": done.bound}, as_json=as_json, said=said)


async def _taken_in(work: Work, name: str, keys: tuple[NewKey, ...]) -> KeysAdded:
    return await add_keys(work, AddKeys(await pool_called(work, name), keys))
