"""A review's agenda as its pages read it: items in order, what was voted, said and decided on each, what was given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from api.console.acting import actors_of
from api.console.context import Context
from api.console.standing import names_of
from governance.kernel.work import Work
from governance.reviews.models import ActionItem, ActionStep, AimVerdict, Decision, ItemNote, ItemVote
from governance.reviews.queries import (
    Entry,
    actions,
    item_decisions,
    items,
    known_by,
    live_votes,
    notes,
    states,
    verdicts,
)
from governance.reviews.service.sign import Bench, bench
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
    """Read the agenda, as of the page's instant, of a review that the caller already fetched within reach."""
    at = ctx.as_of
    entries = [each for each in await items(work, review_id) if each.own is None or known_by([each.own], at)]
    votes = await live_votes(work, review_id, at=at)
    decided, said = known_by(await item_decisions(work, review_id), at), known_by(await notes(work, review_id), at)
    given = await given_of(work, known_by(await actions(work, review_id), at), at)
    voters = [each.person_id for each in votes]
    people = await names_of(work, [*voters, *(each.row.owner_now for each in given)])
    principals = [
        *(each.decided_by for each in decided), *(each.written_by for each in said),
        *(each.own.added_by for each in entries if each.own), *(each.row.recorded_by for each in given),
    ]  # fmt: skip
    by = await named_by(ctx, work, principals)
    return Agenda(tuple(entries), tuple(votes), tuple(decided), tuple(said), given, people, by, of)


async def bench_then(ctx: Context, work: Work, review_id: UUID) -> Bench | None:
    """The bench of a board's review with what was signed by the page's instant; None where it is no board's."""
    of, at = await bench(work, review_id), ctx.as_of
    return of if of is None or at is None else replace(of, marks=tuple(each for each in of.marks if each.at <= at))


async def given_of(work: Work, rows: Sequence[ActionItem], at: datetime | None = None) -> tuple[Given, ...]:
    """Actions with how each stands and what became of its aim; with `at` as it was then."""
    ids = [each.id for each in rows]
    stand = await states(work, ids, at)
    judged = {key: each for key, each in (await verdicts(work, ids)).items() if known_by([each], at)}
    return tuple(Given(each, stand[each.id], judged.get(each.id)) for each in rows)


async def named_by(ctx: Context, work: Work, principals: Iterable[str]) -> dict[str, str]:
    """Who prepared, decided, wrote: a review names them to everybody who may read it."""
    wanted = set(principals)
    people = [UUID(each.removeprefix(PERSON)) for each in wanted if each.startswith(PERSON)]
    known = {f"{PERSON}{key}": name for key, name in (await names_of(work, people)).items()}
    return {**await actors_of(ctx, work, wanted), **known}
