"""Every SELECT of the trail: entries within reach, the story of one object, how long it is, and how it is sealed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, and_, func, insert, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.audit.models import Block, Checkpoint, Entry, Sealed, Unsealed
from governance.audit.rules import Look, leaf_text, wanted
from governance.kernel.errors import NotFound
from governance.kernel.work import Placed, Work
from policies.access.actions import Action

T = TypeVar("T")
TEXTS = (
    "tenant_id", "id", "recorded_at", "actor", "act", "subject_type", "subject_id", "before", "after", "reason",
    "request_id",
)  # fmt: skip


def visible_entries(
    work: Work,
    *,
    subject_type: str | None = None,
    subject_id: UUID | None = None,
    act: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[Entry]:
    """Give the trail's entries; the trail lies in no unit, so only a right over the whole tenant reaches it."""
    query = select(Entry).where(Entry.tenant_id == work.tenant_id, work.reach(Action.AUDIT_READ, Placed()))
    if subject_type is not None:
        query = query.where(Entry.subject_type == subject_type)
    if subject_id is not None:
        query = query.where(Entry.subject_id == subject_id)
    if act is not None:
        query = query.where(Entry.act == act)
    if actor is not None:
        query = query.where(Entry.actor == actor)
    if since is not None:
        query = query.where(Entry.recorded_at >= since)
    if until is not None:
        query = query.where(Entry.recorded_at < until)
    return query


async def entry(work: Work, entry_id: UUID) -> Entry:
    """Give one entry within reach. Raises NotFound."""
    row = (await work.session.execute(visible_entries(work).where(Entry.id == entry_id))).scalar_one_or_none()
    if row is None:
        raise NotFound("entry", str(entry_id))
    return row


async def head(work: Work) -> tuple[int, datetime | None]:
    """Give how many entries the tenant's trail holds and when the last was written: what every footer names."""
    query = select(func.count(), func.max(Entry.recorded_at)).where(Entry.tenant_id == work.tenant_id)
    row = (await work.session.execute(query)).one()
    return int(row[0]), row[1]


@dataclass(frozen=True)
class SealState:
    """How far the trail is sealed: its last checkpoint, how many entries wait, and since when the oldest of them."""

    last: Checkpoint | None
    waiting: int
    since: datetime | None


def visible_checkpoints(work: Work) -> Select[Checkpoint]:
    """Give the tenant's checkpoints to whoever reads its trail."""
    return select(Checkpoint).where(Checkpoint.tenant_id == work.tenant_id, work.reach(Action.AUDIT_READ, Placed()))


def visible_seals(work: Work) -> Select[Sealed]:
    """Give the seals of entries to whoever reads the trail."""
    return select(Sealed).where(Sealed.tenant_id == work.tenant_id, work.reach(Action.AUDIT_READ, Placed()))


async def seal_state(session: AsyncSession, tenant_id: UUID) -> SealState:
    """Say how far the trail is sealed; a tenant that was never sealed has all its entries waiting."""
    last = await last_checkpoint(session, tenant_id)
    if last is None:
        query = select(func.count(), func.min(Entry.recorded_at)).where(Entry.tenant_id == tenant_id)
    else:
        query = (
            select(func.count(), func.min(Entry.recorded_at))
            .select_from(Unsealed)
            .join(Entry, and_(Entry.tenant_id == Unsealed.tenant_id, Entry.id == Unsealed.id))
            .where(Unsealed.tenant_id == tenant_id)
        )
    count, since = (await session.execute(query)).one()
    return SealState(last, count, since)


async def last_checkpoint(session: AsyncSession, tenant_id: UUID) -> Checkpoint | None:
    """Give the newest checkpoint, None where nothing was sealed yet."""
    query = select(Checkpoint).where(Checkpoint.tenant_id == tenant_id).order_by(Checkpoint.size.desc()).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def sealed_size(session: AsyncSession, tenant_id: UUID) -> int:
    """Say how many entries are numbered, by the highest number."""
    query = select(func.max(Sealed.seq)).where(Sealed.tenant_id == tenant_id)
    last = (await session.execute(query)).scalar_one()
    return 0 if last is None else last + 1


async def tenants_waiting(session: AsyncSession) -> frozenset[UUID]:
    """Name the tenants of whom entries wait to be sealed."""
    return frozenset((await session.execute(select(Unsealed.tenant_id).distinct())).scalars())


async def lay_older(session: AsyncSession, tenant_id: UUID) -> None:
    """Let entries wait that were written before there was sealing; before the first checkpoint, and never after."""
    older = (
        select(Entry.tenant_id, Entry.id, literal(0))
        .outerjoin(Unsealed, and_(Unsealed.tenant_id == Entry.tenant_id, Unsealed.id == Entry.id))
        .where(Entry.tenant_id == tenant_id, Unsealed.id.is_(None))
        .order_by(Entry.recorded_at, Entry.id)
    )
    await session.execute(insert(Unsealed).from_select(["tenant_id", "id", "place"], older))


async def waiting_entries(session: AsyncSession, tenant_id: UUID, most: int) -> Sequence[Entry]:
    """Give the entries that come next, in the order in which they are numbered; one that has a number gets no other."""
    query = (
        select(Entry)
        .join(Unsealed, and_(Unsealed.tenant_id == Entry.tenant_id, Unsealed.id == Entry.id))
        .outerjoin(Sealed, and_(Sealed.tenant_id == Entry.tenant_id, Sealed.id == Entry.id))
        .where(Unsealed.tenant_id == tenant_id, Sealed.id.is_(None))
        .limit(most)
    )
    if session.get_bind().dialect.name == "postgresql":
        query = query.order_by(Unsealed.place, Unsealed.id)
    else:
        query = query.order_by(Unsealed.place.is_(None), literal_column("unsealed.rowid"))
    return (await session.execute(query)).scalars().all()


async def look_up(session: AsyncSession, tenant_id: UUID, ask: Callable[[Look], T]) -> T:
    """Ask the tree a question: what it needs is read in a few runs of rows, then it is answered. Raises KeyError."""
    kept: dict[tuple[int, int], bytes] = {}
    for level, first, last in wanted(ask):
        if level == 0:
            query = select(Sealed.seq, Sealed.hash).where(
                Sealed.tenant_id == tenant_id, Sealed.seq.between(first, last)
            )
        else:
            query = select(Block.number, Block.hash).where(
                Block.tenant_id == tenant_id, Block.level == level, Block.number.between(first, last)
            )
        kept.update({(level, number): hashed for number, hashed in await session.execute(query)})
    return ask(lambda level, number: kept[level, number])


def text_of_entry(entry: Entry) -> str:
    """Say an entry as the tree hashes it."""
    return leaf_text({name: getattr(entry, name) for name in TEXTS})
