"""A real server over a real network is watched, by the cookbook's client, while another process writes to its database."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest
import websockets
from sqlalchemy import update

from api.graphql.engine import encode_node_id
from governance.directory.models import Token
from governance.seats.ledger.desk import GroupCommit
from governance.seats.service import AssignSeats, SeatDesk, assign_seats
from tests.api.graphql.conftest import Door
from tests.docs.watch import follow
from tests.estate import Estate
from tests.exams.servers import Server
from tests.exams.test_killed_servers import database_url  # noqa: F401 (a fixture: the database as migrations make it)

POOL = "subscription($id: ID!, $after: String) { poolChanged(id: $id, after: $after) { cursor pool { room { occupied } } } }"


async def test_a_server_is_watched_while_another_process_writes(
    estate: Estate,
    database_url: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    license_ = await estate.license("m365-e5", quantity=3, pools={"main": 3})
    token = (await Door(estate, None).as_("admin")).token or ""  # type: ignore[arg-type]  # only its tokens are wanted
    ledger = GroupCommit(estate.office.database, estate.office.clock, estate.office.ids)
    desk, server = SeatDesk(estate.office, ledger), Server(database_url, tmp_path)
    await ledger.start()
    await server.start()
    try:
        told = follow(server.address, token, POOL, id=encode_node_id("Pool", license_.pools["main"]))
        async with asyncio.timeout(120):
            assert (await anext(told))["pool"]["room"]["occupied"] == 0
            command = AssignSeats(license_.pools["main"], (estate.people["ada"],))
            await assign_seats(desk, estate.actor("admin"), command)
            assert (await anext(told))["pool"]["room"]["occupied"] == 1
            await _revoke(estate)
            with pytest.raises(RuntimeError, match="SIGN_IN_AGAIN"):
                await anext(told)
            code = await _stopped(server, await _again(estate))
            assert code == 1001, "whoever watches is told that the server goes"
    finally:
        await ledger.stop()
        if server.process is not None and server.process.returncode is None:
            await server.kill()


async def _revoke(estate: Estate) -> None:
    async with estate.office.database.write(estate.tenant_id) as session:
        await session.execute(update(Token).values(revoked_at=estate.office.clock.now()))


async def _again(estate: Estate) -> str:
    return (await Door(estate, None).as_("auditor")).token or ""  # type: ignore[arg-type]


async def _stopped(server: Server, token: str) -> int | None:
    """Stop the server as its operator would, while somebody watches; give the code with which that ended."""
    address = server.address.replace("http", "ws", 1) + "/graphql"
    protocol: Any = "graphql-transport-ws"
    async with websockets.connect(address, subprotocols=[protocol]) as socket:
        asked = {"query": "subscription { alertsRaised { open } }"}
        for said in (
            {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}},
            {"type": "subscribe", "id": "1", "payload": asked},
        ):
            await socket.send(json.dumps(said))
        while '"next"' not in str(await socket.recv()):
            continue
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        try:
            while True:
                await socket.recv()
        except websockets.ConnectionClosed as closed:
            await server.process.wait()
            return closed.rcvd.code if closed.rcvd else None
