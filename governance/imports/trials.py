"""What a trial is followed by: the import of the very file that was tried, kept for a day and handed in once."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from governance.directory.queries import tenants as all_tenants
from governance.imports.filed import permit_format
from governance.imports.models import Upload
from governance.imports.rules import FileFormat
from governance.kernel.errors import NotFound, Refused, WrongState
from governance.kernel.work import Office, Work
from governance.runs.models import Run
from governance.runs.queries import visible_runs
from governance.runs.rules import ENDED, RunKind, RunState
from governance.runs.service import RunRequest, request_run
from policies.access.actions import Action

KEPT_FOR = timedelta(days=1)


def is_trial(run: Run) -> bool:
    """Whether a run is an import that was only tried, and ended well."""
    imports = run.kind in {RunKind.IMPORT_FILE, RunKind.IMPORT_PEOPLE}
    return imports and run.state is RunState.DONE and bool(run.asked.get("dry_run"))


async def file_is_kept(work: Work, run: Run) -> bool:
    """Whether the file of a trial is still there to be imported."""
    here = (Upload.tenant_id == work.tenant_id, Upload.id == UUID(run.asked["upload"]))
    return bool((await work.session.execute(select(func.length(Upload.content)).where(*here))).scalar_one_or_none())


async def import_tried(work: Work, run_id: UUID) -> Run:
    """Ask for the import of what one tried oneself, with the same options and the rights of now.

    Raises NotFound, Refused, WrongState where it was no trial, or its file was used or swept.
    """
    query = visible_runs(work).where(Run.id == run_id, Run.principal == work.actor.principal)
    run = (await work.session.execute(query)).scalar_one_or_none()
    if run is None:
        raise NotFound("trial", str(run_id))
    if not is_trial(run):
        raise WrongState("run", run.state, "be imported: it is no trial of a file that ended well")
    if run.kind is RunKind.IMPORT_FILE:
        permit_format(work, FileFormat(run.asked["format"]))
    elif not work.gate.may(work.actor, Action.PERSON_IMPORT):
        raise Refused(Action.PERSON_IMPORT)
    if not await file_is_kept(work, run):
        raise WrongState("trial", "USED_OR_SWEPT", "be imported; hand the file in again")
    return await request_run(work, RunRequest(run.kind, {**run.asked, "dry_run": False}, f"tried:{run.id}"))


async def sweep_tried(office: Office) -> None:
    """Empty the files of trials that nobody imported within a day; those an import still reads stay."""
    async with office.database.system_read() as session:
        tenant_ids = [row.id for row in await all_tenants(session)]
    for tenant_id in tenant_ids:
        old = (
            Upload.tenant_id == tenant_id,
            Upload.recorded_at < office.clock.now() - KEPT_FOR,
            func.length(Upload.content) > 0,
        )
        async with office.database.read(tenant_id) as session:
            ids = set((await session.execute(select(Upload.id).where(*old))).scalars())
            if not ids:
                continue
            still = select(Run.asked).where(Run.tenant_id == tenant_id, Run.state.not_in(ENDED))
            ids -= {UUID(asked["upload"]) for asked in (await session.execute(still)).scalars() if "upload" in asked}
        async with office.database.write(tenant_id) as session:
            gone = (Upload.tenant_id == tenant_id, Upload.id.in_(sorted(ids)))
            await session.execute(update(Upload).where(*gone).values(content=b""))
