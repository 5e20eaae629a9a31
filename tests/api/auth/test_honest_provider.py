"""With an honest provider people come in: new ones into the directory, known ones by (issuer, subject), groups as roles."""

from datetime import timedelta

from sqlalchemy import func, select

from governance.directory.models import ExternalIdentity, Person, RoleGrant, Session, Tenant
from governance.directory.service import (
    NewIdentity,
    NewMapping,
    actor_of_session,
    end_mapping,
    end_provider,
    link_identity,
    map_group,
    mark_left,
    operator,
    unlink_identity,
)
from policies.access.parties import Role, ScopeKind
from tests.api.auth.conftest import Door, entered, told
from tests.api.auth.provider import DROP, ec, rsa, signed


async def signed_in(door: Door, answer):
    return await actor_of_session(door.office, answer.cookies["lictor"])


async def test_a_newcomer_comes_in_and_is_known_the_next_time(door: Door) -> None:
    answer = await door.there_and_back()
    assert entered(answer), told(answer)
    first = await signed_in(door, answer)
    assert (first.person.name, first.person.mail, first.person.country) == ("Nora Lind", "nora@halden.example", "CH")
    assert first.person.unit_id == door.estate.units["it"]
    assert first.by_provider
    door.honest.who |= {"name": "Nora Married", "email": "other@halden.example"}
    again = await signed_in(door, await door.there_and_back())
    assert again.person.id == first.person.id
    async with door.office.database.read(door.estate.tenant_id) as session:
        assert (await session.execute(select(func.count()).select_from(ExternalIdentity))).scalar_one() == 1
    assert [e.after["by"] for e in await door.entries("session:create")] == ["provider Halden login"] * 2


async def test_a_mail_that_is_not_vouched_for_is_not_taken(door: Door) -> None:
    for sub, unsure in (("u-2", {"email_verified": False}), ("u-3", {"email": DROP}), ("u-4", {"name": DROP})):
        door.honest.who["sub"] = sub
        door.honest.claims = unsure | ({"email": f"{sub}@halden.example"} if "email" not in unsure else {})
        person = (await signed_in(door, await door.there_and_back())).person
        assert (person.mail == "u-4@halden.example") == (sub == "u-4")
        assert person.mail.endswith("@no-mail.invalid") == (sub != "u-4")


async def test_a_known_person_is_linked_by_hand_and_by_the_directorys_own_key_never_by_mail(door: Door) -> None:
    ben, ada = (door.estate.people[name] for name in ("ben", "ada"))
    admin = door.estate.actor("admin")
    linked = await door.office.perform(admin, lambda w: link_identity(w, NewIdentity(door.trusted.id, ben, "u-1")))
    assert (await signed_in(door, await door.there_and_back())).person.id == ben
    await door.office.perform(admin, lambda w: unlink_identity(w, linked.id, "wrong person"))
    async with door.office.database.read(door.estate.tenant_id) as session:
        keys = dict((await session.execute(select(Person.id, Person.external_id))).tuples().all())
    door.trusted = await door.trust(name="By key", match_claim="oid", joins=False)
    door.honest.claims = {"oid": keys[ada]}
    assert (await signed_in(door, await door.there_and_back())).person.id == ada
    door.honest.claims = {"oid": keys[ada], "sub": "u-9"}
    assert (await door.there_and_back()).status_code == 401, "her identity is known: no second one takes her over"
    door.honest.claims = {"oid": "nobody", "sub": "u-9"}
    assert (await door.there_and_back()).status_code == 401
    assert await door.whys() == ["OTHER_PERSON", "NOT_KNOWN"]


async def test_groups_give_dated_roles_and_take_them_back(door: Door) -> None:
    office, admin = door.office, door.estate.actor("admin")
    command = NewMapping(door.trusted.id, "auditors", Role.AUDITOR, ScopeKind.TENANT, "the audit team")
    await office.perform(admin, lambda w: map_group(w, command))
    door.honest.who["groups"] = ["auditors", "everybody"]
    first = await signed_in(door, await door.there_and_back())
    assert Role.AUDITOR in first.actor.roles
    office.clock.advance(timedelta(days=1))
    assert Role.AUDITOR in (await signed_in(door, await door.there_and_back())).actor.roles
    async with office.database.read(door.estate.tenant_id) as session:
        query = select(RoleGrant).where(RoleGrant.person_id == first.person.id)
        [grant] = (await session.execute(query)).scalars().all()
    assert grant.end == office.clock.now() + timedelta(days=7), "one grant, renewed, never longer than a session"
    assert grant.reason == "group auditors of Halden login"
    door.honest.who["groups"] = ["everybody"]
    assert Role.AUDITOR not in (await signed_in(door, await door.there_and_back())).actor.roles


async def test_an_ended_mapping_and_an_ended_provider_take_back_at_once(door: Door) -> None:
    office, admin = door.office, door.estate.actor("admin")
    command = NewMapping(door.trusted.id, "it", Role.IT_ADMIN, ScopeKind.UNIT, "IT", unit_id=door.estate.units["it"])
    mapping = await office.perform(admin, lambda w: map_group(w, command))
    door.honest.who["groups"] = "it"
    answer = await door.there_and_back()
    assert Role.IT_ADMIN in (await signed_in(door, answer)).actor.roles
    await office.perform(admin, lambda w: end_mapping(w, mapping.id, "no more"))
    assert Role.IT_ADMIN not in (await signed_in(door, answer)).actor.roles
    await office.perform(admin, lambda w: end_provider(w, door.trusted.id, "another provider"))
    async with office.database.read(door.estate.tenant_id) as session:
        assert (await session.execute(select(Session.ended_at))).scalars().all() == [office.clock.now()]
    gone = await door.sent(door.browser())
    assert gone.status_code == 401
    assert "There is no such way to sign in" in told(gone)


