"""Clients that ask a server over HTTP as fast as it answers, and what a server's process has taken of the processor."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

CLIENTS = 32
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ran:
    """How many a second were answered, and the seconds of CPU that each took of the server and its database."""

    rate: float
    cpu: float


def cpu_of(group: int) -> float:
    """Give the seconds of CPU that the living processes of a group have taken."""
    ticks = 0
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = each.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[2]) == group:
            ticks += int(words[11]) + int(words[12])
    return ticks / TICKS


async def asked(
    port: int, path: str, bodies: Sequence[bytes], burned: Callable[[], float], *, token: str = "", wants: bytes
) -> Ran:
    """Send the bodies from clients that each wait for their answer; every answer holds what is wanted."""
    left = list(reversed(bodies))
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while left:
            body = left.pop()
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            answer = await _answer(reader)
            assert wants in answer, answer
        writer.close()

    start, before = time.perf_counter(), burned()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return Ran(len(bodies) / (time.perf_counter() - start), (burned() - before) / len(bodies))


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    at = head.index(b"content-length:") + len(b"content-length:")
    return head + await reader.readexactly(int(head[at : head.index(b"\r\n", at)]))
