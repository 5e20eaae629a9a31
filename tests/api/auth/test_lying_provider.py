"""Each lie of a provider, or of whoever stands between, is refused alike: one page, no session, an entry that says why.

The lies are counted below: 43 that a provider or its token tells, 15 about the way there and back, and what a tenant
cannot configure. After each lie the same provider tells the truth, and the person comes in: it was the lie.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from api.outbound import BODY_MOST, Outbound, OutboundRefusedError
from governance.directory.models import Person
from governance.directory.provider_rules import checked_issuer
from governance.kernel.errors import BadInput
from tests.api.auth.conftest import Door, entered, reference_of, told
from tests.api.auth.provider import (
    DROP,
    Provider,
    ec,
    part,
    rsa,
    signed,
    unsigned,
    weak,
    with_the_public_key_as_secret,
)

Lie = Callable[[Provider], None]
FORGOTTEN = timedelta(hours=1, seconds=1)  # by then what a provider said of itself is asked for anew
PAGE = "You are not signed in Your organization's sign-in was not accepted; nothing was changed."


def claims(**told_: Any) -> Lie:
    return lambda provider: provider.claims.update(told_)


def at(name: str, **offset: float) -> Lie:
    """A claim that names an instant beside now."""
    return lambda p: p.claims.update({name: int((p.now() + timedelta(**offset)).timestamp())})


def published(**told_: Any) -> Lie:
    return lambda provider: provider.metadata.update(told_)


def keys(*published_: Any) -> Lie:
    return lambda provider: setattr(provider, "keys", list(published_))


def signs(how: Callable[[dict[str, Any]], str]) -> Lie:
    return lambda provider: setattr(provider, "sign", how)


def header(key: Any = None, **told_: Any) -> Lie:
    def sign(claims_: dict[str, Any]) -> str:
        return signed({"alg": "RS256", "kid": "k1"} | told_, json.dumps(claims_).encode(), key or rsa("k1"))

    return signs(sign)


def answers(path: str, status: int, body: bytes, **headers: str) -> Lie:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda provider: provider.answers.update({path: lambda: (status, named, body)})


def token(text: str) -> Lie:
    return answers("/token", 200, json.dumps({"id_token": text}).encode())


def twice(name: str) -> Lie:
    """A payload, truly signed, in which a claim stands twice, once true and once not."""

    def sign(claims_: dict[str, Any]) -> str:
        true = json.dumps(claims_)
        return signed({"alg": "RS256", "kid": "k1"}, (f'{{"{name}": "x", ' + true[1:]).encode(), rsa("k1"))

    return signs(sign)


def other_signature(claims_: dict[str, Any]) -> str:
    true = signed({"alg": "RS256", "kid": "k1"}, json.dumps(claims_).encode(), rsa("k1"))
    other = signed({"alg": "RS256", "kid": "k1"}, json.dumps(claims_ | {"sub": "admin"}).encode(), rsa("k1"))
    return ".".join((*other.split(".")[:2], true.split(".")[2]))


def header_twice(claims_: dict[str, Any]) -> str:
    true = signed({"alg": "RS256", "kid": "k1"}, json.dumps(claims_).encode(), rsa("k1"))
    return ".".join((part(b'{"alg":"none","alg":"RS256","kid":"k1"}'), *true.split(".")[1:]))


PUBLIC = rsa("k1").as_dict(private=False)
ELSEWHERE = "https://login.evil.example"
LIES: dict[str, tuple[Lie, str]] = {
    # how it is signed
    "alg none": (signs(unsigned), "ALGORITHM"),
    "HS256 with the public key as the secret": (signs(with_the_public_key_as_secret), "ALGORITHM"),
    "a signature of another token": (signs(other_signature), "SIGNATURE"),
    "no signature": (signs(lambda c: other_signature(c).rpartition(".")[0] + "."), "SIGNATURE"),
    "a key that is not the provider's": (header(key=rsa("evil")), "SIGNATURE"),
    "an unknown kid": (header(kid="evil", key=rsa("evil")), "KEY"),
    "a kid that is no text": (header(kid=7), "TOKEN"),
    "its key comes along in the header": (header(kid="evil", key=rsa("evil"), jwk=rsa("evil").as_dict(private=False)), "KEY"),
    "a critical extension": (signs(lambda c: ".".join((part({"alg": "RS256", "kid": "k1", "crit": ["b64"], "b64": False}), *other_signature(c).split(".")[1:]))), "TOKEN"),
    "a key of another kind under that kid": (keys(ec("k1").as_dict(private=False)), "KEY"),
    "a shared secret among the keys": (keys({"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}), "KEY"),
    "a key that is for encryption": (keys(PUBLIC | {"use": "enc"}), "KEY"),
    "a key that is for another algorithm": (keys(PUBLIC | {"alg": "PS512"}), "KEY"),
    "two keys of one kid": (keys(PUBLIC, rsa("evil").as_dict(private=False) | {"kid": "k1"}), "KEY"),
    "a key of 1,024 bits": (keys(weak("k1")), "KEY"),
    "keys that are no list": (answers("/keys", 200, b'{"keys": {}}'), "KEYS"),
    "a name twice among the keys": (answers("/keys", 200, json.dumps({"keys": [PUBLIC]}).replace('"kty"', '"kty": "oct", "kty"').encode()), "KEYS"),
    # what it claims
    "another issuer": (claims(iss=ELSEWHERE), "ISSUER"),
    "no issuer": (claims(iss=DROP), "ISSUER"),
    "another audience": (claims(aud="somebody-else"), "AUDIENCE"),
    "no audience": (claims(aud=DROP), "AUDIENCE"),
    "two audiences without authorized party": (claims(aud=["lictor-at-halden", "somebody-else"]), "AUTHORIZED_PARTY"),
    "another authorized party": (claims(azp="somebody-else"), "AUTHORIZED_PARTY"),
    "it has expired": (at("exp", seconds=-60), "EXPIRED"),
    "it never expires": (claims(exp=DROP), "EXPIRED"),
    "it expires at a text": (claims(exp="2099-01-01"), "EXPIRED"),
    "it holds later": (at("nbf", seconds=61), "NOT_YET"),
    "it was issued later": (at("iat", seconds=61), "ISSUED_AT"),
    "it was issued before this sign-in": (at("iat", seconds=-61), "ISSUED_AT"),
    "it was never issued": (claims(iat=DROP), "ISSUED_AT"),
    "another nonce": (claims(nonce="replayed"), "NONCE"),
    "no nonce": (claims(nonce=DROP), "NONCE"),
    "no subject": (claims(sub=DROP), "SUBJECT"),
    "an empty subject": (claims(sub=""), "SUBJECT"),
    "a subject that is a number": (claims(sub=1), "SUBJECT"),
    "it was proven later": (at("auth_time", seconds=61), "AUTH_TIME"),
    "the mail of somebody else": (claims(sub="u-7", email="ADA@halden.example"), "MAIL_TAKEN"),
    "a subject twice in the token": (twice("sub"), "TOKEN"),
    "a name twice in the header": (signs(header_twice), "TOKEN"),
    # how long it is, and what is none
    "a huge token": (claims(groups=["x" * 100] * 200), "TOKEN"),
    "a token that is none": (token("not a token"), "TOKEN"),
    "a payload that is no object": (signs(lambda _: signed({"alg": "RS256", "kid": "k1"}, b"[1]", rsa("k1"))), "TOKEN"),
    "a number that is none": (signs(lambda c: signed({"alg": "RS256", "kid": "k1"}, json.dumps(c | {"exp": float("inf")}).encode(), rsa("k1"))), "TOKEN"),
}  # fmt: skip
WAYS: dict[str, tuple[Lie, str]] = {
    "its configuration names another issuer": (published(issuer=ELSEWHERE), "ISSUER"),
    "its configuration leads elsewhere": (answers("/.well-known/openid-configuration", 302, b"", Location="/elsewhere"), "UNREACHABLE"),
    "its configuration is a page": (answers("/.well-known/openid-configuration", 200, b"<html>", Content_Type="text/html"), "METADATA"),
    "its configuration says a name twice": (answers("/.well-known/openid-configuration", 200, b'{"issuer":"a","issuer":"b"}'), "METADATA"),
    "its configuration is huge": (answers("/.well-known/openid-configuration", 200, b" " * (BODY_MOST + 1)), "UNREACHABLE"),
    "people are sent over plain http": (published(authorization_endpoint="http://login.halden.example/a"), "METADATA"),
    "people are sent to a script": (published(authorization_endpoint="javascript:alert(1)"), "METADATA"),
    "codes are redeemed over plain http": (published(token_endpoint="http://login.halden.example/t"), "METADATA"),
    "its keys lie on the network inside": (published(jwks_uri="https://10.0.0.1/keys"), "UNREACHABLE"),
    "its keys lead elsewhere": (answers("/keys", 307, b"", Location="/elsewhere"), "UNREACHABLE"),
    "its token endpoint leads elsewhere": (answers("/token", 307, b"", Location="/elsewhere"), "UNREACHABLE"),
    "its token endpoint says no": (answers("/token", 400, b'{"error": "invalid_grant"}'), "CODE"),
    "its token endpoint gives no token": (answers("/token", 200, b'{"access_token": "x"}'), "TOKEN"),
    "its token endpoint says a name twice": (answers("/token", 200, b'{"id_token": "a.b.c", "id_token": "d.e.f"}'), "TOKEN"),
    "somebody else answers for it": (lambda p: p.authorized.update(iss=ELSEWHERE), "ISSUER"),
}  # fmt: skip


@pytest.mark.parametrize("lies", [LIES, WAYS], ids=["tokens", "ways"])
async def test_a_lie_is_refused_and_the_truth_comes_in(door: Door, lies: dict[str, tuple[Lie, str]]) -> None:
    heard = {lie: await lied_to(door, tell) for lie, (tell, _) in lies.items()}
    assert heard == {lie: why for lie, (_, why) in lies.items()}


async def lied_to(door: Door, tell: Lie) -> str:
    """Hear one lie, then the truth; give why the lie was refused, or what went wrong."""
    before = len(await door.entries("identity:refuse"))
    door.office.clock.advance(FORGOTTEN)
    tell(door.honest)
    answer = await door.there_and_back()
    refused = (await door.entries("identity:refuse"))[before:]
    if entered(answer) or len(refused) != 1 or "lictor" in answer.cookies:
        return f"{answer.status_code} with {len(refused)} entries"
    after = refused[0].after or {}
    assert answer.status_code == 401
    assert PAGE in told(answer)
    assert str(reference_of(answer)) == str(after["reference"])
    assert f" {after['why']} " not in told(answer), "what was wrong is told to the admin, not to whoever tries"
    door.honest.tell_the_truth()
    door.office.clock.advance(FORGOTTEN)
    return str(after["why"]) if entered(await door.there_and_back()) else "the truth was refused, too"


def test_the_lies_are_as_many_as_this_file_says() -> None:
    assert (len(LIES), len(WAYS)) == (43, 15)


async def test_a_mail_address_links_nobody(door: Door) -> None:
    door.honest.who = {"sub": "u-7", "name": "Not Ada", "email": "ada@halden.example", "email_verified": True}
    async with door.office.database.read(door.estate.tenant_id) as session:
        before = len((await session.execute(Person.__table__.select())).all())
    assert (await door.there_and_back()).status_code == 401
    async with door.office.database.read(door.estate.tenant_id) as session:
        assert len((await session.execute(Person.__table__.select())).all()) == before
    assert await door.whys() == ["MAIL_TAKEN"]


async def test_an_answer_passes_once(door: Door) -> None:
    browser = door.browser()
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    assert entered(await door.back(browser, said))
    door.honest.checks_code = False
    assert (await door.back(browser, said)).status_code == 401
    assert await door.whys() == ["STATE_SPENT"]


async def test_of_two_who_bring_one_answer_at_once_one_comes_in(door: Door) -> None:
    browser = door.browser()
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    door.honest.checks_code = False
    both = await asyncio.gather(door.back(browser, said), door.back(browser, said))
    assert sorted(each.status_code for each in both) == [303, 401]


async def test_a_code_of_another_sign_in_is_refused_even_where_the_provider_takes_it(door: Door) -> None:
    stolen = door.honest.authorize((await door.sent(door.browser())).headers["location"])["code"]
    browser = door.browser()
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    assert (await door.back(browser, said | {"code": stolen})).status_code == 401
    assert await door.whys() == ["CODE"], "its verifier is another browser's"
    door.honest.checks_code = False
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    assert (await door.back(browser, said | {"code": stolen})).status_code == 401
    assert await door.whys() == ["CODE", "NONCE"]


async def test_an_answer_is_for_the_browser_that_asked(door: Door) -> None:
    said = door.honest.authorize((await door.sent(door.browser())).headers["location"])
    assert (await door.back(door.browser(), said)).status_code == 401
    other = door.browser()
    await door.sent(other)
    assert (await door.back(other, said)).status_code == 401
    assert await door.whys() == ["OTHER_BROWSER", "OTHER_BROWSER"]


async def test_an_answer_is_for_the_provider_that_was_asked(door: Door) -> None:
    """Mix-up: whoever was asked, another provider's answer is not taken, with or without the parameter of RFC 9207."""
    with Provider(door.office.clock.now) as evil:
        other = await door.trust(name="Other login", issuer=evil.issuer)
        browser = door.browser()
        said = door.honest.authorize((await door.sent(browser)).headers["location"])
        assert (await door.back(browser, said, other)).status_code == 401
        evil.metadata = {"authorization_response_iss_parameter_supported": False}
        assert (await door.back(browser, {k: v for k, v in said.items() if k != "iss"}, other)).status_code == 401
        assert await door.whys() == ["STATE", "STATE"]
        assert "/token" not in evil.asked, "it gets no code that was meant for another"


