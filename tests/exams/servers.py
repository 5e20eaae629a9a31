"""Real `lictor serve` processes over one database, started, killed with everything they started, and started again."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
LICTOR = Path(sys.executable).with_name("lictor")
START_WITHIN, ASK_EVERY = 300.0, 0.05  # what hangs ends then; what is slow goes on
ASSIGN = """mutation($in: AssignSeatsInput!) { assignSeats(input: $in) { __typename
    ... on AssignmentAnswer { seated { seatId personId } denied { reasons { code } } } ... on Refusal { code } } }"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@dataclass
class Server:
    """One `lictor serve` on a port of its own. A kill takes the whole process group, as a power cut would."""

    url: str
    data: Path
    port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and come back when it answers. Raises TimeoutError where it never does."""
        settings = {"LICTOR_DATABASE_URL": self.url, "LICTOR_DATA_DIR": str(self.data), "LICTOR_POOL_SIZE": "4"}
        with (self.data / f"server-{self.port}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                LICTOR, "serve", "--port", str(self.port), env=os.environ | settings | self.more, cwd=ROOT, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        async with asyncio.timeout(START_WITHIN), httpx.AsyncClient() as client:
            while not await self._answers(client):  # noqa: ASYNC110 - it says nowhere else that it is up
                await asyncio.sleep(ASK_EVERY)
        self.up.set()

    async def kill(self) -> None:
        self.up.clear()
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, f"the server of port {self.port} ended by itself: {self.data}"
        try:
            return (await client.get(f"{self.address}/healthz")).is_success
        except httpx.HTTPError:
            return False


@dataclass
class Answers:
    """What clients were told: the seat of each person who got one, and who was refused; how often they had to retry."""

    seated: dict[str, str] = field(default_factory=dict)
    denied: dict[str, tuple[str, ...]] = field(default_factory=dict)
    retries: int = 0
    kills: int = 0
    masked: int = 0
    changed: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.seated) + len(self.denied)


@dataclass
class Crowd:
    """Clients who each take the next person, ask for a seat under that person's key, and ask again until answered."""

    servers: list[Server]
    token: str
    pool: str
    people: list[str]
    clients: int
    kills: int
    dice: random.Random
    answers: Answers = field(default_factory=Answers)

    async def run(self) -> Answers:
        """Let everybody ask while servers are killed, then ask for each person once more under the same key."""
        limits = httpx.Limits(max_connections=self.clients)
        async with httpx.AsyncClient(limits=limits, timeout=START_WITHIN) as client:
            killer = asyncio.create_task(self._killer())
            waiting = deque(self.people)
            await asyncio.gather(*(self._client(client, n, waiting, self._keep) for n in range(self.clients)))
            await killer
            again = deque(self.people)
            await asyncio.gather(*(self._client(client, n, again, self._compare) for n in range(self.clients)))
        return self.answers

    async def _killer(self) -> None:
        """Kill a random server each time another random number of people was answered."""
        step = max(2, len(self.people) // (self.kills + 1))
        for n in range(self.kills):
            at = n * step + self.dice.randint(step // 2, step - 1)
            while len(self.answers) < at:
                await asyncio.sleep(0)
                await asyncio.sleep(0.001)
            server = self.dice.choice(self.servers)
            await server.kill()
            self.answers.kills += 1
            await server.start()

    async def _client(
        self, client: httpx.AsyncClient, n: int, waiting: deque[str], told: Callable[[str, dict[str, Any]], None]
    ) -> None:
        while waiting:
            person, turn = waiting.popleft(), n
            while (answer := await self._ask(client, self.servers[turn % len(self.servers)], person)) is None:
                self.answers.retries += 1
                turn += 1
            told(person, answer)

    async def _ask(self, client: httpx.AsyncClient, server: Server, person: str) -> dict[str, Any] | None:
        """Give the acknowledged answer, None where there was none: the connection broke, or it said to come again."""
        await server.up.wait()
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"seat-{person}"}
        body = {"query": ASSIGN, "variables": {"in": {"pool": self.pool, "people": [person]}}}
        try:
            response = await client.post(f"{server.address}/graphql", json=body, headers=headers)
        except httpx.HTTPError:
            return None
        if response.status_code == 429 or response.is_server_error:
            return None
        said = response.json()
        if "errors" in said:  # no acknowledgment: the key makes it safe to ask again
            self.answers.masked += 1
            return None
        answer: dict[str, Any] = said["data"]["assignSeats"]
        if answer["__typename"] == "Refusal":
            assert answer["code"] in {"UNAVAILABLE", "CONFLICT", "TOO_MANY"}, answer
            return None
        return answer

    def _keep(self, person: str, answer: dict[str, Any]) -> None:
        for seat in answer["seated"]:
            self.answers.seated[person] = seat["seatId"]
        for no in answer["denied"]:
            self.answers.denied[person] = tuple(reason["code"] for reason in no["reasons"])

    def _compare(self, person: str, answer: dict[str, Any]) -> None:
        seats = [seat["seatId"] for seat in answer["seated"]]
        if seats != [self.answers.seated[person]] if person in self.answers.seated else seats:
            self.answers.changed.append(person)
