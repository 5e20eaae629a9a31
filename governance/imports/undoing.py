"""Takes an import back: shown first with what stays and why, then done by the token of what was shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.agreements.models import Amendment
from governance.agreements.rules import ChangeReason
from governance.agreements.service import AmendAgreement, amend_agreement, withdraw_agreement
from governance.entitlements.service.withdraw import withdraw_license, withdraw_supply
from governance.imports.errors import CannotUndo, UndoUnseen
from governance.imports.models import ImportUndone
from governance.imports.rules import FileFormat
from governance.imports.undo_plan import Kept, UndoPlan, plan_undo, told
from governance.kernel.errors import NotFound
from governance.kernel.preview import check_preview, preview_token
from governance.kernel.work import Change, Work
from governance.runs.models import Run
from governance.runs.queries import visible_runs
from governance.runs.rules import ENDED, RunKind
from policies.access.actions import Action
from policies.access.parties import Ownership

VERB = Action.IMPORT_UNDO.value
UNDONE = frozenset({FileFormat.AGREEMENTS, FileFormat.LICENSES})
WHY_NOT: Mapping[str, str] = {
    RunKind.IMPORT_PEOPLE: "people were placed, seated and told of since; import the former file to go back",
    FileFormat.DEVICES: "seats were given to them since; import the former table, or a row whose `retired` is yes",
    FileFormat.ECB_RATES: "rates hold for all tenants; a correction supersedes them, earlier ones stay readable",
    FileFormat.FLEXLM_LOG: "it tells what was observed, which nobody makes undone",
    FileFormat.GSA_REGISTER: "grants were decided by it since; import the next register, or decide anew",
    FileFormat.LINE_RIGHTS: "releases and devices were judged by it since; import it again with last days",
    FileFormat.M365_CATALOG: "licenses may refer to its tiers by now; import the former table to go back",
    FileFormat.CONSUMPTION: "a reading is corrected by saying it again; import the former readings to go back",
    FileFormat.M365_PRICES: "a price is superseded by the next list; import the former one to go back",
    FileFormat.SUITES: "seats were judged by it since; import the table again with `holds` no",
    FileFormat.PROVIDED_CUSTOMERS: "outcomes were booked with it; record a later outcome, which supersedes",
}


@dataclass(frozen=True)
class UndoPreview:
    """What an undo takes back, counted by kind, what stays and why, and the token by which exactly this is done."""

    run_id: UUID
    taken_back: Mapping[str, int]
    kept: tuple[Kept, ...]
    token: str


async def preview_undo(work: Work, run_id: UUID) -> UndoPreview:
    """Show what the undo of an import would do. Raises NotFound, Refused, CannotUndo."""
    await _import(work, run_id)
    plan = await plan_undo(work, run_id)
    token = preview_token(
        work.office.secret, tenant=str(work.tenant_id), verb=VERB, diff=_diff(run_id, plan), now=work.now()
    )
    return UndoPreview(run_id, plan.counts(), tuple(plan.kept), token)


async def undo_import(work: Work, run_id: UUID, token: str | None) -> ImportUndone:
    """Take back what can be, all in one transaction; as known before, everything is still there.

    Raises NotFound, Refused, CannotUndo, UndoUnseen without a token, PreviewStale where the facts moved.
    """
    await _import(work, run_id)
    plan = await plan_undo(work, run_id)
    if not token:
        raise UndoUnseen
    check_preview(
        work.office.secret, token, tenant=str(work.tenant_id), verb=VERB, diff=_diff(run_id, plan), now=work.now()
    )
    await _carry_out(work, plan)
    taken_back = sum(plan.counts().values())
    row = ImportUndone(
        tenant_id=work.tenant_id, id=work.new_id(), run_id=run_id, taken_back=taken_back, kept=len(plan.kept),
        recorded_at=work.now(), recorded_by=work.actor.principal,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    after = {**plan.counts(), "kept": len(plan.kept)}
    await work.record(Change(VERB, "run", run_id, after=after))
    await work.emit("ImportUndone", run_id, taken_back=taken_back, kept=len(plan.kept))
    return row


async def undone(work: Work, run_id: UUID) -> ImportUndone | None:
    """Say that an import was taken back, and when; None where it was not."""
    query = select(ImportUndone).where(ImportUndone.tenant_id == work.tenant_id, ImportUndone.run_id == run_id)
    return (await work.session.execute(query)).scalar_one_or_none()


def can_undo(run: Run) -> bool:
    """Whether a run is an import of a kind that can be taken back, and has ended."""
    undoes = run.kind is RunKind.IMPORT_FILE and run.asked.get("format") in UNDONE
    return undoes and run.state in ENDED and not run.asked["dry_run"]


async def _import(work: Work, run_id: UUID) -> Run:
    """Give the import that is to be undone, locked. Raises NotFound, Refused, CannotUndo."""
    query = visible_runs(work).where(Run.id == run_id, Run.kind.in_((RunKind.IMPORT_FILE, RunKind.IMPORT_PEOPLE)))
    run = (await work.session.execute(query.with_for_update(key_share=True, of=Run))).scalar_one_or_none()
    if run is None:
        raise NotFound("import", str(run_id))
    work.permit(Action.IMPORT_UNDO, Ownership(work.tenant_id), f"import {run_id}")
    kind = str(run.asked.get("format") or run.kind.value)
    if kind not in UNDONE:
        raise CannotUndo(kind, WHY_NOT[kind])
    if run.state not in ENDED:
        raise CannotUndo(kind, "it has not ended; cancel it or wait")
    if run.asked["dry_run"]:
        raise CannotUndo(kind, "it was a trial and changed nothing")
    if await undone(work, run_id) is not None:
        raise CannotUndo(kind, "it was undone already")
    return run


async def _carry_out(work: Work, plan: UndoPlan) -> None:
    for each in plan.supply:
        await withdraw_supply(work, each)
    await withdraw_license(work, None, plan.lines)
    for license_ in plan.licenses:
        await withdraw_license(work, license_, ())
    for agreement in plan.agreements:
        await withdraw_agreement(work, agreement)
    for agreement, amendment in plan.amendments:
        command = AmendAgreement(
            agreement.id, agreement.version, _former(amendment), ChangeReason.OTHER, work.now().date(),
            f"An import was undone: amendment {amendment.number}.",
        )  # fmt: skip
        await amend_agreement(work, command)


def _former(amendment: Amendment) -> dict[str, Any]:
    """Give the values before an amendment, as they were and not as text."""
    found: dict[str, Any] = {}
    for name, value in amendment.before.items():
        if isinstance(value, str) and name.endswith("_id"):
            found[name] = UUID(value)
        elif isinstance(value, str) and name.endswith("_day"):
            found[name] = date.fromisoformat(value)
        else:
            found[name] = value
    return found


def _diff(run_id: UUID, plan: UndoPlan) -> dict[str, Any]:
    return {"run": str(run_id), **told(plan)}
