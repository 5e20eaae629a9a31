"""The server as a whole: every answer is guarded, every error told in the asker's form, nothing of our insides shown."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.settings import Settings
from governance.directory.service.tenants import NewTenant, create_tenant
from governance.kernel.work import Office

LOOPBACK = "http://127.0.0.1:8000"
PAGE = {"Accept": "text/html,application/xhtml+xml"}
INSIDES = re.compile(r"Traceback|File \"|site-packages|sqlalchemy|psycopg|\.py\b", re.IGNORECASE)
PASSWORD = "correct horse battery"
SAMPLE = {"id": "00000000-0000-7000-8000-000000000001", "file_path": "lictor.css"}


@asynccontextmanager
async def opened(settings: Settings, address: str = LOOPBACK) -> AsyncIterator[tuple[Litestar, AsyncTestClient[Any]]]:
    app = create_app(settings, working=False)
    async with AsyncTestClient(app, base_url=address) as client:
        client.follow_redirects = False
        yield app, client


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[tuple[Litestar, AsyncTestClient[Any]]]:
    async with opened(settings) as pair:
        yield pair


def sampled(parameter: re.Match[str]) -> str:
    return "1" if parameter[2] == "int" else SAMPLE.get(parameter[1], SAMPLE["id"])


def addresses(app: Litestar) -> list[tuple[str, str]]:
    """Give every method and address of the server, with something in the place of each parameter."""
    found = []
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"\{(\w+):(\w+)\}", sampled, route.path)
            found += [(method, path) for method in sorted(route.methods - {"OPTIONS"})]
    return found


async def test_every_answer_of_every_route_is_guarded_and_shows_no_insides(
    server: tuple[Litestar, AsyncTestClient[Any]],
) -> None:
    app, client = server
    every = addresses(app)
    assert len(every) > 40
    for method, path in [*every, ("GET", "/nowhere"), ("DELETE", "/licenses"), ("PUT", "/graphql")]:
        for accept in (PAGE, {"Accept": "application/json"}):
            answer = await client.request(method, path, headers=accept)
            where = f"{method} {path} {answer.status_code}"
            assert answer.status_code < 500, where
            assert answer.headers["x-content-type-options"] == "nosniff", where
            assert answer.headers["referrer-policy"] in {"no-referrer", "same-origin"}, where
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy or "default-src 'none'" in policy, where
            assert "unsafe" not in policy, where
            assert "frame-ancestors 'none'" in policy or "sandbox" in policy, where
            assert "server" not in answer.headers, where
            if not path.startswith("/static"):
                assert not INSIDES.search(answer.text), where


async def test_who_is_not_known_sees_nothing_but_doors(server: tuple[Litestar, AsyncTestClient[Any]]) -> None:
    app, client = server
    doors = ("/healthz", "/static", "/sign-in", "/sign-out", "/language", "/l/")
    for method, path in addresses(app):
        if not path.startswith(doors):
            answer = await client.request(method, path, headers=PAGE)
            led = answer.headers.get("location", "").startswith("/sign-in")
            assert answer.status_code == 401 or (answer.status_code == 303 and led), (method, path, answer.status_code)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("GET", "/static/../settings.py", {}, 404),
        ("GET", "/static/nothing.js", {}, 404),
        ("DELETE", "/licenses", {}, 405),
        ("PUT", "/v1/events", {}, 405),
        ("POST", "/sign-in", {"data": {"login": "a", "password": "b" * 20_000}}, 413),
    ],
)
async def test_machines_get_problems_and_people_get_pages(
    server: tuple[Litestar, AsyncTestClient[Any]], method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    _, client = server
    said = await client.request(method, path, headers={"Accept": "application/json"}, **sent)
    assert (said.status_code, said.headers["content-type"]) == (status, "application/problem+json")
    assert said.json()["status"] == status
    assert said.json()["detail"]
    assert said.headers["cache-control"] == "no-store"
    if status == 405:
        assert said.headers["allow"]
    page = await client.request(method, path, headers=PAGE, **sent)
    assert page.status_code == status
    machine = path.startswith("/v1")
    assert page.headers["content-type"].startswith("application/problem+json" if machine else "text/html")


async def test_the_graph_refuses_who_is_not_known_before_it_reads_anything(
    server: tuple[Litestar, AsyncTestClient[Any]],
) -> None:
    _, client = server
    for body in ({"query": "{ viewer { principal } }"}, {"query": "{ not even graphql"}, {}):
        answer = await client.post("/graphql", json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_IN_AGAIN")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    forged = await client.post(
        "/graphql", json={"query": "{ viewer { principal } }"}, headers={"Authorization": "Bearer x"}
    )
    assert forged.status_code == 401


async def test_what_the_graph_cannot_read_is_refused(
    server: tuple[Litestar, AsyncTestClient[Any]], office: Office
) -> None:
    _, client = server
    await born(office)
    csrf = await entered(client)
    asked = '{"query": "{ viewer { principal } }"}'
    known = {"X-CSRF-Token": csrf, "Content-Type": "application/json"}
    assert (await client.post("/graphql", content=asked, headers=known)).status_code == 200
    assert (await client.post("/graphql", content=asked)).status_code == 403
    plain = await client.post("/graphql", content=asked, headers=known | {"Content-Type": "text/plain"})
    assert plain.status_code == 415
    packed = await client.post("/graphql", content=asked, headers=known | {"Content-Encoding": "gzip"})
    assert packed.status_code == 415
    long = await client.post("/graphql", content=b'"' + b"x" * (9 << 20) + b'"', headers=known)
    assert long.status_code == 413
    assert (await client.post("/graphql", content="{", headers=known)).status_code == 400


async def test_a_watchman_hears_whether_the_database_answers(
    server: tuple[Litestar, AsyncTestClient[Any]], tmp_path: Path
) -> None:
    _, client = server
    well = await client.get("/healthz")
    assert (well.status_code, well.json()) == (200, {"status": "ok"})
    for number, url in enumerate(("postgresql://nobody@127.0.0.1:1/nothing", f"sqlite:///{tmp_path}/new.sqlite")):
        gone = Settings(data_dir=tmp_path / f"gone-{number}", database_url=url)
        async with opened(gone) as (_, other):
            ill = await other.get("/healthz")
            assert (ill.status_code, ill.json()["code"]) == (503, "UNAVAILABLE")
            assert ill.headers["retry-after"]
            assert not INSIDES.search(ill.text)


async def test_behind_tls_the_cookie_is_bound_to_its_host_and_browsers_stay_on_tls(
    settings: Settings, office: Office, tmp_path: Path
) -> None:
    await born(office)
    behind = Settings(
        data_dir=tmp_path / "data", database_url=settings.database_url, public_url="https://lictor.example"
    )
    async with opened(behind, "http://10.0.0.7:8000") as (_, client):
        answer = await client.post("/sign-in", data={"login": "ina@born.example", "password": PASSWORD})
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-lictor=")
        assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"))
        assert "Domain" not in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=")
    async with opened(settings) as (_, client):
        answer = await client.post("/sign-in", data={"login": "ina@born.example", "password": PASSWORD})
        assert answer.headers["set-cookie"].startswith("lictor=")
        assert "strict-transport-security" not in answer.headers


async def born(office: Office) -> None:
    await create_tenant(office, NewTenant("Born", "born", "Ina", "ina@born.example", admin_password=PASSWORD))


async def entered(client: AsyncTestClient[Any]) -> str:
    answer = await client.post("/sign-in", data={"login": "ina@born.example", "password": PASSWORD})
    assert answer.status_code == 303
    found = re.search(r'name="_csrf" value="([^"]+)"', (await client.get("/sign-in/again")).text)
    assert found is not None
    return found[1]
