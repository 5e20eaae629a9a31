"""A file of people becomes people: the same file twice changes nothing, a bad row keeps no good one out."""

import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from governance.audit.models import Entry
from governance.directory.models import Person, PersonPlacement
from governance.directory.rules import PersonStatus
from governance.imports.models import StagedRow, Upload
from governance.imports.service import ImportPeople, request_people_import
from governance.kernel.clock import HandClock
from governance.kernel.errors import IdempotencyMismatch, Refused
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.runs.rules import RunState
from policies.access.parties import Grant, Role, ScopeKind
from tests.estate import Estate
from tests.governance.imports.people import HEADERS, issues, outcome_of, row, run_of, short, table


async def people_of(office: Office, estate: Estate) -> dict[str, Person]:
    async with office.database.read(estate.tenant_id) as session:
        rows = await session.execute(
            select(Person).where(Person.tenant_id == estate.tenant_id, Person.external_id.like("p%"))
        )
        return {person.external_id: person for person in rows.scalars()}


async def every(office: Office, estate: Estate, what: Any) -> list[Any]:
    async with office.database.read(estate.tenant_id) as session:
        return list((await session.execute(select(what).where(what.tenant_id == estate.tenant_id))).scalars())


async def test_two_thousand_people_come_once_and_the_second_time_nothing_changes(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    headers = (*HEADERS, "manager", "contract_end")
    rows = [row(n, m=f"p{n // 10}" if n else "", e="2027-12-31") for n in range(2_000)]
    content = table(rows[::-1], headers)
    before = len(await every(office, estate, Person))
    assert short(await outcome_of(office, admin, content, dry_run=True)) == (2_000, 2_000, 0, 2_000, 0, 0)
    assert len(await every(office, estate, Person)) == before
    assert short(await outcome_of(office, admin, content)) == (2_000, 2_000, 0, 2_000, 0, 0)
    assert short(await outcome_of(office, admin, content)) == (2_000, 2_000, 0, 0, 0, 2_000)
    people = await people_of(office, estate)
    assert len(people) == 2_000
    assert people["p1999"].manager_id == people["p199"].id
    assert people["p0"].manager_id is None
    assert people["p7"].contract_end == date(2027, 12, 31)
    async with office.database.read(estate.tenant_id) as session:
        entries = (
            await session.execute(
                select(func.count()).where(Entry.act == "person:import", Entry.subject_type == "person")
            )
        ).scalar_one()
    assert entries == 2_000, "each change has its entry, and what did not change has none"
    assert await every(office, estate, StagedRow) == []
    kept = [upload.content for upload in await every(office, estate, Upload) if upload.content]
    assert kept == [content], "of the trial alone, until it is imported or swept"


async def test_each_bad_row_is_named_and_keeps_no_good_one_out(office: Office, estate: Estate) -> None:
    headers = (*HEADERS, "status", "contract_end", "locale")
    content = table(
        [
            ["p1", "Ann", "ann@halden.example", "sales", "Germany", "active", "31.12.2026", "de-CH"],
            ["p2", "Bob", "bob at halden", "saels", "Atlantis", "retired", "12/31/2026", "klingon"],
            ["", "Nobody", "", "sales", "DE", "", "", ""],
            ["p4", "Eve", "eve@halden.example", "IT", "deu", "on leave", "", ""],
        ],
        headers,
    )
    said = await outcome_of(office, estate.actor("admin"), content)
    assert short(said) == (4, 2, 2, 2, 0, 0)
    assert issues(said) == [
        (3, "mail", "BAD_VALUE"),
        (3, "country", "BAD_VALUE"),
        (3, "status", "BAD_VALUE"),
        (3, "locale", "BAD_VALUE"),
        (3, "contract_end", "BAD_VALUE"),
        (3, "unit", "UNKNOWN_UNIT"),
        (4, "external_id", "MISSING_VALUE"),
        (4, "mail", "MISSING_VALUE"),
    ]
    assert "did you mean 'sales'?" in next(i["message"] for i in said["issues"] if i["code"] == "UNKNOWN_UNIT")
    people = await people_of(office, estate)
    assert (people["p1"].country, people["p1"].locale, people["p4"].country) == ("DE", "de-CH", "DE")
    assert people["p4"].status is PersonStatus.ON_LEAVE
    assert people["p4"].unit_id == estate.units["it"]


async def test_a_strict_import_with_a_bad_row_changes_nothing(office: Office, estate: Estate) -> None:
    content = table([row(1), row(2, unit="nowhere")])
    said = await outcome_of(office, estate.actor("admin"), content, strict=True)
    assert short(said) == (2, 0, 2, 0, 0, 0)
    assert issues(said)[0] == (None, None, "STRICT")
    assert await people_of(office, estate) == {}
    good = table([row(1), row(2)])
    assert short(await outcome_of(office, estate.actor("admin"), good, strict=True)) == (2, 2, 0, 2, 0, 0)


async def test_units_are_found_by_code_path_and_name(office: Office, estate: Estate) -> None:
    rows = [
        row(1, unit="SALES-EMEA"),
        row(2, unit="halden/sales/sales-emea"),
        row(3, unit="Halden / Sales"),
        row(4, unit="Finance"),
        row(5, unit="Halden/Legal"),
    ]
    said = await outcome_of(office, estate.actor("admin"), table(rows))
    assert issues(said) == [(6, "unit", "UNKNOWN_UNIT")]
    people = await people_of(office, estate)
    assert [people[f"p{n}"].unit_id for n in (1, 2, 3, 4)] == [
        estate.units[code] for code in ("sales-emea", "sales-emea", "sales", "finance")
    ]


async def test_headers_are_known_by_many_names_and_unknown_ones_are_said(office: Office, estate: Estate) -> None:
    headers = ("Employee ID", "Full Name", "E-Mail", "Department", "Work country", "Shoe size")
    said = await outcome_of(office, estate.actor("admin"), table([[*row(1), "44"]], headers))
    assert short(said) == (1, 1, 0, 1, 0, 0)
    assert issues(said) == [(1, "Shoe size", "UNKNOWN_COLUMN")]


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        (("external_id", "name", "mail", "unit", "land"), "country"),
        (("external_id", "name", "mail", "E-mail", "unit", "country"), "both mean 'mail'"),
    ],
)
async def test_a_table_that_is_not_one_of_people_is_refused(
    office: Office, estate: Estate, headers: tuple[str, ...], word: str
) -> None:
    run = await run_of(office, estate.actor("admin"), table([["x"] * len(headers)], headers))
    assert run.state is RunState.FAILED
    assert run.error is not None
    assert word in run.error
    assert {upload.content for upload in await every(office, estate, Upload)} == {b""}


