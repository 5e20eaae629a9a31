"""The board meets: a quarter is prepared, decided and signed; the last quarter waits for its signatures."""

from datetime import timedelta
from uuid import UUID

from api.demo.living import Life, Step
from governance.kernel.work import Work
from governance.reviews.service import (
    DecideReview,
    PrepareReview,
    SignReview,
    decide_review,
    hash_to_sign,
    prepare_review,
    sign_review,
)
from policies.access.parties import Actor, Grant, Role, ScopeKind

ADMIN, DECIDER, OTHER = "Dana Whitfield", "Mateo Ruiz", "Camille Laurent"
SIGNED = "Renew GitHub Enterprise for everybody in engineering; give Visio one quarter to show that it is used."
WAITING = (
    "Do not renew Tableau Creator, which has ended, as it stands. Decide by the notice deadline of "
    "Microsoft 365 E5 whether Sales, EMEA gets more seats."
)


def plan_reviews(life: Life) -> None:
    """Put two quarterly reviews on the agenda: one long signed, one decided and waiting for signatures."""
    life.plan(
        life.until - timedelta(days=110), _quarter(life, "License review, quarter before last", SIGNED, sign=True)
    )
    life.plan(life.until - timedelta(days=2), _quarter(life, "License review, last quarter", WAITING, sign=False))


def _quarter(life: Life, title: str, text: str, *, sign: bool) -> Step:
    office = life.desk.office

    async def step() -> None:
        unit_id = life.company.units["halden"]
        admin = _actor(life, ADMIN, Role.IT_ADMIN)
        prepared = await office.perform(admin, lambda work: prepare_review(work, PrepareReview(title, unit_id)))
        owner = life.company.cast[DECIDER]
        decision = DecideReview(
            prepared.id,
            prepared.version,
            text,
            action_owner_id=owner,
            due_day=(life.clock.now() + timedelta(days=30)).date(),
        )
        life.clock.advance(timedelta(hours=3))
        await office.perform(_actor(life, DECIDER, Role.BOARD_MEMBER), lambda work: decide_review(work, decision))
        for name in (DECIDER, OTHER) if sign else ():
            life.clock.advance(timedelta(minutes=20))
            await _sign(life, name, prepared.id)

    return step


async def _sign(life: Life, name: str, review_id: UUID) -> None:
    async def verb(work: Work) -> None:
        await sign_review(work, SignReview(review_id, await hash_to_sign(work, review_id) or ""))

    await life.desk.office.perform(_actor(life, name, Role.BOARD_MEMBER), verb)


def _actor(life: Life, name: str, role: Role) -> Actor:
    person_id = life.company.cast[name]
    grants = frozenset({Grant(role, ScopeKind.TENANT)})
    return Actor(life.company.tenant_id, f"person:{person_id}", person_id, grants, authenticated_at=life.clock.now())
