"""What somebody answers for goes to another person at once, as it was shown; and who cannot answer any more is found."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from governance import tables
from governance.agreements.models import Agreement, Amendment, Conversation
from governance.agreements.spoken import Channel
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
from governance.reorganization.owners import OWNING, Counts, Stale, counts_of, owned_by, stale_of, stale_owners
from governance.reorganization.service import HandOver, Handover, hand_over, preview_handover
from governance.reorganization.telling import tell_of_received
from governance.reviews.models import ActionItem, ActionStep, Review
from governance.reviews.queries import action_item
from governance.reviews.rules import ActionState, ReviewState
from governance.reviews.service.actions import CloseAction, close_action
from policies.access.parties import Actor, Grant, Role, ScopeKind
from tests.estate import Estate, License


async def shown(office: Office, actor: Actor, command: HandOver) -> Handover:
    async with office.reading(actor) as work:
        return await preview_handover(work, command)


async def test_all_that_a_leaver_answered_for_is_handed_over_in_one_act(office: Office, estate: Estate) -> None:
    admin, ada, ben = estate.actor("admin"), estate.people["ada"], estate.people["ben"]
    one = await estate.license("one", owner="ada")
    action, step = await to_do(estate, one)
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
        assert (await counts_of(work, [ada]))[ada] == Counts(licenses=3, agreements=2, tasks=2)
    command = HandOver(ada, ben, "she left")
    seen = await shown(office, admin, command)
    assert len(seen.things) == 7
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
    assert said == {"to": str(ben), "agreements": 3, "licenses": 4, "actions": 1, "steps": 1}
    async with office.reading(admin) as work:
        todo = await action_item(work, action)
        said = (await work.session.execute(select(Conversation).where(Conversation.id == step))).scalar_one()
        assert (todo.owner_id, todo.owner_now, said.next_owner_id, said.next_owner_now) == (ada, ben, ada, ben)
        assert not await owned_by(work, ada, acting=False)
    as_ben = estate.actor("ben")
    await office.perform(as_ben, lambda work: close_action(work, CloseAction(action, ActionState.DONE)))
    await office.perform(admin, lambda work: tell_of_received(work, event))
    async with office.reading(admin) as work:
        told = (await work.session.execute(select(Notice.person_id, Notice.text_key))).all()
        assert [tuple(row) for row in told] == [(ben, "handed-over")]
        left = (await work.session.execute(stale_owners(work))).scalars().all()
        assert [row.name for row in left] == ["Cleo"]


async def to_do(estate: Estate, owned: License) -> tuple[UUID, UUID]:
    """Give Ada an action of a board, one that is done already, and the next step of a renewal, said after another."""
    now, ada, keys = estate.office.clock.now(), estate.people["ada"], []
    review = await estate.add(Review(
        **estate.key(), title="Q1", unit_id=estate.units["halden"], state=ReviewState.PREPARED, prepared_by="system:tests",
        prepared_at=now, as_of=now, known_at=now,
    ))  # fmt: skip
    for state in (ActionState.OPEN, ActionState.DONE):
        row = await estate.add(ActionItem(
            **estate.key(), review_id=review.id, what="Ask", owner_id=ada, due_day=date(2026, 5, 1),
            due_at=now + timedelta(days=60), recorded_by="system:tests", recorded_at=now,
        ))  # fmt: skip
        await estate.add(ActionStep(
            **estate.key(), action_id=row.id, number=1, state=state, recorded_by="system:tests", recorded_at=now,
        ))  # fmt: skip
        keys.append(row.id)
    for hours in (0, 1):
        row = await estate.add(Conversation(
            **estate.key(), agreement_id=owned.agreement_id, day=now.date(), with_whom="them", channel=Channel.MAIL,
            summary="said", next_step="Send use", next_owner_id=ada, recorded_at=now + timedelta(hours=hours),
            recorded_by="system:tests",
        ))  # fmt: skip
        keys.append(row.id)
    return keys[0], keys[3]


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


# Every column that names a person: those whose name is handed over, and why each other one is not.
HANDED = {
    "agreement.owner_id", "agreement.deputy_id", "entitlement.owner_id", "entitlement.deputy_id", "action_item.owner_id",
    "conversation.next_owner_id",
}  # fmt: skip
OF_ONESELF = {
    "account", "activation_survey", "assignment", "assignment_rule_exception", "assignment_rule_member", "denial",
    "elevation", "external_identity", "group_member", "held_seat", "journey_event", "lease", "lease_wait", "mapped_grant",
    "notice", "person_placement", "person_profile", "profile_value", "role_grant", "seat_request", "signed_link",
    "support_contact", "token", "usage_event", "work_order",
}  # fmt: skip
STAYS = {
    "board_member.person_id": "a board appoints who speaks for a department, and ends it",
    "decision.action_owner_id": "signed; what follows from it is an action, which is handed over",
    "device.person_id": "the machine stands on their desk until it is collected",
    "finding.owner_id": "what a scan found then; the next one finds who answers for it now",
    "item_vote.person_id": "a vote that was cast",
    "passed_on.giver_id": "what was handed over, kept for good",
    "passed_on.taker_id": "the newest one is asked, and another one follows it",
    "person.manager_id": "the directory says who leads whom",
    "signature.person_id": "signed",
}


def test_every_column_that_names_a_person_is_handed_over_or_said_why_not() -> None:
    naming = {
        f"{table.name}.{column.name}"
        for table in tables.METADATA.sorted_tables for column in table.c if column.info.get("ref") == "person"
    }  # fmt: skip
    assert naming == HANDED | STAYS.keys() | {f"{name}.person_id" for name in OF_ONESELF}
    given = {f"{one.class_.__tablename__}.{one.key.replace('_now', '_id')}" for each in OWNING for one in each.columns}
    assert given == HANDED


def test_why_an_owner_cannot_answer() -> None:
    today = date(2026, 3, 2)

    def said(status: PersonStatus, end: date | None = None) -> Stale | None:
        return stale_of(Person(status=status, contract_end=end), today)

    assert said(PersonStatus.ACTIVE) is said(PersonStatus.ACTIVE, today) is None
    assert said(PersonStatus.LEFT, date(2026, 3, 1)) is Stale.LEFT
    assert said(PersonStatus.ON_LEAVE) is Stale.ON_LEAVE
    assert said(PersonStatus.ACTIVE, date(2026, 3, 1)) is Stale.CONTRACT_ENDED
