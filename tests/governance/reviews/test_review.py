"""A review from end to end: frozen by one person, decided by the board, signed by two others of different units."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from governance.audit.models import Entry
from governance.kernel.clock import HandClock
from governance.kernel.errors import BadInput, NotFound, Refused, WrongState
from governance.kernel.event import OutboxEvent
from governance.kernel.work import Office, Work
from governance.reviews import queries
from governance.reviews.errors import AlreadySigned, SeparationOfDuties, SignInAgain, SomethingElseWasShown
from governance.reviews.models import Review, Snapshot
from governance.reviews.rules import ReviewState, sha256_of
from governance.reviews.service import (
    DecideReview,
    PrepareReview,
    SignReview,
    decide_review,
    hash_to_sign,
    prepare_review,
    sign_review,
)
from policies.access.parties import Actor, Grant, Role, ScopeKind
from tests.estate import Estate
from tests.governance.holding import release, seat
from tests.reports.ground import finding, furnished

T = TypeVar("T")


async def act(estate: Estate, who: str | Actor, verb: Callable[[Work, Any], Awaitable[T]], command: Any) -> T:
    async def run(work: Work) -> T:
        return await verb(work, command)

    actor = who if isinstance(who, Actor) else estate.actor(who)
    return await estate.office.perform(actor, run)


async def prepared(estate: Estate, who: str | Actor = "admin", unit: str = "halden", **asked: Any) -> Review:
    command = PrepareReview("Spring review", estate.units[unit], **asked)
    return await act(estate, who, prepare_review, command)


async def decided(estate: Estate, review: Review, who: str = "board-sales") -> Review:
    command = DecideReview(review.id, review.version, "Keep what is used, return one seat.")
    await act(estate, who, decide_review, command)
    return await standing(estate, review.id)


async def standing(estate: Estate, review_id: UUID) -> Review:
    async with estate.office.reading(estate.actor("auditor")) as work:
        return await queries.review(work, review_id)


async def frozen(estate: Estate, review_id: UUID) -> Snapshot:
    async with estate.office.reading(estate.actor("auditor")) as work:
        return await queries.snapshot(work, review_id)


async def to_sign(estate: Estate, review_id: UUID) -> SignReview:
    async with estate.office.reading(estate.actor("auditor")) as work:
        return SignReview(review_id, await hash_to_sign(work, review_id) or "")


async def test_a_review_is_prepared_decided_and_signed_by_two_of_different_units(
    office: Office, estate: Estate
) -> None:
    await furnished(estate)
    review = await prepared(estate)
    assert review.state is ReviewState.PREPARED
    review = await decided(estate, review)
    assert review.state is ReviewState.DECIDED
    shown = await to_sign(estate, review.id)
    await act(estate, "board-sales", sign_review, shown)
    assert (await standing(estate, review.id)).state is ReviewState.DECIDED
    await act(estate, "board-finance", sign_review, shown)
    assert (await standing(estate, review.id)).state is ReviewState.SIGNED
    async with office.reading(estate.actor("auditor")) as work:
        marks = await queries.signatures(work, review.id)
        acts = (await work.session.execute(select(Entry.act).where(Entry.subject_id == review.id))).scalars().all()
        events = (await work.session.execute(select(OutboxEvent.name))).scalars().all()
    assert [(name, unit) for _, name, unit in marks] == [("Board-Sales", "Sales"), ("Board-Finance", "Finance")]
    assert sorted(acts) == ["review:decide", "review:prepare", "review:sign", "review:sign"]
    assert "ReviewPrepared" in events


async def test_the_snapshot_holds_position_findings_and_time_to_first_use(estate: Estate, clock: HandClock) -> None:
    license_ = await furnished(estate)
    for number in range(5):
        used = clock.now() + timedelta(hours=12)
        await seat(estate, license_, f"p{number}", first_use_at=used, first_use_recorded_at=used)
    clock.advance(timedelta(days=10))
    snapshot = await frozen(estate, (await prepared(estate)).id)
    content = snapshot.content
    (row,) = content["position"]["rows"]
    assert (row["license"], row["purchased"], row["occupied"], row["balance"]) == ("=m365-e5", 3, 7, -4)
    assert row["percent"] == "233.3"
    assert row["cost"] == [{"micros": "171000000", "currency": "USD"}]
    assert content["position"]["totals"]["occupied"] == 7
    assert content["findings"]["totals"] == {"open": 1, "acknowledged": 0, "waived": 0}
    assert {check["check"]: check["open"] for check in content["findings"]["checks"]}["over-assigned"] == 1
    told = content["time_to_first_use"]
    assert (told["n"], told["events"], told["censored"], told["suppressed"]) == (
        7,
        None,
        None,
        False,
    )  # 2 are too few to tell
    assert told["median"]["time"] == "0.5"
    assert content["as_of"] == content["known_at"] == "2026-03-12T09:00:00Z"


async def test_the_snapshot_names_no_person(estate: Estate) -> None:
    await furnished(estate)
    await finding(estate, "Ada Lovelace")
    content = json.dumps((await frozen(estate, (await prepared(estate)).id)).content)
    for personal in ("Ada", "ada@", "Lovelace", "Ben"):
        assert personal not in content


async def test_the_hash_verifies_after_the_database_kept_it_and_it_holds_json_types_only(estate: Estate) -> None:
    await furnished(estate)
    snapshot = await frozen(estate, (await prepared(estate)).id)
    assert sha256_of(snapshot.content) == snapshot.sha256
    assert sha256_of(json.loads(json.dumps(snapshot.content))) == snapshot.sha256
    assert {type(value) for value in _leaves(snapshot.content)} <= {str, int, bool, type(None)}


async def test_later_changes_do_not_reach_the_snapshot(estate: Estate, clock: HandClock) -> None:
    license_ = await furnished(estate)
    review = await prepared(estate)
    before = await frozen(estate, review.id)
    clock.advance(timedelta(days=1))
    await release(estate, await seat(estate, license_, "cleo"))
    await finding(estate, "another")
    after = await frozen(estate, review.id)
    assert (after.content, after.sha256) == (before.content, before.sha256)
    later = await frozen(estate, (await prepared(estate)).id)
    assert later.content["findings"]["totals"]["open"] == 2
    again = await frozen(estate, (await prepared(estate, as_of=review.as_of, known_at=review.known_at)).id)
    assert again.content["position"] == before.content["position"]
    assert again.content["findings"] == before.content["findings"]


@pytest.mark.parametrize("change", ["UPDATE snapshot SET sha256 = 'forged'", "DELETE FROM snapshot"])
async def test_the_snapshot_cannot_be_altered(office: Office, estate: Estate, change: str) -> None:
    review = await prepared(estate)
    with pytest.raises(DBAPIError):
        async with office.database.write(estate.tenant_id) as session:
            await session.execute(text(change))
    assert sha256_of((await frozen(estate, review.id)).content) == (await frozen(estate, review.id)).sha256


async def test_who_prepared_it_cannot_sign_it(estate: Estate) -> None:
    review = await decided(estate, await prepared(estate))
    with pytest.raises(SeparationOfDuties):
        await act(estate, "admin", sign_review, await to_sign(estate, review.id))


async def test_a_second_signer_of_the_same_unit_is_refused(estate: Estate) -> None:
    await estate.person("board-two", "sales")
    review = await decided(estate, await prepared(estate))
    shown = await to_sign(estate, review.id)
    await act(estate, "board-sales", sign_review, shown)
    with pytest.raises(AlreadySigned):
        await act(estate, "board-sales", sign_review, shown)
    with pytest.raises(SeparationOfDuties):
        await act(estate, estate.actor("board-two", role=Role.BOARD_MEMBER), sign_review, shown)


async def test_signing_needs_a_sign_in_of_the_last_five_minutes(estate: Estate, clock: HandClock) -> None:
    review = await decided(estate, await prepared(estate))
    shown = await to_sign(estate, review.id)
    proven = estate.actor("board-sales")
    clock.advance(timedelta(minutes=5, seconds=1))
    for actor in (proven, replace(proven, authenticated_at=None)):
        with pytest.raises(SignInAgain):
            await act(estate, actor, sign_review, shown)
    await act(estate, "board-sales", sign_review, shown)


async def test_only_what_was_shown_can_be_signed(estate: Estate) -> None:
    review = await prepared(estate)
    with pytest.raises(WrongState):
        await act(estate, "board-sales", sign_review, SignReview(review.id, "0" * 64))
    review = await decided(estate, review)
    shown = await to_sign(estate, review.id)
    await decided(estate, review)
    with pytest.raises(SomethingElseWasShown):
        await act(estate, "board-sales", sign_review, replace(shown, sha256=(await frozen(estate, review.id)).sha256))


async def test_only_the_unit_and_what_lies_below_it_is_frozen(estate: Estate) -> None:
    await furnished(estate)
    there = await estate.license("finance-only", unit="finance", pool_unit="finance")
    await seat(estate, there, "cleo")
    await finding(estate, "elsewhere", "finance")
    content = (await frozen(estate, (await prepared(estate, unit="finance")).id)).content
    assert [row["license"] for row in content["position"]["rows"]] == ["finance-only"]
    assert content["position"]["totals"]["occupied"] == 1
    assert content["findings"]["totals"]["open"] == 1
    assert content["unit"]["code"] == "finance"


async def test_an_owner_prepares_their_own_unit_and_no_other(estate: Estate) -> None:
    owner = estate.actor("ben", Grant(Role.LICENSE_OWNER, ScopeKind.UNIT, unit_id=estate.units["sales"]))
    assert (await prepared(estate, owner, "sales-emea")).prepared_by == owner.principal
    with pytest.raises(NotFound):
        await prepared(estate, owner, "finance")
    with pytest.raises(NotFound):
        await prepared(estate, owner, "halden")
    with pytest.raises(Refused):
        await prepared(estate, "board-sales", "sales")


async def test_a_title_and_moments_that_cannot_be_used_are_refused(estate: Estate, clock: HandClock) -> None:
    with pytest.raises(BadInput):
        await act(estate, "admin", prepare_review, PrepareReview("  ", estate.units["halden"]))
    with pytest.raises(BadInput):
        await prepared(estate, as_of=clock.now() + timedelta(seconds=1))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]