async def test_what_is_no_table_is_refused(office: Office, estate: Estate) -> None:
    run = await run_of(office, estate.actor("admin"), b"%PDF-1.7 people")
    assert run.state is RunState.FAILED
    assert "PDF" in str(run.error)


async def test_a_workbook_is_read_like_a_text_file(office: Office, estate: Estate) -> None:
    book = openpyxl.Workbook()
    book.active.append([*HEADERS, "contract_end", "manager"])  # type: ignore[union-attr]
    book.active.append([1001, "Ann", "ann@halden.example", "sales", "CH", date(2026, 6, 30), None])  # type: ignore[union-attr]
    book.active.append([1002.0, "Bo", "bo@halden.example", "sales", "CHE", None, 1001])  # type: ignore[union-attr]
    buffer = io.BytesIO()
    book.save(buffer)
    said = await outcome_of(office, estate.actor("admin"), buffer.getvalue())
    assert (short(said), said["issues"]) == ((2, 2, 0, 2, 0, 0), [])
    by_id = {p.external_id: p for p in await every(office, estate, Person)}
    assert by_id["1001"].contract_end == date(2026, 6, 30)
    assert by_id["1002"].manager_id == by_id["1001"].id


async def test_doubles_circles_and_shared_mail_are_found_between_rows(office: Office, estate: Estate) -> None:
    headers = (*HEADERS, "manager")
    rows = [
        row(1, m=""),
        row(1, m=""),
        row(2, m="p3"),
        row(3, m="p2"),
        row(4, m="p2"),
        row(5, m="p5"),
        row(6, m="p1"),
        ["p7", "Person 7", "P6@halden.example", "sales", "DE", ""],
        ["p8", "Person 8", "ada@halden.example", "sales", "DE", ""],
        row(9, m="ada"),
    ]
    said = await outcome_of(office, estate.actor("admin"), table(rows, headers))
    assert issues(said) == [
        (3, "external_id", "DUPLICATE"),
        (4, "manager", "MANAGER_CYCLE"),
        (5, "manager", "MANAGER_CYCLE"),
        (6, "manager", "MANAGER_UNKNOWN"),
        (7, "manager", "MANAGER_CYCLE"),
        (8, "mail", "MAIL_TWICE"),
        (9, "mail", "MAIL_TWICE"),
        (10, "mail", "MAIL_TWICE"),
    ]
    people = await people_of(office, estate)
    assert sorted(people) == ["p1", "p4", "p6", "p7", "p8", "p9"]
    assert people["p4"].manager_id is None
    assert people["p6"].manager_id == people["p1"].id
    assert people["p9"].manager_id == estate.people["ada"]


async def test_a_circle_through_people_outside_the_file_is_found(office: Office, estate: Estate) -> None:
    headers = (*HEADERS, "manager")
    admin = estate.actor("admin")
    await outcome_of(office, admin, table([row(1, m=""), row(2, m="p1"), row(3, m="p2")], headers))
    said = await outcome_of(office, admin, table([row(1, m="p3")], headers))
    assert issues(said) == [(2, "manager", "MANAGER_CYCLE")]
    turned = [row(2, m=""), row(1, m="p2")]
    said = await outcome_of(office, admin, table(turned, headers))
    assert (short(said), said["issues"]) == ((2, 2, 0, 0, 2, 0), [])


