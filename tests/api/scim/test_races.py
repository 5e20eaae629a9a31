"""Requests that cross each other: one name stays one person's, and no change of another is lost."""

import asyncio

from tests.api.scim.asking import ENTERPRISE, USER, Provider


async def test_of_many_who_want_one_name_one_gets_it(idp: Provider) -> None:
    body = {"schemas": [USER], "userName": "ada.k", "externalId": "00u1"}
    answers = await asyncio.gather(*[idp.ask("POST", "/Users", body) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert {answer.json().get("scimType") for answer in answers if answer.status_code == 409} == {"uniqueness"}
    assert (await idp.get("/Users?filter=userName%20eq%20%22ada.k%22"))["totalResults"] == 1


async def test_changes_of_different_things_all_stay(idp: Provider) -> None:
    made = await idp.user("ada.k")
    said = {"title": "a", "nickName": "b", "userType": "c"}
    changes = [{"op": "add", "path": path, "value": value} for path, value in said.items()]
    answers = await asyncio.gather(*[idp.patch(f"/Users/{made['id']}", change) for change in changes])
    assert [answer.status_code for answer in answers] == [204] * 3
    read = await idp.get(f"/Users/{made['id']}")
    assert {key: read.get(key) for key in said} == said


async def test_of_many_with_one_version_one_changes(idp: Provider) -> None:
    made = await idp.user("ada.k")
    changes = [{"op": "add", "path": f"{ENTERPRISE}:employeeNumber", "value": str(number)} for number in range(4)]
    version = made["meta"]["version"]
    answers = await asyncio.gather(*[idp.patch(f"/Users/{made['id']}", one, If_Match=version) for one in changes])
    assert sorted(answer.status_code for answer in answers) == [204, 412, 412, 412]


async def test_members_who_join_at_once_are_all_in(idp: Provider) -> None:
    people = [(await idp.user(f"user {number}"))["id"] for number in range(5)]
    group = await idp.group("Staff")
    joins = [{"op": "add", "path": "members", "value": [{"value": one}]} for one in people]
    answers = await asyncio.gather(*[idp.patch(f"/Groups/{group['id']}", join) for join in joins])
    assert [answer.status_code for answer in answers] == [204] * 5
    assert {one["value"] for one in (await idp.get(f"/Groups/{group['id']}"))["members"]} == set(people)
