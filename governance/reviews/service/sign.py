"""Signing: a person says yes to one hash, after proving again who they are; two of different units make it count."""

from dataclasses import dataclass
from uuid import UUID

from governance.directory.models import Person
from governance.kernel.errors import Refused, WrongState
from governance.kernel.work import Change, Work
from governance.reviews.errors import SomethingElseWasShown
from governance.reviews.models import Decision, Review, Signature, Snapshot
from governance.reviews.queries import decisions, review, review_ownership, signatures, snapshot
from governance.reviews.rules import SIGNERS, ReviewState, check_proof, check_signer, sha256_of
from policies.access.actions import Action


@dataclass(frozen=True)
class SignReview:
    """`sha256` is the hash the signer was shown: it binds snapshot and decision."""

    review_id: UUID
    sha256: str


def standing_hash(frozen: Snapshot, decision: Decision) -> str:
    """Give the hash that a signature signs: of the frozen snapshot and the decision that stands."""
    return sha256_of({"snapshot": frozen.sha256, "decision": decision.sha256})


async def sign_review(work: Work, command: SignReview) -> Signature:
    """Sign what was shown.

    Raises NotFound, Refused, WrongState (nothing decided yet, or signed already by enough), SeparationOfDuties,
    AlreadySigned, SignInAgain (proof older than 5 minutes), SomethingElseWasShown.
    """
    row = await review(work, command.review_id, lock=True)
    work.permit(Action.REVIEW_SIGN, await review_ownership(work, row), f"review {row.title}")
    signer = await _signer(work)
    before = [(mark.person_id, mark.unit_id) for mark, _, _ in await signatures(work, row.id)]
    check_signer(
        principal=work.actor.principal, person_id=signer.id, unit_id=signer.unit_id,
        prepared_by=row.prepared_by, signed=before, review=str(row.id),
    )  # fmt: skip
    if row.state is not ReviewState.DECIDED:
        raise WrongState("review", row.state.value, "be signed")
    proven_at = check_proof(work.actor.authenticated_at, work.now())
    stands = standing_hash(await snapshot(work, row.id), (await decisions(work, row.id))[0])
    if command.sha256 != stands:
        raise SomethingElseWasShown(command.sha256, stands)
    mark = Signature(
        tenant_id=work.tenant_id, id=work.new_id(), review_id=row.id, person_id=signer.id, unit_id=signer.unit_id,
        sha256=stands, authenticated_at=proven_at, recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(mark)
    await _close(work, row, len(before) + 1, stands)
    return mark


async def _signer(work: Work) -> Person:
    person = await work.session.get(Person, (work.tenant_id, work.actor.person_id)) if work.actor.person_id else None
    if person is None:
        raise Refused(Action.REVIEW_SIGN.value, "a review: only people sign")
    return person


async def _close(work: Work, row: Review, count: int, stands: str) -> None:
    before = row.state
    if count >= SIGNERS:
        row.state = ReviewState.SIGNED
    row.version += 1
    await work.record(
        Change("review:sign", "review", row.id, {"state": before}, {"state": row.state, "signed": stands})
    )
    if row.state is ReviewState.SIGNED:
        await work.emit("ReviewSigned", row.id)
