"""Suites and add-ons on every path to a seat: what is covered, what stands on nothing, what a missing feature needs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from governance.catalog.models import TierBond
from governance.entitlements.models import Lot, MetricLine
from governance.entitlements.rules import Covered, LicenseModel
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, BusinessError, Code, Reason
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.seats.models import Assignment, Denial
from governance.seats.rules import HeldRight, ReleaseReason, Ruling
from governance.seats.service import (
    AcquireLease,
    AssignByProduct,
    AssignSeats,
    Explain,
    ReleaseSeats,
    SeatAnswers,
    SeatDesk,
    TransferSeats,
    acquire_lease,
    assign_by_product,
    assign_seats,
    explain_entitlement,
    preview_assignment,
    preview_release,
    preview_transfer,
    release_seats,
)
from governance.seats.service.retier import preview_retier, retier_seats
from governance.seats.stacks import holders_to_be, pool_to_seat
from policies.access.parties import Role
from tests.estate import Estate, License
from tests.governance.holding import seat
from tests.governance.seats.ground import open_desk, rows
from tests.governance.seats.suites import suites


def remedy(reasons: tuple[Reason, ...]) -> str:
    return next(each.remedy for each in reasons if each.code is Code.TIER_TOO_LOW)


async def give(desk: SeatDesk, estate: Estate, license_: License, *who: str, **more: object) -> SeatAnswers:
    people = tuple(estate.people[each] for each in who)
    command = AssignSeats(license_.pools["main"], people, **more)  # type: ignore[arg-type]
    assert (await preview_assignment(desk, estate.actor("admin"), command)).denied == ()
    return await assign_seats(desk, estate.actor("admin"), command)


async def test_a_part_beside_its_suite_is_told_of_and_what_the_suite_carried_is_named_when_it_goes(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    made = await suites(estate)
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Lot).where(Lot.id == made.suite.lot_id).values(po_number="PO-77"))
    async with open_desk(office) as desk:
        (suite,) = (await give(desk, estate, made.suite, "ada")).seated
        both = (await give(desk, estate, made.part, "ada", "ben")).seated
        assert [each.covered_by for each in both] == [
            HeldRight(
                made.tiers["E3"], made.suite.line_id, "m365-e3/named", "main", "M365 E3", ("PO-77",),
                suite.assignment_id,
            ),
            None,
        ]  # fmt: skip
        await give(desk, estate, made.addon, "ada")
        moment = clock.now()
        clock.advance(timedelta(hours=1))
        going = ReleaseSeats((suite.assignment_id,))
        shown = await preview_release(desk, estate.actor("admin"), going)
        (loss,) = shown.losses
        assert ([each.spoken for each in loss.stranded], loss.uncovered) == (["ADDONS Security"], ())
        await release_seats(desk, estate.actor("admin"), ReleaseSeats((both[0].assignment_id,)))
        with pytest.raises(PreviewStale):  # the part has gone meanwhile: now the suite alone covers it
            await release_seats(desk, estate.actor("admin"), ReleaseSeats((suite.assignment_id,), token=shown.token))
        shown = await preview_release(desk, estate.actor("admin"), going)
        assert shown.losses[0].uncovered == ("OFFICE Pro",)
        await release_seats(desk, estate.actor("admin"), ReleaseSeats((suite.assignment_id,), token=shown.token))
        clock.advance(timedelta(days=400))
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(TierBond).values(end=clock.now()))
    async with office.reading(estate.actor("auditor")) as work:
        asked = Explain(estate.people["ada"], made.products["office"], (made.features["access"],))
        then = await explain_entitlement(work, Explain(**{**asked.__dict__, "as_of": moment, "known_at": moment}))
        now = await explain_entitlement(work, asked)
    said = [(each.candidate.facts.line_code, each.candidate.suite, each.ruling) for each in then.verdict.weighed]
    assert said == [("office-pro/named", False, Ruling.HELD), ("m365-e3/named", True, Ruling.HELD)]
    assert [each.candidate.suite for each in now.verdict.weighed] == [False], "nobody sells it as a suite any more"


async def test_an_addon_without_its_base_is_refused_on_every_path_and_the_cheapest_base_named(
    office: Office, estate: Estate
) -> None:
    made = await suites(estate)
    ada, ben = estate.people["ada"], estate.people["ben"]
    admin = estate.actor("admin")
    second = await estate.license("security-2", product_id=made.products["addons"], tier_id=made.tiers["Security"])
    floating = await estate.license(
        "security-float", product_id=made.products["addons"], tier_id=made.tiers["Security"],
        model=LicenseModel.CONCURRENT_USER,
    )  # fmt: skip
    stray = await seat(estate, made.addon, "ben")
    async with open_desk(office) as desk:
        found = [(await assign_seats(desk, admin, AssignSeats(made.addon.pools["main"], (ada,)))).denied[0].reasons]
        by_product = AssignByProduct(made.products["addons"], (ada,))
        found.append((await assign_by_product(desk, admin, by_product)).denied[0].reasons)
        moved = await preview_transfer(desk, admin, TransferSeats((stray,), second.pools["main"]))
        assert moved.token is None
        found.append(moved.seats[0].reasons)
        with pytest.raises(BusinessError) as lent:
            await acquire_lease(desk, admin, AcquireLease(floating.pools["main"], ada, "laptop"))
        found.append(lent.value.reasons())
        for reasons in found:
            (no,) = {each for each in reasons if each.code is Code.BASE_MISSING}
            assert (no.needs, no.remedy) == ("M365 E3", "Assign M365 E3 first, the cheapest.")
        assert {row.code for row in await rows(office, estate, Denial)} == {"BASE_MISSING"}
        await give(desk, estate, made.suite, "ada", "ben")
        assert (await give(desk, estate, made.addon, "ada")).seated
        assert (await preview_transfer(desk, admin, TransferSeats((stray,), second.pools["main"]))).token
        assert (await acquire_lease(desk, admin, AcquireLease(floating.pools["main"], ben, "laptop"))).lease


async def test_a_missing_feature_names_the_cheapest_tier_for_what_its_holder_has_already(
    office: Office, estate: Estate
) -> None:
    made = await suites(estate)
    admin, ada, cleo = estate.actor("admin"), estate.people["ada"], estate.people["cleo"]
    siem = (made.features["siem"],)
    floating = await estate.license(
        "m365-float", product_id=made.products["m365"], tier_id=made.tiers["E3"], model=LicenseModel.CONCURRENT_USER
    )
    async with open_desk(office) as desk:
        # 36 + 12 a month for the base with the add-on are less than 57 for the higher tier
        new = await assign_seats(desk, admin, AssignSeats(made.suite.pools["main"], (cleo,), feature_ids=siem))
        assert remedy(new.denied[0].reasons) == "Use M365 E3 with ADDONS Security, the cheapest that does."
        wanted = AcquireLease(floating.pools["main"], cleo, "laptop", feature_ids=siem)
        with pytest.raises(BusinessError) as lent:
            await acquire_lease(desk, admin, wanted)
        assert remedy(lent.value.reasons()) == remedy(new.denied[0].reasons)
        chosen = AssignByProduct(made.products["m365"], (cleo,), siem)
        assert remedy((await assign_by_product(desk, admin, chosen)).denied[0].reasons) == remedy(new.denied[0].reasons)
        await give(desk, estate, made.suite, "ada")
        asked_again = AssignByProduct(made.products["m365"], (ada,), siem)
        based = (await assign_by_product(desk, admin, asked_again)).denied[0].reasons
        assert remedy(based) == "Use ADDONS Security, the cheapest that does."
        await give(desk, estate, made.addon, "ada")
        done = (await assign_by_product(desk, admin, asked_again)).denied[0].reasons
        assert [each.code for each in done] == [Code.ALREADY_SEATED], "base and add-on together do: nothing is consumed"


async def test_a_covered_holder_takes_no_seat_by_choice_and_none_at_all_where_the_line_refuses(
    office: Office, estate: Estate
) -> None:
    made = await suites(estate)
    admin, ada = estate.actor("admin"), estate.people["ada"]
    await seat(estate, made.suite, "ada")
    async with open_desk(office) as desk:
        by_product = AssignByProduct(made.products["office"], (ada,), (made.features["word"],))
        (held,) = (await assign_by_product(desk, admin, by_product)).denied
        assert [(each.code, each.has) for each in held.reasons] == [(Code.ALREADY_SEATED, "a seat in pool main")]
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(
                update(MetricLine).where(MetricLine.id == made.part.line_id).values(covered=Covered.REFUSE)
            )
        (no,) = (await assign_seats(desk, admin, AssignSeats(made.part.pools["main"], (ada,)))).denied
        assert [(each.code, each.has) for each in no.reasons] == [
            (Code.COVERED_ALREADY, "M365 E3 in pool main (lot of 2026-01-01)")
        ]


async def test_of_a_pool_out_of_reach_only_the_tier_is_said(office: Office, estate: Estate) -> None:
    made = await suites(estate, pool_unit="it")
    await estate.person("uli", "it")
    await seat(estate, made.suite, "uli")
    narrow = estate.actor("ben", role=Role.IT_ADMIN, unit="it")
    async with office.reading(narrow) as work:
        pool, _ = await pool_to_seat(work, made.part.pools["main"])
        uli = (await holders_to_be(work, pool, (estate.people["uli"],)))[estate.people["uli"]]
    (right,) = uli.stack
    assert (right.spoken, right.pool, right.lots) == ("M365 E3", "a pool elsewhere", ())


async def test_holders_step_down_and_up_by_the_token_of_what_was_shown_and_are_never_without_a_seat(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    made = await suites(estate)
    high = await estate.license("m365-e5", product_id=made.products["m365"], tier_id=made.tiers["E5"], quantity=2)
    admin = estate.actor("admin")
    async with open_desk(office) as desk:
        held = (await give(desk, estate, high, "ada")).seated[0].assignment_id
        clock.advance(timedelta(minutes=1))
        down = TransferSeats((held,), made.suite.pools["main"])
        shown = await preview_retier(desk, admin, down)
        assert (shown.before, shown.after, shown.down) == ("M365 E5", "M365 E3", True)
        assert [each.code for each in shown.lost] == ["siem"]
        assert shown.gained == ("access", "word")
        assert (shown.cost.before, shown.cost.after) == (57_000_000, 36_000_000)
        with pytest.raises(PreviewStale):
            await retier_seats(desk, admin, down)
        await give(desk, estate, made.addon, "ada")
        moved = replace(down, token=shown.transfer.token)
        with pytest.raises(PreviewStale):  # with the add-on beside, no feature is lost any more
            await retier_seats(desk, admin, moved)
        again = await preview_retier(desk, admin, down)
        assert again.lost == ()
        (new,) = await retier_seats(desk, admin, replace(down, token=again.transfer.token))
        (old,) = await rows(office, estate, Assignment, Assignment.id == held)
        assert (old.release_reason, old.released_at, new.started_at) == (
            ReleaseReason.DOWNGRADE, new.started_at, old.released_at,
        )  # fmt: skip
        up = TransferSeats((new.id,), high.pools["main"])
        shown = await preview_retier(desk, admin, up)
        assert (shown.down, shown.losses) == (False, ())
        (back,) = await retier_seats(desk, admin, replace(up, token=shown.transfer.token))
        assert back.line_id == high.line_id
        off = await preview_retier(desk, admin, TransferSeats((back.id,), made.part.pools["main"]))
        assert (off.down, off.after) == (True, "OFFICE Pro")
        assert [each.spoken for each in off.losses[0].stranded] == ["ADDONS Security"]
        with pytest.raises(BadInput):
            await preview_retier(desk, admin, TransferSeats((back.id,), high.pools["main"]))
