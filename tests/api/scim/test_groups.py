"""Groups over SCIM: their members are dated records of the directory, of one tenant, ready to be asked as of a day."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory.models import Group, GroupMember
from governance.kernel.clock import HandClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from tests.api.scim.asking import GROUP, Provider
from tests.estate import Estate


async def rows(estate: Estate, kind: Any, *where: Any) -> list[Any]:
    async with estate.office.database.read(estate.tenant_id) as session:
        query = select(kind).where(kind.tenant_id == estate.tenant_id, *where).order_by(kind.id)
        return list((await session.execute(query)).scalars())


def members(group: dict[str, Any]) -> set[str]:
    return {one["value"] for one in group.get("members", [])}


async def test_a_group_is_made_read_and_shown_at_its_members(idp: Provider) -> None:
    ada = await idp.user("ada.k", displayName="Ada")
    made = await idp.group("Staff", ada["id"], externalId="g-1")
    assert await idp.get(f"/Groups/{made['id']}") == made
    (member,) = made["members"]
    assert (member["value"], member["display"], member["type"]) == (ada["id"], "Ada", "User")
    assert member["$ref"].endswith(f"/Users/{ada['id']}")
    (shown,) = (await idp.get(f"/Users/{ada['id']}"))["groups"]
    assert (shown["value"], shown["display"], shown["type"]) == (made["id"], "Staff", "direct")


async def test_who_joins_and_leaves_is_dated_and_told(idp: Provider, estate: Estate, clock: HandClock) -> None:
    ada, ben, cleo = [(await idp.user(name))["id"] for name in ("ada.k", "ben.m", "cleo.s")]
    group = await idp.group("Staff", ada)
    start = clock.now()
    clock.advance(timedelta(days=1))
    path = f"/Groups/{group['id']}"
    add = {"op": "Add", "path": "members", "value": [{"value": ben}, {"value": cleo}, {"value": ada}]}
    assert (await idp.patch(path, add)).status_code == 204
    assert members(await idp.get(path)) == {ada, ben, cleo}
    for remove in (
        {"op": "remove", "path": f'members[value eq "{ben}"]'},  # RFC 7644
        {"op": "Remove", "path": "members", "value": [{"value": cleo}]},  # Microsoft Entra
    ):
        assert (await idp.patch(path, remove)).status_code == 204
    clock.advance(timedelta(days=1))
    assert (await idp.patch(path, {"op": "replace", "path": "members", "value": [{"value": ben}]})).status_code == 204
    held = await rows(estate, GroupMember)
    day = timedelta(days=1)
    assert {(str(one.person_id), one.start, one.end) for one in held} == {
        (ada, start, start + 2 * day), (ben, start + day, start + day), (cleo, start + day, start + day),
        (ben, start + 2 * day, None),
    }  # fmt: skip
    entries = await rows(estate, Entry, Entry.subject_id == UUID(group["id"]))
    assert [entry.act for entry in entries] == ["group:create"] + ["group:edit"] * 4
    assert (entries[-1].after["joined"], entries[-1].after["left"]) == ([ben], [ada])
    assert len(await rows(estate, OutboxEvent, OutboxEvent.name == "GroupMembersChanged")) == 5


async def test_the_same_twice_changes_nothing(idp: Provider, estate: Estate) -> None:
    ada = (await idp.user("ada.k"))["id"]
    group = await idp.group("Staff", ada)
    whole = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ada}, {"value": ada}]}
    again = await idp.ask("PUT", f"/Groups/{group['id']}", whole)
    assert again.json() == group
    assert (
        await idp.patch(f"/Groups/{group['id']}", {"op": "add", "path": "members", "value": [{"value": ada}]})
    ).is_success
    assert (await idp.get(f"/Groups/{group['id']}"))["meta"]["version"] == group["meta"]["version"]
    assert len(await rows(estate, Entry, Entry.subject_id == UUID(group["id"]))) == 1


async def test_okta_renames_a_group_without_a_path(idp: Provider) -> None:
    ada = (await idp.user("ada.k"))["id"]
    group = await idp.group("Staff", ada)
    rename = {"op": "replace", "value": {"id": group["id"], "displayName": "Crew"}}
    assert (await idp.patch(f"/Groups/{group['id']}", rename)).status_code == 204
    read = await idp.get(f"/Groups/{group['id']}")
    assert (read["displayName"], members(read)) == ("Crew", {ada})


async def test_a_member_is_a_user_and_foreign_ones_are_like_missing_ones(idp: Provider, office: Office) -> None:
    twin = await Estate.raised(office, "Twin")
    inner = await idp.group("Inner")
    answers = []
    for one in (str(twin.people["ada"]), str(office.ids.new()), inner["id"], "nobody"):
        answer = await idp.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "x", "members": [{"value": one}]})
        answers.append((answer.status_code, answer.json()["scimType"], answer.json()["detail"].replace(one, "")))
    assert len(set(answers)) == 1
    assert answers[0][:2] == (400, "invalidValue")
    assert (await idp.get("/Groups"))["totalResults"] == 1


async def test_an_external_id_is_single_while_its_group_stands(idp: Provider, estate: Estate) -> None:
    group = await idp.group("Staff", (await idp.user("ada.k"))["id"], externalId="g-1")
    answer = await idp.ask("POST", "/Groups", {"schemas": [GROUP], "displayName": "Other", "externalId": "g-1"})
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert (await idp.ask("DELETE", f"/Groups/{group['id']}")).status_code == 204
    assert (await idp.ask("GET", f"/Groups/{group['id']}")).status_code == 404
    assert all(one.end is not None for one in await rows(estate, GroupMember))
    assert [one.ended_at is None for one in await rows(estate, Group)] == [False]
    await idp.group("Staff again", externalId="g-1")


async def test_a_version_guards_a_group(idp: Provider) -> None:
    group = await idp.group("Staff")
    path, rename = f"/Groups/{group['id']}", {"op": "replace", "path": "displayName", "value": "Crew"}
    assert (await idp.patch(path, rename, If_Match=group["meta"]["version"])).status_code == 204
    assert (await idp.patch(path, rename, If_Match=group["meta"]["version"])).status_code == 412
    assert (await idp.ask("DELETE", path, None, If_Match=group["meta"]["version"])).status_code == 412
