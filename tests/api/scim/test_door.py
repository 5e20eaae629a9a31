"""The door itself: who may come in, what it says of itself, whose records it shows, and what it refuses unread."""

from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from api.scim.door import scim_handlers
from api.scim.shapes import BODY_MOST
from api.settings import Settings
from governance.directory.models import Person
from governance.directory.service import (
    NewGrant,
    NewServiceAccount,
    NewToken,
    create_service_account,
    create_token,
    grant_role,
    operator,
)
from governance.kernel.work import Office, Work
from policies.access.actions import Action
from policies.access.parties import Role, ScopeKind
from tests.api.doors import bearer, served
from tests.api.scim.asking import ENTERPRISE, GROUP, PATCH, USER, Provider, provider_of
from tests.estate import Estate

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def is_scim_error(answer: httpx.Response, status: int) -> bool:
    said = answer.json()
    typed = answer.headers["content-type"].startswith("application/scim+json")
    return typed and answer.status_code == status and said["schemas"] == [ERROR] and said["status"] == str(status)


async def test_it_says_what_it_can_do(idp: Provider) -> None:
    config = (await idp.http.get("/scim/v2/ServiceProviderConfig")).json()  # for this nobody needs a token
    for what in ("patch", "bulk", "filter", "sort", "etag"):
        assert config[what]["supported"] is True
    assert config["changePassword"]["supported"] is False
    assert [one["type"] for one in config["authenticationSchemes"]] == ["oauthbearertoken"]
    kinds = (await idp.get("/ResourceTypes"))["Resources"]
    assert [(kind["name"], kind["endpoint"]) for kind in kinds] == [("User", "/Users"), ("Group", "/Groups")]
    schemas = {one["id"]: {a["name"] for a in one["attributes"]} for one in (await idp.get("/Schemas"))["Resources"]}
    assert len(schemas) == 3
    assert not {"password", "x509Certificates"} & schemas[USER]


async def test_without_a_token_nobody_comes_in(idp: Provider) -> None:
    for head in ({}, {"Authorization": "Bearer lic_nothing"}, {"Authorization": "Basic YTpi"}):
        for path in ("/Users", "/Schemas", "/Groups/x", "/Users?filter=id%20pr"):
            answer = await idp.http.get(f"/scim/v2{path}", headers=head)
            assert is_scim_error(answer, 401), (path, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_without_the_right_finds_nothing_and_makes_nothing(idp: Provider, estate: Estate) -> None:
    made = await idp.user("ada.k")
    for who, narrowed in (("ben", ()), ("auditor", ()), ("admin", (Action.PERSON_READ, Action.PERSON_EDIT))):
        head = await bearer(estate, who, *narrowed)
        weak = Provider(idp.http, head)
        assert (await weak.get("/Users"))["totalResults"] == 0
        assert (await weak.ask("GET", f"/Users/{made['id']}")).status_code == 404
        assert (await weak.ask("DELETE", f"/Users/{made['id']}")).status_code == 404
        assert (await weak.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "x"})).status_code == 403
        assert (await weak.ask("POST", "/Users", {"schemas": [USER], "userName": "x"})).status_code in {403, 404}


async def test_a_service_account_of_one_unit_provisions_that_unit_only(
    idp: Provider, estate: Estate, office: Office
) -> None:
    async def make(work: Work) -> str:
        account = await create_service_account(work, NewServiceAccount("okta", estate.units["it"]))
        place = {"scope": ScopeKind.UNIT, "unit_id": estate.units["sales"], "service_account_id": account.id}
        await grant_role(work, NewGrant(Role.IT_ADMIN, reason="provisions sales", **place))
        narrowed = frozenset({Action.PERSON_PROVISION})
        return (await create_token(work, NewToken("okta", None, account.id, narrowed)))[1]

    secret = await office.perform(operator(estate.tenant_id), make)
    outside = await idp.user("dora", enterprise={"department": "finance"})
    sales = Provider(idp.http, {"Authorization": f"Bearer {secret}"})
    inside = await sales.user("ada.k", enterprise={"department": "sales-emea"})
    seen = {one["id"] for one in (await sales.get("/Users"))["Resources"]}
    assert seen == {inside["id"], *(str(estate.people[who]) for who in ("ada", "ben", "cleo", "board-sales"))}
    assert (await sales.ask("GET", f"/Users/{outside['id']}")).status_code == 404
    move = {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "finance"}
    assert (await sales.patch(f"/Users/{inside['id']}", move)).status_code == 204
    assert (await idp.get(f"/Users/{inside['id']}"))[ENTERPRISE]["department"] == "finance"
    async with office.database.read(estate.tenant_id) as session:  # a unit out of reach is one that nobody knows
        row = await session.get_one(Person, (estate.tenant_id, UUID(inside["id"])))
    assert row.unit_id == estate.units["sales-emea"]
    assert (await sales.ask("POST", "/Users", {"schemas": [USER], "userName": "nobody"})).status_code == 404
    assert (await sales.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "x"})).status_code == 403


