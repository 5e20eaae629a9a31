"""Reads the whole trail of a tenant once more and names what is not as it was sealed: the first wrong entry first.

What each difference can be told from: an entry from its seal, the order of seals from the roots kept beside them, all
of both from what checkpoints signed, and everything together from checkpoints that somebody kept elsewhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from governance.audit.checkpoints import Statement
from governance.audit.models import Block, Checkpoint, Entry, Sealed, Unsealed
from governance.audit.proofs import whole_trail
from governance.audit.queries import last_checkpoint, text_of_entry
from governance.audit.rules import Frontier, leaf_hash
from governance.kernel.work import Work

PAGE = 1_000
NAMED = 100
CLOCKS = timedelta(hours=1)
"""How far clocks of servers may differ, and a transaction may last, before an entry counts as dated back."""


class Wrong(StrEnum):
    """What can be wrong with a trail."""

    EDITED = "EDITED"
    MISSING = "MISSING"
    REORDERED = "REORDERED"
    GAP = "GAP"
    INSERTED = "INSERTED"
    BACKDATED = "BACKDATED"
    TRUNCATED = "TRUNCATED"
    REWRITTEN = "REWRITTEN"
    UNSIGNED = "UNSIGNED"
    FORGED = "FORGED"
    BLOCK = "BLOCK"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was sealed: what, at which number, which entry, and how that is known."""

    wrong: Wrong
    said: str
    seq: int | None = None
    entry_id: UUID | None = None


@dataclass
class Verdict:
    """What was read and what differs; at most 100 differences are named, `count` counts them all."""

    entries: int = 0
    sealed: int = 0
    waiting: int = 0
    checkpoints: int = 0
    last: Statement | None = None
    differences: list[Difference] = field(default_factory=list)
    count: int = 0

    @property
    def first(self) -> Difference | None:
        return self.differences[0] if self.differences else None

    def tell(self, difference: Difference) -> None:
        self.count += 1
        if len(self.differences) < NAMED:
            self.differences.append(difference)


async def verify_trail(work: Work, keys: Collection[bytes], kept: Sequence[Statement] = ()) -> Verdict:
    """Verify the tenant's trail against its seals, its checkpoints, and those that were kept elsewhere.

    `keys` are the public keys that may have signed. Raises Refused for who does not read the whole trail.
    """
    whole_trail(work)
    reading = _Reading(work, frozenset(keys), {each.size for each in kept})
    after = -1
    while rows := await _page(work, after):
        await reading.read(rows)
        after = rows[-1][0].seq
    verdict = reading.verdict
    last = await last_checkpoint(work.session, work.tenant_id)
    verdict.last = None if last is None else Statement.of(last)
    await _ends(work, reading)
    await _outside(work, verdict)
    for statement in sorted(kept, key=lambda each: each.size):
        _compare(reading, statement)
    verdict.differences.sort(key=lambda each: (each.seq is None, each.seq or 0))
    return verdict


@dataclass
class _Reading:
    """The tree as it grows again while the rows pass."""

    work: Work
    keys: frozenset[bytes]
    kept_sizes: set[int]
    verdict: Verdict = field(default_factory=Verdict)
    tree: Frontier = field(default_factory=Frontier)
    next_seq: int = 0
    in_order: bool = True
    signed: int = 0
    newest: datetime | None = None
    newest_signed: datetime | None = None
    roots: dict[int, bytes] = field(default_factory=dict)
    kept_up_to: int = 0

    async def read(self, rows: Sequence[tuple[Sealed, Entry | None]]) -> None:
        """Read a page of seals, each with its entry where that is still there."""
        first, last = rows[0][0].seq, rows[-1][0].seq
        checkpoints, blocks = await _checkpoints(self.work, first, last), await _blocks(self.work, first, last)
        for seal, entry in rows:
            self._number(seal)
            self._entry(seal, entry)
            filled = self.tree.append(seal.hash)
            self._tree(seal, filled, blocks)
            if self.tree.size in self.kept_sizes:
                self.roots[self.tree.size] = self.tree.root()
            if (checkpoint := checkpoints.get(seal.seq + 1)) is not None:
                self._checkpoint(checkpoint)

    def _number(self, seal: Sealed) -> None:
        if seal.seq != self.next_seq:
            said = f"no seal stands at numbers {self.next_seq} to {seal.seq - 1}"
            self.verdict.tell(Difference(Wrong.GAP, said, self.next_seq))
            self.in_order = False
        self.next_seq = seal.seq + 1
        self.verdict.sealed += 1

    def _entry(self, seal: Sealed, entry: Entry | None) -> None:
        if entry is None:
            self.verdict.tell(Difference(Wrong.MISSING, "the entry was sealed and is not there", seal.seq, seal.id))
            return
        if leaf_hash(text_of_entry(entry)) != seal.hash:
            said = f"the entry ({_when(entry)}) is not what was sealed"
            self.verdict.tell(Difference(Wrong.EDITED, said, seal.seq, seal.id))
        elif self.newest_signed is not None and entry.recorded_at < self.newest_signed - CLOCKS:
            said = f"the entry ({_when(entry)}) was sealed after entries of {self.newest_signed.isoformat()}"
            self.verdict.tell(Difference(Wrong.BACKDATED, said, seal.seq, seal.id))
        self.newest = max(self.newest or entry.recorded_at, entry.recorded_at)

    def _tree(
        self, seal: Sealed, filled: Sequence[tuple[int, int, bytes]], blocks: Mapping[tuple[int, int], bytes]
    ) -> None:
        if self.in_order and self.tree.root() != seal.root:
            said = "another entry was sealed at this number: the order, or the seal itself, was changed from here on"
            self.verdict.tell(Difference(Wrong.REORDERED, said, seal.seq, seal.id))
            self.in_order = False
        for level, number, hashed in filled:
            if self.in_order and blocks.get((level, number)) != hashed:
                said = f"block {number} of level {level} is not the hash over its entries"
                self.verdict.tell(Difference(Wrong.BLOCK, said, seal.seq))

    def _checkpoint(self, row: Checkpoint) -> None:
        statement = Statement.of(row)
        self.verdict.checkpoints += 1
        if not statement.signed or statement.public_key not in self.keys:
            said = f"the checkpoint over {row.size} entries is not signed by a key that is known here"
            self.verdict.tell(Difference(Wrong.FORGED, said, row.size - 1))
        elif self.in_order and self.tree.root() != row.root:
            when = row.sealed_at.isoformat()
            said = f"numbers {self.signed} to {row.size - 1} are not what the checkpoint of {when} signed"
            self.verdict.tell(Difference(Wrong.REWRITTEN, said, self.signed))
            self.in_order = False
        else:
            self.signed = row.size
        self.newest_signed = self.newest


