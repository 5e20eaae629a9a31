"""Templates at the terminal: the empty table of an import, on standard output or in a new file."""

import sys
from pathlib import Path

from api.cli.exits import Exit
from api.cli.ground import stop
from governance.kernel.errors import BadInput
from reports.fill_in import template


def give_template(name: str, out: Path | None, suffix: str) -> None:
    """Write the template; a file that is there already is never written over."""
    try:
        content = template(name, suffix)
    except BadInput as error:
        stop(Exit.BAD_INPUT, error.message())
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        with out.open("xb") as file:
            file.write(content)
    except OSError as error:
        stop(Exit.BAD_INPUT, f"{out}: {error.strerror}.")
