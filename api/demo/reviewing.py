"""The board meets: a quarter is voted on, decided, signed and leaves two actions; the last one is still open."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from api.demo.living import Life, Step
from governance.directory.rules import EVERYONE
from governance.directory.service.grants import NewGrant, grant_role
from governance.kernel.work import Work
from governance.reviews.models import Review
from governance.reviews.queries import items
from governance.reviews.rules import ActionState, Choice, Direction, ItemKind, ItemOutcome, Seat
from governance.reviews.service import (
    AddItem,
    AddMember,
    Aim,
    AssignAction,
    CastVote,
    CloseAction,
    CreateBoard,
    DecideItem,
    DecideReview,
    NoteItem,
    PrepareMeeting,
    ScheduleMeeting,
    SignReview,
    add_item,
    add_member,
    assign_action,
    cast_vote,
    close_action,
    create_board,
    decide_item,
    decide_review,
    hash_to_sign,
    note_item,
    prepare_meeting,
    schedule_meeting,
    sign_review,
)
from policies.access.parties import Actor, Grant, Role, ScopeKind

ADMIN, FINANCE, SALES, OWNER = "Dana Whitfield", "Mateo Ruiz", "Camille Laurent", "Kenji Mori"
BOARD, QUORUM, NEEDED = "License board", 3, ("Finance",)
OTHERS = ("product", "security", "support")  # the board's other departments: somebody of each unit speaks for it
FIRST_USE = "time-to-first-use:"
SIGNED = "Renew GitHub Enterprise for everybody in engineering; give Visio one quarter to show that it is used."
WAITING = (
    "Do not renew Tableau Creator, which has ended, as it stands. Decide by the notice deadline of "
    "Microsoft 365 E5 whether Sales, EMEA gets more seats."
)
PAST_ITEM = ("Renew GitHub Enterprise for all of engineering", "One agreement for all three regions, for a year.")
PAST_NOTE = "Security asks for a look at repositories of people who have left before the renewal is signed."
PAST_VOTES = {
    "Finance": Choice.FOR, "Sales": Choice.FOR, "Product": Choice.FOR, "Security": Choice.AGAINST,
    "Support": Choice.ABSTAIN,
}  # fmt: skip
ACTION_DONE = "Invite everybody who has a seat and never used it to a short introduction"
ACTION_LATE = "Ask Microsoft for a cap on the yearly uplift"
OPEN_ITEM = ("Give Sales, EMEA forty seats more of Microsoft 365 E5", "The pool is full and people wait for a seat.")
OPEN_VOTES = {"Product": Choice.FOR, "Security": Choice.ABSTAIN}
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Boarded:
    """The board as its reviews find it: its id, and who speaks for each department."""

    id: UUID | None = None
    voices: dict[str, Actor] | None = None


def plan_reviews(life: Life) -> None:
    """Put the board and two of its quarters on the agenda: one long signed, one decided and waiting for signatures."""
    boarded, before = Boarded(), life.until - timedelta(days=110)
    life.plan(before - timedelta(days=20), _set_up(life, boarded))
    life.plan(before, _signed_quarter(life, boarded, "License review, quarter before last"))
    life.plan(life.until - timedelta(days=2), _open_quarter(life, boarded, "License review, last quarter"))


def _set_up(life: Life, boarded: Boarded) -> Step:
    async def step() -> None:
        admin, halden = _actor(life, ADMIN, Role.IT_ADMIN), life.company.units["halden"]
        row = await _done(life, admin, create_board, CreateBoard(BOARD, halden, QUORUM, True, NEEDED))
        speaking = {"Finance": life.company.cast[FINANCE], "Sales": life.company.cast[SALES]}
        for unit in OTHERS:
            speaking[unit.title()] = person_id = _of_unit(life, unit)
            grant = NewGrant(Role.BOARD_MEMBER, ScopeKind.TENANT, "speaks for their department", person_id)
            await _done(life, life.company.admin, grant_role, grant)
        for department, person_id in speaking.items():
            seat = Seat.CHAIR if department == "Finance" else Seat.MEMBER
            await _done(life, admin, add_member, AddMember(row.id, person_id, department, seat))
        boarded.id, boarded.voices = row.id, {name: _person(life, each) for name, each in speaking.items()}

    return step


def _signed_quarter(life: Life, boarded: Boarded, title: str) -> Step:
    async def step() -> None:
        board_id, voices = _there(boarded)
        row = await _prepared(life, board_id, title)
        key = await _proposal(life, voices["Product"], row, PAST_ITEM)
        await _done(life, voices["Security"], note_item, NoteItem(row.id, key, PAST_NOTE))
        await _vote(life, voices, row, key, PAST_VOTES)
        chair = voices["Finance"]
        text = "Renew for a year, after security has looked."
        await _done(life, chair, decide_item, DecideItem(row.id, key, ItemOutcome.APPROVED, text))
        await _note_first_use(life, chair, row)
        today = life.clock.now().date()
        aim = Aim("first_use_within_30", Direction.UP, "97", today + timedelta(days=90))
        done = AssignAction(row.id, ACTION_DONE, life.company.cast[OWNER], today + timedelta(days=40), FIRST_USE, aim)
        given = await _done(life, chair, assign_action, done)
        late = AssignAction(row.id, ACTION_LATE, life.company.cast[FINANCE], today + timedelta(days=60), key)
        await _done(life, chair, assign_action, late)
        await _decided(life, chair, row, SIGNED)
        for department in ("Finance", "Sales", "Product"):
            life.clock.advance(timedelta(minutes=20))
            await _sign(life, voices[department], row.id)
        life.plan(life.clock.now() + timedelta(days=31), _closed(life, given.id))

    return step


def _open_quarter(life: Life, boarded: Boarded, title: str) -> Step:
    async def step() -> None:
        board_id, voices = _there(boarded)
        row = await _prepared(life, board_id, title)
        key = await _proposal(life, voices["Sales"], row, OPEN_ITEM)
        await _vote(life, voices, row, key, OPEN_VOTES)
        await _note_first_use(life, voices["Finance"], row)
        await _decided(life, voices["Finance"], row, WAITING)

    return step


def _closed(life: Life, action_id: UUID) -> Step:
    async def step() -> None:
        close = CloseAction(action_id, ActionState.DONE, "Held in all three regions.")
        owner = replace(_person(life, life.company.cast[OWNER]), grants=frozenset({EVERYONE}))
        await _done(life, owner, close_action, close)

    return step


async def _prepared(life: Life, board_id: UUID, title: str) -> Review:
    admin = _actor(life, ADMIN, Role.IT_ADMIN)
    row = await _done(life, admin, prepare_meeting, PrepareMeeting(board_id, title))
    meets = ScheduleMeeting(row.id, life.clock.now().date() + timedelta(days=9))
    await _done(life, admin, schedule_meeting, meets)
    life.clock.advance(timedelta(hours=3))
    return row


async def _proposal(life: Life, by: Actor, row: Review, item: tuple[str, str]) -> str:
    own = await _done(life, by, add_item, AddItem(row.id, *item, kind=ItemKind.PROPOSAL))
    return own.key


async def _vote(life: Life, voices: dict[str, Actor], row: Review, key: str, votes: dict[str, Choice]) -> None:
    for department, choice in votes.items():
        life.clock.advance(timedelta(minutes=2))
        await _done(life, voices[department], cast_vote, CastVote(row.id, key, choice))


async def _note_first_use(life: Life, chair: Actor, row: Review) -> None:
    """Take note of the figure that is on every agenda."""
    async with life.desk.office.reading(chair) as work:
        there = {each.key for each in await items(work, row.id)}
    if FIRST_USE in there:
        text = "Seen; to be looked at again next quarter."
        await _done(life, chair, decide_item, DecideItem(row.id, FIRST_USE, ItemOutcome.NOTED, text))


async def _decided(life: Life, chair: Actor, row: Review, text: str) -> None:
    async def verb(work: Work) -> None:
        stands = await work.session.get_one(Review, (work.tenant_id, row.id))
        await decide_review(work, DecideReview(row.id, stands.version, text))

    await life.desk.office.perform(chair, verb)


async def _sign(life: Life, signer: Actor, review_id: UUID) -> None:
    async def verb(work: Work) -> None:
        await sign_review(work, SignReview(review_id, await hash_to_sign(work, review_id) or ""))

    await life.desk.office.perform(_proven(life, signer), verb)


async def _done(life: Life, actor: Actor, verb: Callable[[Work, T], Awaitable[R]], command: T) -> R:
    """Do one verb as somebody, in its own transaction."""
    return await life.desk.office.perform(actor, lambda work: verb(work, command))


def _there(boarded: Boarded) -> tuple[UUID, dict[str, Actor]]:
    assert boarded.id is not None
    assert boarded.voices is not None
    return boarded.id, boarded.voices


def _of_unit(life: Life, unit: str) -> UUID:
    """Give somebody of a unit who is there from the first day to the last."""
    people = life.company.people.values()
    there = [p for p in people if p.unit == unit and p.left is None and p.external_id in life.company.ids]
    return life.company.ids[min(there, key=lambda each: (each.joined, each.external_id)).external_id]


def _actor(life: Life, name: str, role: Role) -> Actor:
    return _person(life, life.company.cast[name], role)


def _person(life: Life, person_id: UUID, role: Role = Role.BOARD_MEMBER) -> Actor:
    grants = frozenset({Grant(role, ScopeKind.TENANT)})
    return Actor(life.company.tenant_id, f"person:{person_id}", person_id, grants, authenticated_at=life.clock.now())


def _proven(life: Life, who: Actor) -> Actor:
    """Give somebody who proved a moment ago who they are."""
    return replace(who, authenticated_at=life.clock.now())
