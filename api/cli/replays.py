"""What a replay needs of the terminal: a log as a file, however it comes, and its figures said."""

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Any

from api.cli.ground import answer, err, run
from governance.imports.replay import ReplayAsked
from governance.imports.replaying import limits_of, replay_flexlm
from governance.kernel.errors import BadInput

INFERRED_SHOWN = 20
GZIP = b"\x1f\x8b"


def replay(
    log: Path, seats: Sequence[str], seats_from: Sequence[str], first_day: str | None, server: str | None,
    tolerance: int, *, as_json: bool,
) -> None:  # fmt: skip
    """Replay a log and tell what it comes to."""

    async def command() -> dict[str, Any]:
        asked = ReplayAsked(limits_of(seats, seats_from), _day(first_day), server, timedelta(seconds=tolerance))
        with _file(log) as path:
            return replay_flexlm(path, asked)

    found = run(command)
    if not as_json:
        for one in found["inferred"][:INFERRED_SHOWN]:
            where = f"line {one['line']}: " if one["line"] else ""
            err.print(f"{where}{one['kind']}: {one['assumed']}; {one['because']}", markup=False)
        if len(found["inferred"]) > INFERRED_SHOWN:
            err.print(f"and {len(found['inferred']) - INFERRED_SHOWN} more: use --json for all of them", markup=False)
    peak = ", ".join(f"{feature} {seats}" for feature, seats in found["peak"].items()) or "none"
    said = (
        f"{found['checkouts_granted']} checkouts granted, {found['checkouts_refused']} refused; "
        f"{found['denials_reproduced']} denials reproduced, {found['denials_not_reproduced']} not; "
        f"{found['true_denials']} true denials; {found['unsupported']} unsupported; {found['restarts']} restarts; "
        f"{found['rejected']} lines unreadable.\npeak: {peak}"
    )
    answer(found, as_json=as_json, said=said)


@contextmanager
def _file(log: Path) -> Iterator[Path]:
    """Give the log as a file that can be read twice; a pipe, and what was packed, are kept beside meanwhile."""
    if log.is_dir():
        raise BadInput("log", str(log), "a file, not a folder")
    if str(log) != "-":
        with _unpacked(log) as path:
            yield path
        return
    with NamedTemporaryFile(prefix="lictor-", suffix=".log") as kept:
        copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        with _unpacked(Path(kept.name)) as path:
            yield path


@contextmanager
def _unpacked(log: Path) -> Iterator[Path]:
    """Unpack a log that was turned over and packed by gzip; any other is read as it is."""
    with log.open("rb") as file:
        packed = file.read(len(GZIP)) == GZIP
    if not packed:
        yield log
        return
    with NamedTemporaryFile(prefix="lictor-", suffix=".log") as kept:
        try:
            with gzip.open(log) as file:
                copyfileobj(file, kept)
        except (EOFError, zlib.error, gzip.BadGzipFile) as no:
            raise BadInput("log", f"{log.name} ({no})", "a whole file of gzip, or one that is not packed") from None
        kept.flush()
        yield Path(kept.name)


def _day(said: str | None) -> date | None:
    try:
        return None if said is None else date.fromisoformat(said)
    except ValueError:
        raise BadInput("first-day", said or "", "a day such as 2015-03-27") from None
