"""The door for usage: what CloudEvents allow is read, bounds hold before work, every no says what would be right."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api.ingest import BATCH, PLAIN, SINGLE, handlers
from api.settings import Settings
from governance.kernel.work import Office
from governance.usage.models import UsageEvent
from policies.access.actions import Action
from tests.api.doors import bearer, served
from tests.estate import Estate


@pytest.fixture
async def client(office: Office, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with served(office, Settings(data_dir=tmp_path), handlers(office)) as opened:
        yield opened


@pytest.fixture
async def admin(estate: Estate) -> dict[str, str]:
    return await bearer(estate, "admin")


def event(number: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": f"e{number}", "source": "/proxy", "type": "lictor.seat.used",
        "time": "2026-03-02T08:00:00Z", "data": {"person": "ada", "product": "m365"},
    } | changed  # fmt: skip


async def sent(
    client: httpx.AsyncClient, head: dict[str, str], body: Any, kind: str | None = SINGLE, **more: str
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = head | more | ({} if kind is None else {"Content-Type": kind})
    return await client.post("/v1/events", content=content, headers=headers)


async def kept(estate: Estate) -> int:
    async with estate.office.database.read(estate.tenant_id) as session:
        return int((await session.execute(select(func.count()).select_from(UsageEvent))).scalar_one())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (SINGLE, event()),
        (f"{SINGLE}; charset=UTF-8", event()),
        (BATCH, [event()]),
        (PLAIN, event()),
        (PLAIN, [event()]),
    ],
)
async def test_every_form_that_cloudevents_name_is_read(
    client: httpx.AsyncClient, estate: Estate, admin: dict[str, str], kind: str, body: Any
) -> None:
    await estate.product("m365")
    answer = await sent(client, admin, body, kind)
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "duplicates": 0, "refused": [], "unmatched": []}
    again = await sent(client, admin, body, kind)
    assert again.json() == {"accepted": 0, "duplicates": 1, "refused": [], "unmatched": []}
    assert await kept(estate) == 1


async def test_a_batch_says_of_each_event_what_became_of_it(
    client: httpx.AsyncClient, estate: Estate, admin: dict[str, str]
) -> None:
    await estate.product("m365")
    body = [event(1), event(2, specversion="0.3"), event(1), event(3, data={"person": "nobody", "product": "m365"})]
    said = (await sent(client, admin, body, BATCH)).json()
    assert (said["accepted"], said["duplicates"]) == (2, 1)
    assert [(no["index"], no["code"]) for no in said["refused"]] == [(1, "BAD_INPUT")]
    assert "needs '1.0'" in said["refused"][0]["message"]
    assert [(one["index"], one["code"]) for one in said["unmatched"]] == [(3, "UNKNOWN_PERSON")]


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"{", SINGLE, 400, "no JSON"),
        (b"\xff\xfe", SINGLE, 400, "not UTF-8"),
        (b"[" * 200_000, BATCH, 400, "nested too deeply"),
        (b'{"id": NaN}', SINGLE, 400, "NaN is no number"),
        (b'{"id": "a", "id": "b"}', SINGLE, 400, "one name twice"),
        (b'{"id": ' + b"9" * 5000 + b"}", SINGLE, 400, "no JSON that can be kept"),
        (b"", PLAIN, 400, "no JSON"),
        (b"7", PLAIN, 400, "needs an event or an array"),
        (b"[]", SINGLE, 400, "needs one event as a JSON object"),
        (b"{}", BATCH, 400, "needs a JSON array"),
        (b"{}", "text/plain", 415, "needs application/cloudevents+json"),
        (b"{}", None, 415, "is missing"),
        (b"{}", f"{SINGLE}; charset=latin-1", 415, "needs utf-8"),
        (b'"' + b"x" * (1 << 20) + b'"', SINGLE, 413, "longer than 1 MiB"),
        (b'{"a":"' + b"x" * (1 << 20) + b'"}', PLAIN, 413, "longer than 1 MiB"),
        (b'["' + b"x" * (5 << 20) + b'"]', BATCH, 413, "longer than 5 MiB"),
        (b"[" + b"{}," * 1000 + b"{}]", BATCH, 413, "at most 1000"),
    ],
)
async def test_a_body_that_cannot_be_taken_is_refused_whole_with_what_would_be_right(
    client: httpx.AsyncClient, estate: Estate, admin: dict[str, str], body: bytes, kind: str | None, status: int,
    said: str,
) -> None:  # fmt: skip
    answer = await sent(client, admin, body, kind)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert said in answer.json()["detail"]
    assert await kept(estate) == 0


async def test_a_stream_that_hides_its_length_is_bounded_too(
    client: httpx.AsyncClient, estate: Estate, admin: dict[str, str]
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (1 << 16)

    answer = await client.post("/v1/events", content=pieces(), headers=admin | {"Content-Type": SINGLE})
    assert answer.status_code == 413


async def test_a_packed_body_is_not_unpacked(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    answer = await sent(client, admin, b"{}", SINGLE, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415


async def test_who_calls_must_be_known_and_permitted(
    client: httpx.AsyncClient, estate: Estate, admin: dict[str, str]
) -> None:
    assert (await sent(client, {}, event())).status_code == 401
    assert (await sent(client, {"Authorization": "Bearer lic_wrong"}, event())).status_code == 401
    refused = await sent(client, await bearer(estate, "auditor"), event())
    assert (refused.status_code, refused.json()["code"]) == (403, "REFUSED")
    narrowed = await bearer(estate, "admin", Action.PERSON_READ)
    assert (await sent(client, narrowed, event())).status_code == 403
    assert await kept(estate) == 0
    feeds = await bearer(estate, "admin", Action.EVENT_INGEST)
    assert (await sent(client, feeds, event())).status_code == 202
