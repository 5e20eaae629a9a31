"""Users over SCIM: made, read, changed and deleted, with what that does to the person behind them."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.audit.models import Entry
from governance.directory.models import Account, Person, PersonPlacement, PersonProfile, ProfileValue, Session, Token
from governance.directory.rules import PersonStatus, Placing
from governance.kernel.clock import HandClock, SystemClock
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from tests.api.doors import bearer
from tests.api.scim.asking import ENTERPRISE, USER, Provider, provider_of
from tests.estate import Estate
from tests.real_data import real_data_folder

BODIES = real_data_folder() / "scim"


async def person(estate: Estate, user: dict[str, Any]) -> Person:
    async with estate.office.database.read(estate.tenant_id) as session:
        return await session.get_one(Person, (estate.tenant_id, UUID(user["id"])))


async def rows(estate: Estate, kind: Any, *where: Any) -> list[Any]:
    async with estate.office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(kind).where(kind.tenant_id == estate.tenant_id, *where))).scalars())


async def test_a_user_is_made_and_read_back(idp: Provider, estate: Estate) -> None:
    made = await idp.user(
        "ada.k@halden.example", externalId="00u1", displayName="Ada Keller", preferredLanguage="de-CH",
        addresses=[{"type": "home", "country": "FR"}, {"type": "work", "country": "Switzerland"}],
        enterprise={"department": "sales", "manager": {"value": str(estate.people["ben"])}},
    )  # fmt: skip
    assert await idp.get(f"/Users/{made['id']}") == made
    assert made["meta"]["location"] == f"http://127.0.0.1:8000/scim/v2/Users/{made['id']}"
    assert made[ENTERPRISE]["manager"]["displayName"] == "Ben"
    row = await person(estate, made)
    assert (row.name, row.mail, row.external_id) == ("Ada Keller", "ada.k@halden.example", "00u1")
    assert (row.country, row.locale, row.status) == ("CH", "de-CH", PersonStatus.ACTIVE)
    assert (row.unit_id, row.manager_id) == (estate.units["sales"], estate.people["ben"])
    placed = await rows(estate, PersonPlacement, PersonPlacement.person_id == row.id)
    assert [(one.unit_id, one.country) for one in placed] == [(estate.units["sales"], "CH")]


async def test_made_and_last_changed_are_one_instant_until_somebody_changes(estate: Estate, tmp_path: Path) -> None:
    office = replace(estate.office, clock=SystemClock())
    async with provider_of(replace(estate, office=office), tmp_path) as idp:
        made = await idp.user("ada.k")
        assert made["meta"]["created"] == made["meta"]["lastModified"]
        await idp.patch(f"/Users/{made['id']}", {"op": "add", "path": "title", "value": "Smith"})
        read = await idp.get(f"/Users/{made['id']}")
        assert made["meta"]["created"] == read["meta"]["created"] < read["meta"]["lastModified"]


async def test_the_trail_names_what_changed_and_holds_no_personal_value(idp: Provider, estate: Estate) -> None:
    made = await idp.user("ada.k@halden.example", displayName="Ada Keller", title="Welder")
    await idp.patch(f"/Users/{made['id']}", {"op": "replace", "path": "title", "value": "Smith"})
    entries = await rows(estate, Entry, Entry.subject_id == UUID(made["id"]))
    assert [entry.act for entry in entries] == ["person:provision", "person:provision"]
    assert entries[1].after["profile"] == ["title"]
    assert not any(word in json.dumps([e.before, e.after]) for e in entries for word in ("Keller", "Welder", "Smith"))


async def test_a_department_names_a_unit_and_an_unknown_one_is_kept_and_told(idp: Provider, estate: Estate) -> None:
    cases: list[tuple[dict[str, str], str, Placing]] = [
        ({"department": "SALES"}, "sales", Placing.BY_DEPARTMENT),
        ({"department": "Sales-Emea"}, "sales-emea", Placing.BY_DEPARTMENT),
        ({"department": "Nowhere", "costCenter": "finance"}, "finance", Placing.BY_COST_CENTER),
        ({"department": "Nowhere"}, "halden", Placing.UNKNOWN_UNIT),
        ({}, "halden", Placing.KEPT),
    ]
    for number, (said, unit, placing) in enumerate(cases):
        made = await idp.user(f"user {number}", enterprise=said | {"employeeNumber": "7"})
        assert made[ENTERPRISE] == said | {"employeeNumber": "7"}
        assert (await person(estate, made)).unit_id == estate.units[unit]
        (profile,) = await rows(estate, PersonProfile, PersonProfile.person_id == UUID(made["id"]))
        (entry,) = await rows(estate, Entry, Entry.subject_id == UUID(made["id"]))
        assert (profile.placing, entry.after["placing"]) == (placing, placing)


async def test_who_was_moved_by_hand_stays_until_their_department_changes(idp: Provider, estate: Estate) -> None:
    made = await idp.user("ada.k", enterprise={"department": "sales"})
    async with estate.office.database.write(estate.tenant_id) as session:
        (await session.get_one(Person, (estate.tenant_id, UUID(made["id"])))).unit_id = estate.units["it"]
    await idp.patch(f"/Users/{made['id']}", {"op": "replace", "path": "title", "value": "Smith"})
    assert (await person(estate, made)).unit_id == estate.units["it"]
    await idp.patch(f"/Users/{made['id']}", {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "finance"})
    assert (await person(estate, made)).unit_id == estate.units["finance"]


async def test_two_of_one_name_or_external_id_cannot_be(idp: Provider, estate: Estate) -> None:
    made = await idp.user("ada.k@halden.example", externalId="00u1")
    for body in (
        {"userName": "ADA.K@halden.example"},
        {"userName": "other", "externalId": "00u1"},
        {"userName": "ben@halden.example"},  # the mail address of somebody of whom no provider told yet
        {"userName": "other", "externalId": "cleo"},
    ):
        answer = await idp.ask("POST", "/Users", {"schemas": [USER]} | body)
        assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness"), body
    other = await idp.user("other")
    answer = await idp.patch(f"/Users/{other['id']}", {"op": "replace", "path": "userName", "value": made["userName"]})
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert len(await rows(estate, PersonProfile)) == 2


async def test_a_person_of_a_table_is_found_and_taken_over(idp: Provider, estate: Estate) -> None:
    found = await idp.get("/Users?filter=userName%20eq%20%22Ben@halden.example%22")
    (ben,) = found["Resources"]
    assert ben["id"] == str(estate.people["ben"])
    assert (ben["displayName"], ben["externalId"], ben["active"]) == ("Ben", "ben", True)
    answer = await idp.ask("PUT", f"/Users/{ben['id']}", {"schemas": [USER], "userName": "ben.m", "externalId": "00u9"})
    assert answer.status_code == 200, answer.text
    row = await person(estate, ben)
    assert (row.external_id, row.name, row.mail) == ("ben", "Ben", "ben@halden.example")  # a table's key stays theirs
    again = await idp.get("/Users?filter=externalId%20eq%20%2200u9%22")
    assert [one["id"] for one in again["Resources"]] == [ben["id"]]
    assert (await idp.ask("DELETE", f"/Users/{ben['id']}")).status_code == 204
    taken = await idp.patch(f"/Users/{estate.people['ada']}", {"op": "add", "path": "externalId", "value": "00u9"})
    assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
    assert (await idp.user("ben.again", externalId="00u9"))["id"] == ben["id"]
    assert (await person(estate, ben)).external_id == "ben"


async def test_a_put_says_all_and_a_put_of_the_same_changes_nothing(idp: Provider, estate: Estate) -> None:
    made = await idp.user("ada.k", title="Welder", emails=[{"value": "a@halden.example"}])
    whole = {"schemas": [USER], "userName": "ada.k", "displayName": "Ada", "active": True}
    changed = (await idp.ask("PUT", f"/Users/{made['id']}", whole)).json()
    assert "title" not in changed
    assert "emails" not in changed
    assert changed["meta"]["version"] != made["meta"]["version"]
    again = (await idp.ask("PUT", f"/Users/{made['id']}", whole)).json()
    assert again == changed
    assert len(await rows(estate, Entry, Entry.subject_id == UUID(made["id"]))) == 2


async def test_a_version_guards_a_change(idp: Provider) -> None:
    made = await idp.user("ada.k")
    path, first = f"/Users/{made['id']}", made["meta"]["version"]
    title = {"op": "add", "path": "title", "value": "Smith"}
    assert (await idp.patch(path, title, If_Match='W/"77"')).status_code == 412
    answer = await idp.patch(path, title, If_Match=first)
    assert answer.status_code == 204
    assert answer.headers["etag"] not in {first, ""}
    assert (await idp.ask("PUT", path, {"schemas": [USER], "userName": "x"}, If_Match=first)).status_code == 412
    assert (await idp.ask("DELETE", path, None, If_Match=first)).status_code == 412
    assert (await idp.ask("GET", path, None, If_None_Match=answer.headers["etag"])).status_code == 304
    assert (await idp.ask("DELETE", path, None, If_Match=answer.headers["etag"])).status_code == 204


async def test_a_leaver_loses_session_and_token_at_once(idp: Provider, estate: Estate, office: Office) -> None:
    ben = str(estate.people["ben"])
    head = await bearer(estate, "ben")
    now = office.clock.now()
    account = Account(**estate.key(), person_id=estate.people["ben"], login="ben@halden.example", password_hash="x")
    await estate.add(account)
    await estate.add(
        Session(
            **estate.key(), account_id=account.id, secret_hash="s", csrf="c", created_at=now, authenticated_at=now,
            last_seen_at=now, ends_at=now + timedelta(days=1), ended_at=None,
        )
    )  # fmt: skip
    assert (await idp.http.get("/scim/v2/Schemas", headers=head)).status_code == 200
    assert (await idp.patch(f"/Users/{ben}", {"op": "Replace", "value": {"active": "False"}})).status_code == 204
    assert (await idp.http.get("/scim/v2/Schemas", headers=head)).status_code == 401
    assert [one.ended_at for one in await rows(estate, Session)] == [now]
    assert all(one.revoked_at == now for one in await rows(estate, Token, Token.person_id == estate.people["ben"]))
    left = await rows(estate, OutboxEvent, OutboxEvent.name == "PersonLeft")
    assert [one.subject_id for one in left] == [estate.people["ben"]]
    assert (await idp.get(f"/Users/{ben}"))["active"] is False
    assert (await idp.patch(f"/Users/{ben}", {"op": "replace", "path": "active", "value": "True"})).status_code == 204
    back = await rows(estate, OutboxEvent, OutboxEvent.name == "PersonReturned")
    assert [one.subject_id for one in back] == [estate.people["ben"]]
    assert (await person(estate, {"id": ben})).left_at is None


async def test_who_is_deleted_is_gone_from_the_door_and_a_leaver_in_the_directory(
    idp: Provider, estate: Estate, clock: HandClock
) -> None:
    made = await idp.user("ada.k", externalId="00u1", title="Smith", emails=[{"value": "a@halden.example"}])
    group = await idp.group("Staff", made["id"])
    clock.advance(timedelta(hours=1))
    assert (await idp.ask("DELETE", f"/Users/{made['id']}")).status_code == 204
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {"schemas": [USER], "userName": "ada.k"})):
        assert (await idp.ask(method, f"/Users/{made['id']}", body)).status_code == 404
    assert (await idp.get("/Users?filter=userName%20eq%20%22ada.k%22"))["totalResults"] == 0
    assert "members" not in await idp.get(f"/Groups/{group['id']}")
    row = await person(estate, made)
    assert (row.status, row.left_at) == (PersonStatus.LEFT, clock.now())
    assert not await rows(estate, ProfileValue)
    anew = await idp.user("ada.k")  # a name alone makes nobody the same
    assert anew["id"] != made["id"]
    back = await idp.user("ada.keller", externalId="00u1")
    assert back["id"] == made["id"]
    assert (await person(estate, made)).status is PersonStatus.ACTIVE


async def test_a_manager_is_another_user_and_foreign_ones_are_like_missing_ones(
    idp: Provider, estate: Estate, office: Office
) -> None:
    twin = await Estate.raised(office, "Twin")
    made = await idp.user("ada.k")
    path = f"{ENTERPRISE}:manager"
    answers = []
    for manager in (str(twin.people["ben"]), str(office.ids.new()), made["id"], "nobody"):
        answer = await idp.patch(f"/Users/{made['id']}", {"op": "add", "path": path, "value": {"value": manager}})
        answers.append((answer.status_code, answer.json()["scimType"], answer.json()["detail"].replace(manager, "")))
    assert len(set(answers)) == 1
    assert answers[0][:2] == (400, "invalidValue")


WHOLE = {path.name: path.read_text() for path in sorted(BODIES.glob("*User.json"))}


async def test_users_of_the_rfcs_are_read(idp: Provider, estate: Estate) -> None:
    if not WHOLE:
        pytest.skip(f"real data missing: {BODIES}")
    for name, text in WHOLE.items():
        body = json.loads(text) | {"externalId": name}
        if ENTERPRISE in body:
            body[ENTERPRISE]["manager"]["value"] = str(estate.people["ben"])
        answer = await idp.ask("POST", "/Users", body)
        if "userName" not in body:
            assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue"), name
            continue
        assert answer.status_code == 201, (name, answer.text)
        made = answer.json()
        held = body.keys() - {"id", "meta", "schemas", "groups", "password", "x509Certificates", ENTERPRISE}
        assert {key: made.get(key) for key in held} == {key: body[key] for key in held}, name
        assert not {"password", "x509Certificates"} & made.keys()
        assert (await idp.ask("DELETE", f"/Users/{made['id']}")).status_code == 204  # the next one has the same name


BROKEN = {path.name: path.read_bytes() for path in sorted(BODIES.glob("not_strict_json/*"))}


async def test_what_is_no_json_is_said_to_be_so(idp: Provider) -> None:
    for name, body in {"cut off": b'{"userName": "x"', "nothing": b"", **BROKEN}.items():
        answer = await idp.ask("POST", "/Users", body)
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax"), name


BAD: list[dict[str, Any]] = [
    {},
    {"userName": " "},
    {"userName": "x" * 300},
    {"userName": "x", "active": "perhaps"},
    {"userName": "x", "title": "y" * 2_000},
    {"userName": "x", "title": "a\u0000b"},
    {"userName": "x", "emails": [{"value": f"{n}@x"} for n in range(500)]},
]


async def test_bad_values_are_named(idp: Provider, estate: Estate) -> None:
    for said in BAD:
        answer = await idp.ask("POST", "/Users", {"schemas": [USER]} | said)
        assert (answer.status_code, answer.json().get("scimType")) == (400, "invalidValue"), (said, answer.text)
        assert answer.headers["content-type"].startswith("application/scim+json")
    assert not await rows(estate, PersonProfile)
