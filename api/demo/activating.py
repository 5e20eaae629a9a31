"""IT says what value and errors of products mean, holders answer how easy it was, and slower first use is noticed."""

import random
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import select

from api.demo.living import Life
from api.demo.ways import SLOW_DAYS, STOPPED_CODE, VALUE_TYPE
from governance.activation.models import Survey
from governance.activation.service import (
    DeclareErrorText,
    DeclareJourney,
    OpenContact,
    answer_survey,
    declare_error,
    declare_journey,
    open_contact,
)
from governance.alerts.slowdown import evaluate_slowdown
from governance.catalog.models import Product
from governance.directory.rules import EVERYONE
from governance.kernel.work import Work
from governance.runs.principals import system_actor
from governance.seats.models import Assignment
from governance.seats.queries import visible_assignments
from governance.seats.rules import SeatState
from policies.access.parties import Actor

ANSWERS = timedelta(days=14)
ANSWERED_PERCENT = 58
SCORES = {"creative-cloud": (2, 3, 4, 4, 5, 5, 6), "all-products-pack": (4, 5, 5, 6, 6, 7, 7)}
HELP = "It asks for an invitation code that I never got."
ERRORS = {
    "creative-cloud": (
        ("CC-182", "The installer could not write to the program folder", "Run it from the software center."),
        ("CC-205", "The account has no place in the organization yet", "Wait an hour, then sign in again."),
    ),
    "all-products-pack": (
        (STOPPED_CODE, "The license server of the region does not answer", "Group IT asks the vendor; nothing to do."),
        ("JB-41", "Another license is still active on this machine", "Sign out in Help > Register, then sign in."),
    ),
}


def plan_activation(life: Life) -> None:
    """Put on the agenda what is declared first, every second week's answers, a call for help, and two looks at pace."""
    life.plan(life.clock.now(), partial(_declare, life))
    at = life.clock.now() + ANSWERS
    while at < life.until:
        life.plan(at, partial(_answer, life))
        at += ANSWERS
    life.plan(life.until - timedelta(days=2), partial(_ask_for_help, life))
    for before in (SLOW_DAYS // 5, 0):
        life.plan(life.until - timedelta(days=before, hours=1), partial(_look_at_pace, life))


async def _declare(life: Life) -> None:
    """Say what is value, that holders are asked, and what the codes mean."""

    async def verb(work: Work) -> None:
        query = select(Product.code, Product.id).where(Product.tenant_id == work.tenant_id, Product.code.in_(SCORES))
        for code, product_id in (await work.session.execute(query)).all():
            value = VALUE_TYPE if code == "creative-cloud" else None
            await declare_journey(work, DeclareJourney(product_id, value, survey=True))
            for error, title, help_ in ERRORS[code]:
                await declare_error(work, DeclareErrorText(product_id, error, title, help_))

    await life.desk.office.perform(life.company.admin, verb)


async def _answer(life: Life) -> None:
    """Let some of those who were asked since the last time answer, each for themselves."""
    office, since = life.desk.office, life.clock.now() - ANSWERS
    async with office.reading(life.company.admin) as work:
        query = (
            select(Survey.id, Survey.person_id, Product.code)
            .join(Product, (Product.tenant_id == Survey.tenant_id) & (Product.id == Survey.product_id))
            .where(Survey.tenant_id == work.tenant_id, Survey.answered_at.is_(None), Survey.asked_at > since)
            .order_by(Survey.asked_at, Survey.id)
        )
        asked = (await work.session.execute(query)).all()
    names = {person_id: external_id for external_id, person_id in life.company.ids.items()}
    for survey_id, person_id, code in asked:
        dice = _dice(f"{names.get(person_id)}:{code}")
        if dice.randrange(100) < ANSWERED_PERCENT:
            score = dice.choice(SCORES[code])
            await office.perform(_holder(life, person_id), partial(answer_survey, survey_id=survey_id, score=score))


async def _ask_for_help(life: Life) -> None:
    """Let the two who were seated last and have not got there yet ask for help, each with their own seat."""
    office = life.desk.office
    async with office.reading(life.company.admin) as work:
        waiting = visible_assignments(work).where(
            Assignment.state == SeatState.ASSIGNED, Assignment.first_use_at.is_(None), Assignment.released_at.is_(None)
        )
        newest = waiting.order_by(Assignment.started_at.desc(), Assignment.id).limit(2)
        seats = (await work.session.execute(newest)).scalars().all()
    for seat in seats:
        await office.perform(
            _holder(life, seat.person_id), partial(open_contact, asked=OpenContact(seat.id, note=HELP))
        )


async def _look_at_pace(life: Life) -> None:
    async with life.desk.office.writing(system_actor(life.company.tenant_id, "slowdown")) as work:
        await evaluate_slowdown(work)


def _holder(life: Life, person_id: UUID) -> Actor:
    return Actor(life.company.tenant_id, f"person:{person_id}", person_id, frozenset({EVERYONE}))


def _dice(name: str) -> random.Random:
    return random.Random(name)
