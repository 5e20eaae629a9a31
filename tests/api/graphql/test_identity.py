"""Sessions and second factors over the graph: one's own are ended, somebody's lost factor is reset, others see nothing."""

from sqlalchemy import select

from api.graphql.engine import encode_node_id
from governance.audit.models import Entry
from governance.directory.models import SecondFactor, Session
from governance.directory.service import NewAccount, create_account, operator, sign_in
from governance.tables import METADATA
from tests.api.graphql.conftest import Door

PASSWORD = "correct horse battery"
LIST = "{ mySessions(first: 9) { nodes { id endedAt lastSeenAt } } }"
END = "mutation($x: EndSessionInput!) { endSession(input: $x) { __typename ... on Session { endedAt } } }"
OTHERS = "mutation($x: EndOtherSessionsInput!) { endOtherSessions(input: $x) { __typename } }"
RESET = "mutation($x: ResetSecondFactorInput!) { resetSecondFactor(input: $x) { __typename } }"


async def with_sessions(door: Door, who: str, count: int = 2) -> None:
    office, estate = door.estate.office, door.estate
    person, login = estate.people[who], f"{who}@halden.example"
    await office.perform(operator(estate.tenant_id), lambda w: create_account(w, NewAccount(person, login, PASSWORD)))
    for _ in range(count):
        await sign_in(office, None, login, PASSWORD)


async def acts(door: Door) -> list[str]:
    async with door.estate.office.database.read(door.estate.tenant_id) as session:
        return list((await session.execute(select(Entry.act).order_by(Entry.id))).scalars())


async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(door: Door) -> None:
    await with_sessions(door, "ada")
    await with_sessions(door, "ben", 1)
    ada, ben = await door.as_("ada"), await door.as_("ben")
    own = (await ada.ask(LIST))["mySessions"]["nodes"]
    assert len(own) == 2
    foreign = (await ben.ask(LIST))["mySessions"]["nodes"][0]["id"]
    assert (await ada.ask(END, x={"session": foreign}))["endSession"]["__typename"] == "Refusal"
    ended = await ada.ask(END, x={"session": own[0]["id"]})
    assert ended["endSession"]["endedAt"] is not None
    assert len((await ada.ask(LIST))["mySessions"]["nodes"]) == 1
    assert (await ada.ask(OTHERS, x={"keepThis": False}))["endOtherSessions"]["__typename"] == "Person"
    assert (await ada.ask(LIST))["mySessions"]["nodes"] == []
    async with door.estate.office.database.read(door.estate.tenant_id) as session:
        standing = (await session.execute(select(Session).where(Session.ended_at.is_(None)))).scalars().all()
    assert [encode_node_id("Session", row.id) for row in standing] == [foreign]
    told = await acts(door)
    assert told.count("session:end") == 1
    assert told.count("session:end_others") == 1


async def test_an_admin_resets_a_lost_factor_and_a_holder_does_not(door: Door) -> None:
    await with_sessions(door, "ada", 1)
    estate = door.estate
    async with estate.office.database.read(estate.tenant_id) as session:
        account_id = (await session.execute(select(Session.account_id))).scalars().one()
    now = estate.office.clock.now()
    await estate.add(
        SecondFactor(**estate.key(), account_id=account_id, secret_sealed="x", created_at=now, confirmed_at=now)
    )
    asked = {"person": encode_node_id("Person", estate.people["ada"]), "reason": "lost it, known by sight"}
    ben, admin = await door.as_("ben"), await door.as_("admin")
    assert (await ben.ask(RESET, x=asked))["resetSecondFactor"]["__typename"] == "Refusal"
    assert (await admin.ask(RESET, x=asked))["resetSecondFactor"]["__typename"] == "Person"
    assert "second_factor:reset" in await acts(door)


async def test_a_holder_sees_no_providers_and_adds_none(door: Door) -> None:
    ben = await door.as_("ben")
    seen = await ben.ask(
        "{ identityProviders(first: 9) { nodes { id } } externalIdentities(first: 9) { nodes { id } } }"
    )
    assert seen == {"identityProviders": {"nodes": []}, "externalIdentities": {"nodes": []}}
    add = "mutation($x: AddIdentityProviderInput!) { addIdentityProvider(input: $x) { ... on Refusal { code } } }"
    given = {"name": "Mine", "issuer": "https://login.evil.example", "clientId": "x"}
    assert (await ben.ask(add, x=given))["addIdentityProvider"]["code"] == "REFUSED"


async def test_a_client_secret_is_kept_sealed_and_shown_to_nobody(door: Door) -> None:
    admin = await door.as_("admin")
    add = """mutation($x: AddIdentityProviderInput!) { addIdentityProvider(input: $x) {
        ... on IdentityProvider { id hasSecret version scopes } ... on Refusal { message } } }"""
    given = {
        "name": "Login",
        "issuer": "https://login.halden.example",
        "clientId": "x",
        "clientSecret": "h1dden-secret",
    }
    added = (await admin.ask(add, key="once", x=given))["addIdentityProvider"]
    assert (added["hasSecret"], added["scopes"]) == (True, ["openid", "profile", "email"])
    async with door.estate.office.database.system_read() as session:
        for table in METADATA.sorted_tables:
            rows = str((await session.execute(select(table))).all())
            assert "h1dden-secret" not in rows, table.name
