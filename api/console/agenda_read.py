"""A review's agenda as its pages read it: items in order, what was voted, said and decided on each, what was given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from api.console.acting import actors_of
from api.console.context import Context
from api.console.standing import names_of
from governance.kernel.work import Work
from governance.reviews.models import ActionItem, ActionStep, AimVerdict, Decision, ItemNote, ItemVote
from governance.reviews.queries import Entry, actions, item_decisions, items, live_votes, notes, states, verdicts
from governance.reviews.service.sign import Bench
from governance.reviews.service.vote import votes_of
from governance.reviews.voting import Tally, tally

PERSON: Final = "person:"


@dataclass(frozen=True, slots=True)
class Given:
    """One action, how it stands, and what became of its aim."""

    row: ActionItem
    step: ActionStep
    verdict: AimVerdict | None


@dataclass(frozen=True, slots=True)
class Agenda:
    """Everything upon the items of one review; decisions the newest first, minutes the oldest first."""

    entries: tuple[Entry, ...]
    votes: tuple[ItemVote, ...]
    decided: tuple[Decision, ...]
    notes: tuple[ItemNote, ...]
    actions: tuple[Given, ...]
    people: dict[UUID, str]
    by: dict[str, str]
    bench: Bench | None

    def entry(self, key: str) -> Entry | None:
        """The item of this key."""
        return next((each for each in self.entries if each.key == key), None)

    def standing(self, key: str) -> Decision | None:
        """The decision that stands on an item."""
        return next((each for each in self.decided if each.item_key == key), None)

    def voted(self, key: str) -> tuple[ItemVote, ...]:
        """The votes that stand on an item."""
        return tuple(each for each in self.votes if each.item_key == key)

    def tally(self, key: str, at: datetime) -> Tally | None:
        """How the vote on an item stands; None where the review is no board's."""
        if self.bench is None:
            return None
        return tally(self.bench.rule, self.bench.speakers, votes_of(self.voted(key)), at)

    def around(self, key: str) -> tuple[Entry | None, Entry | None]:
        """The items before and after one."""
        keys = [each.key for each in self.entries]
        at = keys.index(key)
        return (self.entries[at - 1] if at else None), (self.entries[at + 1] if at + 1 < len(keys) else None)


async def read_agenda(ctx: Context, work: Work, review_id: UUID, of: Bench | None) -> Agenda:
    """Read the agenda of a review that the caller already fetched within reach."""
    entries, votes = await items(work, review_id), await live_votes(work, review_id)
    decided, said = await item_decisions(work, review_id), await notes(work, review_id)
    given = await given_of(work, await actions(work, review_id))
    voters = [each.person_id for each in votes]
    people = await names_of(work, [*voters, *(each.row.owner_id for each in given)])
    principals = [
        *(each.decided_by for each in decided), *(each.written_by for each in said),
        *(each.own.added_by for each in entries if each.own), *(each.row.recorded_by for each in given),
    ]  # fmt: skip
    by = await named_by(ctx, work, principals)
    return Agenda(tuple(entries), tuple(votes), tuple(decided), tuple(said), given, people, by, of)


async def given_of(work: Work, rows: Sequence[ActionItem]) -> tuple[Given, ...]:
    """Actions with how each stands and what became of its aim."""
    ids = [each.id for each in rows]
    stand, judged = await states(work, ids), await verdicts(work, ids)
    return tuple(Given(each, stand[each.id], judged.get(each.id)) for each in rows)


async def named_by(ctx: Context, work: Work, principals: Iterable[str]) -> dict[str, str]:
    """Who prepared, decided, wrote: a review names them to everybody who may read it."""
    wanted = set(principals)
    people = [UUID(each.removeprefix(PERSON)) for each in wanted if each.startswith(PERSON)]
    known = {f"{PERSON}{key}": name for key, name in (await names_of(work, people)).items()}
    return {**await actors_of(ctx, work, wanted), **known}