async def test_a_leaver_stays_out(door: Door) -> None:
    person = (await signed_in(door, await door.there_and_back())).person
    await door.office.perform(operator(door.estate.tenant_id), lambda w: mark_left(w, person.id))
    assert (await door.there_and_back()).status_code == 401
    assert await door.whys() == ["LEFT"]


async def test_a_rotated_key_is_learned_and_a_curve_is_spoken(door: Door) -> None:
    assert entered(await door.there_and_back())
    door.honest.keys = [rsa("k2").as_dict(private=False), ec("e1").as_dict(private=False)]
    door.honest.sign = lambda claims: signed({"alg": "RS256", "kid": "k2"}, _json(claims), rsa("k2"))
    door.office.clock.advance(timedelta(seconds=30))
    assert entered(await door.there_and_back())
    door.honest.sign = lambda claims: signed({"alg": "ES256", "kid": "e1"}, _json(claims), ec("e1"))
    assert entered(await door.there_and_back())
    asked = door.honest.asked.count("/keys")
    assert asked == 2, "keys are kept, and asked for again when one is unknown"


async def test_proof_anew_wants_a_sign_in_of_now_by_the_same_person(door: Door) -> None:
    browser = door.browser()
    assert entered(await door.there_and_back(browser))
    door.office.clock.advance(timedelta(hours=1))
    ask = await browser.get("/sign-in/again?next=/my-licenses")
    assert "/sign-in/again/with?next=%2Fmy-licenses" in ask.text
    assert 'name="password"' not in ask.text

    async def again(**claims: object) -> int:
        sent = await browser.get("/sign-in/again/with?next=/my-licenses")
        assert "prompt=login" in sent.headers["location"]
        assert "max_age=0" in sent.headers["location"]
        door.honest.claims = claims
        return (await door.back(browser, door.honest.authorize(sent.headers["location"]))).status_code

    old = int((door.office.clock.now() - timedelta(minutes=10)).timestamp())
    assert await again(auth_time=old) == 401
    assert await again(auth_time=DROP) == 401
    assert await again(sub="somebody-else") == 401
    assert await door.whys() == ["AUTH_TIME", "AUTH_TIME", "OTHER_PERSON"]
    assert await again() == 303
    proved = await actor_of_session(door.office, browser.cookies["lictor"])
    assert proved.actor.authenticated_at == door.office.clock.now()


async def test_a_sign_in_of_unknown_age_is_no_fresh_proof(door: Door) -> None:
    door.honest.claims = {"auth_time": DROP}
    known = await signed_in(door, await door.there_and_back())
    assert known.actor.authenticated_at == door.office.clock.now() - timedelta(days=7)


async def test_signing_out_shows_the_way_out_there_too(door: Door) -> None:
    browser = door.browser()
    assert entered(await door.there_and_back(browser))
    csrf = (await actor_of_session(door.office, browser.cookies["lictor"])).csrf
    left = await browser.post("/sign-out", data={"_csrf": csrf})
    assert left.status_code == 200
    assert f"{door.honest.issuer}/logout?client_id=lictor-at-halden" in left.text
    assert (await browser.get("/my-licenses")).headers["location"].startswith("/sign-in")


async def test_the_provider_ends_sessions_by_its_word(door: Door) -> None:
    for sub, sid in (("u-1", "s-1"), ("u-1", "s-2"), ("u-2", "s-3")):
        door.honest.who |= {"sub": sub, "sid": sid, "email": DROP}
        assert entered(await door.there_and_back())

    async def standing() -> int:
        async with door.office.database.read(door.estate.tenant_id) as session:
            query = select(func.count()).where(Session.ended_at.is_(None))
            return (await session.execute(query)).scalar_one()

    async def tell(token: str) -> int:
        sent = await door.browser().post(f"/sign-in/from/{door.trusted.id}/logout", data={"logout_token": token})
        return sent.status_code

    token = door.honest.logout_token(sid="s-1", jti="j-1")
    assert await tell(token) == 200
    assert await standing() == 2
    for lie in (
        token,
        door.honest.logout_token(jti="j-2", nonce="x"),
        door.honest.logout_token(jti="j-3", events=DROP),
        door.honest.logout_token(jti="j-4", sub=DROP),
        door.honest.logout_token(jti="j-5", aud="somebody-else"),
        door.honest.logout_token(jti="j-6", iat=1),
        "not a token",
    ):
        assert await tell(lie) == 400
    assert await standing() == 2
    assert await tell(door.honest.logout_token(jti="j-7")) == 200
    assert await standing() == 1


async def test_the_door_names_the_ways_in_of_an_organization(door: Door) -> None:
    browser = door.browser()
    async with door.office.database.system_read() as session:
        slug = (await session.execute(select(Tenant.slug))).scalar_one()
    for path in ("/sign-in", f"/sign-in?organization={slug.upper()}"):
        page = (await browser.get(path)).text
        assert "Sign in with Halden login" in page
        assert f"/sign-in/with/{door.trusted.id}?next=%2F" in page
    unknown = (await browser.get("/sign-in?organization=nowhere")).text
    assert "Sign in with Halden login" not in unknown


def _json(claims: dict) -> bytes:
    import json

    return json.dumps(claims).encode()