async def test_leavers_movers_and_those_who_return_are_told_of(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    headers, admin = (*HEADERS, "status"), estate.actor("admin")
    await outcome_of(office, admin, table([row(n, s="active") for n in range(4)], headers))
    clock.advance(timedelta(days=1))
    rows = [
        row(0, s="left"),
        row(1, "it", "FR", s=""),
        row(2, s="Terminated"),
        row(3, s="ACTIVE"),
        row(4, s="left"),
    ]
    assert short(await outcome_of(office, admin, table(rows, headers))) == (5, 5, 0, 1, 3, 1)
    clock.advance(timedelta(days=1))
    said = await outcome_of(office, admin, table([row(0, s="active")], headers))
    assert short(said) == (1, 1, 0, 0, 1, 0)
    events = sorted(e.name for e in await every(office, estate, OutboxEvent) if e.name.startswith("Person"))
    assert events == ["PersonLeft", "PersonLeft", "PersonMovedCountry", "PersonMovedUnit", "PersonReturned"]
    people = await people_of(office, estate)
    assert people["p0"].left_at is None
    assert people["p2"].left_at == clock.now() - timedelta(days=1)
    assert people["p2"].version == 2
    places = [p for p in await every(office, estate, PersonPlacement) if p.person_id == people["p1"].id]
    live = sorted((p.country, p.end is None) for p in places if p.superseded_at is None)
    assert live == [("DE", False), ("FR", True)]
    assert (await people_of(office, estate))["p1"].status is PersonStatus.ACTIVE


async def test_columns_that_are_not_there_leave_what_is_known(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    full = (*HEADERS, "status", "manager", "locale", "contract_end")
    rows = [row(1, s="", m="", l="", c=""), row(2, s="on leave", m="p1", l="fr", c="2026-12-31")]
    await outcome_of(office, admin, table(rows, full))
    assert short(await outcome_of(office, admin, table([row(2)]))) == (1, 1, 0, 0, 0, 1)
    said = await outcome_of(office, admin, table([row(2, m="")], (*HEADERS, "manager")))
    assert short(said) == (1, 1, 0, 0, 1, 0)
    person = (await people_of(office, estate))["p2"]
    assert (person.manager_id, person.locale, person.status) == (None, "fr", PersonStatus.ON_LEAVE)


async def test_the_trail_names_what_changed_of_a_person_and_copies_nothing_personal(
    office: Office, estate: Estate
) -> None:
    admin = estate.actor("admin")
    await outcome_of(office, admin, table([["p1", "Secretname", "secret@halden.example", "sales", "DE"]]))
    await outcome_of(office, admin, table([["p1", "Othername", "secret@halden.example", "it", "DE"]]))
    entries = [e for e in await every(office, estate, Entry) if e.subject_type == "person"]
    said = str([(e.before, e.after) for e in entries])
    assert "Secretname" not in said
    assert "Othername" not in said
    assert "secret@" not in said
    assert entries[-1].after == {"changed": ["name"], "unit_id": str(estate.units["it"])}


async def test_nobody_imports_without_the_right_or_beyond_it(office: Office, estate: Estate) -> None:
    for who in ("auditor", "ada"):
        with pytest.raises(Refused):
            await office.perform(
                estate.actor(who), lambda w: request_people_import(w, ImportPeople("p.csv", table([row(1)])))
            )
    await estate.grant("cleo", Role.IT_ADMIN, unit="sales")
    sales = estate.actor("cleo", Grant(Role.IT_ADMIN, ScopeKind.UNIT, unit_id=estate.units["sales"]))
    await estate.person("p9", "it")
    said = await outcome_of(office, sales, table([row(1), row(2, unit="it"), row(9)]))
    assert issues(said) == [(3, "unit", "UNKNOWN_UNIT"), (4, "external_id", "OUT_OF_REACH")]
    assert short(said) == (3, 1, 2, 1, 0, 0)


async def test_people_who_are_not_in_the_file_are_left_alone(office: Office, estate: Estate) -> None:
    before = {p.id: (p.name, p.version) for p in await every(office, estate, Person)}
    await outcome_of(office, estate.actor("admin"), table([row(1)]))
    after = {p.id: (p.name, p.version) for p in await every(office, estate, Person)}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


async def test_the_same_key_gives_the_same_run(office: Office, estate: Estate) -> None:
    admin, file = estate.actor("admin"), ImportPeople("p.csv", table([row(1)]), key="k1")
    first = await office.perform(admin, lambda w: request_people_import(w, file))
    again = await office.perform(admin, lambda w: request_people_import(w, file))
    assert first.id == again.id
    other = ImportPeople("p.csv", table([row(2)]), key="k1")
    with pytest.raises(IdempotencyMismatch):
        await office.perform(admin, lambda w: request_people_import(w, other))
