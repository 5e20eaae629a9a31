"""The sealer: numbers what was written, hashes it into the tenant's tree, and signs the tree; one batch, one commit.

An entry is taken as soon as it can be seen, in the order of transactions (their numbers on PostgreSQL, their turns on
SQLite): a transaction that began after another had committed comes after it, no number is left out, and nobody waits
for whoever is slow. Nothing is signed on top of a tree that differs from what the last checkpoint signed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from governance.audit.checkpoints import Signer, Statement, text_of
from governance.audit.errors import TrailBroken
from governance.audit.models import Block, Checkpoint, Entry, Sealed, Unsealed
from governance.audit.queries import (
    last_checkpoint,
    lay_older,
    look_up,
    sealed_size,
    tenants_waiting,
    text_of_entry,
    waiting_entries,
)
from governance.audit.rules import Frontier, leaf_hash
from governance.kernel.work import Office

BATCH = 1_000
MOST_BATCHES = 50
LOCKS = 0x5345_414C  # "SEAL": its advisory locks, one a tenant


@dataclass
class Sealer:
    """Seals tenant after tenant with one key. `begun` are the tenants whose older entries were looked after."""

    signer: Signer
    begun: set[UUID] = field(default_factory=set)

    async def sweep(self, office: Office, tenants: Sequence[UUID]) -> int:
        """Seal what waits, some batches of each tenant; a trail that is broken does not keep the others waiting.

        Raises TrailBroken for the first of those, after all were looked at.
        """
        async with office.database.system_read() as session:
            waiting = await tenants_waiting(session)
        sealed, broken = 0, None
        for tenant_id in tenants:
            if tenant_id in self.begun and tenant_id not in waiting:
                continue
            try:
                sealed += await self.seal(office, tenant_id)
                self.begun.add(tenant_id)
            except TrailBroken as error:
                broken = broken or error
        if broken is not None:
            raise broken
        return sealed

    async def seal(self, office: Office, tenant_id: UUID, batches: int = MOST_BATCHES) -> int:
        """Seal what waits of one tenant, and answer how many entries that were. Raises TrailBroken."""
        sealed = 0
        for _ in range(batches):
            done = await seal_batch(office, self.signer, tenant_id)
            sealed += done
            if done < BATCH:
                break
            await asyncio.sleep(0)
        return sealed


async def seal_batch(office: Office, signer: Signer, tenant_id: UUID, most: int = BATCH) -> int:
    """Seal the next `most` entries of a tenant under a new checkpoint. Raises TrailBroken."""
    async with office.database.system_write() as session:
        await _alone(session, tenant_id)
        frontier = await _standing(session, tenant_id)
        if not frontier.size:
            await lay_older(session, tenant_id)
        entries = await waiting_entries(session, tenant_id, most)
        if entries:
            await _append(session, office, signer, frontier, entries)
        return len(entries)


async def _alone(session: AsyncSession, tenant_id: UUID) -> None:
    """Let one sealer of a tenant work at a time until it commits; on SQLite whoever writes is alone."""
    if session.get_bind().dialect.name == "postgresql":
        key = (LOCKS << 32 ^ tenant_id.int & (1 << 64) - 1 ^ tenant_id.int >> 64) & (1 << 63) - 1
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


async def _standing(session: AsyncSession, tenant_id: UUID) -> Frontier:
    """Stand at the end of the tree, which must be what the last checkpoint signed. Raises TrailBroken."""
    size, last = await sealed_size(session, tenant_id), await last_checkpoint(session, tenant_id)
    if size != (0 if last is None else last.size):
        signed = "no checkpoint" if last is None else f"the last checkpoint says {last.size}"
        raise TrailBroken(str(tenant_id), f"{size} entries are sealed, {signed}")
    try:
        frontier = await look_up(session, tenant_id, lambda look: Frontier.at(look, size))
    except KeyError:
        raise TrailBroken(str(tenant_id), f"of the {size} entries sealed so far some hashes are gone") from None
    if last is not None and not (Statement.of(last).signed and frontier.root() == last.root):
        raise TrailBroken(str(tenant_id), f"the {size} entries sealed so far are not those of the last checkpoint")
    return frontier


async def _append(
    session: AsyncSession, office: Office, signer: Signer, frontier: Frontier, entries: Sequence[Entry]
) -> None:
    tenant_id, sealed, blocks = entries[0].tenant_id, [], []
    for entry in entries:
        leaf, seq = leaf_hash(text_of_entry(entry)), frontier.size
        for level, number, hashed in frontier.append(leaf):
            blocks.append(
                {"tenant_id": tenant_id, "id": office.ids.new(), "level": level, "number": number, "hash": hashed}
            )
        sealed.append({"tenant_id": tenant_id, "id": entry.id, "seq": seq, "hash": leaf, "root": frontier.root()})
    await session.execute(insert(Sealed), sealed)
    if blocks:
        await session.execute(insert(Block), blocks)
    now, root = office.clock.now(), frontier.root()
    signature = signer.sign(text_of(tenant_id, frontier.size, root, now))
    session.add(
        Checkpoint(
            tenant_id=tenant_id, id=office.ids.new(), size=frontier.size, root=root, sealed_at=now,
            public_key=signer.public_key, signature=signature,
        )
    )  # fmt: skip
    await session.flush()
    done = delete(Unsealed).where(Unsealed.tenant_id == tenant_id, Unsealed.id.in_([entry.id for entry in entries]))
    await session.execute(done.execution_options(synchronize_session=False))
