"""Groupings of regions of one's own: dated, opened where a lot names one, and what was signed stays what it was."""

from datetime import date

import pytest

from governance.agreements.rules import ChangeReason
from governance.audit.models import Entry
from governance.entitlements import service
from governance.kernel.errors import BadInput, Code, Refused
from governance.kernel.work import Office
from governance.seats.service import AssignSeats, assign_seats
from tests.estate import Estate
from tests.governance.entitlements.signed import allocated, bought, lot, pooled, signed
from tests.governance.seats.ground import open_desk, rows


async def defined(
    estate: Estate, code: str, included: tuple[str, ...], day: date, *excluded: str, who: str = "admin"
) -> None:
    new = service.DefineRegionGroup(code, code.title(), included, day, excluded)
    await estate.office.perform(estate.actor(who), lambda work: service.define_region_group(work, new))


async def test_a_lot_keeps_the_regions_that_a_grouping_meant_when_it_began(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    await defined(estate, "CENTRAL", ("DE", "AT", "CH"), date(2026, 1, 1))
    await defined(estate, "CENTRAL", ("DE", "AT"), date(2026, 7, 1))
    await defined(estate, "EMEA_XUK", ("150", "145", "002"), date(2026, 1, 1), "GB")
    first = await bought(estate, lot(s.line_id, included=("CENTRAL", "FR")))
    later = await bought(estate, lot(s.line_id, included=("central",), first_day=date(2026, 8, 1)))
    emea = await bought(estate, lot(s.line_id, included=("EMEA_XUK",), excluded=("RU",)))
    apart = await bought(estate, lot(s.line_id, included=("150",), excluded=("CENTRAL",)))
    assert (first.included, later.included) == (["AT", "CH", "DE", "FR"], ["AT", "DE"])
    assert (emea.included, emea.excluded) == (["002", "145", "150"], ["GB", "RU"])
    assert (apart.included, apart.excluded) == (["150"], ["AT", "CH", "DE"])
    await defined(estate, "CENTRAL", ("DE",), date(2026, 1, 1))
    assert len(await rows(office, estate, Entry, Entry.act == "region:define")) == 4
    change = service.CorrectLot(first.lot_key, first.id, {"included": ["CENTRAL"]}, ChangeReason.INCORRECT_INPUT)
    right = await office.perform(estate.actor("admin"), lambda work: service.correct_lot(work, change))
    assert right.included == ["DE"], "a correction means what the grouping is said to have meant then"
    for wrong, said in (
        ({"included": ("150",), "excluded": ("EMEA_XUK",)}, "EMEA_XUK leaves out GB"),
        ({"included": ("NOWHERE",)}, "NOWHERE"), ({"included": ("CENTRAL",), "first_day": date(2025, 1, 1)}, "CENTRAL"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=said):
            await bought(estate, lot(s.line_id, **wrong))
    with pytest.raises(BadInput, match="DACH"):
        await defined(estate, "DE", ("DE",), date(2026, 1, 1))
    with pytest.raises(Refused):
        await defined(estate, "NORTH", ("SE",), date(2026, 1, 1), who="auditor")


async def test_who_works_outside_a_grouping_is_not_seated(office: Office, estate: Estate) -> None:
    s = await signed(estate)
    await defined(estate, "EMEA_XUK", ("150",), date(2026, 1, 1), "DE")
    owned = await bought(estate, lot(s.line_id, included=("EMEA_XUK",)))
    pool = await pooled(estate, s.line_id)
    await allocated(estate, owned.lot_key, pool.id, 5)
    async with open_desk(office) as desk:
        asked = AssignSeats(pool.id, (estate.people["ada"], estate.people["ben"]))
        told = await assign_seats(desk, estate.actor("admin"), asked)
    assert [reason.code for each in told.denied for reason in each.reasons] == [Code.TERRITORY]
    assert len(told.seated) == 1
