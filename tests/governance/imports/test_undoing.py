"""An undo restores what was, to the seat; what came to hang on the import since stays, and says why."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.agreements.rules import ChangeReason
from governance.audit.models import Entry
from governance.entitlements.models import Entitlement, Lot, Pool, Room
from governance.entitlements.queries import visible_entitlements, visible_lots, visible_pools
from governance.entitlements.service import CorrectLot, correct_lot
from governance.imports.errors import CannotUndo, UndoUnseen
from governance.imports.undoing import UndoPreview, preview_undo, undo_import
from governance.kernel.clock import HandClock
from governance.kernel.errors import NotFound, Refused
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.metrics.answers import Moments
from governance.metrics.gather import position_facts
from governance.runs.models import Run
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.imports.files import every
from tests.governance.imports.people import row as person_row
from tests.governance.imports.people import run_of as people_run
from tests.governance.imports.people import table
from tests.governance.imports.tables import agreements_of, licenses_of, report_of


@pytest.fixture
async def before(office: Office, estate: Estate, clock: HandClock) -> Run:
    """Leave an agreement and a license of ten seats that stood before; gives the run that brought the agreement."""
    await estate.product("cad", tiers=("E3", "E5"))
    run = await agreements_of(office, estate, {})
    await licenses_of(office, estate, {"po_number": "PO-0"})
    clock.advance(timedelta(days=1))
    return run


async def previewed(office: Office, estate: Estate, run_id: UUID) -> UndoPreview:
    async with office.reading(estate.actor("admin")) as work:
        return await preview_undo(work, run_id)


async def take_back(office: Office, estate: Estate, run: Run) -> UndoPreview:
    preview = await previewed(office, estate, run.id)
    await office.perform(estate.actor("admin"), lambda work: undo_import(work, run.id, preview.token))
    return preview


async def position(office: Office, estate: Estate, as_of: datetime, known_at: datetime) -> list[list[str]]:
    async with office.reading(estate.actor("admin")) as work:
        facts = await position_facts(work, Moments(as_of, known_at))
    return [sorted(map(str, each)) for each in (facts.lines, facts.pools, facts.lots, facts.shares, facts.seats)]


@pytest.mark.usefixtures("before")
async def test_an_undo_restores_the_position_and_the_import_stays_known(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    rows = ({}, {"po_number": "PO-2", "renewal_of": "PO-1"}, {"license": "other", "pool": "emea", "quantity": "7"})
    before_it = clock.now()
    clock.advance(timedelta(minutes=1))
    was = await position(office, estate, clock.now(), clock.now())
    run = await licenses_of(office, estate, *rows)
    assert await report_of(office, estate, run) == [(2, "CREATED"), (3, "CREATED"), (4, "CREATED")]
    imported_at = clock.now()
    imported = await position(office, estate, imported_at, imported_at)
    assert imported != was
    clock.advance(timedelta(minutes=1))
    preview = await take_back(office, estate, run)
    assert (preview.taken_back, preview.kept) == (
        {"lot": 3, "allocation": 3, "pool": 1, "line": 1, "entitlement": 1}, (),
    )  # fmt: skip
    admin = estate.actor("admin")
    async with office.reading(admin) as work:
        codes = [row.code for row in (await work.session.execute(visible_entitlements(work))).scalars()]
        lots = [row.po_number for row in (await work.session.execute(visible_lots(work))).scalars()]
        pools = [row.code for row in (await work.session.execute(visible_pools(work))).scalars()]
        then = (await work.session.execute(visible_lots(work, known_at=imported_at))).scalars().all()
    assert (codes, lots, pools, len(then)) == (["cad-e3"], ["PO-0"], ["sales"], 4)
    assert await position(office, estate, imported_at, clock.now()) == was
    assert await position(office, estate, imported_at, imported_at) == imported
    assert await position(office, estate, imported_at, before_it) == was
    rooms = [row.ceiling for row in await every(office, admin, Room) if row.ceiling]
    assert sorted(rooms) == [4, 10]
    entries = await every(office, admin, Entry, Entry.act == "import:undo")
    assert len(entries) == 10
    renewed = await licenses_of(office, estate, *rows)
    assert await report_of(office, estate, renewed) == [(2, "CREATED"), (3, "CREATED"), (4, "CREATED")]


@pytest.mark.usefixtures("before")
async def test_what_was_corrected_or_is_taken_stays_and_says_why(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    admin = estate.actor("admin")
    run = await licenses_of(office, estate, {}, {"license": "taken", "po_number": "PO-9"})
    preview = await previewed(office, estate, run.id)
    lot = next(row for row in await every(office, admin, Lot) if row.po_number == "PO-1")
    clock.advance(timedelta(minutes=1))
    command = CorrectLot(lot.lot_key, lot.id, {"quantity": 11}, ChangeReason.INCORRECT_INPUT)
    await office.perform(admin, lambda work: correct_lot(work, command))
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda work: undo_import(work, run.id, preview.token))
    taken = next(row for row in await every(office, admin, Entitlement) if row.code == "taken")
    pool = (await every(office, admin, Pool))[-1]
    async with office.database.write(estate.tenant_id) as session:
        for row_id in (pool.line_id, pool.id):
            room = await session.get(Room, (estate.tenant_id, row_id))
            assert room is not None
            room.occupied = 2
    kept = (await take_back(office, estate, run)).kept
    assert {(each.number, each.kind) for each in kept} >= {(2, "lot"), (3, "lot"), (3, "entitlement")}
    assert {each.why.split(" (")[0] for each in kept if each.kind == "lot"} == {
        "it was corrected since", "seats are taken beyond what would remain",
    }  # fmt: skip
    assert taken.withdrawn_at is None
    with pytest.raises(CannotUndo, match="undone already"):
        await previewed(office, estate, run.id)


async def test_agreements_go_when_nothing_hangs_on_them_and_amendments_are_amended_back(
    office: Office, estate: Estate, before: Run
) -> None:
    admin = estate.actor("admin")
    assert [each.why.split(";")[0] for each in (await previewed(office, estate, before.id)).kept] == [
        "licenses, conversations or notices hang on it"
    ]
    run = await agreements_of(
        office, estate, {"last_day": "2027-12-31", "title": "Longer"}, {"number": "EA-7"}, options={"reason": "renewal"}
    )
    assert await report_of(office, estate, run) == [(2, "CHANGED"), (3, "CREATED")]
    preview = await take_back(office, estate, run)
    assert preview.taken_back == {"agreement": 1, "amendment": 1}
    async with office.reading(admin) as work:
        (row,) = (await work.session.execute(visible_agreements(work))).scalars()
    assert (row.title, str(row.last_day), row.version) == ("Suite", "2026-12-31", 3)
    again = await agreements_of(office, estate, {"number": "EA-7", "title": "Corrected"})
    assert await report_of(office, estate, again) == [(2, "CREATED")]
    assert {row.title for row in await every(office, admin, Agreement)} == {"Suite", "Corrected"}


@pytest.mark.usefixtures("before")
async def test_an_undo_is_refused_where_it_cannot_be(office: Office, estate: Estate) -> None:
    admin = estate.actor("admin")
    trial = await licenses_of(office, estate, {}, dry_run=True)
    with pytest.raises(CannotUndo, match="changed nothing"):
        await previewed(office, estate, trial.id)
    people = await people_run(office, admin, table([person_row(1)]))
    with pytest.raises(CannotUndo, match="import the former file"):
        await previewed(office, estate, people.id)
    run = await licenses_of(office, estate, {})
    with pytest.raises(UndoUnseen):
        await office.perform(admin, lambda work: undo_import(work, run.id, None))
    with pytest.raises(Refused):
        await office.perform(estate.actor("auditor"), lambda work: undo_import(work, run.id, None))
    with pytest.raises(NotFound):
        await office.perform(estate.actor("cleo", role=Role.HOLDER), lambda work: undo_import(work, run.id, None))
