"""The web's door: who calls is known before any handler, a forged form changes nothing, a dead session is nobody."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body

from api.auth import signing
from api.auth.caller import actor_of, in_a_browser, known_caller, provide_actor
from api.auth.errors import ForgedRequest
from api.auth.middleware import Authentication
from api.auth.signing import Credentials
from api.problems import Problem, problem_handlers
from api.settings import Settings
from governance.directory.service import (
    NewTenant,
    NewToken,
    TenantCreated,
    create_tenant,
    create_token,
    operator,
    revoke_token,
)
from governance.kernel.clock import HandClock
from governance.kernel.work import Office
from policies.access.actions import Action
from policies.access.parties import Actor

PASSWORD = "correct horse battery"
LOOPBACK = "http://127.0.0.1:8000"


@pytest.fixture
async def born(office: Office) -> TenantCreated:
    return await create_tenant(office, NewTenant("Born", "born", "Ina", "ina@born.example", admin_password=PASSWORD))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
async def client(office: Office, settings: Settings, born: TenantCreated) -> AsyncIterator[httpx.AsyncClient]:
    app = small_app(office, settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=LOOPBACK) as opened:
        yield opened


def small_app(office: Office, settings: Settings) -> Litestar:
    @get("/me", guards=[known_caller], dependencies={"actor": Provide(provide_actor)})
    async def me(actor: Actor) -> dict[str, Any]:
        return {"principal": actor.principal, "tenant": str(actor.tenant_id)}

    @get("/page", guards=[in_a_browser])
    async def page() -> str:
        return "a page"

    @post("/change", guards=[known_caller], status_code=200)
    async def change(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"body": len(await request.body()), "by": actor_of(request.scope).principal}

    @post("/upload", guards=[known_caller], status_code=200)
    async def upload(
        data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> dict[str, Any]:
        file = data["file"]
        assert isinstance(file, UploadFile)
        return {"size": len(await file.read())}

    @post("/sign-in", status_code=200)
    async def sign_in(request: Request[Any, Any, Any], data: dict[str, str]) -> Response[Any]:
        credentials = Credentials(data["login"], data["password"], data.get("organization"))
        cookie = (await signing.sign_in(office, settings, request.scope, credentials, pace_s=0)).cookie
        return Response({}, cookies=[cookie])

    @post("/sign-out", status_code=200)
    async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
        return Response({}, cookies=[await signing.sign_out(office, settings, request.scope)])

    @post("/prove", status_code=200)
    async def prove(request: Request[Any, Any, Any], data: dict[str, str]) -> dict[str, str]:
        proved = await signing.prove_again(office, settings, request.scope, data["password"], pace_s=0)
        assert proved.actor.authenticated_at is not None
        return {"at": proved.actor.authenticated_at.isoformat()}

    @get("/broken")
    async def broken() -> str:
        raise RuntimeError("a secret of ours")

    def as_page(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
        return Response(f"<h1>{problem.message}</h1>", media_type="text/html")

    return Litestar(
        [me, page, change, upload, sign_in, sign_out, prove, broken],
        middleware=[Authentication(office, settings)],
        exception_handlers=problem_handlers(as_page),
        openapi_config=None,
    )


async def enter(client: httpx.AsyncClient, office: Office) -> str:
    """Sign in and give the session's CSRF token."""
    answer = await client.post("/sign-in", json={"login": "ina@born.example", "password": PASSWORD})
    assert answer.status_code == 200
    async with office.database.system_read() as session:
        from sqlalchemy import text

        return str((await session.execute(text("SELECT csrf FROM session ORDER BY created_at DESC"))).scalars().first())


