"""Every SELECT of agreements: those in reach, one of them, and how each came to stand as it does."""

from uuid import UUID

from sqlalchemy import Select, select

from governance.agreements.models import Agreement, Amendment
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action

AGREEMENT_PLACED = Placed(
    unit=Agreement.unit_id, region=Agreement.region, people=(Agreement.owner_id, Agreement.deputy_id)
)


def visible_agreements(work: Work, action: Action = Action.AGREEMENT_READ) -> Select[Agreement]:
    """Give the agreements within reach."""
    return select(Agreement).where(
        Agreement.tenant_id == work.tenant_id,
        Agreement.withdrawn_at.is_(None),
        work.reach(action, AGREEMENT_PLACED),
    )


async def agreement(work: Work, agreement_id: UUID, action: Action = Action.AGREEMENT_READ) -> Agreement:
    """Give one agreement within reach. Raises NotFound."""
    query = visible_agreements(work, action).where(Agreement.id == agreement_id)
    return _found((await work.session.execute(query)).scalar_one_or_none(), agreement_id)


async def agreement_for_update(work: Work, agreement_id: UUID) -> Agreement:
    """Give one agreement within reach, locked until the transaction ends. Raises NotFound."""
    query = visible_agreements(work).where(Agreement.id == agreement_id).with_for_update(key_share=True, of=Agreement)
    return _found((await work.session.execute(query)).scalar_one_or_none(), agreement_id)


async def withdrawn_agreement(work: Work, number: str) -> Agreement | None:
    """Give the agreement of that number whose import was undone, locked; None where there is none."""
    query = select(Agreement).where(
        Agreement.tenant_id == work.tenant_id, Agreement.number == number, Agreement.withdrawn_at.is_not(None)
    )
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


def visible_amendments(work: Work) -> Select[Amendment]:
    """Give the amendments of agreements within reach."""
    return (
        select(Amendment)
        .join(Agreement, (Agreement.tenant_id == Amendment.tenant_id) & (Agreement.id == Amendment.agreement_id))
        .where(Amendment.tenant_id == work.tenant_id, work.reach(Action.AGREEMENT_READ, AGREEMENT_PLACED))
    )


def _found(row: Agreement | None, agreement_id: UUID) -> Agreement:
    if row is None:
        raise NotFound("agreement", str(agreement_id))
    return row
