"""A board votes by departments: members before deputies, those in force alone, a quorum first, then the majority."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from governance.reviews.errors import NotAMember, VoteLacks
from governance.reviews.quorum import Rule, Speaker
from governance.reviews.rules import Choice, ItemOutcome, Seat
from governance.reviews.voting import Tally, Vote, ballot, check_decided, tally

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULE = Rule(2, False, ())
FOR, AGAINST, ABSTAIN = Choice.FOR, Choice.AGAINST, Choice.ABSTAIN


def speaker(department: str, seat: Seat = Seat.MEMBER, *, end: datetime | None = None) -> Speaker:
    return Speaker(uuid4(), uuid4(), department, seat, NOW - timedelta(days=30), end)


def vote(of: Speaker, choice: Choice, at: datetime = NOW) -> Vote:
    return Vote(of.id, of.person_id, of.department, choice, at)


def counted(*given: tuple[Speaker, Choice], rule: Rule = RULE, silent: tuple[Speaker, ...] = ()) -> Tally:
    return tally(rule, [*(each for each, _ in given), *silent], [vote(*each) for each in given], NOW)


def test_each_department_has_one_voice_and_where_its_members_are_even_it_abstains() -> None:
    of = counted((speaker("A"), FOR), (speaker("A"), FOR), (speaker("A"), AGAINST), (speaker("B"), FOR),
                 (speaker("B"), AGAINST))  # fmt: skip
    assert of.voices == {"A": FOR, "B": ABSTAIN}
    assert (of.said(), of.carried) == ("1 for, 0 against, 1 abstained", True)


def test_a_deputys_vote_counts_only_while_no_member_of_the_department_voted() -> None:
    deputy, member, other = speaker("A", Seat.DEPUTY), speaker("A"), speaker("B")
    alone = counted((deputy, AGAINST), (other, FOR), silent=(member,))
    assert alone.voices["A"] is AGAINST
    assert counted((deputy, AGAINST), (other, FOR), (member, FOR)).voices["A"] is FOR


def test_a_vote_of_a_membership_that_had_ended_does_not_count() -> None:
    ended = speaker("A", end=NOW - timedelta(days=1))
    of = counted((ended, FOR), (speaker("B"), FOR))
    assert set(of.voices) == {"B"}
    assert of.missing.departments == 1


def test_abstentions_make_a_quorum_and_no_majority() -> None:
    of = counted((speaker("A"), ABSTAIN), (speaker("B"), ABSTAIN))
    assert of.missing.nothing
    assert (of.carried, of.lacks()) == (False, "more departments for it than against it")


def test_what_lacks_is_said_plainly() -> None:
    rule = Rule(3, True, ("Finance",))
    of = counted((speaker("A"), AGAINST), rule=rule, silent=(speaker("Finance", Seat.CHAIR), speaker("IT")))
    needs = "votes of Finance; the chair; 2 of: Finance, IT; more departments for it than against it"
    assert of.lacks() == needs
    with pytest.raises(VoteLacks, match="0 for, 1 against, 0 abstained; APPROVED still lacks: votes of Finance"):
        check_decided(ItemOutcome.APPROVED, of)


@pytest.mark.parametrize(
    ("choices", "approved", "rejected"),
    [((FOR, FOR), True, False), ((AGAINST, FOR), False, True), ((AGAINST, ABSTAIN), False, True), ((FOR,), False, False),
     ((AGAINST,), False, False)],
)  # fmt: skip
def test_a_decision_follows_the_vote(choices: tuple[Choice, ...], approved: bool, rejected: bool) -> None:
    of = counted(*((speaker(str(n)), choice) for n, choice in enumerate(choices)))
    for outcome, stands in ((ItemOutcome.APPROVED, approved), (ItemOutcome.REJECTED, rejected)):
        if stands:
            check_decided(outcome, of)
        else:
            with pytest.raises(VoteLacks):
                check_decided(outcome, of)
    for outcome in (ItemOutcome.DEFERRED, ItemOutcome.NOTED):
        check_decided(outcome, of)


def test_who_speaks_for_two_departments_chooses_and_sits_as_member_before_deputy() -> None:
    person = uuid4()
    deputy = _of(speaker("A", Seat.DEPUTY), person)
    member = _of(speaker("B"), person)
    assert _ballot([deputy, member], person) is member
    assert _ballot([deputy, member], person, "A") is deputy
    with pytest.raises(NotAMember, match="You do not speak for C in this board today"):
        _ballot([deputy, member], person, "C")


def test_a_deputy_does_not_vote_beside_a_member_who_did() -> None:
    person, member = uuid4(), speaker("A")
    deputy = _of(speaker("A", Seat.DEPUTY), person)
    assert _ballot([deputy, member], person) is deputy
    with pytest.raises(NotAMember, match="A, whose member voted already"):
        ballot([deputy, member], [vote(member, FOR)], person_id=person, department=None, now=NOW)


def test_nobody_votes_by_a_membership_that_ended_or_has_not_begun() -> None:
    ended = speaker("A", end=NOW)
    with pytest.raises(NotAMember):
        _ballot([ended], ended.person_id)


def _of(one: Speaker, person: UUID) -> Speaker:
    return Speaker(one.id, person, one.department, one.seat, one.start, one.end)


def _ballot(speakers: list[Speaker], person: UUID, department: str | None = None) -> Speaker:
    return ballot(speakers, [], person_id=person, department=department, now=NOW)