async def test_a_provider_that_says_its_name_must_say_it(door: Door) -> None:
    browser = door.browser()
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    assert (await door.back(browser, {k: v for k, v in said.items() if k != "iss"})).status_code == 401
    assert await door.whys() == ["ISSUER"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"state": "forged"}, "STATE"),
        ({"state": ""}, "STATE"),
        ({"error": "access_denied"}, "PROVIDER_SAID_NO"),
        ({"code": ""}, "PROVIDER_SAID_NO"),
        ({"code": "x" * 5_000}, "PROVIDER_SAID_NO"),
        ({"code": "unknown"}, "CODE"),
    ],
)
async def test_an_answer_that_is_none_is_refused(door: Door, change: dict[str, str], why: str) -> None:
    browser = door.browser()
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    answer = await door.back(browser, said | change)
    assert answer.status_code == 401
    assert PAGE in told(answer)
    assert await door.whys() == [why]


async def test_a_name_that_stands_twice_in_an_answer_is_refused(door: Door) -> None:
    browser = door.browser()
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    twice_ = f"{urlencode(said)}&{urlencode({'code': 'another'})}"
    assert (await browser.get(f"/sign-in/from/{door.trusted.id}?{twice_}")).status_code == 401
    assert await door.whys() == ["STATE"]


