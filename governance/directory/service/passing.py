"""What somebody was to do goes to another one, where the record that says so is never changed."""

from uuid import UUID

from sqlalchemy import func, select

from governance.directory.models import PassedOn
from governance.kernel.work import Change, Work


async def pass_on(work: Work, act: str, subject: tuple[str, UUID], giver: UUID, taker: UUID, reason: str) -> None:
    """Let another one answer for it from now on. For verbs that asked for the right and hold what it belongs to."""
    kind, subject_id = subject
    query = select(func.count()).where(PassedOn.tenant_id == work.tenant_id, PassedOn.subject_id == subject_id)
    number = (await work.session.execute(query)).scalar_one() + 1
    row = PassedOn(
        tenant_id=work.tenant_id, id=work.new_id(), subject_type=kind, subject_id=subject_id, number=number,
        giver_id=giver, taker_id=taker, recorded_by=work.actor.principal, recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change(act, kind, subject_id, {"owner_id": giver}, {"owner_id": taker}, reason))
