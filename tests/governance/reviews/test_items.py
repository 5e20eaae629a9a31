"""Items of a board's review: own ones beside the frozen, minutes that are appended, votes by department, decisions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from governance.audit.models import Entry as Audited
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, Conflict, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.reviews import queries
from governance.reviews.errors import NotAMember, SomethingElseWasShown, VoteLacks
from governance.reviews.models import Board, ItemVote, OwnItem, Review
from governance.reviews.rules import Choice, ItemKind, ItemOutcome, Seat, SubjectKind, sha256_of
from governance.reviews.service import (
    AddItem,
    CastVote,
    DecideItem,
    NoteItem,
    add_item,
    cast_vote,
    decide_item,
    hash_to_sign,
    note_item,
    prepare_meeting,
    sign_review,
    tally_of,
)
from governance.reviews.service.prepare import PrepareMeeting
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.reviews.test_board import board, met, sits
from tests.governance.reviews.test_review import act, decided, frozen, prepared, standing, to_sign
from tests.reports.ground import furnished

OWN = AddItem(uuid4(), "Return twenty seats", "Nobody has used them since spring.", ItemKind.PROPOSAL)


async def seated(estate: Estate) -> tuple[Board, Review]:
    """Set up a board of Sales (chair) and Finance with its frozen quarter."""
    of = await board(estate, needed=())
    await sits(estate, of, "board-sales", "Sales", Seat.CHAIR)
    await sits(estate, of, "board-finance", "Finance")
    await furnished(estate)
    return of, await act(estate, "admin", prepare_meeting, PrepareMeeting(of.id))


async def proposal(estate: Estate, review: Review, kind: ItemKind = ItemKind.PROPOSAL) -> OwnItem:
    return await act(estate, "board-sales", add_item, replace(OWN, review_id=review.id, kind=kind))


async def votes(estate: Estate, review: Review, key: str, **choices: Choice) -> None:
    for who, choice in choices.items():
        await act(estate, f"board-{who}", cast_vote, CastVote(review.id, key, choice))


async def listed(estate: Estate, review: Review) -> list[queries.Entry]:
    async with estate.office.reading(estate.actor("auditor")) as work:
        return await queries.items(work, review.id)


async def test_a_member_adds_an_item_beside_the_frozen_ones_which_stay_as_they_were(
    office: Office, estate: Estate
) -> None:
    _, review = await seated(estate)
    before = await listed(estate, review)
    hashed = (await frozen(estate, review.id)).sha256
    added = await proposal(estate, review)
    after = await listed(estate, review)
    assert after[:-1] == before
    assert (after[-1].key, after[-1].title, after[-1].kind) == (f"own:{added.id}", OWN.title, ItemKind.PROPOSAL)
    assert added.added_by == estate.actor("board-sales").principal
    assert len({each.key for each in after}) == len(after)
    content = (await frozen(estate, review.id)).content
    assert sha256_of(content) == hashed
    async with office.reading(estate.actor("auditor")) as work:
        acts = (await work.session.execute(select(Audited.act).where(Audited.subject_id == review.id))).scalars().all()
        events = (await work.session.execute(select(OutboxEvent.name))).scalars().all()
    assert "review:add-item" in acts
    assert "AgendaItemAdded" in events


async def test_items_come_from_members_of_the_board_alone_and_before_it_is_signed(estate: Estate) -> None:
    of, review = await seated(estate)
    command = replace(OWN, review_id=review.id)
    with pytest.raises(NotAMember):
        await act(estate, "admin", add_item, command)
    with pytest.raises(Refused):
        await act(estate, "auditor", add_item, command)
    with pytest.raises(BadInput, match="title"):
        await act(estate, "board-sales", add_item, replace(command, title=" "))
    await decided(estate, review)
    shown = await to_sign(estate, review.id)
    for who in ("board-sales", "board-finance"):
        await act(estate, who, sign_review, shown)
    with pytest.raises(WrongState):
        await act(estate, "board-sales", add_item, command)
    with pytest.raises(WrongState):
        await act(estate, "board-sales", note_item, NoteItem(review.id, (await listed(estate, review))[0].key, "Late."))
    assert of.quorum == 2


async def test_an_item_may_be_about_what_the_member_can_see(estate: Estate) -> None:
    _, review = await seated(estate)
    license_id = (await frozen(estate, review.id)).content["position"]["rows"][0]["license_id"]
    about = replace(OWN, review_id=review.id, subject_kind=SubjectKind.LICENSE)
    added = await act(estate, "board-sales", add_item, replace(about, subject_id=UUID(license_id)))
    assert str(added.subject_id) == license_id
    for kind in SubjectKind:
        with pytest.raises(BadInput, match="subjectId"):
            await act(estate, "board-sales", add_item, replace(about, subject_kind=kind, subject_id=uuid4()))
    with pytest.raises(BadInput, match="together, or neither"):
        await act(estate, "board-sales", add_item, about)


async def test_minutes_are_appended_with_author_and_time_on_frozen_and_own_items(
    estate: Estate, clock: HandClock
) -> None:
    _, review = await seated(estate)
    first = (await listed(estate, review))[0].key
    for who, said in (("board-sales", "We saw this coming."), ("admin", "Asked the vendor.")):
        await act(estate, who, note_item, NoteItem(review.id, first, said))
        clock.advance(timedelta(minutes=1))
    async with estate.office.reading(estate.actor("auditor")) as work:
        kept = await queries.notes(work, review.id, first)
    assert [each.text for each in kept] == ["We saw this coming.", "Asked the vendor."]
    assert kept[0].written_by == estate.actor("board-sales").principal
    assert kept[0].recorded_at < kept[1].recorded_at
    with pytest.raises(NotFound):
        await act(estate, "board-sales", note_item, NoteItem(review.id, "own:nothing", "Where?"))


@pytest.mark.parametrize("table", ["own_item", "item_note", "decision"])
async def test_what_was_added_said_and_decided_is_never_edited(office: Office, estate: Estate, table: str) -> None:
    _, review = await seated(estate)
    key = (await proposal(estate, review, ItemKind.TOPIC)).key
    await act(estate, "board-sales", note_item, NoteItem(review.id, key, "Said."))
    await act(estate, "board-sales", decide_item, DecideItem(review.id, key, ItemOutcome.NOTED, "Noted."))
    with pytest.raises(DBAPIError):
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(text(f"UPDATE {table} SET text = 'forged'"))


async def test_a_vote_said_anew_supersedes_and_one_stands_a_person_and_item(office: Office, estate: Estate) -> None:
    _, review = await seated(estate)
    key = (await proposal(estate, review)).key
    await votes(estate, review, key, sales=Choice.AGAINST)
    await votes(estate, review, key, sales=Choice.FOR)
    async with office.reading(estate.actor("auditor")) as work:
        rows = (await work.session.execute(select(ItemVote).order_by(ItemVote.superseded_at.is_(None)))).scalars().all()
        counted = await tally_of(work, await queries.review(work, review.id), key)
    assert [(each.choice, each.superseded_at is None) for each in rows] == [
        (Choice.AGAINST, False), (Choice.FOR, True),
    ]  # fmt: skip
    assert counted is not None
    assert counted.voices == {"Sales": Choice.FOR}


async def test_only_members_of_a_board_vote_and_not_once_somebody_signed(estate: Estate) -> None:
    _, review = await seated(estate)
    key = (await proposal(estate, review)).key
    with pytest.raises(NotAMember):
        await act(estate, "admin", cast_vote, CastVote(review.id, key, Choice.FOR))
    with pytest.raises(Refused):
        await act(estate, "auditor", cast_vote, CastVote(review.id, key, Choice.FOR))
    unknown: Any = "PERHAPS"
    with pytest.raises(BadInput, match="choice"):
        await act(estate, "board-sales", cast_vote, CastVote(review.id, key, unknown))
    await decided(estate, review)
    await act(estate, "board-sales", sign_review, await to_sign(estate, review.id))
    with pytest.raises(WrongState):
        await votes(estate, review, key, finance=Choice.FOR)
    with pytest.raises(WrongState):
        await act(estate, "board-sales", decide_item, DecideItem(review.id, key, ItemOutcome.NOTED, "Late."))


async def test_a_review_without_a_board_has_own_items_and_no_votes(estate: Estate) -> None:
    await furnished(estate)
    review = await prepared(estate)
    key = (await proposal(estate, review)).key
    with pytest.raises(WrongState):
        await votes(estate, review, key, sales=Choice.FOR)
    with pytest.raises(VoteLacks, match="no board's"):
        await act(estate, "board-sales", decide_item, DecideItem(review.id, key, ItemOutcome.APPROVED, "Yes."))
    await act(estate, "board-sales", decide_item, DecideItem(review.id, key, ItemOutcome.DEFERRED, "Later."))


async def test_a_proposal_is_approved_when_quorum_and_majority_stand(estate: Estate) -> None:
    _, review = await seated(estate)
    key = (await proposal(estate, review)).key
    command = DecideItem(review.id, key, ItemOutcome.APPROVED, "Return them.")
    await votes(estate, review, key, sales=Choice.FOR)
    with pytest.raises(VoteLacks, match="1 for, 0 against, 0 abstained; APPROVED still lacks: votes of 1 of: Finance"):
        await act(estate, "board-sales", decide_item, command)
    await votes(estate, review, key, finance=Choice.AGAINST)
    with pytest.raises(VoteLacks, match="more departments for it than against it"):
        await act(estate, "board-sales", decide_item, command)
    await votes(estate, review, key, finance=Choice.ABSTAIN)
    made = await act(estate, "board-sales", decide_item, command)
    assert made.tally == {
        "voices": {"Finance": "ABSTAIN", "Sales": "FOR"}, "for": 1, "against": 0, "abstain": 1, "carried": True,
    }  # fmt: skip
    with pytest.raises(Conflict):
        await act(estate, "board-finance", decide_item, command)
    again = replace(command, outcome=ItemOutcome.DEFERRED, expected=made.id)
    await act(estate, "board-finance", decide_item, again)
    async with estate.office.reading(estate.actor("auditor")) as work:
        (stands,) = await queries.standing_item_decisions(work, review.id)
        assert (stands.outcome, len(await queries.item_decisions(work, review.id, key))) == (ItemOutcome.DEFERRED, 2)
        assert await queries.decisions(work, review.id) == []


async def test_a_topic_needs_no_vote_until_somebody_votes(estate: Estate) -> None:
    _, review = await seated(estate)
    key = (await listed(estate, review))[0].key
    first = await act(estate, "board-sales", decide_item, DecideItem(review.id, key, ItemOutcome.APPROVED, "Yes."))
    assert first.tally is None
    await votes(estate, review, key, sales=Choice.FOR)
    again = DecideItem(review.id, key, ItemOutcome.APPROVED, "Yes.", first.id)
    with pytest.raises(VoteLacks):
        await act(estate, "board-sales", decide_item, again)


async def test_a_signature_binds_the_decisions_on_items(estate: Estate) -> None:
    _, review = await seated(estate)
    key = (await proposal(estate, review, ItemKind.TOPIC)).key
    await decided(estate, review)
    shown = await to_sign(estate, review.id)
    await act(estate, "board-finance", decide_item, DecideItem(review.id, key, ItemOutcome.NOTED, "Noted."))
    with pytest.raises(SomethingElseWasShown):
        await act(estate, "board-sales", sign_review, shown)
    again = await to_sign(estate, review.id)
    await act(estate, "board-sales", sign_review, again)
    await act(estate, "board-finance", sign_review, again)
    assert (await standing(estate, review.id)).state == "SIGNED"


async def test_the_hash_of_a_review_without_item_decisions_is_what_it_always_was(estate: Estate) -> None:
    of = await board(estate, needed=())
    review = await met(estate, of)
    async with estate.office.reading(estate.actor("auditor")) as work:
        decision = (await queries.decisions(work, review.id))[0]
        bound = {"snapshot": (await queries.snapshot(work, review.id)).sha256, "decision": decision.sha256}
        assert await hash_to_sign(work, review.id) == sha256_of(bound)


async def test_who_decides_is_whoever_decides_reviews(estate: Estate) -> None:
    _, review = await seated(estate)
    key = (await listed(estate, review))[0].key
    with pytest.raises(Refused):
        await act(estate, "admin", decide_item, DecideItem(review.id, key, ItemOutcome.NOTED, "Noted."))
    stranger = estate.actor("ben", role=Role.HOLDER)
    with pytest.raises(NotFound):
        await act(estate, stranger, decide_item, DecideItem(review.id, key, ItemOutcome.NOTED, "Noted."))
