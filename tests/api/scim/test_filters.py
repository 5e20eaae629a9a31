"""Filters and orders: the database answers as the grammar's own evaluator would, over every user there is."""

import random
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from scim2_models import ScimFilter, SearchRequest

from api.scim.shapes import UserModel, provider
from tests.api.scim.asking import ENTERPRISE, SEARCH, Provider

COMBINED = 60
PEOPLE: list[dict[str, Any]] = [
    {
        "userName": "Alice@Halden.example", "displayName": "Alice", "title": "Boss", "externalId": "Ex-1",
        "name": {"givenName": "Alice", "familyName": "Liddell"}, "active": True,
        "emails": [
            {"value": "alice@home.example", "type": "home"},
            {"value": "alice@work.example", "type": "work", "primary": True},
        ],
        "enterprise": {"employeeNumber": "100", "department": "Sales"},
    },
    {"userName": "Bob", "active": False, "emails": [{"value": "bob@work.example", "type": "work"}]},
    {"userName": "carol", "title": "", "name": {"familyName": "smith"}, "enterprise": {"employeeNumber": "2"}},
    {"userName": "daveXX", "title": "500 off"},
    {"userName": "dave_%", "title": "50% off", "emails": [{"value": "dave@home.example"}]},
    {"userName": "Éva'; --", "displayName": "ÉVA", "title": 'say "hi" \\ there', "locale": "de-CH"},
]  # fmt: skip

FILTERS = [
    'userName eq "ALICE@halden.example"', 'userName ne "bob"', 'userName sw "dave_"', 'title sw "50%"', 'userName ew "_%"',
    'userName co "a"', 'userName co ""', 'userName gt "b"', 'userName le "carol"', 'userName eq "éva\'; --"',
    'USERNAME Eq "bob"', 'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob"',
    'title eq "boss"', 'title ne "Boss"', 'not (title eq "Boss")', "title eq null", "title ne null", "title gt null",
    "title pr", "not (title pr)", 'title co "%"', 'title lt "c"', 'title co "\\"hi\\" \\\\ "', 'title eq ""',
    "displayName pr", 'displayName eq "éva"', 'displayName sw "al"', "name pr", "name.givenName pr",
    'name.familyName eq "SMITH"', "active eq true", "active eq false", "not (active eq true)", "active ne true",
    "active pr", 'meta.created co "20"', 'meta.created gt "2000-01-01T00:00:00Z"',
    'meta.lastModified lt "2000-01-01T00:00:00Z"', 'meta.resourceType eq "User"', 'meta.resourceType eq "Group"',
    'meta.version sw "W/"', "emails pr", 'emails eq "alice@work.example"', 'emails ne "alice@work.example"',
    'emails co "WORK"', 'emails.type eq "work"', "emails.type pr", "emails.primary eq true", "emails.primary eq false",
    'emails[type eq "work" and value co "alice"]', 'emails[type eq "home" and primary eq true]',
    'emails[value ne "alice@work.example"]', 'emails[not (type eq "work")]', "emails[type pr]", "emails[primary pr]",
    f'{ENTERPRISE}:employeeNumber eq "100"', f'{ENTERPRISE}:employeeNumber gt "10"',
    f'{ENTERPRISE}:department eq "sales"', f"{ENTERPRISE}:department pr", f"{ENTERPRISE}:manager pr",
    'externalId eq "Ex-1"', 'externalId eq "ex-1"', 'externalId sw "Ex"', 'externalId co "x-"', 'externalId eq "ada"',
    'title eq "Boss" or userName eq "Bob"', 'title eq "Boss" and active eq false',
    'not (userName co "a" or active eq false) and (title pr or emails pr)', "groups pr", 'groups.display eq "STAFF"',
    'groups[display sw "st" and type eq "direct"]', 'id eq "nobody"', 'id sw "0"', "id pr",
    'nickName eq "x"',
]  # fmt: skip
SORTS = [
    "userName", "title", "displayName", "name.familyName", "active", "emails", "emails.type", "meta.created",
    f"{ENTERPRISE}:employeeNumber", "externalId", "id",
]  # fmt: skip


@pytest.fixture
async def peopled(idp: Provider) -> list[dict[str, Any]]:
    """Give every user there is: six told of by the provider, the estate's own seven of whom it told nothing."""
    made = [await idp.user(one["userName"], **{k: v for k, v in one.items() if k != "userName"}) for one in PEOPLE]
    await idp.group("Staff", made[0]["id"], made[4]["id"])
    return list((await idp.get("/Users?count=100"))["Resources"])


def _shown(resources: Sequence[dict[str, Any]]) -> list[Any]:
    with provider():
        return [UserModel.model_validate(one) for one in resources]


async def _amiss(idp: Provider, users: list[dict[str, Any]], filters: Sequence[str]) -> list[str]:
    """Give the filters that the database answers otherwise than the evaluator."""
    shown, amiss = _shown(users), []
    for text in filters:
        meant = {one.id for one in shown if ScimFilter[UserModel](text).match(one)}
        found = await idp.get(f"/Users?count=100&filter={quote(text)}")
        ids = {one["id"] for one in found.get("Resources", [])}
        if ids != meant or found["totalResults"] != len(meant):
            named = {one["id"]: one.get("userName") for one in users}
            amiss.append(f"{text}: {sorted(named[one] for one in ids)} not {sorted(named[one] for one in meant)}")
    return amiss