async def test_a_session_is_known_by_a_cookie_that_scripts_cannot_read(
    client: httpx.AsyncClient, office: Office, born: TenantCreated
) -> None:
    answer = await client.post("/sign-in", json={"login": "ina@born.example", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("lictor=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await client.get("/me")).json() == {
        "principal": f"person:{born.admin.id}",
        "tenant": str(born.tenant.id),
    }
    assert (await client.get("/page")).status_code == 200


async def test_over_https_the_cookie_is_bound_to_its_host(
    office: Office, settings: Settings, born: TenantCreated
) -> None:
    app = small_app(office, settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://lictor.example") as client:
        answer = await client.post("/sign-in", json={"login": "ina@born.example", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-lictor=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
        assert (await client.get("/me")).status_code == 200


async def test_behind_a_proxy_that_ends_tls_the_cookie_is_bound_too(
    office: Office, born: TenantCreated, tmp_path: Path
) -> None:
    app = small_app(office, Settings(data_dir=tmp_path, public_url="https://lictor.example"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://10.1.2.3:8000") as client:
        answer = await client.post("/sign-in", json={"login": "ina@born.example", "password": PASSWORD})
        assert answer.headers["set-cookie"].startswith("__Host-lictor=")


async def test_plain_http_elsewhere_refuses_to_sign_in(office: Office, settings: Settings, born: TenantCreated) -> None:
    app = small_app(office, settings)
    for address in ("http://lictor.example", "http://10.1.2.3:8000", "http://127.0.0.1.example.org"):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as client:
            answer = await client.post("/sign-in", json={"login": "ina@born.example", "password": PASSWORD})
            assert answer.status_code == 401
            assert "https" in answer.json()["detail"]
            assert "set-cookie" not in answer.headers


async def test_every_failed_sign_in_answers_alike(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post("/sign-in", json=body)
        for body in (
            {"login": "ina@born.example", "password": "wrong password!"},
            {"login": "nobody@born.example", "password": PASSWORD},
            {"login": "ina@born.example", "password": PASSWORD, "organization": "nowhere"},
        )
    ]
    assert {(a.status_code, a.text) for a in answers} == {(401, answers[0].text)}
    assert answers[0].json()["code"] == "SIGN_IN_FAILED"


async def test_a_change_under_a_cookie_needs_the_sessions_token(client: httpx.AsyncClient, office: Office) -> None:
    csrf = await enter(client, office)
    for headers, form in (
        ({}, {}),
        ({}, {"_csrf": "wrong"}),
        ({"X-CSRF-Token": "wrong"}, {"_csrf": csrf}),
        ({"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"}, {}),
    ):
        refused = await client.post("/change", headers=headers, data=form)
        assert (refused.status_code, refused.json()["code"]) == (403, "REFUSED")
    refused = await client.post("/change", json={"_csrf": csrf})
    assert refused.status_code == 403
    by_header = await client.post("/change", headers={"X-CSRF-Token": csrf}, json={"a": 1})
    assert by_header.status_code == 200
    by_field = await client.post("/change", data={"_csrf": csrf, "name": "x" * 200_000})
    assert by_field.json()["body"] > 200_000


async def test_a_form_with_a_file_carries_the_token_as_its_first_field(
    client: httpx.AsyncClient, office: Office
) -> None:
    csrf = await enter(client, office)
    file = {"file": ("people.csv", b"a,b\n" * 100_000)}
    sent = await client.post("/upload", data={"_csrf": csrf}, files=file)
    assert sent.json() == {"size": 400_000}
    assert (await client.post("/upload", data={"_csrf": "A" * 43}, files=file)).status_code == 403
    assert (await client.post("/upload", files=file)).status_code == 403


async def test_a_session_too_old_is_nobody(client: httpx.AsyncClient, office: Office, clock: HandClock) -> None:
    await enter(client, office)
    clock.advance(timedelta(hours=12))
    answer = await client.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_IN_AGAIN")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_signing_out_takes_cookie_and_session(client: httpx.AsyncClient, office: Office) -> None:
    csrf = await enter(client, office)
    kept = client.cookies["lictor"]
    assert (await client.post("/sign-out", headers={"X-CSRF-Token": csrf})).status_code == 200
    client.cookies.set("lictor", kept)
    assert (await client.get("/me")).status_code == 401


async def test_proof_is_given_again_within_a_session(
    client: httpx.AsyncClient, office: Office, clock: HandClock
) -> None:
    csrf = await enter(client, office)
    clock.advance(timedelta(hours=1))
    headers = {"X-CSRF-Token": csrf}
    assert (await client.post("/prove", headers=headers, json={"password": "wrong"})).status_code == 401
    proved = await client.post("/prove", headers=headers, json={"password": PASSWORD})
    assert proved.json() == {"at": clock.now().isoformat()}


async def test_a_bearer_needs_no_form_token_and_is_refused_once_revoked(
    client: httpx.AsyncClient, office: Office, born: TenantCreated
) -> None:
    token, secret = await office.perform(
        operator(born.tenant.id),
        lambda w: create_token(w, NewToken("ci", born.admin.id, actions=frozenset({Action.SEAT_READ}))),
    )
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await client.post("/change", headers=headers)).status_code == 200
    assert (await client.get("/page", headers=headers)).status_code == 401, "pages are for people"
    await office.perform(operator(born.tenant.id), lambda w: revoke_token(w, token.id))
    for wrong in (headers["Authorization"], "Bearer ", "Basic aW5hOng=", "Bearer lic_unknown"):
        answer = await client.get("/me", headers={"Authorization": wrong})
        assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_IN_AGAIN")


async def test_a_person_reads_a_page_and_a_bug_is_masked(client: httpx.AsyncClient) -> None:
    page = await client.get("/page", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert page.status_code == 401
    broken = await client.get("/broken")
    assert broken.status_code == 500
    assert "secret of ours" not in broken.text
    assert broken.json()["correlation"] in broken.json()["detail"]
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(("origin", "same"), [(LOOPBACK, True), ("https://evil.example", False), ("", False)])
async def test_a_socket_under_a_cookie_opens_from_this_site_only(
    client: httpx.AsyncClient, office: Office, settings: Settings, origin: str, same: bool
) -> None:
    await enter(client, office)
    headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", f"lictor={client.cookies['lictor']}".encode())]
    if origin:
        headers.append((b"origin", origin.encode()))
    scope: Any = {"type": "websocket", "scheme": "ws", "path": "/graphql", "headers": headers, "query_string": b""}
    opened = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        opened.append(actor_of(scope))

    async def nothing(*_message: Any) -> Any:
        return {"type": "websocket.connect"}

    middleware = Authentication(office, settings)
    if same:
        await middleware.handle(scope, nothing, nothing, door)
    else:
        with pytest.raises(ForgedRequest):
            await middleware.handle(scope, nothing, nothing, door)
    assert len(opened) == same
