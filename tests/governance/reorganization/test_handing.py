"""What somebody answers for goes to another person at once, as it was shown; and who cannot answer any more is found."""

from datetime import date

import pytest
from sqlalchemy import select, update

from governance.agreements.models import Agreement, Amendment
from governance.audit.models import Entry
from governance.directory.models import Person
from governance.directory.rules import PersonStatus
from governance.directory.service import mark_left
from governance.entitlements.models import Entitlement
from governance.kernel.errors import BadInput, NotFound
from governance.kernel.event import OutboxEvent
from governance.kernel.preview import PreviewStale
from governance.kernel.work import Office
from governance.notices.models import Notice
from governance.reorganization.owners import Counts, Stale, counts_of, stale_of, stale_owners
from governance.reorganization.service import HandOver, Handover, hand_over, preview_handover
from governance.reorganization.telling import tell_of_received
from policies.access.parties import Actor, Grant, Role, ScopeKind
from tests.estate import Estate


async def shown(office: Office, actor: Actor, command: HandOver) -> Handover:
    async with office.reading(actor) as work:
        return await preview_handover(work, command)


async def test_all_that_a_leaver_answered_for_is_handed_over_in_one_act(office: Office, estate: Estate) -> None:
    admin, ada, ben = estate.actor("admin"), estate.people["ada"], estate.people["ben"]
    await estate.license("one", owner="ada")
    second = await estate.license("two", owner="cleo")
    third = await estate.license("three", owner="ada")
    async with office.database.write(estate.tenant_id) as session:
        deputy = update(Entitlement).where(Entitlement.id == second.entitlement_id).values(deputy_id=ada)
        await session.execute(deputy)
        stands_in = update(Entitlement).where(Entitlement.id == third.entitlement_id).values(deputy_id=ben)
        await session.execute(stands_in)
        await session.execute(update(Person).where(Person.id == estate.people["cleo"]).values(
            status=PersonStatus.ON_LEAVE))  # fmt: skip
    await office.perform(admin, lambda work: mark_left(work, ada))
    async with office.reading(admin) as work:
        found = (await work.session.execute(stale_owners(work).order_by(Person.name))).scalars().all()
        assert {row.name: stale_of(row, work.now().date()) for row in found} == {
            "Ada": Stale.LEFT, "Cleo": Stale.ON_LEAVE,
        }  # fmt: skip
        assert (await counts_of(work, [ada]))[ada] == Counts(licenses=3, agreements=2)
    command = HandOver(ada, ben, "she left")
    seen = await shown(office, admin, command)
    assert len(seen.things) == 5
    assert seen.beyond == 0
    with pytest.raises(PreviewStale):
        await office.perform(admin, lambda work: hand_over(work, command))
    await estate.license("four", owner="ada")
    with pytest.raises(PreviewStale):  # one more came since
        await office.perform(admin, lambda work: hand_over(work, HandOver(ada, ben, "she left", seen.token)))
    seen = await shown(office, admin, command)
    other = HandOver(ada, estate.people["cleo"], "she left", seen.token)
    with pytest.raises(PreviewStale):  # to somebody else than was shown
        await office.perform(admin, lambda work: hand_over(work, other))
    await office.perform(admin, lambda work: hand_over(work, HandOver(ada, ben, "she left", seen.token)))
    async with office.database.read(estate.tenant_id) as session:
        rows = (await session.execute(select(Entitlement))).scalars()
        named = {row.code: (row.owner_id, row.deputy_id) for row in rows}
        amended = (await session.execute(select(Amendment.reason_text))).scalars().all()
        owners = set((await session.execute(select(Agreement.owner_id))).scalars())
        said = (await session.execute(select(Entry.after).where(Entry.act == "person:hand-over"))).scalar_one()
        why = set((await session.execute(select(Entry.reason).where(Entry.act == "entitlement:correct"))).scalars())
        event = (
            await session.execute(select(OutboxEvent).where(OutboxEvent.name == "OwnershipHandedOver"))
        ).scalar_one()
    assert named == {
        "one": (ben, None), "two": (estate.people["cleo"], ben), "three": (ben, None), "four": (ben, None),
    }  # fmt: skip
    assert owners == {ben, estate.people["cleo"]}
    assert (amended, why) == (["she left"] * 3, {"she left"})
    assert said == {"to": str(ben), "agreements": 3, "licenses": 4}
    await office.perform(admin, lambda work: tell_of_received(work, event))
    async with office.reading(admin) as work:
        told = (await work.session.execute(select(Notice.person_id, Notice.text_key))).all()
        assert [tuple(row) for row in told] == [(ben, "handed-over")]
        left = (await work.session.execute(stale_owners(work))).scalars().all()
        assert [row.name for row in left] == ["Cleo"]


async def test_nothing_is_handed_to_who_left_nor_out_of_reach_nor_twice(office: Office, estate: Estate) -> None:
    admin, ada, ben = estate.actor("admin"), estate.people["ada"], estate.people["ben"]
    await estate.license("one", owner="ada", unit="sales")
    await estate.license("far", owner="ada", unit="halden")
    gone = await estate.person("gone", status=PersonStatus.LEFT)
    for command, error in (
        (HandOver(ada, ada, "r"), BadInput), (HandOver(ada, gone, "r"), BadInput), (HandOver(ada, ben, " "), BadInput),
        (HandOver(ben, ada, "nothing of his"), BadInput),
        (HandOver(ada, (await Estate.raised(office, "Twin Group")).people["ben"], "r"), NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            await shown(office, admin, command)
    over_sales = estate.actor("cleo", Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=estate.units["sales"]))
    seen = await shown(office, over_sales, HandOver(ada, ben, "r"))
    assert {one.thing.code for one in seen.things} == {"EA-one", "one"}  # the far ones are neither shown nor counted
    assert seen.beyond == 0


def test_why_an_owner_cannot_answer() -> None:
    today = date(2026, 3, 2)

    def said(status: PersonStatus, end: date | None = None) -> Stale | None:
        return stale_of(Person(status=status, contract_end=end), today)

    assert said(PersonStatus.ACTIVE) is said(PersonStatus.ACTIVE, today) is None
    assert said(PersonStatus.LEFT, date(2026, 3, 1)) is Stale.LEFT
    assert said(PersonStatus.ON_LEAVE) is Stale.ON_LEAVE
    assert said(PersonStatus.ACTIVE, date(2026, 3, 1)) is Stale.CONTRACT_ENDED