async def test_an_answer_comes_within_ten_minutes(door: Door) -> None:
    browser = door.browser()
    said = door.honest.authorize((await door.sent(browser)).headers["location"])
    door.office.clock.advance(timedelta(minutes=10, seconds=1))
    assert (await door.back(browser, said)).status_code == 401
    assert await door.whys() == ["STATE_OLD"]


async def test_what_redeems_a_code_never_passes_the_browser(door: Door) -> None:
    sent = await door.sent(door.browser())
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert set(asked) == {
        "tenant", "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method",
    }  # fmt: skip
    assert asked["redirect_uri"] == [f"http://127.0.0.1:8000/sign-in/from/{door.trusted.id}"]
    assert sent.headers["referrer-policy"] == "no-referrer"
    assert "HttpOnly" in sent.headers["set-cookie"]
    assert "SameSite=lax" in sent.headers["set-cookie"]


class TestSlow:
    """A provider that takes its time."""

    @pytest.fixture
    def outbound(self) -> Outbound:
        return Outbound(("127.0.0.0/8",), timeout_s=0.2)

    @pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
    async def test_a_slow_provider_is_not_waited_for(self, door: Door, path: str) -> None:
        def never() -> tuple[int, dict[str, str], bytes]:
            door.honest.gone.wait(30)
            return 200, {}, b"{}"

        door.honest.answers[path] = never
        assert (await door.there_and_back()).status_code == 401
        assert await door.whys() == ["UNREACHABLE"]


