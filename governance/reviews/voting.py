"""How a board votes on an item: one voice a department, a deputy's where no member gave one; quorum, then majority."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.reviews.errors import NotAMember, VoteLacks
from governance.reviews.quorum import Mark, Missing, Rule, Speaker, missing, unsigned
from governance.reviews.rules import Choice, ItemOutcome, Seat


@dataclass(frozen=True)
class Vote:
    """What one person votes for one department, by one membership, at an instant."""

    member_id: UUID
    person_id: UUID
    department: str
    choice: Choice
    at: datetime


@dataclass(frozen=True)
class Tally:
    """The voice of each department that voted, what a quorum still lacks, and who has not voted."""

    voices: Mapping[str, Choice]
    missing: Missing
    silent: tuple[str, ...]

    def count(self, choice: Choice) -> int:
        return sum(1 for voice in self.voices.values() if voice is choice)

    @property
    def majority(self) -> bool:
        """Whether more departments are for it than against it; abstentions count for the quorum alone."""
        return self.count(Choice.FOR) > self.count(Choice.AGAINST)

    @property
    def carried(self) -> bool:
        return self.missing.nothing and self.majority

    def said(self) -> str:
        """Say how it stands in a sentence's part."""
        counted = (self.count(Choice.FOR), self.count(Choice.AGAINST), self.count(Choice.ABSTAIN))
        return "{} for, {} against, {} abstained".format(*counted)

    def lacks(self) -> str:
        """Name what it lacks to be carried; empty where nothing does."""
        parts = [] if self.missing.nothing else [f"votes of {self.missing.said(self.silent)}"]
        return "; ".join([*parts, *([] if self.majority else ["more departments for it than against it"])])

    def kept(self) -> dict[str, Any]:
        """Give it as a decision keeps it."""
        return {
            "voices": {department: self.voices[department].value for department in sorted(self.voices)},
            **{choice.value.lower(): self.count(choice) for choice in Choice},
            "carried": self.carried,
        }


def tally(rule: Rule, speakers: Collection[Speaker], votes: Collection[Vote], now: datetime) -> Tally:
    """Count live votes by department: of memberships in force when they were given, members' before deputies'."""
    seats = {each.id: each for each in speakers}
    standing = [vote for vote in votes if vote.member_id in seats and seats[vote.member_id].in_force(vote.at)]
    by_department: dict[str, list[Vote]] = defaultdict(list)
    for vote in standing:
        by_department[vote.department].append(vote)
    counting = [vote for given in by_department.values() for vote in _counting(given, seats)]
    marks = [Mark(vote.member_id, vote.person_id, vote.department, vote.at) for vote in counting]
    voices = {name: _voice(_counting(given, seats)) for name, given in by_department.items()}
    return Tally(voices, missing(rule, speakers, marks), unsigned(speakers, marks, now))


def ballot(
    speakers: Collection[Speaker], votes: Collection[Vote], *, person_id: UUID, department: str | None, now: datetime
) -> Speaker:
    """Give the membership by which this person votes: a member's before a deputy's.

    Raises NotAMember, which says whether a member of the department voted already, so that the deputy may not.
    """
    mine = [s for s in speakers if s.person_id == person_id and s.in_force(now) and department in (None, s.department)]
    if not mine:
        raise NotAMember(f"{department} in" if department else "any department of")
    seats = {each.id: each for each in speakers}
    voted = {v.department for v in votes if v.member_id in seats and seats[v.member_id].seat is not Seat.DEPUTY}
    free = [s for s in mine if s.seat is not Seat.DEPUTY or s.department not in voted]
    if not free:
        raise NotAMember(f"{mine[0].department}, whose member voted already, in")
    return min(free, key=lambda s: (s.seat is Seat.DEPUTY, s.department))


def check_decided(outcome: ItemOutcome, of: Tally) -> None:
    """Let pass what the vote gives. Raises VoteLacks for APPROVED or REJECTED against it, or without a quorum."""
    if outcome is ItemOutcome.APPROVED and not of.carried:
        raise VoteLacks(outcome.value, of.said(), of.lacks())
    if outcome is ItemOutcome.REJECTED and not of.missing.nothing:
        raise VoteLacks(outcome.value, of.said(), f"votes of {of.missing.said(of.silent)}")
    if outcome is ItemOutcome.REJECTED and of.majority:
        raise VoteLacks(outcome.value, of.said(), "as many departments against it as for it")


def _counting(given: Sequence[Vote], seats: Mapping[UUID, Speaker]) -> list[Vote]:
    members = [vote for vote in given if seats[vote.member_id].seat is not Seat.DEPUTY]
    return members or list(given)


def _voice(given: Sequence[Vote]) -> Choice:
    """Give a department's one voice: what most of its members say; where they are even, it abstains."""
    counts = Counter(vote.choice for vote in given)
    ((first, most), *rest) = counts.most_common()
    return Choice.ABSTAIN if rest and rest[0][1] == most else first
