"""Voting: who speaks for a department says for, against or abstain on an item, once, and may say it anew."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.kernel import given
from governance.kernel.errors import Refused, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.models import ItemVote, Review
from governance.reviews.queries import item, live_votes, review, review_ownership, signatures
from governance.reviews.rules import Choice
from governance.reviews.service.sign import bench
from governance.reviews.voting import Tally, Vote, ballot, tally
from policies.access.actions import Action


@dataclass(frozen=True)
class CastVote:
    """`department`: where one speaks for several."""

    review_id: UUID
    item_key: str
    choice: Choice
    department: str | None = None


async def cast_vote(work: Work, command: CastVote) -> ItemVote:
    """Vote on an item; one's earlier vote on it is superseded, never edited.

    Raises NotFound, Refused, WrongState (no board's review, or somebody signed), NotAMember, BadInput (choice).
    """
    row = await review(work, command.review_id, lock=True)
    work.permit(Action.REVIEW_VOTE, await review_ownership(work, row), f"review {row.title}")
    person_id = work.actor.person_id
    if person_id is None:
        raise Refused(Action.REVIEW_VOTE.value, "an item: only people vote")
    of = await bench(work, row.id)
    if of is None:
        raise WrongState("review", "no board's", "be voted on")
    if await signatures(work, row.id):
        raise WrongState("review with signatures", row.state.value, "be voted on")
    found = await item(work, row.id, command.item_key)
    choice = given.word(command.choice, "choice", Choice)
    stand = await live_votes(work, row.id, found.key)
    voice = ballot(
        of.speakers, votes_of(stand), person_id=person_id, department=command.department, now=work.now()
    )  # fmt: skip
    before = next((vote for vote in stand if vote.person_id == person_id), None)
    if before is not None:
        before.superseded_at = work.now()
        await work.session.flush()
    vote = ItemVote(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, item_key=found.key, member_id=voice.id,
        person_id=person_id, department=voice.department, choice=choice, recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(vote)
    was = None if before is None else {"choice": before.choice, "department": before.department}
    said = {"item": found.key, "choice": choice, "department": voice.department}
    await work.record(Change(Action.REVIEW_VOTE.value, "review", row.id, was, said))
    await work.emit("VoteCast", vote.id)
    return vote


async def tally_of(work: Work, row: Review, key: str) -> Tally | None:
    """Count the votes on an item of a review fetched within reach; None where the review is no board's."""
    return (await tallies_of(work, row.id, [key])).get(key)


async def tallies_of(work: Work, review_id: UUID, keys: Collection[str]) -> dict[str, Tally]:
    """Count the votes on these items of such a review; nothing where the review is no board's."""
    of = await bench(work, review_id)
    if of is None:
        return {}
    stand: dict[str, list[ItemVote]] = {key: [] for key in keys}
    for vote in await live_votes(work, review_id):
        stand.setdefault(vote.item_key, []).append(vote)
    now = work.now()
    return {key: tally(of.rule, of.speakers, votes_of(votes), now) for key, votes in stand.items()}


def votes_of(rows: Sequence[ItemVote]) -> tuple[Vote, ...]:
    """Give votes as they are counted."""
    return tuple(Vote(each.member_id, each.person_id, each.department, each.choice, each.recorded_at) for each in rows)
