"""A right that was taken back at one server is refused by every other from then on: not one answer out of date."""

import asyncio
import itertools
from pathlib import Path

import httpx
import pytest

from api.graphql.engine import encode_node_id
from governance.directory.models import RoleGrant, Token
from policies.access.parties import Role
from tests.api.graphql.conftest import Door
from tests.estate import Estate
from tests.exams.servers import Server
from tests.exams.story import Story
from tests.exams.test_killed_servers import database_url  # noqa: F401 (a fixture: the database as migrations make it)

CHECKS, AT_ONCE = 10_000, 24
COUNTED = "{ people { totalCount } }"
END = "mutation($in: EndGrantInput!) { endGrant(input: $in) { __typename } }"
REVOKE = "mutation($in: RevokeTokenInput!) { revokeToken(input: $in) { __typename } }"


async def _ask(client: httpx.AsyncClient, server: Server, secret: str, query: str = COUNTED, **given: object) -> str:
    headers = {"Authorization": f"Bearer {secret}"}
    asked = {"query": query, "variables": given}
    answer = await client.post(f"{server.address}/graphql", json=asked, headers=headers)
    return answer.text if answer.status_code == 200 else str(answer.status_code)


async def _stale(client: httpx.AsyncClient, servers: list[Server], secret: str, right: str, checks: int) -> int:
    """Ask the servers in turn, many at once; count the answers that are not the right one."""
    turn = itertools.cycle(servers)

    async def some(count: int) -> int:
        return sum([await _ask(client, next(turn), secret) != right for _ in range(count)])

    return sum(await asyncio.gather(*[some(checks // AT_ONCE + 1) for _ in range(AT_ONCE)]))


@pytest.mark.exam
async def test_ten_thousand_checks_at_three_servers_after_a_revocation_at_a_fourth(
    estate: Estate,
    database_url: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    """First a grant is ended: its holder counts nobody but themselves. Then the token: nobody comes in by it."""
    await estate.grant("cleo", Role.AUDITOR)
    door = Door(estate, None)  # type: ignore[arg-type]  # only its tokens are wanted
    boss, cleo = (await door.as_("admin")).token or "", (await door.as_("cleo")).token or ""
    story = Story(estate, None)  # type: ignore[arg-type]
    grant = encode_node_id("RoleGrant", (await story.row(RoleGrant, person_id=estate.people["cleo"])).id)
    token = encode_node_id("Token", (await story.row(Token, person_id=estate.people["cleo"])).id)
    first, *others = servers = [Server(database_url, tmp_path) for _ in range(4)]
    try:
        await asyncio.gather(*[server.start() for server in servers])
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=AT_ONCE)) as client:
            everybody = await _ask(client, others[0], cleo)
            assert await _stale(client, others, cleo, everybody, 100) == 0
            said = await _ask(client, first, boss, END, **{"in": {"grant": grant, "reason": "over"}})
            assert "RoleGrant" in said, said
            nobody = await _ask(client, first, cleo)
            assert nobody != everybody
            ended = await _stale(client, others, cleo, nobody, CHECKS)
            await _ask(client, first, boss, REVOKE, **{"in": {"token": token}})
            revoked = await _stale(client, others, cleo, "401", CHECKS)
    finally:
        await asyncio.gather(*[server.kill() for server in servers if server.up.is_set()])
    print(f"\n{estate.office.database.kind}: {CHECKS} checks each after an ended grant and a revoked token at 3 servers, "
          f"{ended} and {revoked} out of date")  # fmt: skip
    assert (ended, revoked) == (0, 0)
