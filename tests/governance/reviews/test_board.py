"""A board from end to end: its quarter frozen once, signed by departments until its quorum stands; nobody twice."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office
from governance.reviews.errors import AlreadySigned, NoMandate, PeriodTaken, SeparationOfDuties, SomethingElseWasShown
from governance.reviews.models import Board, BoardMember, Review
from governance.reviews.quorum import Missing
from governance.reviews.rules import ReviewState, Seat, sha256_of
from governance.reviews.service import (
    AddMember,
    CreateBoard,
    EndMember,
    PrepareMeeting,
    add_member,
    bench,
    create_board,
    end_member,
    prepare_meeting,
    sign_review,
)
from policies.access.parties import Role
from tests.estate import Estate
from tests.governance.reviews.test_review import act, decided, frozen, prepared, standing, to_sign
from tests.reports.ground import furnished

NEEDED = ("Finance",)


async def board(estate: Estate, *, quorum: int = 2, chair: bool = True, needed: tuple[str, ...] = NEEDED) -> Board:
    command = CreateBoard("License board", estate.units["halden"], quorum, chair, needed)
    return await act(estate, "admin", create_board, command)


async def sits(estate: Estate, of: Board, who: str, department: str, seat: Seat = Seat.MEMBER) -> BoardMember:
    return await act(estate, "admin", add_member, AddMember(of.id, estate.people[who], department, seat))


async def met(estate: Estate, of: Board) -> Review:
    await furnished(estate)
    return await decided(estate, await act(estate, "admin", prepare_meeting, PrepareMeeting(of.id)))


async def lacks(estate: Estate, review_id: UUID) -> Missing:
    async with estate.office.reading(estate.actor("auditor")) as work:
        found = await bench(work, review_id)
        assert found is not None
        return found.lacks()


async def third(estate: Estate) -> None:
    await estate.person("board-it", "it")
    await estate.grant("board-it", Role.BOARD_MEMBER)


async def test_a_boards_review_is_signed_when_its_departments_and_the_chair_did(estate: Estate) -> None:
    of = await board(estate)
    await sits(estate, of, "board-sales", "Sales", Seat.CHAIR)
    await sits(estate, of, "board-finance", "Finance")
    review = await met(estate, of)
    assert await lacks(estate, review.id) == Missing(2, NEEDED, True)
    shown = await to_sign(estate, review.id)
    await act(estate, "board-finance", sign_review, shown)
    assert await lacks(estate, review.id) == Missing(1, (), True)
    assert (await standing(estate, review.id)).state is ReviewState.DECIDED
    await act(estate, "board-sales", sign_review, shown)
    assert (await standing(estate, review.id)).state is ReviewState.SIGNED
    async with estate.office.reading(estate.actor("auditor")) as work:
        events = (await work.session.execute(select(OutboxEvent.name))).scalars().all()
    assert {"BoardCreated", "BoardMemberAdded", "ReviewSigned"} <= set(events)


async def test_two_departments_are_not_enough_where_the_chair_or_a_needed_one_is_missing(estate: Estate) -> None:
    await third(estate)
    of = await board(estate)
    await sits(estate, of, "board-sales", "Sales")
    await sits(estate, of, "board-it", "IT")
    await sits(estate, of, "board-finance", "Finance", Seat.CHAIR)
    review = await met(estate, of)
    shown = await to_sign(estate, review.id)
    await act(estate, "board-sales", sign_review, shown)
    await act(estate, estate.actor("board-it", role=Role.BOARD_MEMBER), sign_review, shown)
    assert await lacks(estate, review.id) == Missing(0, NEEDED, True)
    assert (await standing(estate, review.id)).state is ReviewState.DECIDED
    await act(estate, "board-finance", sign_review, shown)
    assert (await standing(estate, review.id)).state is ReviewState.SIGNED


async def test_one_person_in_two_departments_signs_for_one(estate: Estate) -> None:
    of = await board(estate, chair=False, needed=())
    await sits(estate, of, "board-sales", "Sales")
    await sits(estate, of, "board-sales", "Finance")
    review = await met(estate, of)
    shown = await to_sign(estate, review.id)
    await act(estate, "board-sales", sign_review, replace(shown, department="Sales"))
    with pytest.raises(AlreadySigned):
        await act(estate, "board-sales", sign_review, replace(shown, department="Finance"))
    assert (await lacks(estate, review.id)).departments == 1


async def test_a_deputy_signs_for_the_department_once_and_not_beside_the_member(estate: Estate) -> None:
    await third(estate)
    of = await board(estate, chair=False, needed=())
    await sits(estate, of, "board-sales", "Sales")
    await sits(estate, of, "board-it", "Sales", Seat.DEPUTY)
    review = await met(estate, of)
    shown = await to_sign(estate, review.id)
    await act(estate, estate.actor("board-it", role=Role.BOARD_MEMBER), sign_review, shown)
    with pytest.raises(NoMandate, match=r"Sales signed already\. Still missing: 1 of"):
        await act(estate, "board-sales", sign_review, shown)


async def test_an_ended_membership_signs_nothing_and_what_it_signed_stands(
    office: Office, clock: HandClock, estate: Estate
) -> None:
    of = await board(estate, chair=False, needed=())
    sales = await sits(estate, of, "board-sales", "Sales")
    finance = await sits(estate, of, "board-finance", "Finance")
    review = await met(estate, of)
    shown = await to_sign(estate, review.id)
    await act(estate, "board-sales", sign_review, shown)
    clock.advance(timedelta(seconds=1))
    for one in (sales, finance):
        await act(estate, "admin", end_member, EndMember(one.id))
    with pytest.raises(NoMandate, match="You do not speak for any department of this board today"):
        await act(estate, "board-finance", sign_review, shown)
    assert (await lacks(estate, review.id)).departments == 1
    with pytest.raises(WrongState):
        await act(estate, "admin", end_member, EndMember(sales.id))


async def test_who_prepared_does_not_sign_though_they_speak_for_a_department(estate: Estate) -> None:
    of = await board(estate, chair=False, needed=())
    await sits(estate, of, "admin", "IT")
    review = await met(estate, of)
    with pytest.raises(SeparationOfDuties):
        await act(estate, "admin", sign_review, await to_sign(estate, review.id))


async def test_a_board_has_one_review_a_quarter(estate: Estate) -> None:
    of = await board(estate)
    review = await met(estate, of)
    with pytest.raises(PeriodTaken, match="License board has a review of"):
        await act(estate, "admin", prepare_meeting, PrepareMeeting(of.id))
    assert review.title.startswith("License board, ")


async def test_the_snapshot_of_a_board_is_its_own_format_and_only_its_hash_is_signed(estate: Estate) -> None:
    of = await board(estate)
    await sits(estate, of, "board-sales", "Sales", Seat.CHAIR)
    review = await met(estate, of)
    stands = await frozen(estate, review.id)
    assert stands.content["format"] == "lictor-review/2"
    assert stands.content["board"]["departments"] == ["Sales"]
    assert "time-to-first-use/1" in [item["rule"] for item in stands.content["agenda"]]
    assert sha256_of(stands.content) == stands.sha256 != sha256_of(stands.content | {"agenda": []})
    with pytest.raises(SomethingElseWasShown):
        await act(estate, "board-sales", sign_review, replace(await to_sign(estate, review.id), sha256="0" * 64))


async def test_a_review_without_a_board_stays_format_1(estate: Estate) -> None:
    await furnished(estate)
    content = (await frozen(estate, (await prepared(estate)).id)).content
    assert content["format"] == "lictor-review/1"
    assert not {"board", "period", "agenda"} & set(content)


async def test_boards_are_set_up_by_whoever_edits_settings_and_with_input_that_makes_sense(estate: Estate) -> None:
    command = CreateBoard("License board", estate.units["halden"], 2)
    with pytest.raises(Refused):
        await act(estate, "board-sales", create_board, command)
    with pytest.raises(BadInput, match="quorum"):
        await act(estate, "admin", create_board, replace(command, quorum=1))
    with pytest.raises(BadInput, match="each department once"):
        await act(estate, "admin", create_board, replace(command, departments_needed=("IT", "IT")))
    of = await act(estate, "admin", create_board, command)
    with pytest.raises(BadInput, match="name"):
        await act(estate, "admin", create_board, command)
    await sits(estate, of, "board-sales", "Sales")
    with pytest.raises(BadInput, match="does not speak for already"):
        await sits(estate, of, "board-sales", "Sales")
    with pytest.raises(Refused):
        await act(estate, "board-sales", add_member, AddMember(of.id, estate.people["admin"], "IT"))
    with pytest.raises(NotFound):
        await act(estate, "admin", end_member, EndMember(of.id))
