"""What is written is sealed: every entry once, in the order of transactions, without gaps, whoever seals at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import DBAPIError

from governance.audit import rules
from governance.audit.checkpoints import Statement, key_line, note_of, read_key, read_note
from governance.audit.errors import BadCheckpoint, TrailBroken
from governance.audit.models import Block, Checkpoint, Entry, Sealed, Unsealed
from governance.audit.queries import seal_state, text_of_entry
from governance.audit.sealing import Sealer, seal_batch
from governance.kernel.work import Change, Office, Work
from tests.estate import Estate
from tests.governance.audit.owner import as_owner
from tests.governance.audit.writing import SIGNER, numbered, rows, seal, write


async def test_what_is_written_waits_and_is_sealed_once(office: Office, estate: Estate) -> None:
    await write(office, estate, 3)
    assert len(await rows(office, Unsealed)) == len(await rows(office, Entry))
    count = await seal(office, estate)
    assert count >= 3
    assert await seal(office, estate) == 0
    assert await rows(office, Unsealed) == []
    sealed = await rows(office, Sealed, Sealed.seq)
    assert [row.seq for row in sealed] == list(range(count))
    entries = await numbered(office)
    assert [row.hash for row in sealed] == [rules.leaf_hash(text_of_entry(entry)) for entry in entries]
    (checkpoint,) = await rows(office, Checkpoint)
    assert (checkpoint.size, checkpoint.root, checkpoint.sealed_at) == (count, sealed[-1].root, office.clock.now())
    assert Statement.of(checkpoint).signed


async def test_the_tree_grows_batch_by_batch_into_blocks(office: Office, estate: Estate) -> None:
    await write(office, estate, 600)
    total = len(await rows(office, Entry))
    sizes = []
    while done := await seal_batch(office, SIGNER, estate.tenant_id, most=200):
        sizes.append(done)
    assert sum(sizes) == total
    assert len(await rows(office, Checkpoint)) == len(sizes)
    hashes = [row.hash for row in await rows(office, Sealed, Sealed.seq)]
    blocks = await rows(office, Block, Block.number)
    assert [(block.level, block.number) for block in blocks] == [(1, 0), (1, 1)]
    tree = rules.Frontier()
    for leaf in hashes:
        tree.append(leaf)
    last = (await rows(office, Checkpoint, Checkpoint.size))[-1]
    assert last.root == tree.root()


async def test_entries_of_before_there_was_sealing_are_sealed_first(office: Office, estate: Estate) -> None:
    await write(office, estate, 5)
    async with office.database.system_write() as session:
        await session.execute(delete(Unsealed))
    older = {entry.id for entry in await rows(office, Entry)}
    await write(office, estate, 2)
    await Sealer(SIGNER).sweep(office, [estate.tenant_id])
    entries = await numbered(office)
    assert len(entries) == len(older) + 2
    assert {entry.id for entry in entries[: len(older)]} == older


async def test_what_came_after_a_commit_is_numbered_after_it(office: Office, estate: Estate) -> None:
    acts = [f"person:{number}" for number in range(9)]
    for act in acts:
        await write(office, estate, 1, act)
        if act == "person:4":
            await seal(office, estate)
    await seal(office, estate)
    assert [entry.act for entry in await numbered(office)] == acts


async def test_nobody_waits_for_a_slow_transaction(office: Office, estate: Estate) -> None:
    """It began first and commits last: what was committed meanwhile is sealed without it, and it without a gap."""
    if office.database.kind == "sqlite":
        pytest.skip("on SQLite one transaction writes at a time")
    async with office.writing(estate.actor("admin")) as slow:
        await slow.record(Change("person:slow", "person", estate.people["ada"]))
        await write(office, estate, 1, "person:first")
        await write(office, estate, 1, "person:second")
        assert await seal(office, estate) == 2
    assert await seal(office, estate) == 1
    assert [entry.act for entry in await numbered(office)] == ["person:first", "person:second", "person:slow"]


async def test_sealers_at_once_leave_no_gap(office: Office, estate: Estate) -> None:
    """Two sealers and eight writers at once: 0 gaps, 0 entries twice, 0 left over."""
    sealers, wrote = (Sealer(SIGNER), Sealer(SIGNER)), 0
    done = asyncio.Event()

    async def writer(number: int) -> None:
        nonlocal wrote
        for count in range(6):
            await write(office, estate, 1 + (number + count) % 3)
            wrote += 1 + (number + count) % 3

    async def sealing(sealer: Sealer) -> None:
        while not done.is_set():
            await sealer.sweep(office, [estate.tenant_id])
            await asyncio.sleep(0)

    async def all_writers() -> None:
        await asyncio.gather(*(writer(number) for number in range(8)))
        done.set()

    await asyncio.gather(all_writers(), *(sealing(sealer) for sealer in sealers))
    await seal(office, estate)
    sealed, entries = await rows(office, Sealed, Sealed.seq), await rows(office, Entry)
    assert len(entries) >= wrote
    assert [row.seq for row in sealed] == list(range(len(entries)))
    assert {row.id for row in sealed} == {entry.id for entry in entries}
    tree, by_size = rules.Frontier(), {c.size: c.root for c in await rows(office, Checkpoint)}
    for row in sealed:
        tree.append(row.hash)
        assert by_size.pop(tree.size, tree.root()) == row.root == tree.root()
    assert by_size == {}


async def test_nothing_is_signed_on_top_of_what_was_changed(office: Office, estate: Estate) -> None:
    other = await Estate.raised(office, "Twin Group")
    await write(office, other, 1)
    await write(office, estate, 3)
    await seal(office, estate)
    as_owner(office, "UPDATE sealed SET hash = root WHERE seq = 1")
    await write(office, estate, 1)
    sealer = Sealer(SIGNER)
    with pytest.raises(TrailBroken, match="not those of the last checkpoint"):
        await sealer.sweep(office, [estate.tenant_id, other.tenant_id])
    assert len({c.tenant_id for c in await rows(office, Checkpoint)}) == 2  # the other tenant was sealed all the same
    as_owner(office, "DELETE FROM checkpoint WHERE size > 1")
    with pytest.raises(TrailBroken, match="no checkpoint"):
        await sealer.seal(office, estate.tenant_id)


async def test_an_entry_that_is_said_to_wait_once_more_gets_no_second_number(office: Office, estate: Estate) -> None:
    await write(office, estate, 2)
    await seal(office, estate)
    again = (await numbered(office))[0]
    async with office.database.system_write() as session:
        await session.execute(insert(Unsealed), [{"tenant_id": again.tenant_id, "id": again.id}])
    await write(office, estate, 1)
    assert await seal(office, estate) == 1
    assert [row.seq for row in await rows(office, Sealed, Sealed.seq)] == list(range(len(await rows(office, Entry))))


async def test_seals_are_never_changed(office: Office, estate: Estate) -> None:
    await write(office, estate, 300)
    await seal(office, estate)
    for table in ("sealed", "block", "checkpoint"):
        for statement in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError):
                async with office.database.system_write() as session:
                    await session.execute(text(statement))


async def test_on_postgresql_only_the_sealer_may_write_seals(office: Office, estate: Estate) -> None:
    if office.database.kind != "postgresql":
        pytest.skip("SQLite has no roles")
    row = {"tenant_id": estate.tenant_id, "id": office.ids.new(), "seq": 0, "hash": bytes(32), "root": bytes(32)}
    with pytest.raises(DBAPIError, match="permission denied"):
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(insert(Sealed), [row])
    await write(office, estate, 1)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(delete(Unsealed))


async def test_an_entry_that_is_taken_back_waits_for_nothing(office: Office, estate: Estate) -> None:
    await seal(office, estate)

    async def fails(work: Work) -> None:
        await work.record(Change("person:edit", "person", estate.people["ada"]))
        await work.record_all([Change("person:edit", "person", estate.people["ada"])] * 2)
        assert len((await work.session.execute(text("SELECT id FROM unsealed"))).all()) == 3
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await office.perform(estate.actor("admin"), fails)
    assert await rows(office, Unsealed) == []


async def test_lag_is_what_waits_and_since_when(office: Office, estate: Estate, clock: Any) -> None:
    await seal(office, estate)
    await write(office, estate, 2)
    since = clock.now()
    clock.advance(timedelta(minutes=3))
    await write(office, estate, 1)
    async with office.database.read(estate.tenant_id) as session:
        state = await seal_state(session, estate.tenant_id)
    assert (state.waiting, state.since) == (3, since)


async def test_a_kept_checkpoint_is_read_back_and_nothing_else_passes(office: Office, estate: Estate) -> None:
    await write(office, estate, 3)
    await seal(office, estate)
    (row,) = await rows(office, Checkpoint)
    said, tenant = Statement.of(row), estate.tenant_id
    note, key = note_of(said), SIGNER.public_key
    assert read_note(note, "kept.txt", tenant, frozenset({key})) == said
    assert read_key(key_line(tenant, key) + "\n", "key.txt", tenant) == key
    other = office.ids.new()
    for wrong, of, keys in (
        (note.replace(f"\n{said.size}\n", f"\n{said.size + 1}\n"), tenant, {key}),
        (note + "\n", tenant, {key}),
        (note.replace("\n", "\r\n"), tenant, {key}),
        (note, other, {key}),
        (note, tenant, set()),
        (note, tenant, {bytes(32)}),
        (note.replace(str(tenant), str(other)), other, {key}),
    ):
        with pytest.raises(BadCheckpoint):
            read_note(wrong, "kept.txt", of, frozenset(keys))
    with pytest.raises(BadCheckpoint):
        read_key(key_line(tenant, key)[:-4] + "AAA=", "key.txt", tenant)
