"""Why this right: asked now and a year later of now the same; seats by product go where the verdict says."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from governance.catalog.models import Approval, Feature, Tier, TierFeature
from governance.catalog.rules import ApprovalStatus
from governance.directory.models import Person, PersonPlacement
from governance.directory.rules import PersonStatus
from governance.entitlements.models import Allocation, Pool
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Code, NotFound, Refused
from governance.kernel.work import Office
from governance.seats.models import Assignment, Denial
from governance.seats.rules import Criterion, Ruling
from governance.seats.service import (
    AssignByProduct,
    AssignSeats,
    Explain,
    Explained,
    ReleaseSeats,
    SeatDesk,
    assign_by_product,
    assign_seats,
    explain_entitlement,
    preview_by_product,
    release_seats,
)
from policies.access.parties import Role
from tests.estate import Estate, License
from tests.governance.seats.ground import open_desk, rows


async def suite(office: Office, estate: Estate) -> tuple[UUID, dict[str, UUID], License, License]:
    """Give a product of two tiers, the phone in the higher one only, each licensed: E3 in Europe and DE, E5 anywhere."""
    product_id = await estate.product("suite")
    tiers = {t.code: t.id for t in await rows(office, estate, Tier, Tier.product_id == product_id)}
    phone = await estate.add(Feature(**estate.key(), code="PHONE", name="Phone"))
    await estate.add(TierFeature(**estate.key(), tier_id=tiers["E5"], feature_id=phone.id))
    low = await estate.license(
        "suite-e3", product_id=product_id, tier_id=tiers["E3"], quantity=3, pools={"de": 1, "europe": 2},
        included=("150",), excluded=("FR",),
    )  # fmt: skip
    high = await estate.license("suite-e5", product_id=product_id, tier_id=tiers["E5"], quantity=2)
    async with office.database.write(estate.tenant_id) as session:
        for code, region in (("de", "DE"), ("europe", "150")):
            await session.execute(update(Pool).where(Pool.id == low.pools[code]).values(region=region))
    return product_id, {"phone": phone.id, **tiers}, low, high


async def explain(office: Office, estate: Estate, who: str, product_id: UUID, **asked: object) -> Explained:
    async with office.reading(estate.actor("auditor")) as work:
        return await explain_entitlement(work, Explain(estate.people[who], product_id, **asked))  # type: ignore[arg-type]


def said(found: Explained) -> list[object]:
    return [
        (each.candidate.facts.id, each.ruling, each.place, each.behind, dict(each.says), each.reasons)
        for each in found.verdict.weighed
    ]


async def test_a_year_later_the_same_is_said_of_today_however_much_changed(
    office: Office, estate: Estate, clock: HandClock
) -> None:
    product_id, ids, low, high = await suite(office, estate)
    async with open_desk(office) as desk:
        await assign_seats(desk, estate.actor("admin"), AssignSeats(low.pools["europe"], (estate.people["cleo"],)))
        (seat,) = (
            await assign_seats(desk, estate.actor("admin"), AssignSeats(high.pools["main"], (estate.people["ben"],)))
        ).seated
        clock.advance(timedelta(hours=1))
        asked = {"now": clock.now()}
        before = {who: await explain(office, estate, who, product_id) for who in ("ada", "ben", "cleo")}
        phone = await explain(office, estate, "ada", product_id, feature_ids=(ids["phone"],))
        clock.advance(timedelta(days=365))
        await release_seats(desk, estate.actor("admin"), ReleaseSeats((seat.assignment_id,)))
    await _change_everything(office, estate, product_id, low, clock)
    for who, first in before.items():
        again = await explain(office, estate, who, product_id, as_of=asked["now"], known_at=asked["now"])
        assert (again.verdict.inputs_hash, said(again)) == (first.verdict.inputs_hash, said(first))
        assert (again.as_of, again.country) == (first.as_of, first.country)
    again = await explain(office, estate, "ada", product_id, feature_ids=(ids["phone"],), as_of=asked["now"],
                          known_at=asked["now"])  # fmt: skip
    assert again.verdict.inputs_hash == phone.verdict.inputs_hash != before["ada"].verdict.inputs_hash
    now = await explain(office, estate, "ada", product_id)
    assert now.verdict.inputs_hash != before["ada"].verdict.inputs_hash
    assert now.verdict.taken is None

    taken, *others = before["ada"].verdict.weighed
    assert (taken.candidate.code, taken.ruling) == ("de", Ruling.TAKEN)
    assert [(o.candidate.code, o.ruling, o.behind) for o in others] == [
        ("europe", Ruling.FIT, Criterion.REGION), ("main", Ruling.FIT, Criterion.REGION),
    ]  # fmt: skip
    assert before["ben"].verdict.held is not None
    assert [r.code for r in before["ben"].verdict.weighed[1].reasons] == [Code.TERRITORY]
    assert phone.verdict.taken is not None
    assert phone.verdict.taken.candidate.code == "main"


async def _change_everything(office: Office, estate: Estate, product_id: UUID, low: License, clock: HandClock) -> None:
    now = clock.now()
    await estate.license("suite-new", product_id=product_id, quantity=9)
    await estate.add(
        Approval(
            **estate.key(), product_id=product_id, status=ApprovalStatus.DENIED, decided_by="cio", reason="not safe",
            recorded_at=now,
        )
    )  # fmt: skip
    async with office.database.write(estate.tenant_id) as session:
        await session.execute(update(Pool).where(Pool.id == low.pools["de"]).values(closed_at=now))
        await session.execute(update(TierFeature).values(retired_at=now))
        await session.execute(
            update(Allocation).where(Allocation.pool_id == low.pools["europe"]).values(superseded_at=now)
        )
        for table, column in ((Person, Person.id), (PersonPlacement, PersonPlacement.person_id)):
            gone = {"status": PersonStatus.LEFT, "left_at": now} if table is Person else {"superseded_at": now}
            await session.execute(update(table).where(column == estate.people["ada"]).values(**gone))


async def test_seats_by_product_go_where_the_verdict_says_and_a_repeat_takes_none(
    office: Office, estate: Estate
) -> None:
    product_id, ids, low, high = await suite(office, estate)
    eva = await estate.person("eva", country="DE")
    people = (estate.people["ada"], eva, estate.people["ben"], estate.people["cleo"])
    places = [low.pools["de"], low.pools["europe"], high.pools["main"], high.pools["main"]]
    command = AssignByProduct(product_id, people, key="once")
    async with open_desk(office) as desk:
        foreseen = await preview_by_product(desk, estate.actor("admin"), command)
        assert [s.pool_id for s in foreseen.seated] == places
        assert await rows(office, estate, Assignment) == []
        for replayed in (False, True):
            answers = await assign_by_product(desk, estate.actor("admin"), command)
            assert [s.pool_id for s in answers.seated] == places
            assert {s.replayed for s in answers.seated} == {replayed}
        zoe = await estate.person("zoe", country="US")
        more = await assign_by_product(desk, estate.actor("admin"), AssignByProduct(product_id, (people[0], zoe)))
        both = AssignByProduct(product_id, (await estate.person("uli"), zoe), atomic=True)
        assert (await assign_by_product(desk, estate.actor("admin"), both)).seated == ()
        await _no_room_for_strangers(desk, estate, product_id, ids["phone"])
    assert more.seated == ()
    held, none = more.denied
    assert [r.code for r in held.reasons] == [Code.ALREADY_SEATED]
    assert {r.code for r in none.reasons} == {Code.LIMIT_REACHED, Code.TERRITORY}
    assert len(await rows(office, estate, Assignment)) == 4
    assert {d.person_id for d in await rows(office, estate, Denial)} == {people[0], zoe}


async def _no_room_for_strangers(desk: SeatDesk, estate: Estate, product_id: UUID, phone: UUID) -> None:
    one = (estate.people["ada"],)
    with pytest.raises(Refused):
        await assign_by_product(desk, estate.actor("auditor"), AssignByProduct(product_id, one))
    with pytest.raises(NotFound):
        await assign_by_product(
            desk, estate.actor("admin"), AssignByProduct(product_id, one, feature_ids=(product_id,))
        )
    bare = await estate.product("bare")
    with pytest.raises(NotFound, match="bare"):
        await assign_by_product(desk, estate.actor("admin"), AssignByProduct(bare, one))
    owner = estate.actor("admin", role=Role.LICENSE_OWNER, unit="finance")
    with pytest.raises(NotFound):
        await assign_by_product(desk, owner, AssignByProduct(product_id, one, feature_ids=(phone,)))
    office = desk.office
    async with office.reading(estate.actor("auditor")) as work:
        for wrong in ({"known_at": office.clock.now() + timedelta(days=1)}, {"region": "XX"}):
            with pytest.raises(BadInput):
                await explain_entitlement(work, Explain(one[0], product_id, **wrong))  # type: ignore[arg-type]
        abroad = await explain_entitlement(work, Explain(one[0], product_id, region="FR"))
    assert abroad.country == "FR"
    async with office.database.read(estate.tenant_id) as session:
        assert (await session.execute(select(Denial.id))).all() != []
