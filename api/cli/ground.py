"""What every command stands on: settings, an office, the tenant that is meant, and errors said the same way."""

import asyncio
import json
import logging
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError
from rich.console import Console
from sqlalchemy.exc import DBAPIError, OperationalError

from api.cli.exits import Exit, exit_of
from api.logs import set_up_logs
from api.opening import open_office
from api.settings import Settings
from governance.directory.queries import tenant_by_slug, tenants
from governance.directory.service.actors import operator
from governance.kernel.errors import BadInput, BusinessError
from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import SeatDesk
from policies.access.parties import Actor, Grant, Role, ScopeKind

T = TypeVar("T")
err = Console(stderr=True, highlight=False)
# What SQLite and PostgreSQL say of a database that nobody has brought up: no tables, or not even the roles.
NOT_UP = ("no such table", 'role "lictor_')
UNDEFINED_TABLE = "42P01"
log = logging.getLogger("lictor.cli")


@dataclass(frozen=True)
class Ground:
    """One command's desk: who runs this installation, acting in one tenant."""

    settings: Settings
    office: Office
    desk: SeatDesk
    actor: Actor


def run(command: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command; every error becomes one sentence and an exit code of the table."""
    try:
        return asyncio.run(command())
    except (KeyboardInterrupt, asyncio.CancelledError):
        stop(Exit.CANCELLED, "Interrupted. What was done stays; the same command goes on from there.")
    except Exception as error:  # noqa: BLE001 - the last catch of a process
        _ended_by(error)


def _ended_by(error: Exception) -> NoReturn:
    match error:
        case BusinessError():
            for reason in error.reasons():
                said = f"  {reason.code}: has {reason.has}; needs {reason.needs}. {reason.remedy}"
                err.print(said.rstrip(), markup=False)
            stop(exit_of(error.code), error.message())
        case ValidationError():
            for wrong in error.errors():
                name = "LICTOR_" + "_".join(str(part).upper() for part in wrong["loc"])
                err.print(f"{name if wrong['loc'] else 'settings'}: {wrong['msg']}", markup=False)
            stop(Exit.BAD_INPUT, "The settings cannot be used; `lictor settings` lists them all.")
        case DBAPIError():
            _ended_by_database(error)
        case OSError(filename=str() | Path() as name):
            stop(Exit.BAD_INPUT, f"{name}: {error.strerror}.")
        case _:
            _bug(error)


def _ended_by_database(error: DBAPIError) -> NoReturn:
    said = str(error.orig).strip().splitlines()[0]
    if getattr(error.orig, "sqlstate", None) == UNDEFINED_TABLE or any(sign in said for sign in NOT_UP):
        stop(Exit.UNAVAILABLE, "The database has no schema of Lictor yet. Run `lictor db upgrade`.")
    if "file is not a database" in said:
        stop(Exit.BAD_INPUT, "LICTOR_DATABASE_URL names a file that is no SQLite database.")
    if isinstance(error, OperationalError):
        stop(Exit.UNAVAILABLE, f"The database did not answer: {said}")
    _bug(error)


def _bug(error: Exception) -> NoReturn:
    reference = uuid.uuid4().hex[:8]
    log.error("a command failed, reference %s", reference, exc_info=error)
    stop(Exit.BUG, f"Something went wrong that should not. Reference {reference}.")


def stop(code: Exit, message: str) -> NoReturn:
    """Say one sentence on standard error and end with a code of the table."""
    err.print(message, markup=False)
    raise SystemExit(int(code))


def settings_or_stop() -> Settings:
    """Read the settings; what cannot be used is named by its variable."""
    return run(_settings)


def answer(value: dict[str, Any], *, as_json: bool, said: str) -> None:
    """Give the command's answer on standard output: one JSON object, or a sentence for people."""
    sys.stdout.write((json.dumps(value, ensure_ascii=False, default=str) if as_json else said) + "\n")


@asynccontextmanager
async def ground(tenant: str | None) -> AsyncIterator[Ground]:
    """Open an office with a running ledger in the tenant that is meant: the one named, or the only one there is.

    Raises BadInput when several tenants stand and none is named.
    """
    settings = await _settings()
    async with open_office(settings) as office, ledger_of(office) as ledger:
        async with office.database.system_read() as session:
            there = await tenants(session)
            if tenant is None and len(there) != 1:
                needs = "one of " + ", ".join(t.slug for t in there) if there else "one: run `lictor tenant create`"
                raise BadInput("tenant", "none named", needs)
            row = there[0] if tenant is None else await tenant_by_slug(session, tenant)
        yield Ground(settings, office, SeatDesk(office, ledger), at_terminal(row.id))


@asynccontextmanager
async def ledger_of(office: Office) -> AsyncIterator[GroupCommit]:
    """Run the ledger of this process for as long as the block stands."""
    ledger = GroupCommit(office.database, office.clock, office.ids, committed=office.mover.wake)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.stop()


def at_terminal(tenant_id: uuid.UUID) -> Actor:
    """Give the operator, who may read the trail too: whoever sits at this terminal can read the database itself."""
    base = operator(tenant_id)
    return Actor(tenant_id, base.principal, grants=base.grants | {Grant(Role.AUDITOR, ScopeKind.TENANT)})


async def _settings() -> Settings:
    settings = Settings()
    set_up_logs(settings)
    return settings