async def test_the_database_finds_whom_the_grammar_means(idp: Provider, peopled: list[dict[str, Any]]) -> None:
    assert not await _amiss(idp, peopled, FILTERS)


async def test_whatever_is_combined(idp: Provider, peopled: list[dict[str, Any]]) -> None:
    dice = random.Random(20261124)

    def term(depth: int) -> str:
        if depth == 0 or dice.random() < 0.3:
            return dice.choice(FILTERS)
        if dice.random() < 0.3:
            return f"not ({term(depth - 1)})"
        return f"({term(depth - 1)}) {dice.choice(('and', 'or', 'AND'))} ({term(depth - 1)})"

    assert not await _amiss(idp, peopled, [term(3) for _ in range(COMBINED)])


async def test_a_list_is_ordered_as_asked_what_has_no_value_last(idp: Provider, peopled: list[dict[str, Any]]) -> None:
    shown, amiss = _shown(peopled), []
    for path in SORTS:
        for order in ("ascending", "descending"):
            request = SearchRequest[UserModel](sort_by=path, sort_order=order)

            def key(user: Any, request: SearchRequest[Any] = request) -> tuple[bool, Any, str]:
                value = request.sort_value(user)
                return value is None, "" if value is None else value, user.id

            meant = [one.id for one in sorted(shown, key=key, reverse=order == "descending")]
            found = await idp.get(f"/Users?count=100&sortBy={quote(path)}&sortOrder={order}")
            if [one["id"] for one in found["Resources"]] != meant:
                amiss.append(f"{path} {order}")
    assert not amiss


async def test_pages_cover_a_list_once(idp: Provider, peopled: list[dict[str, Any]]) -> None:
    seen: list[str] = []
    for start in range(1, len(peopled) + 1, 5):
        page = await idp.get(f"/Users?sortBy=userName&startIndex={start}&count=5")
        assert page["totalResults"] == len(peopled)
        assert page["startIndex"] == start
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [one["id"] for one in page["Resources"]]
    assert sorted(seen) == sorted(one["id"] for one in peopled)
    assert (await idp.get("/Users?count=0"))["totalResults"] == len(peopled)
    beyond = await idp.get("/Users?startIndex=1000")
    assert (beyond["totalResults"], beyond.get("Resources", [])) == (len(peopled), [])


async def test_what_cannot_be_looked_up_is_said_to_be_so(idp: Provider) -> None:
    for text in (
        "userName eq", 'userName regex "x"', "active gt true", 'hairColor eq "x"', 'meta.location eq "x"',
        "not (" * 25 + "id pr" + ")" * 25, " or ".join(["id pr"] * 200),
    ):  # fmt: skip
        answer = await idp.ask("GET", f"/Users?filter={quote(text)}")
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter"), text[:40]
        assert answer.json()["detail"]
    answer = await idp.ask("GET", "/Users?sortBy=hairColor")
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidPath")


async def test_groups_are_found_by_name_member_and_external_id(idp: Provider) -> None:
    ada, ben = await idp.user("ada.k", displayName="Ada"), await idp.user("ben.m")
    staff = await idp.group("Staff", ada["id"], ben["id"], externalId="g-1")
    await idp.group("Other", ben["id"])
    for text, found in (
        ('displayName eq "STAFF"', 1), (f'members.value eq "{ben["id"]}"', 2), (f'members[value eq "{ada["id"]}"]', 1),
        ('externalId eq "g-1"', 1), ('externalId eq "G-1"', 0), ('members.display eq "ada"', 1), ("members pr", 2),
        ('members.type eq "User"', 2), ('not (displayName co "t")', 0), ('meta.resourceType eq "Group"', 2),
    ):  # fmt: skip
        answer = await idp.get(f"/Groups?filter={quote(text)}")
        assert answer["totalResults"] == found, text
    begins = quote('displayName sw "st"')
    listed = await idp.get(f"/Groups?filter={begins}&excludedAttributes=members")
    assert [one["id"] for one in listed["Resources"]] == [staff["id"]]
    assert "members" not in listed["Resources"][0]


async def test_users_and_groups_are_searched_together(idp: Provider) -> None:
    ada = await idp.user("ada.k", displayName="Common")
    group = await idp.group("Common", ada["id"])
    answer = await idp.ask("POST", "/.search", {"schemas": [SEARCH], "filter": 'displayName eq "common"',
                                               "sortBy": "displayName"})  # fmt: skip
    assert answer.status_code == 200
    assert {one["id"] for one in answer.json()["Resources"]} == {ada["id"], group["id"]}
    alone = await idp.ask("POST", "/.search", {"schemas": [SEARCH], "filter": 'userName eq "ada.k"'})
    assert [one["id"] for one in alone.json()["Resources"]] == [ada["id"]]
