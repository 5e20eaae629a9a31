"""Changes in part, in every shape in which identity providers send them."""

from typing import Any

from tests.api.scim.asking import ENTERPRISE, USER, Provider
from tests.estate import Estate

HOME = {"value": "ada@home.example", "type": "home"}
WORK = {"value": "ada@halden.example", "type": "work", "primary": True}

SHAPES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "okta: no path": ([{"op": "replace", "value": {"active": False}}], {"active": False}),
    "entra: False as text, Op in capitals": ([{"op": "Replace", "path": "active", "value": "False"}], {"active": False}),
    "text without a path": ([{"op": "REPLACE", "value": {"active": "False"}}], {"active": False}),
    "entra: entries by value filter": (
        [{"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new@halden.example"}],
        {"emails": [HOME, WORK | {"value": "new@halden.example"}]},
    ),
    "entra: an entry that is not there yet": (
        [{"op": "Add", "path": 'emails[type eq "other"].value', "value": "o@halden.example"}],
        {"emails": [HOME, WORK, {"value": "o@halden.example", "type": "other"}]},
    ),
    "okta: names by dotted keys in a value": (
        [{"op": "replace", "value": {"name.givenName": "Ada", "name.familyName": "Keller"}}],
        {"name": {"givenName": "Ada", "familyName": "Keller"}},
    ),
    "a part by path": ([{"op": "add", "path": "name.givenName", "value": "Ada"}], {"name": {"givenName": "Ada"}}),
    "attribute names in any case": ([{"op": "add", "path": "TITLE", "value": "Smith"}], {"title": "Smith"}),
    "another entry of a list": (
        [{"op": "add", "path": "emails", "value": [{"value": "x@halden.example", "type": "other"}]}],
        {"emails": [HOME, WORK, {"value": "x@halden.example", "type": "other"}]},
    ),
    "a new primary": (
        [{"op": "add", "path": "emails", "value": [{"value": "x@halden.example", "primary": True}]}],
        {"emails": [HOME, WORK | {"primary": False}, {"value": "x@halden.example", "primary": True}]},
    ),
    "a list replaced": ([{"op": "replace", "path": "emails", "value": [HOME]}], {"emails": [HOME]}),
    "an entry removed by filter": ([{"op": "remove", "path": 'emails[type eq "home"]'}], {"emails": [WORK]}),
    "a part removed by filter": (
        [{"op": "remove", "path": 'emails[type eq "home"].type'}], {"emails": [{"value": HOME["value"]}, WORK]},
    ),
    "a list removed": ([{"op": "remove", "path": "emails"}], {"emails": None}),
    "entra: removed by value": ([{"op": "Remove", "path": "emails", "value": [HOME]}], {"emails": [WORK]}),
    "the extension by its name": (
        [{"op": "Add", "path": f"{ENTERPRISE}:department", "value": "finance"}],
        {ENTERPRISE: {"department": "finance"}},
    ),
    "the extension without a path": (
        [{"op": "add", "value": {ENTERPRISE: {"department": "finance", "employeeNumber": "7"}}}],
        {ENTERPRISE: {"department": "finance", "employeeNumber": "7"}},
    ),
    "entra: the extension by keys in a value": (
        [{"op": "Add", "value": {f"{ENTERPRISE}:department": "finance"}}], {ENTERPRISE: {"department": "finance"}},
    ),
    "one after the other": (
        [{"op": "add", "path": "title", "value": "A"}, {"op": "replace", "path": "title", "value": "B"},
         {"op": "add", "path": "nickName", "value": "C"}, {"op": "remove", "path": "title"}],
        {"title": None, "nickName": "C"},
    ),
    "what nobody declared is read over": ([{"op": "add", "value": {"hairColor": "red", "title": "A"}}], {"title": "A"}),
}  # fmt: skip


async def test_a_user_is_patched_in_every_shape(idp: Provider) -> None:
    for number, (shape, (operations, comes_to)) in enumerate(SHAPES.items()):
        made = await idp.user(f"user {number}", emails=[HOME, WORK])
        answer = await idp.patch(f"/Users/{made['id']}", *operations)
        assert answer.status_code == 204, (shape, answer.text)
        read = await idp.get(f"/Users/{made['id']}")
        assert {key: read.get(key) for key in comes_to} == comes_to, shape
        untouched = made.keys() - comes_to.keys() - {"meta", "schemas"}
        assert {key: read.get(key) for key in untouched} == {key: made[key] for key in untouched}, shape


async def test_entra_names_a_manager_by_the_bare_id_and_takes_them_away(idp: Provider, estate: Estate) -> None:
    made, path = await idp.user("ada.k"), f"{ENTERPRISE}:manager"
    ben = str(estate.people["ben"])
    await idp.patch(f"/Users/{made['id']}", {"op": "Add", "path": path, "value": ben})
    assert (await idp.get(f"/Users/{made['id']}"))[ENTERPRISE]["manager"]["value"] == ben
    await idp.patch(f"/Users/{made['id']}", {"op": "Remove", "path": path})
    assert ENTERPRISE not in await idp.get(f"/Users/{made['id']}")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"op": "copy", "path": "title"}, "invalidValue"),
    ({"op": "replace", "path": "title["}, "invalidPath"),
    ({"op": "remove"}, "noTarget"),
    ({"op": "replace", "path": 'emails[value co "nobody"].display', "value": "x"}, "noTarget"),
    ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
    ({"op": "replace", "path": "groups", "value": []}, "mutability"),
    ({"op": "remove", "path": "userName"}, "mutability"),
    ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
    ({"op": "add", "path": "title"}, "invalidValue"),
]


async def test_what_cannot_be_changed_so_changes_nothing(idp: Provider) -> None:
    made = await idp.user("ada.k", emails=[HOME, WORK])
    for operation, kind in REFUSED:
        answer = await idp.patch(f"/Users/{made['id']}", {"op": "add", "path": "title", "value": "Smith"}, operation)
        assert (answer.status_code, answer.json()["scimType"]) == (400, kind), (operation, answer.text)
        assert await idp.get(f"/Users/{made['id']}") == made, operation


async def test_an_answer_comes_back_where_attributes_are_asked_for(idp: Provider) -> None:
    made = await idp.user("ada.k")
    answer = await idp.ask(
        "PATCH", f"/Users/{made['id']}?attributes=title",
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
         "Operations": [{"op": "add", "path": "title", "value": "Smith"}]},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (200, {"schemas": [USER], "id": made["id"], "title": "Smith"})