async def test_two_tenants_with_equal_names_never_meet(
    idp: Provider, estate: Estate, office: Office, tmp_path: Path
) -> None:
    ours = await idp.user("ada.k", externalId="00u1", displayName="Ours")
    our_group = await idp.group("Staff", ours["id"], externalId="g-1")
    before = await idp.get(f"/Users/{ours['id']}")
    twin = await Estate.raised(office, "Twin")
    async with provider_of(twin, tmp_path) as other:
        theirs = await other.user("ada.k", externalId="00u1", displayName="Theirs")
        await other.group("Staff", theirs["id"], externalId="g-1")
        for kind, ours_id in (("Users", ours["id"]), ("Groups", our_group["id"])):
            foreign, missing = f"/{kind}/{ours_id}", f"/{kind}/{office.ids.new()}"
            for method, body in (("GET", None), ("DELETE", None), ("PUT", _whole(kind)), ("PATCH", _patch())):
                answers = [await other.ask(method, path, body) for path in (foreign, missing)]
                texts = {a.text.replace(ours_id, "").replace(missing.rpartition("/")[2], "") for a in answers}
                assert {answer.status_code for answer in answers} == {404}
                assert len(texts) == 1
            found = await other.get(f"/{kind}?filter=externalId%20eq%20%22{'00u1' if kind == 'Users' else 'g-1'}%22")
            assert [one["displayName"] for one in found["Resources"]] == ["Theirs" if kind == "Users" else "Staff"]
        for text in (f'id eq "{ours["id"]}"', f'groups.value eq "{our_group["id"]}"', 'displayName eq "Ours"'):
            assert (await other.get(f"/Users?filter={quote(text)}"))["totalResults"] == 0
    assert await idp.get(f"/Users/{ours['id']}") == before


async def test_what_is_not_there_is_not_found(idp: Provider) -> None:
    made = await idp.user("ada.k")
    for path in ("/Nothing", "/Users/nobody", f"/Users/{made['id'].upper()}", f"/Groups/{made['id']}", "/Users/a/b"):
        assert is_scim_error(await idp.ask("GET", path), 404), path
    assert is_scim_error(await idp.ask("PUT", "/Users", {"schemas": [USER]}), 405)
    assert is_scim_error(await idp.ask("GET", "/Me"), 501)
    assert is_scim_error(await idp.ask("GET", "/Schemas?filter=id%20pr"), 403)


async def test_it_reads_no_more_than_it_says(idp: Provider) -> None:
    body = b'{"schemas":["' + USER.encode() + b'"],"userName":"x","title":"' + b"y" * BODY_MOST + b'"}'
    assert is_scim_error(await idp.ask("POST", "/Users", body), 413)
    assert is_scim_error(await idp.ask("POST", "/Users", b"{}", Content_Encoding="gzip"), 415)
    assert is_scim_error(await idp.ask("POST", "/Users", b"a=b", Content_Type="application/x-www-form-urlencoded"), 415)
    assert is_scim_error(await idp.ask("GET", "/Users?filter=" + "x" * 9_000), 413)
    assert is_scim_error(await idp.ask("POST", "/Users", b"[" * 100_000), 400)
    assert is_scim_error(await idp.ask("POST", "/Users", b'{"userName": "\xff"}'), 400)


async def test_who_asks_too_fast_is_told_when_to_come_again(estate: Estate, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, provisioning_pace=1)
    async with served(estate.office, settings, scim_handlers(estate.office, settings)) as http:
        idp = Provider(http, await bearer(estate, "admin", Action.PERSON_PROVISION))
        answers = [await idp.ask("GET", "/Users?count=0") for _ in range(21)]
        assert [answer.status_code for answer in answers] == [200] * 20 + [429]
        assert is_scim_error(answers[-1], 429)
        assert int(answers[-1].headers["retry-after"]) >= 1
        other = Provider(http, await bearer(estate, "auditor"))
        assert (await other.ask("GET", "/Users?count=0")).status_code == 200


def _whole(kind: str) -> dict[str, Any]:
    return {"schemas": [USER], "userName": "x"} if kind == "Users" else {"schemas": [GROUP], "displayName": "x"}


def _patch() -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "x"}]}
