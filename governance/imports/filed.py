"""Files of others, taken in as they come: each format with its reader, what one must be allowed to do, and its verb."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from governance.directory.service.actors import operator
from governance.imports import consumption, holdings
from governance.imports.ecb_rates import import_ecb_rates
from governance.imports.flexlm_log import import_flexlm_log
from governance.imports.formats.provided_customers import MAPPED
from governance.imports.gsa_register import import_gsa_register
from governance.imports.handing_in import HandedIn, empty_upload, keep_upload, laid_out
from governance.imports.m365_catalog import import_m365_catalog
from governance.imports.m365_prices import import_m365_prices
from governance.imports.names import CREATE
from governance.imports.provided_customers import ACTS, import_provided_customers
from governance.imports.rules import FileFormat
from governance.imports.tables import (
    import_agreements,
    import_devices,
    import_licenses,
    import_line_rights,
    import_suites,
)
from governance.kernel.errors import BadInput, BusinessError, Refused, Unavailable
from governance.kernel.work import Work
from governance.runs.desk import RunDesk
from governance.runs.errors import LeaseLost
from governance.runs.models import Run
from governance.runs.rules import RunKind
from governance.runs.service import RunRequest, request_run
from policies.access.actions import Action
from policies.access.parties import Ownership

OPTIONS_OF_AGREEMENTS = frozenset({CREATE, "reason", "reason_text", "effective_day"})
OPTIONS_OF_LOGS = frozenset({"first_day", "server", "zone"})

Verb = Callable[[RunDesk, Path], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Format:
    """How files of one format come in: the acts it takes in the whole tenant, and the verb.

    `everywhere`: what it brings holds for all tenants, so none of theirs may; only who runs the installation.
    """

    acts: tuple[Action, ...]
    verb: Verb
    everywhere: bool = False
    options: frozenset[str] = frozenset()


FORMATS: Mapping[FileFormat, Format] = {
    FileFormat.AGREEMENTS: Format((Action.IMPORT_RUN,), import_agreements, options=OPTIONS_OF_AGREEMENTS),
    FileFormat.CONSUMPTION: Format((Action.IMPORT_RUN,), consumption.import_consumption, options=consumption.OPTIONS),
    FileFormat.DEVICES: Format((Action.IMPORT_RUN,), import_devices),
    FileFormat.ECB_RATES: Format((Action.IMPORT_RUN,), import_ecb_rates, everywhere=True),
    FileFormat.FLEXLM_LOG: Format((Action.IMPORT_RUN, Action.EVENT_INGEST), import_flexlm_log, options=OPTIONS_OF_LOGS),
    FileFormat.GSA_REGISTER: Format(
        (Action.IMPORT_RUN, Action.CATALOG_EDIT), import_gsa_register, options=frozenset({"day"})
    ),
    FileFormat.HOLDINGS: Format(
        (Action.IMPORT_RUN, Action.EVENT_INGEST), holdings.import_holdings, options=holdings.OPTIONS
    ),
    FileFormat.LICENSES: Format((Action.IMPORT_RUN,), import_licenses, options=frozenset({CREATE})),
    FileFormat.LINE_RIGHTS: Format((Action.IMPORT_RUN,), import_line_rights),
    FileFormat.M365_CATALOG: Format((Action.IMPORT_RUN, Action.CATALOG_EDIT), import_m365_catalog),
    FileFormat.M365_PRICES: Format((Action.IMPORT_RUN, Action.CATALOG_EDIT), import_m365_prices),
    FileFormat.PROVIDED_CUSTOMERS: Format(
        (Action.IMPORT_RUN, *ACTS), import_provided_customers, options=MAPPED | {"currency", "day"}
    ),
    FileFormat.SUITES: Format((Action.IMPORT_RUN, Action.CATALOG_EDIT), import_suites),
}


@dataclass(frozen=True)
class ImportFile:
    """A file of a known format. `dry_run` changes nothing; `options` are the format's own; `key` makes it once."""

    format: FileFormat
    name: str
    content: bytes
    dry_run: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None


async def request_file_import(work: Work, command: ImportFile) -> Run:
    """Keep the file and ask for the run that imports it.

    Raises Refused, FileTooLarge, IdempotencyMismatch (the same key with another file or options).
    """
    permit_format(work, command.format)
    for name in sorted(command.options.keys() - FORMATS[command.format].options):
        needs = ", ".join(sorted(FORMATS[command.format].options)) or "no option, because this format has none"
        raise BadInput("options", name, needs)
    options = {"format": command.format.value, "dry_run": command.dry_run, **command.options}
    upload = await keep_upload(work, HandedIn(command.name, command.content, options, command.key), Action.IMPORT_RUN)
    return await request_run(work, RunRequest(RunKind.IMPORT_FILE, {"upload": str(upload.id), **options}, command.key))


async def import_file(desk: RunDesk) -> dict[str, Any]:
    """Take a file of another system in as it comes (a catalog, rates, a license server's log), or say what would be.

    Raises SheetRefused, Refused, LeaseLost, Cancelled.
    """
    chosen, upload = FileFormat(desk.asked["format"]), UUID(desk.asked["upload"])
    try:
        async with desk.reading() as work:
            permit_format(work, chosen)
        async with laid_out(desk) as path:
            outcome = await FORMATS[chosen].verb(desk, path)
    except (LeaseLost, Unavailable):
        raise
    except BusinessError:
        await empty_upload(desk.office, desk.tenant_id, upload)
        raise
    if not desk.asked["dry_run"]:
        await empty_upload(desk.office, desk.tenant_id, upload)
    return outcome


def permit_format(work: Work, chosen: FileFormat) -> None:
    """Let pass who may bring in this format. Raises Refused."""
    for action in FORMATS[chosen].acts:
        work.permit(action, Ownership(work.tenant_id), chosen.value)
    if FORMATS[chosen].everywhere and work.actor.principal != operator(work.tenant_id).principal:
        raise Refused(Action.IMPORT_RUN.value, chosen.value)
