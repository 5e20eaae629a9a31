"""Signing: a person says yes to one hash, after proving again who they are; two units, or a board's quorum, count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.directory.models import Person
from governance.kernel.errors import Refused, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.errors import SomethingElseWasShown
from governance.reviews.models import Board, Decision, Mandate, Review, Signature, Snapshot
from governance.reviews.queries import (
    decisions,
    marks,
    meeting,
    review,
    review_ownership,
    signatures,
    snapshot,
    speakers,
    standing_item_decisions,
)
from governance.reviews.quorum import Mark, Missing, Rule, Speaker, mandate, missing
from governance.reviews.rules import SIGNERS, ReviewState, check_proof, check_signer, sha256_of
from policies.access.actions import Action


@dataclass(frozen=True)
class SignReview:
    """`sha256` is the hash the signer was shown: it binds snapshot and decisions. `department`: where one has two."""

    review_id: UUID
    sha256: str
    department: str | None = None


@dataclass(frozen=True)
class Bench:
    """A board's rule, who speaks for whom, and what was signed so far."""

    rule: Rule
    speakers: tuple[Speaker, ...]
    marks: tuple[Mark, ...]

    def lacks(self, *more: Mark) -> Missing:
        return missing(self.rule, self.speakers, (*self.marks, *more))


def standing_hash(frozen: Snapshot, decision: Decision, on_items: Sequence[Decision] = ()) -> str:
    """Give the hash that a signature signs: of the frozen snapshot and the decisions that stand, those on items too.

    `on_items`: what `standing_item_decisions` gives. Where no item was decided on, the hash is that of the two alone.
    """
    bound: dict[str, Any] = {"snapshot": frozen.sha256, "decision": decision.sha256}
    if on_items:
        bound["items"] = {str(each.item_key): each.sha256 for each in on_items}
    return sha256_of(bound)


async def hash_to_sign(work: Work, review_id: UUID) -> str | None:
    """Give that hash of a review that the caller already fetched within reach; None where nothing is decided."""
    decided = await decisions(work, review_id)
    if not decided:
        return None
    on_items = await standing_item_decisions(work, review_id)
    return standing_hash(await snapshot(work, review_id), decided[0], on_items)


async def sign_review(work: Work, command: SignReview) -> Signature:
    """Sign what was shown.

    Raises NotFound, Refused, WrongState (nothing decided yet, or signed already by enough), SeparationOfDuties,
    AlreadySigned, NoMandate (of a board), SignInAgain (proof older than 5 minutes), SomethingElseWasShown.
    """
    row = await review(work, command.review_id, lock=True)
    work.permit(Action.REVIEW_SIGN, await review_ownership(work, row), f"review {row.title}")
    signer = await _signer(work)
    of = await bench(work, row.id)
    count, voice = await _voice(work, row, signer, of, command.department)
    if row.state is not ReviewState.DECIDED:
        raise WrongState("review", row.state.value, "be signed")
    proven_at = check_proof(work.actor.authenticated_at, work.now())
    stands = await hash_to_sign(work, row.id)
    if stands is None or command.sha256 != stands:
        raise SomethingElseWasShown(command.sha256, stands or "nothing")
    mark = Signature(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, person_id=signer.id, unit_id=signer.unit_id,
        sha256=stands, authenticated_at=proven_at, recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(mark)
    enough = count + 1 >= SIGNERS
    if of is not None and voice is not None:
        await _give(work, mark, voice)
        enough = of.lacks(Mark(voice.id, signer.id, voice.department, mark.recorded_at)).nothing
    await _close(work, row, enough, stands)
    return mark


async def bench(work: Work, review_id: UUID) -> Bench | None:
    """Give what a board's review is judged by; None where the review is no board's."""
    found = await meeting(work, review_id)
    if found is None:
        return None
    of: Board = found[1]
    return Bench(
        Rule(of.quorum, of.chair_needed, tuple(of.departments_needed)),
        tuple(Speaker(s.id, s.person_id, s.department, s.seat, s.start, s.end) for s in await speakers(work, of.id)),
        tuple(Mark(given.member_id, signed.person_id, given.department, signed.recorded_at)
              for given, signed in await marks(work, review_id)),
    )  # fmt: skip


async def _voice(
    work: Work, row: Review, signer: Person, of: Bench | None, department: str | None
) -> tuple[int, Speaker | None]:
    """Give how many signed before, and the membership this person signs by; None where the review is no board's."""
    if of is not None:
        voice = mandate(
            of.rule, of.speakers, of.marks, person_id=signer.id, principal=work.actor.principal,
            prepared_by=row.prepared_by, department=department, now=work.now(), review=str(row.id),
        )  # fmt: skip
        return len(of.marks), voice
    before = [(mark.person_id, mark.unit_id) for mark, _, _ in await signatures(work, row.id)]
    check_signer(
        principal=work.actor.principal, person_id=signer.id, unit_id=signer.unit_id,
        prepared_by=row.prepared_by, signed=before, review=str(row.id),
    )  # fmt: skip
    return len(before), None


async def _give(work: Work, mark: Signature, voice: Speaker) -> None:
    await work.session.flush()
    given = Mandate(
        tenant_id=work.tenant_id, id=mark.id, review_id=mark.review_id, signature_id=mark.id, member_id=voice.id,
        department=voice.department, recorded_at=mark.recorded_at,
    )  # fmt: skip
    work.session.add(given)


async def _signer(work: Work) -> Person:
    person = await work.session.get(Person, (work.tenant_id, work.actor.person_id)) if work.actor.person_id else None
    if person is None:
        raise Refused(Action.REVIEW_SIGN.value, "a review: only people sign")
    return person


async def _close(work: Work, row: Review, enough: bool, stands: str) -> None:
    before = row.state
    if enough:
        row.state = ReviewState.SIGNED
    row.version += 1
    await work.record(
        Change("review:sign", "review", row.id, {"state": before}, {"state": row.state, "signed": stands})
    )
    if row.state is ReviewState.SIGNED:
        await work.emit("ReviewSigned", row.id)
