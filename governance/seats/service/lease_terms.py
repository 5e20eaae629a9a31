"""Draw the terms on which a pool lends its seats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.work import Change, Work
from governance.seats import lease_queries, queries
from governance.seats.models import LeaseTerms
from policies.access.actions import Action

A_DAY_S = 86_400
A_YEAR = 366
MOST_GROUPS = 50
NAMES = ("term_s", "revival_s", "linger_s", "borrow_days", "borrowable", "early_return", "reserved")


@dataclass(frozen=True)
class SetLeaseTerms:
    """All terms of a pool, anew. `reserved`: seats by the name of the group they are kept for."""

    pool_id: UUID
    term_s: int = 600
    revival_s: int = 0
    linger_s: int = 0
    borrow_days: int = 0
    borrowable: int | None = None
    early_return: bool = True
    reserved: Mapping[str, int] = field(default_factory=dict)


async def set_lease_terms(work: Work, command: SetLeaseTerms) -> LeaseTerms:
    """Set how long leases of a pool hold, linger, may come back and be borrowed, and what is kept for whom.

    Leases that stand go on as they are; the next heartbeat renews them on the new terms. Raises NotFound, Refused,
    BadInput.
    """
    pool, owned = await queries.pool_facts(work, command.pool_id)
    work.permit(Action.POOL_CREATE, owned, f"pool {pool.name}")
    await lease_queries.lends(work, pool.line_id)
    values = _checked(command)
    row = await lease_queries.terms_of(work, pool.id)
    before = None if row is None else {name: getattr(row, name) for name in NAMES}
    if row is None:
        row = LeaseTerms(tenant_id=work.tenant_id, id=pool.id, **values)
        work.session.add(row)
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
    await work.session.flush()
    await work.record(Change("lease:terms", "pool", pool.id, before=before, after=values))
    return row


def _checked(command: SetLeaseTerms) -> dict[str, object]:
    if len(command.reserved) > MOST_GROUPS:
        raise BadInput("reserved", f"{len(command.reserved)} groups", f"at most {MOST_GROUPS}")
    kept = {
        given.text(group, "reserved", most=120): given.whole(seats, f"reserved {group}", most=1_000_000)
        for group, seats in command.reserved.items()
    }
    return {
        "term_s": given.whole(command.term_s, "termS", least=30, most=A_DAY_S),
        "revival_s": given.whole(command.revival_s, "revivalS", most=A_DAY_S),
        "linger_s": given.whole(command.linger_s, "lingerS", most=A_DAY_S),
        "borrow_days": given.whole(command.borrow_days, "borrowDays", most=A_YEAR),
        "borrowable": None if command.borrowable is None else given.whole(command.borrowable, "borrowable"),
        "early_return": given.flag(command.early_return, "earlyReturn"),
        "reserved": kept,
    }  # fmt: skip
