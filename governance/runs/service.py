"""What people do with long work: ask for it, and stop it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.kernel.errors import NotFound, WrongState
from governance.kernel.once import OnceKey, keep, kept
from governance.kernel.work import Change, Work
from governance.runs.models import Run
from governance.runs.queries import visible_runs
from governance.runs.rules import ENDED, RunKind, RunState
from policies.access.actions import Action
from policies.access.parties import Ownership

RUN_TASK = "run"


@dataclass(frozen=True)
class RunRequest:
    """What is asked: ids and options only. The same `key` of the same principal gives the same run."""

    kind: RunKind
    asked: Mapping[str, Any]
    key: str | None = None


async def request_run(work: Work, request: RunRequest) -> Run:
    """Put long work into the queue; it starts after this transaction commits. The caller's verb has permitted it.

    Raises IdempotencyMismatch when the key came with another request.
    """
    once = OnceKey(request.key, f"run:{request.kind}", dict(request.asked)) if request.key else None
    if once is not None and (outcome := await kept(work, once)) is not None:
        return await _own(work, UUID(outcome["run"]))
    acts = work.actor.token_actions
    row = Run(
        tenant_id=work.tenant_id, id=work.new_id(), kind=request.kind, state=RunState.WAITING,
        asked=dict(request.asked), principal=work.actor.principal,
        narrowed=None if acts is None else sorted(acts),
        created_at=work.now(), rows_done=0, cancel_asked=False, attempts=0, fence=0,
    )  # fmt: skip
    work.session.add(row)
    if once is not None:
        keep(work, once, {"run": str(row.id)})
    await work.session.flush()
    await work.office.mover.enqueue(work.session, RUN_TASK, row.tenant_id, row.id)
    await work.record(Change("run:request", "run", row.id, after={"kind": row.kind, "asked": row.asked}))
    return row


async def cancel_run(work: Work, run_id: UUID) -> Run:
    """Stop a run: one that waits at once, one that works at its next look. Who asked for it may, and the admin.

    Raises NotFound, Refused, WrongState for a run that has ended.
    """
    query = visible_runs(work).where(Run.id == run_id).with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("run", str(run_id))
    if not _is_own(work, row):
        work.permit(Action.RUN_CANCEL, Ownership(work.tenant_id), f"run {run_id}")
    if row.state in ENDED:
        raise WrongState("run", row.state, "be cancelled")
    before = {"state": row.state, "cancel_asked": row.cancel_asked}
    row.cancel_asked = True
    if row.state is RunState.WAITING:
        row.state, row.ended_at = RunState.CANCELLED, work.now()
    await work.session.flush()
    after = {"state": row.state, "cancel_asked": True}
    await work.record(Change(Action.RUN_CANCEL.value, "run", row.id, before, after))
    return row


def _is_own(work: Work, row: Run) -> bool:
    acts = work.actor.token_actions
    return row.principal == work.actor.principal and (acts is None or Action.RUN_CANCEL in acts)


async def _own(work: Work, run_id: UUID) -> Run:
    found = await work.session.execute(select(Run).where(Run.tenant_id == work.tenant_id, Run.id == run_id))
    return found.scalar_one()
