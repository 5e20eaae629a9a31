"""What a change of members in part is read as: who joins, who leaves, and what is none of that."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from scim2_models import Context, PatchOp

from api.scim.membership import members_moved
from api.scim.shapes import Group, provider
from governance.kernel.errors import BadInput
from tests.api.scim.asking import GROUP, PATCH, Provider

ADA, BEN = uuid4(), uuid4()


def moved(*operations: dict[str, Any]) -> tuple[list[UUID], list[UUID]] | None:
    with provider():
        body = {"schemas": [PATCH], "Operations": list(operations)}
        read = PatchOp[Group].model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
        return members_moved(read)


def change(op: str, *people: UUID, path: str = "members") -> dict[str, Any]:
    return {"op": op, "path": path, "value": [{"value": str(one)} for one in people]}


def test_who_joins_and_who_leaves() -> None:
    by_filter = {"op": "remove", "path": f'members[value eq "{ADA}"]'}
    assert moved(change("Add", ADA, BEN)) == ([ADA, BEN], [])
    assert moved(change("Remove", ADA)) == ([], [ADA])
    assert moved(change("add", ADA, path=f"{GROUP}:members")) == ([ADA], [])
    assert moved({"op": "add", "path": "members", "value": {"value": str(ADA)}}) == ([ADA], [])
    assert moved(by_filter) == ([], [ADA])
    assert moved(change("add", ADA, BEN), by_filter) == ([BEN], [ADA])
    assert moved(by_filter, change("add", ADA)) == ([ADA], [])


def test_what_says_something_else_is_left_to_the_whole() -> None:
    for operation in (
        {"op": "remove", "path": "members"},
        change("replace", ADA),
        {"op": "replace", "path": "displayName", "value": "x"},
        {"op": "add", "value": {"members": [{"value": str(ADA)}]}},
        {"op": "remove", "path": f'members[value eq "{ADA}" or value eq "{BEN}"]'},
    ):
        assert moved(operation) is None, operation
        assert moved(change("add", BEN), operation) is None, operation


def test_an_id_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput):
        moved({"op": "add", "path": "members", "value": [{"value": "nobody"}]})


async def test_members_come_back_where_they_are_asked_for(idp: Provider) -> None:
    ada, ben = await idp.user("ada.k"), await idp.user("ben.m")
    group = await idp.group("Staff", ada["id"])
    body = {"schemas": [PATCH], "Operations": [change("add", UUID(ben["id"]))]}
    answer = await idp.ask("PATCH", f"/Groups/{group['id']}?attributes=members", body)
    assert {one["value"] for one in answer.json()["members"]} == {ada["id"], ben["id"]}
