"""One question after first use: asked once of a holder per product, answered once, by the holder alone."""

from uuid import UUID

from sqlalchemy import select

from governance.activation import queries
from governance.activation.models import Survey
from governance.activation.rules import BEST
from governance.kernel import given
from governance.kernel.database.insert import insert_new
from governance.kernel.errors import NotFound, WrongState
from governance.kernel.work import Change, Work
from governance.seats.models import Assignment
from governance.seats.queries import seat_ownership
from policies.access.actions import Action


async def ask_survey(work: Work, assignment_id: UUID) -> Survey | None:
    """Put the question to who first used a seat, where the product's journey says so; None where it is not put.

    Within the reaction to first use, which has no person behind it. Raises NotFound for a seat that is not there.
    """
    seat = await work.session.get(Assignment, (work.tenant_id, assignment_id))
    if seat is None:
        raise NotFound("assignment", str(assignment_id))
    product_id = await queries.product_of_seat(work, seat)
    asks = {row.product_id for row in await queries.standing_journeys(work) if row.survey}
    if product_id not in asks:
        return None
    row = {
        "tenant_id": work.tenant_id, "id": work.new_id(), "assignment_id": seat.id, "person_id": seat.person_id,
        "product_id": product_id, "asked_at": work.now(), "answered_at": None, "score": None,
    }  # fmt: skip
    if not await insert_new(work.session, Survey, [row]):
        return None
    return await work.session.get_one(Survey, (work.tenant_id, row["id"]))


async def answer_survey(work: Work, survey_id: UUID, score: int) -> Survey:
    """Say how easy it was, 1 (very hard) to 7 (very easy). Raises NotFound, Refused, BadInput, WrongState."""
    query = queries.own_surveys(work).where(Survey.id == survey_id).with_for_update(key_share=True)
    row = (await work.session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("survey", str(survey_id))
    seat = await work.session.get_one(Assignment, (work.tenant_id, row.assignment_id))
    work.permit(Action.SURVEY_ANSWER, await seat_ownership(work, seat), f"survey {row.id}")
    if row.answered_at is not None:
        raise WrongState("survey", "answered", "be answered again")
    row.score, row.answered_at = given.whole(score, "score", least=1, most=BEST), work.now()
    await work.session.flush()
    await work.record(Change(Action.SURVEY_ANSWER.value, "survey", row.id))  # what was answered is the holder's own
    return row


async def open_survey_of(work: Work, assignment_id: UUID) -> Survey | None:
    """Give the question that waits for an answer about a seat, for who may be asked."""
    query = select(Survey).where(
        Survey.tenant_id == work.tenant_id, Survey.assignment_id == assignment_id, Survey.answered_at.is_(None)
    )
    return (await work.session.execute(query)).scalar_one_or_none()
