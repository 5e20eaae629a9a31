"""People come in by a provider that others made: the code flow with PKCE, new people, roles by groups, and out again."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from governance.directory.models import ExternalIdentity, RoleGrant
from governance.directory.service import ChangeProvider, NewMapping, actor_of_session, change_provider, map_group
from governance.kernel.clock import SystemClock
from policies.access.parties import Role, ScopeKind
from tests.api.auth.conftest import HOME, Door, door, entered, honest, outbound, told  # noqa: F401 (fixtures)
from tests.exams.servers import free_port
from tests.identity.canaille_here import PASSWORD

HERE = Path(__file__).with_name("canaille_here.py")
FORM = re.compile(r"<form[^>]*?>(.*?)</form>", re.DOTALL)
INPUT = re.compile(r"<input[^>]*>")


@pytest.fixture
def clock() -> SystemClock:
    """The provider lives in the real time, so we do too."""
    return SystemClock()


@pytest.fixture(scope="module")
def canaille(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start it once, and give the issuer it is."""
    port, log = free_port(), tmp_path_factory.mktemp("canaille") / "log"
    command = [sys.executable, str(HERE), str(port)]
    with (
        log.open("wb") as kept,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=kept) as it,
    ):
        assert it.stdout is not None
        said = it.stdout.readline()
        assert said == b"ready\n", log.read_text()
        yield f"http://127.0.0.1:{port}"
        it.terminate()


async def registered(door: Door, issuer: str) -> None:  # noqa: F811
    """Let each know the other: the provider by its issuer, the client as the provider's own registration names it."""
    door.trusted = await door.trust(
        name="Canaille", issuer=issuer, client_id="to come", scopes=("openid", "profile", "email", "groups")
    )
    async with httpx.AsyncClient(base_url=issuer) as client:
        answer = await client.post(
            "/oauth/register",
            json={
                "redirect_uris": [f"{HOME}/sign-in/from/{door.trusted.id}"], "client_name": "Lictor",
                "client_uri": "https://lictor.example", "contacts": ["it@lictor.example"], "response_types": ["code"],
                "grant_types": ["authorization_code"], "scope": "openid profile email groups",
                "token_endpoint_auth_method": "client_secret_basic",
            },
        )  # fmt: skip
    assert answer.status_code == 201, answer.text
    client_ = answer.json()
    command = ChangeProvider(
        door.trusted.id, door.trusted.version, "Canaille", client_["client_id"], ("openid", "profile", "email", "groups"),
        "groups", client_secret=client_["client_secret"], joins=True, unit_id=door.estate.units["it"], country="CH",
    )  # fmt: skip
    door.trusted = await door.office.perform(door.estate.actor("admin"), lambda w: change_provider(w, command))


class There:
    """A browser at the provider: fills in its forms, until it sends the person back."""

    def __init__(self, issuer: str) -> None:
        self.client = httpx.AsyncClient(base_url=issuer, headers={"accept-language": "en"})

    async def sign_in(self, address: str, login: str, password: str = PASSWORD) -> dict[str, str]:
        """Go to the address, say who one is, agree; give what is carried back."""
        answer = await self.client.get(address)
        for _ in range(8):
            while answer.is_redirect:
                to = answer.headers["location"]
                if to.startswith(HOME):
                    return {name: values[0] for name, values in parse_qs(urlsplit(to).query).items()}
                answer = await self.client.get(to)
            answer = await self._filled(answer, {"login": login, "password": password})
        raise AssertionError(told(answer))

    async def sign_out(self, address: str) -> None:
        """Go to where one signs out, and confirm it where that is asked."""
        answer = await self.client.get(address)
        if answer.is_success:
            await self._filled(answer, {}, answer="logout")

    async def _filled(self, page: httpx.Response, known: dict[str, str], answer: str = "accept") -> httpx.Response:
        form = next(found for found in FORM.findall(page.text) if "csrf_token" in found)
        fields = {}
        for each in INPUT.findall(form):
            name = re.search(r'name="([^"]+)"', each)
            value = re.search(r'value="([^"]*)"', each)
            if name:
                fields[name[1]] = unescape(value[1]) if value else ""
        fields |= {name: value for name, value in known.items() if name in fields}
        if 'name="answer"' in form:
            fields["answer"] = answer
        return await self.client.post(str(page.url), data=fields)


async def came_in(door: Door, issuer: str, login: str) -> Any:  # noqa: F811
    there, browser = There(issuer), door.browser()
    sent = await door.sent(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert sent.headers["location"].startswith(f"{issuer}/oauth/authorize?")
    said = await there.sign_in(sent.headers["location"], login)
    answer = await door.back(browser, said)
    assert entered(answer), (told(answer), await door.whys())
    return there, browser, said, await actor_of_session(door.office, answer.cookies["lictor"])


async def test_people_of_a_real_provider_come_in_with_their_groups_as_roles_and_go(door: Door, canaille: str) -> None:  # noqa: F811
    await registered(door, canaille)
    mapping = NewMapping(door.trusted.id, "license-auditors", Role.AUDITOR, ScopeKind.TENANT, "their task")
    await door.office.perform(door.estate.actor("admin"), lambda w: map_group(w, mapping))
    theirs, browser, said, nora = await came_in(door, canaille, "nora")
    assert (nora.person.name, nora.person.country) == ("Nora Lind", "CH")
    assert nora.person.unit_id == door.estate.units["it"]
    assert Role.AUDITOR in {grant.role for grant in nora.actor.grants}, "by her group"
    _, _, _, omar = await came_in(door, canaille, "omar")
    assert Role.AUDITOR not in {grant.role for grant in omar.actor.grants}
    _, _, _, again = await came_in(door, canaille, "nora")
    assert again.person.id == nora.person.id, "known by issuer and subject, whatever else"
    async with door.office.database.read(door.estate.tenant_id) as session:
        known = (await session.execute(select(ExternalIdentity.subject))).scalars().all()
        granted = (
            (await session.execute(select(RoleGrant).where(RoleGrant.person_id == nora.person.id))).scalars().all()
        )
    assert sorted(known) == ["nora", "omar"]
    assert len(granted) == 1
    there = There(canaille)
    sent = await door.sent(door.browser())
    with pytest.raises(AssertionError, match="Login failed"):
        await there.sign_in(sent.headers["location"], "pia", "wrong")
    await there.client.aclose()
    replayed = await door.back(door.browser(), said)
    assert not entered(replayed), "a code and a state of somebody else's browser"
    out = await browser.post("/sign-out", data={"_csrf": nora.csrf})
    assert (await browser.get("/my-licenses")).status_code == 303, "signed out here"
    ends = re.search(rf'href="({canaille}/oauth/end_session[^"]+)"', out.text)
    assert ends, told(out)
    await theirs.sign_out(unescape(ends[1]))
    sent = await door.sent(door.browser())
    assert "login" in (await theirs.client.get(sent.headers["location"], follow_redirects=True)).text, (
        "signed out there"
    )
