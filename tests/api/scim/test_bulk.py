"""Many operations in one request: references between them, a bound of errors, and each failing for itself alone."""

from typing import Any

from sqlalchemy import func, select

from api.scim.shapes import BODY_MOST, BULK_OPERATIONS_MOST
from governance.directory.models import PersonProfile
from tests.api.scim.asking import BULK, GROUP, PATCH, USER, Provider
from tests.estate import Estate


def new(name: str, bulk_id: str, **said: Any) -> dict[str, Any]:
    data = {"schemas": [USER], "userName": name} | said
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data}


async def sent(idp: Provider, *operations: dict[str, Any], **said: Any) -> list[dict[str, Any]]:
    answer = await idp.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": list(operations)} | said)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["Operations"])


async def profiles(estate: Estate) -> int:
    async with estate.office.database.read(estate.tenant_id) as session:
        return int((await session.execute(select(func.count()).select_from(PersonProfile))).scalar_one())


async def test_a_group_names_members_of_the_same_request_wherever_they_stand(idp: Provider) -> None:
    members = [{"value": "bulkId:a"}, {"value": "bulkId:b"}]
    group = {"method": "POST", "path": "/Groups", "bulkId": "g",
             "data": {"schemas": [GROUP], "displayName": "Staff", "members": members}}  # fmt: skip
    said = await sent(idp, new("ada.k", "a"), group, new("ben.m", "b"))
    assert [one["status"] for one in said] == ["201"] * 3
    assert [one["bulkId"] for one in said] == ["a", "g", "b"]
    made = await idp.get(said[1]["location"].partition("/scim/v2")[2])
    assert {one["$ref"] for one in made["members"]} == {said[0]["location"], said[2]["location"]}


async def test_every_kind_of_change_goes_in_one_request(idp: Provider) -> None:
    ada, ben, cleo = [await idp.user(name) for name in ("ada.k", "ben.m", "cleo.s")]
    patch = {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "A"}]}
    said = await sent(
        idp,
        {"method": "PATCH", "path": f"/Users/{ada['id']}", "data": patch, "version": ada["meta"]["version"]},
        {"method": "PUT", "path": f"/Users/{ben['id']}", "data": {"schemas": [USER], "userName": "ben.new"}},
        {"method": "DELETE", "path": f"/Users/{cleo['id']}"},
        {"method": "PATCH", "path": f"/Users/{ada['id']}", "data": patch, "version": 'W/"77"'},
        {"method": "DELETE", "path": f"/Users/{cleo['id']}"},
    )
    assert [one["status"] for one in said] == ["200", "200", "204", "412", "404"]
    assert said[0]["version"] != ada["meta"]["version"]
    assert (await idp.get(f"/Users/{ben['id']}"))["userName"] == "ben.new"


async def test_one_that_fails_leaves_the_others(idp: Provider, estate: Estate) -> None:
    said = await sent(idp, new("ada.k", "a"), new("ADA.K", "b"), new(" ", "c"), new("ben.m", "d"))
    assert [one["status"] for one in said] == ["201", "409", "400", "201"]
    assert (said[1]["response"]["scimType"], said[2]["response"]["scimType"]) == ("uniqueness", "invalidValue")
    assert await profiles(estate) == 2


async def test_a_request_stops_at_the_number_of_errors_it_names(idp: Provider, estate: Estate) -> None:
    operations = [new("ada.k", "a"), new("ada.k", "b"), new("ben.m", "c"), new("ada.k", "d"), new("cleo.s", "e")]
    assert [one["bulkId"] for one in await sent(idp, *operations, failOnErrors=2)] == ["a", "b", "c", "d"]
    assert await profiles(estate) == 2
    assert [one["bulkId"] for one in await sent(idp, new("ada.k", "f"), new("dora", "g"), failOnErrors=1)] == ["f"]


async def test_a_circle_and_a_reference_to_nothing_are_conflicts(idp: Provider, estate: Estate) -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    both = [USER, enterprise]
    said = await sent(
        idp,
        new("ada.k", "a", schemas=both, **{enterprise: {"manager": {"value": "bulkId:b"}}}),
        new("ben.m", "b", schemas=both, **{enterprise: {"manager": {"value": "bulkId:a"}}}),
        new("cleo.s", "c", schemas=both, **{enterprise: {"manager": {"value": "bulkId:nobody"}}}),
    )
    assert [one["status"] for one in said] == ["409"] * 3
    assert await profiles(estate) == 0


async def test_bounds_hold_before_anything_is_done(idp: Provider, estate: Estate) -> None:
    many = [new(f"u{number}", str(number)) for number in range(BULK_OPERATIONS_MOST + 1)]
    assert (await idp.ask("POST", "/Bulk", {"schemas": [BULK], "Operations": many})).status_code == 413
    assert (await idp.ask("POST", "/Bulk", b" " * (BODY_MOST + 1))).status_code == 413
    assert await profiles(estate) == 0
