"""The estate of the cookbook, and the real server over it: the graph, downloads, and work that is moved by hand."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient
from sqlalchemy import update

from api.auth.middleware import Authentication
from api.downloads import download_handlers
from api.graphql.door import graphql_handlers
from api.graphql.engine import encode_node_id
from api.links import download_link
from api.problems import problem_handlers
from api.settings import Settings
from governance.entitlements.models import Room
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import SeatDesk
from tests.api.graphql.conftest import Door
from tests.estate import Estate
from tests.governance.metrics.held import crowd, held
from tests.reports.ground import finding

DAY = timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
async def door(office: Office, estate: Estate, settings: Settings) -> AsyncIterator[Door]:
    ledger = GroupCommit(office.database, office.clock, office.ids)
    app = Litestar(
        [*graphql_handlers(SeatDesk(office, ledger), settings, download_link), *download_handlers(office, settings)],
        middleware=[Authentication(office, settings)],
        exception_handlers=problem_handlers(),
        on_startup=[ledger.start],
        on_shutdown=[ledger.stop],
        openapi_config=None,
    )
    async with AsyncTestClient(app) as client:
        yield Door(estate, client)


async def occupy(estate: Estate, taken: Mapping[UUID, int]) -> None:
    """Count what was seated past the ledger, where the ledger looks."""
    async with estate.office.database.write(estate.tenant_id) as session:
        for room_id, occupied in taken.items():
            await session.execute(update(Room).where(Room.id == room_id).values(occupied=occupied))


@pytest.fixture
async def known(estate: Estate, clock: HandClock) -> dict[str, Any]:
    """Build what the cookbook stands on; give what its `$names` mean before the first task."""
    start = clock.now()
    e5 = await estate.license("m365-e5", quantity=3, pools={"sales": 2, "rest": 1})
    adobe = await estate.license(
        "adobe-cc", quantity=3, pools={"design": 3}, pool_unit="finance", needs_acceptance=True
    )
    slack = await estate.license("slack", quantity=20, pools={"everybody": 20}, pool_unit="halden")
    for who in ("ada", "ben"):
        await held(estate, e5, who, pool="sales")
    for who, after in zip(await crowd(estate, 10), (1, 2, 2, 3, 5, 8, None, None, None, None), strict=True):
        used = None if after is None else start + after * DAY
        await held(estate, slack, who, pool="everybody", first_use_at=used)
    await occupy(estate, {e5.pools["sales"]: 2, e5.line_id: 2, slack.pools["everybody"]: 10, slack.line_id: 10})
    await finding(estate, "sales")
    clock.advance(29 * DAY)
    then = clock.now()
    clock.advance(20 * DAY)
    return {
        "then": then.isoformat(),
        "now": clock.now().isoformat(),
        "line": encode_node_id("MetricLine", e5.line_id),
        "design": encode_node_id("Pool", adobe.pools["design"]),
        **{who: encode_node_id("Person", estate.people[who]) for who in ("ada", "cleo")},
    }
