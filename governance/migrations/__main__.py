"""Writes a migration from what the records say and the history lacks: `python -m governance.migrations make WHY`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from governance.migrations.shape import HERE, config
from governance.migrations.upgrade import opened

USAGE = 'usage: python -m governance.migrations make "what changes"'


async def make(message: str) -> Path:
    """Write the next revision by comparing a database at today's head with the records. Review it before use."""
    (HERE / "versions").mkdir(exist_ok=True)
    number = len(list(ScriptDirectory.from_config(config()).walk_revisions())) + 1
    with tempfile.TemporaryDirectory() as folder:
        async with opened(f"sqlite:///{folder}/draft.sqlite") as connection:
            await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))
            written = await connection.run_sync(
                lambda sync: command.revision(config(sync), message, autogenerate=True, rev_id=f"{number:04d}")
            )
    assert written is not None
    assert not isinstance(written, list)
    return Path(written.path)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "make":
        sys.exit(USAGE)
    sys.stdout.write(f"{asyncio.run(make(sys.argv[2]))}\n")
