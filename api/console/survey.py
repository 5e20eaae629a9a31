"""The one question that came by mail after first use: whom it asks, about what, and what answering it does."""

from dataclasses import dataclass

from governance.activation.queries import own_survey
from governance.activation.service import answer_survey
from governance.catalog.models import Product
from governance.directory.service import LinkBearer, use_link
from governance.kernel.errors import NotFound
from governance.kernel.work import Work
from governance.seats.service import SeatDesk


@dataclass(frozen=True, slots=True)
class Question:
    """What a link's bearer is shown before they answer."""

    bearer: LinkBearer
    person: str
    product: str


async def question_of(desk: SeatDesk, bearer: LinkBearer) -> Question:
    """Read what a link asks. Raises NotFound for a question that is gone or answered already."""
    async with desk.office.reading(bearer.actor) as work:
        row = await own_survey(work, bearer.subject_id)
        if row.answered_at is not None:
            raise NotFound("survey", str(row.id))
        product = await work.session.get_one(Product, (work.tenant_id, row.product_id))
        return Question(bearer, bearer.person.name, product.name)


async def answered_question(desk: SeatDesk, question: Question, score: str) -> None:
    """Keep the answer and use the link up, in one transaction. Raises BadInput, LinkSpent, WrongState."""
    bearer = question.bearer

    async def verb(work: Work) -> None:
        await answer_survey(work, bearer.subject_id, int(score) if score.isascii() and score.isdecimal() else 0)
        await use_link(work, bearer)

    await desk.office.perform(bearer.actor, verb)
