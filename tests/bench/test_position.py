"""The position over the estate beside SQL written by hand that gives the same figures."""

from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, text

from governance.kernel.database import Instant
from governance.kernel.database.types import Id
from governance.metrics.position import Dimension, PositionQuery, position
from tests.bench.conftest import Best, Say
from tests.bench.estate import BUILT, SEATS

BY_HAND = text((Path(__file__).parent / "sql" / "position.sql").read_text("utf-8")).bindparams(
    bindparam("tenant", type_=Id), bindparam("at", type_=Instant)
)


async def test_the_position_beside_sql_by_hand(bench_office: Any, best: Best, say: Say) -> None:
    office, actor = bench_office
    async with office.reading(actor) as work:
        given = {"tenant": BUILT.tenant_id, "at": work.now()}
        figures: dict[str, Any] = {}

        async def by_hand() -> None:
            rows = (await work.session.execute(BY_HAND, given)).all()
            figures["hand"] = sorted((name, int(bought), int(held)) for name, bought, held in rows)

        async def told() -> None:
            answer = await position(work, PositionQuery(by=(Dimension.LICENSE,)))
            figures["told"] = sorted(
                (row.group[0].name, row.measures.purchased, row.measures.occupied) for row in answer.rows
            )

        hand, ours = await best(by_hand), await best(told)
    assert figures["hand"] == figures["told"]
    note = f"{ours * 1000:.0f} against {hand * 1000:.0f} ms over {SEATS} seats, {len(figures['told'])} licenses, same figures"
    say(f"{office.database.kind}: position / by hand", ours / hand, 2, at_most=True, note=note)
