"""Any edit of the trail is found and named: an owner of the database, past all guards, tries each of these.

What only a checkpoint kept elsewhere can find is tried without and with one: truncation to an earlier checkpoint, and a
trail written anew as a whole. 0 edits of those tried pass unnamed; an honest trail is never accused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import insert

from governance.audit import rules
from governance.audit.checkpoints import Signer, Statement, text_of
from governance.audit.models import Block, Checkpoint, Entry, Sealed, Unsealed
from governance.audit.queries import text_of_entry
from governance.audit.sealing import Sealer
from governance.audit.verification import Verdict, Wrong, verify_trail
from governance.kernel.work import Office
from tests.estate import Estate
from tests.governance.audit.owner import as_owner, said
from tests.governance.audit.writing import SIGNER, numbered, rows, seal, write

STRANGER = Signer(bytes(32))
AT = 130


@dataclass
class Trail:
    """A trail of 300 entries under three checkpoints, of 100 each."""

    office: Office
    estate: Estate
    entries: list[Entry]
    checkpoints: list[Statement]

    def sql(self, *statements: str) -> None:
        as_owner(self.office, *statements)

    def of(self, number: int) -> str:
        return said(self.office, self.entries[number].id)

    def value(self, value: object) -> str:
        return said(self.office, value)  # type: ignore[arg-type]

    async def verdict(self, *kept: Statement, keys: Sequence[Signer] = (SIGNER,)) -> Verdict:
        async with self.office.reading(self.estate.actor("auditor"), steady=True) as work:
            return await verify_trail(work, [key.public_key for key in keys], kept)

    async def found(self, *kept: Statement) -> list[tuple[Wrong, int | None]]:
        return [(each.wrong, each.seq) for each in (await self.verdict(*kept)).differences]


@pytest.fixture
async def trail(office: Office, estate: Estate) -> Trail:
    for _ in range(3):
        await write(office, estate, 100)
        await seal(office, estate)
    found = [Statement.of(row) for row in await rows(office, Checkpoint, Checkpoint.size)]
    return Trail(office, estate, await numbered(office), found)


async def test_an_honest_trail_is_not_accused(trail: Trail) -> None:
    await write(trail.office, trail.estate, 2)
    verdict = await trail.verdict(*trail.checkpoints)
    assert (verdict.count, verdict.entries, verdict.sealed, verdict.waiting) == (0, 302, 300, 2)
    assert verdict.last == trail.checkpoints[-1]


CHANGES = {
    "after": '\'{"name": "x"}\'',
    "before": '\'{"name": "x"}\'',
    "act": "'person:leave'",
    "actor": "'person:somebody'",
    "subject_type": "'unit'",
    "reason": "'because'",
}


@pytest.mark.parametrize("column", [*CHANGES, "recorded_at", "subject_id", "request_id"])
async def test_one_entry_edited(trail: Trail, column: str) -> None:
    later = (
        "recorded_at + interval '1 microsecond'" if trail.office.database.kind == "postgresql" else "recorded_at + 1"
    )
    value = {"recorded_at": later}.get(column) or CHANGES.get(column) or trail.of(0)
    trail.sql(f"UPDATE entry SET {column} = {value} WHERE id = {trail.of(AT)}")
    verdict = await trail.verdict()
    assert [(each.wrong, each.seq, each.entry_id) for each in verdict.differences] == [
        (Wrong.EDITED, AT, trail.entries[AT].id)
    ]


async def test_one_entry_deleted(trail: Trail) -> None:
    trail.sql(f"DELETE FROM entry WHERE id = {trail.of(AT)}")
    (only,) = (await trail.verdict()).differences
    assert (only.wrong, only.seq, only.entry_id) == (Wrong.MISSING, AT, trail.entries[AT].id)


async def test_one_entry_deleted_with_its_seal(trail: Trail) -> None:
    trail.sql(f"DELETE FROM entry WHERE id = {trail.of(AT)}", f"DELETE FROM sealed WHERE seq = {AT}")
    assert (await trail.found())[0] == (Wrong.GAP, AT)


async def test_one_entry_deleted_and_the_numbers_closed(trail: Trail) -> None:
    trail.sql(f"DELETE FROM entry WHERE id = {trail.of(AT)}", f"DELETE FROM sealed WHERE seq = {AT}")
    for number in range(AT + 1, 300):
        trail.sql(f"UPDATE sealed SET seq = {number - 1} WHERE seq = {number}")
    assert (await trail.found())[0] == (Wrong.REORDERED, AT)


async def _forged(trail: Trail, *, waits: bool, age: timedelta) -> Entry:
    first = trail.entries[AT]
    values = {name: getattr(first, name) for name in Entry.__table__.columns.keys()}  # noqa: SIM118
    values |= {"id": trail.office.ids.new(), "recorded_at": trail.office.clock.now() - age, "act": "person:forged"}
    async with trail.office.database.system_write() as session:
        await session.execute(insert(Entry), [values])
        if waits:
            await session.execute(insert(Unsealed), [{"tenant_id": first.tenant_id, "id": values["id"]}])
    return Entry(**values)


async def test_one_entry_inserted(trail: Trail) -> None:
    forged = await _forged(trail, waits=False, age=timedelta(0))
    (only,) = (await trail.verdict()).differences
    assert (only.wrong, only.entry_id) == (Wrong.INSERTED, forged.id)
    await seal(trail.office, trail.estate)
    assert await trail.found() == [(Wrong.INSERTED, None)]  # no sealing makes it honest


async def test_one_entry_inserted_as_lictor_would_is_sealed_as_of_now_and_cannot_be_dated_back(trail: Trail) -> None:
    forged = await _forged(trail, waits=True, age=timedelta(days=9))
    await seal(trail.office, trail.estate)
    (only,) = (await trail.verdict()).differences
    assert (only.wrong, only.seq, only.entry_id) == (Wrong.BACKDATED, 300, forged.id)


async def test_one_entry_inserted_between_two(trail: Trail) -> None:
    forged = await _forged(trail, waits=False, age=timedelta(0))
    for number in range(299, AT - 1, -1):
        trail.sql(f"UPDATE sealed SET seq = {number + 1} WHERE seq = {number}")
    async with trail.office.database.system_write() as session:
        leaf = rules.leaf_hash(text_of_entry(forged))
        row = {"tenant_id": forged.tenant_id, "id": forged.id, "seq": AT, "hash": leaf, "root": leaf}
        await session.execute(insert(Sealed), [row])
    verdict = await trail.verdict()
    assert verdict.first is not None
    assert (verdict.first.wrong, verdict.first.seq, verdict.first.entry_id) == (Wrong.REORDERED, AT, forged.id)


async def test_two_entries_swapped(trail: Trail) -> None:
    one, two, aside = trail.of(AT), trail.of(AT + 9), said(trail.office, trail.office.ids.new())
    trail.sql(
        *(f"UPDATE entry SET id = {new} WHERE id = {old}" for old, new in ((one, aside), (two, one), (aside, two)))
    )
    assert await trail.found() == [(Wrong.EDITED, AT), (Wrong.EDITED, AT + 9)]


async def test_two_numbers_swapped(trail: Trail) -> None:
    moves = ((AT, 9000), (AT + 9, AT), (9000, AT + 9))
    trail.sql(*(f"UPDATE sealed SET seq = {new} WHERE seq = {old}" for old, new in moves))
    assert await trail.found() == [(Wrong.REORDERED, AT)]


async def _sealed_anew(trail: Trail, first: int, *, signer: Signer | None = None) -> None:
    """Make seals, roots, blocks and, with a key, checkpoints fit the entries as they stand now."""
    tree, signed = rules.Frontier(), {each.size: each for each in trail.checkpoints}
    for seal_, entry in zip(await rows(trail.office, Sealed, Sealed.seq), await numbered(trail.office), strict=True):
        leaf = rules.leaf_hash(text_of_entry(entry))
        filled = tree.append(leaf)
        if seal_.seq >= first:
            hashed, root = trail.value(leaf), trail.value(tree.root())
            trail.sql(f"UPDATE sealed SET hash = {hashed}, root = {root} WHERE seq = {seal_.seq}")
            for level, number, block in filled:
                trail.sql(f"UPDATE block SET hash = {trail.value(block)} WHERE level = {level} AND number = {number}")
            if signer is not None and (old := signed.get(tree.size)) is not None:
                text = text_of(old.tenant_id, old.size, tree.root(), old.sealed_at)
                mark, key = trail.value(signer.sign(text)), trail.value(signer.public_key)
                trail.sql(
                    f"UPDATE checkpoint SET root = {trail.value(tree.root())}, signature = {mark}, public_key = {key} "
                    f"WHERE size = {tree.size}"
                )


async def test_one_entry_edited_with_its_seal(trail: Trail) -> None:
    trail.sql(f"UPDATE entry SET act = 'person:leave' WHERE id = {trail.of(AT)}")
    leaf = rules.leaf_hash(text_of_entry((await numbered(trail.office))[AT]))
    trail.sql(f"UPDATE sealed SET hash = {trail.value(leaf)} WHERE seq = {AT}")
    assert await trail.found() == [(Wrong.REORDERED, AT)]


async def test_one_entry_edited_with_every_hash_after_it(trail: Trail) -> None:
    """Who cannot sign is told on by the next checkpoint: the entry is one of the hundred under it."""
    trail.sql(f"UPDATE entry SET act = 'person:leave' WHERE id = {trail.of(AT)}")
    await _sealed_anew(trail, AT)
    assert await trail.found() == [(Wrong.REWRITTEN, 100)]
    assert "numbers 100 to 199" in (await trail.verdict()).differences[0].said


async def test_the_whole_tree_written_anew_under_another_key(trail: Trail) -> None:
    trail.sql(f"UPDATE entry SET act = 'person:leave' WHERE id = {trail.of(AT)}")
    await _sealed_anew(trail, AT, signer=STRANGER)
    assert await trail.found() == [(Wrong.FORGED, 199), (Wrong.FORGED, 299)]


async def test_the_whole_tree_written_anew_under_the_same_key_is_found_by_a_kept_checkpoint_only(trail: Trail) -> None:
    first, second, third = trail.checkpoints
    trail.sql(f"UPDATE entry SET act = 'person:leave' WHERE id = {trail.of(AT)}")
    await _sealed_anew(trail, AT, signer=SIGNER)
    assert await trail.found() == []
    assert await trail.found(third) == [(Wrong.REWRITTEN, 0)]
    assert await trail.found(first, second, third) == [(Wrong.REWRITTEN, 100), (Wrong.REWRITTEN, 100)]
    assert await trail.found(first) == []  # it says nothing of what came after it


async def test_the_whole_seal_thrown_away_and_made_anew_is_found_by_a_kept_checkpoint_only(trail: Trail) -> None:
    trail.sql(f"UPDATE entry SET act = 'person:leave' WHERE id = {trail.of(AT)}")
    trail.sql(*(f"DELETE FROM {table}" for table in ("sealed", "block", "checkpoint")))
    assert await Sealer(SIGNER).sweep(trail.office, [trail.estate.tenant_id]) == 300
    assert await trail.found() == []
    assert await trail.found(trail.checkpoints[-1]) == [(Wrong.REWRITTEN, 0)]


def _cut(trail: Trail, size: int, tables: Sequence[str]) -> None:
    beyond = f"id IN (SELECT id FROM sealed WHERE seq >= {size})"
    where = {"entry": beyond, "sealed": f"seq >= {size}", "block": "number >= 0", "checkpoint": f"size > {size}"}
    trail.sql(*(f"DELETE FROM {table} WHERE {where[table]}" for table in tables))


async def test_the_end_cut_off(trail: Trail) -> None:
    _cut(trail, 250, ("entry", "sealed"))
    assert await trail.found() == [(Wrong.TRUNCATED, 250)]
    assert "numbers 250 to 299 are gone" in (await trail.verdict()).differences[0].said


async def test_the_end_cut_off_back_to_a_checkpoint_is_found_by_a_kept_one_only(trail: Trail) -> None:
    _cut(trail, 200, ("entry", "sealed", "block", "checkpoint"))
    assert await trail.found() == []
    assert await trail.found(trail.checkpoints[1]) == []
    assert await trail.found(trail.checkpoints[2]) == [(Wrong.TRUNCATED, 200)]
    await write(trail.office, trail.estate, 150)
    await seal(trail.office, trail.estate)
    assert await trail.found(trail.checkpoints[2]) == [(Wrong.REWRITTEN, 0)]


SEALS: dict[str, tuple[Callable[[Trail], str], Wrong, int | None]] = {
    "the last checkpoint taken away": (lambda _t: "DELETE FROM checkpoint WHERE size = 300", Wrong.UNSIGNED, 200),
    "a checkpoint's root changed": (lambda _t: "UPDATE checkpoint SET root = public_key WHERE size = 200", Wrong.FORGED, 199),
    "a checkpoint's size changed": (lambda _t: "UPDATE checkpoint SET size = 150 WHERE size = 200", Wrong.FORGED, 149),
    "a block changed": (lambda t: f"UPDATE block SET hash = {t.value(bytes(32))}", Wrong.BLOCK, 255),
    "a block taken away": (lambda _t: "DELETE FROM block", Wrong.BLOCK, 255),
    "a seal's root changed": (lambda t: f"UPDATE sealed SET root = {t.value(bytes(32))} WHERE seq = 7", Wrong.REORDERED, 7),
    "a seal's hash changed": (lambda t: f"UPDATE sealed SET hash = {t.value(bytes(32))} WHERE seq = 7", Wrong.EDITED, 7),
}  # fmt: skip


@pytest.mark.parametrize("name", SEALS)
async def test_a_seal_changed(trail: Trail, name: str) -> None:
    statement, wrong, seq = SEALS[name]
    trail.sql(statement(trail))
    assert (wrong, seq) in await trail.found()


async def test_an_entry_that_waits_is_taken_away(trail: Trail) -> None:
    await write(trail.office, trail.estate, 1)
    (waits,) = await rows(trail.office, Unsealed)
    trail.sql(f"DELETE FROM entry WHERE id = {said(trail.office, waits.id)}")
    assert [(each.wrong, each.entry_id) for each in (await trail.verdict()).differences] == [(Wrong.MISSING, waits.id)]


async def test_an_entry_is_kept_from_being_sealed(trail: Trail) -> None:
    await write(trail.office, trail.estate, 1)
    (waits,) = await rows(trail.office, Unsealed)
    trail.sql("DELETE FROM unsealed")
    assert [(each.wrong, each.entry_id) for each in (await trail.verdict()).differences] == [(Wrong.INSERTED, waits.id)]


async def test_a_key_that_was_changed_on_purpose_is_named_with_the_old_one(trail: Trail) -> None:
    await write(trail.office, trail.estate, 5)
    await Sealer(STRANGER).seal(trail.office, trail.estate.tenant_id)
    assert (await trail.verdict(keys=[STRANGER])).count == 3
    assert (await trail.verdict(keys=[STRANGER, SIGNER])).count == 0


async def test_another_tenant_s_trail_is_not_mixed_in(trail: Trail) -> None:
    other = await Estate.raised(trail.office, "Twin Group")
    await write(trail.office, other, 5)
    assert await trail.found() == []
    blocks = await rows(trail.office, Block)
    assert {block.tenant_id for block in blocks} == {trail.estate.tenant_id}