class TestInside:
    """Where no private network was named, none is reached."""

    @pytest.fixture
    def outbound(self) -> Outbound:
        return Outbound()

    async def test_a_provider_inside_is_not_called(self, door: Door) -> None:
        assert (await door.there_and_back()).status_code == 401
        assert await door.whys() == ["UNREACHABLE"]
        assert door.honest.asked == []


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.halden.example", "https://login.halden.example?x=1", "https://login.halden.example#x",
        "https://ina@login.halden.example", "ftp://login.halden.example", "login.halden.example", "", "https://",
        "https://" + "x" * 500, "javascript:alert(1)", "https://løgin.example",
    ],
)  # fmt: skip
def test_an_issuer_is_an_address_over_https(issuer: str) -> None:
    with pytest.raises(BadInput) as refused:
        checked_issuer(issuer)
    assert refused.value.path() == ("issuer",)


@pytest.mark.parametrize("claim", ["email", "preferred_username", "UPN", "name"])
async def test_nobody_is_matched_by_what_people_choose_themselves(door: Door, claim: str) -> None:
    with pytest.raises(BadInput) as refused:
        await door.trust(name="By mail", match_claim=claim)
    assert refused.value.path() == ("match_claim",)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/", "https://10.1.2.3/", "https://169.254.169.254/latest", "https://[::1]/", "https://0.0.0.0/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://224.0.0.1/",
        "https://localhost/", "https://2130706433/", "https://100.64.0.1/", "https://[fd00::1]/", "file:///etc/passwd",
        "https://ina:secret@127.0.0.1/", "https://", "https://192.0.2.1/", "gopher://127.0.0.1/",
    ],
)  # fmt: skip
async def test_no_call_goes_inside(url: str) -> None:
    with pytest.raises(OutboundRefusedError):
        await Outbound(timeout_s=2).get(url)


async def test_plain_http_is_spoken_with_this_machine_only() -> None:
    with pytest.raises(OutboundRefusedError, match="plain http"):
        await Outbound(("10.0.0.0/8",), timeout_s=2).get("http://10.1.2.3/")