async def _page(work: Work, after: int) -> list[tuple[Sealed, Entry | None]]:
    query = (
        select(Sealed, Entry)
        .outerjoin(Entry, and_(Entry.tenant_id == Sealed.tenant_id, Entry.id == Sealed.id))
        .where(Sealed.tenant_id == work.tenant_id, Sealed.seq > after)
        .order_by(Sealed.seq)
        .limit(PAGE)
    )
    rows: list[tuple[Sealed, Entry | None]] = [(seal, entry) for seal, entry in await work.session.execute(query)]
    work.session.expunge_all()
    return rows


async def _checkpoints(work: Work, first: int, last: int) -> dict[int, Checkpoint]:
    query = select(Checkpoint).where(
        Checkpoint.tenant_id == work.tenant_id, Checkpoint.size.between(first + 1, last + 1)
    )
    return {row.size: row for row in (await work.session.execute(query)).scalars()}


async def _blocks(work: Work, first: int, last: int) -> dict[tuple[int, int], bytes]:
    """Give the kept blocks that end within these numbers, whatever their level."""
    ranges = [
        and_(Block.level == level, Block.number.between(first >> 8 * level, last >> 8 * level)) for level in range(1, 8)
    ]
    query = select(Block.level, Block.number, Block.hash).where(Block.tenant_id == work.tenant_id, or_(*ranges))
    return {(level, number): hashed for level, number, hashed in await work.session.execute(query)}


async def _ends(work: Work, reading: _Reading) -> None:
    """Compare where the seals end with where the last checkpoint does."""
    verdict, size = reading.verdict, reading.next_seq
    signed = 0 if verdict.last is None else verdict.last.size
    if signed > size and verdict.last is not None:
        when = verdict.last.sealed_at.isoformat()
        said = f"numbers {size} to {signed - 1} are gone; the checkpoint of {when} had them"
        verdict.tell(Difference(Wrong.TRUNCATED, said, size))
    elif signed < size:
        said = f"numbers {signed} to {size - 1} stand under no checkpoint: one was taken away, or seals were added"
        verdict.tell(Difference(Wrong.UNSIGNED, said, signed))


async def _outside(work: Work, verdict: Verdict) -> None:
    """Look for entries without a seal that do not wait for one, and for those that wait and are gone."""
    mine = Entry.tenant_id == work.tenant_id
    verdict.entries = await _count(work, select(func.count()).where(mine))
    of_waiting = and_(Unsealed.tenant_id == Entry.tenant_id, Unsealed.id == Entry.id)
    if verdict.last is None and not verdict.sealed:
        verdict.waiting = verdict.entries
    else:
        verdict.waiting = await _count(work, select(func.count()).where(Unsealed.tenant_id == work.tenant_id))
        of_seal = and_(Sealed.tenant_id == Entry.tenant_id, Sealed.id == Entry.id)
        strange = select(Entry).outerjoin(Sealed, of_seal).outerjoin(Unsealed, of_waiting)
        strange = strange.where(mine, Sealed.id.is_(None), Unsealed.id.is_(None)).order_by(Entry.recorded_at, Entry.id)
        for entry in (await work.session.execute(strange)).scalars():
            said = f"the entry ({_when(entry)}) has no seal and does not wait for one: Lictor did not write it"
            verdict.tell(Difference(Wrong.INSERTED, said, None, entry.id))
    gone = select(Unsealed.id).outerjoin(Entry, of_waiting).where(Unsealed.tenant_id == work.tenant_id)
    for entry_id in (await work.session.execute(gone.where(Entry.id.is_(None)))).scalars():
        verdict.tell(Difference(Wrong.MISSING, "the entry waited for its seal and is not there", None, entry_id))


def _compare(reading: _Reading, kept: Statement) -> None:
    """Compare the tree as it stands with a checkpoint that somebody kept."""
    verdict, size, when = reading.verdict, reading.next_seq, kept.sealed_at.isoformat()
    if kept.size > size:
        said = f"numbers {size} to {kept.size - 1} are gone; the checkpoint that was kept, of {when}, had them"
        verdict.tell(Difference(Wrong.TRUNCATED, said, size))
    elif reading.roots.get(kept.size) != kept.root:
        said = (
            f"numbers {reading.kept_up_to} to {kept.size - 1} are not those of the checkpoint that was kept, of {when}"
        )
        verdict.tell(Difference(Wrong.REWRITTEN, said, reading.kept_up_to))
    else:
        reading.kept_up_to = kept.size


def _when(entry: Entry) -> str:
    return f"{entry.act}, {entry.recorded_at.isoformat()}"


async def _count(work: Work, query: Any) -> int:
    return int((await work.session.execute(query)).scalar_one())
