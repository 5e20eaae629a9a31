"""Writers on SQLite take turns: nobody is forgotten, the ledger goes ahead, who gives up holds nobody up."""

import asyncio
from pathlib import Path

from governance.kernel.database.turn import WriteTurn


async def _write(turn: WriteTurn, name: str, told: list[str], *, first: bool = False) -> None:
    async with turn.taken(first=first):
        told.append(name)


async def test_who_waits_is_served_in_order_and_the_ledger_before_them(tmp_path: Path) -> None:
    turn, told = WriteTurn(tmp_path / "turn"), []
    async with turn.taken():
        writers = [asyncio.create_task(_write(turn, f"w{n}", told)) for n in range(3)]
        await asyncio.sleep(0)
        writers.append(asyncio.create_task(_write(turn, "ledger", told, first=True)))
        await asyncio.sleep(0)
    await asyncio.gather(*writers)
    assert told == ["ledger", "w0", "w1", "w2"]


async def test_who_gives_up_while_waiting_holds_nobody_up(tmp_path: Path) -> None:
    turn, told = WriteTurn(tmp_path / "turn"), []
    async with turn.taken():
        writers = [asyncio.create_task(_write(turn, f"w{n}", told)) for n in range(3)]
        await asyncio.sleep(0)
        writers[1].cancel()
    await asyncio.gather(*writers, return_exceptions=True)
    await _write(turn, "last", told)
    assert told == ["w0", "w2", "last"]


async def test_another_process_is_waited_for_and_a_writer_that_gives_up_meanwhile_leaves_the_turn_free(
    tmp_path: Path,
) -> None:
    """A second descriptor of the same file is to the lock what another process is."""
    here, there, told = WriteTurn(tmp_path / "turn"), WriteTurn(tmp_path / "turn"), []
    async with there.taken():
        gives_up = asyncio.create_task(_write(here, "gone", told))
        waits = asyncio.create_task(_write(here, "here", told))
        for _ in range(3):
            await asyncio.sleep(0)
        gives_up.cancel()
        await asyncio.sleep(0)
        assert told == []
    await asyncio.gather(gives_up, waits, return_exceptions=True)
    assert told == ["here"]
