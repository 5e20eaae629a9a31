"""A board's review on its page: who speaks for which department, and what its quorum still lacks."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from api.console.context import Context
from api.console.objects import Claim, HasNeeds
from api.console.values import Step
from governance.reviews.quorum import unsigned
from governance.reviews.service.sign import Bench


def voices_of(bench: Bench) -> Mapping[UUID, str]:
    """For which department each signer signed."""
    return {mark.person_id: mark.department for mark in bench.marks}


def mandate_refusal(ctx: Context, bench: Bench, person_id: UUID | None) -> HasNeeds | None:
    """Why this reader cannot speak for a department that has not signed; None where they can."""
    mine = {each.department for each in bench.speakers if each.person_id == person_id and each.in_force(ctx.now)}
    open_ones = unsigned(bench.speakers, bench.marks, ctx.now)
    needs = Claim(ctx.text("reviews.needs_member", departments=", ".join(open_ones) or "–"))
    if not mine:
        return HasNeeds(Claim(ctx.text("reviews.no_voice")), needs)
    if not mine & set(open_ones):
        return HasNeeds(Claim(ctx.text("reviews.department_signed", departments=", ".join(sorted(mine)))), needs)
    return None


def lacking_steps(ctx: Context, bench: Bench, now: datetime) -> list[Step]:
    """The departments and the chair without whom the quorum is not reached, each a step of its own."""
    lacks = bench.lacks()
    steps = [Step("todo", ctx.text("reviews.needed_department", department=name)) for name in lacks.needed]
    return [*steps, Step("todo", ctx.text("reviews.needed_chair"))] if lacks.chair else steps
