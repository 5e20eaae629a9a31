"""A business no is an answer like any other: what did not happen, why, and what would have to be."""

from collections.abc import Awaitable
from typing import TypeVar

import strawberry

from api.graphql.engine.classes import FieldClass, field
from governance.kernel.errors import BusinessError, Code
from governance.kernel.errors import Reason as Because

T = TypeVar("T")
strawberry.enum(Code, name="RefusalCode", description="Every code with which Lictor says no, at any door.")


@strawberry.type(description="One fact of a refusal.")
class Fact:
    name: str = field("What the fact is about.", FieldClass.PUBLIC)
    value: str = field("The fact, as text.", FieldClass.PUBLIC)


@strawberry.type(description="One reason of a decision: what is, what would have to be, and how one gets there.")
class Reason:
    code: Code = field("The reason's code.", FieldClass.PUBLIC)
    subject: str = field("What the reason is about.", FieldClass.PUBLIC)
    has: str = field("What is.", FieldClass.PUBLIC)
    needs: str = field("What would have to be.", FieldClass.PUBLIC)
    source: str = field("Where that is known from; empty where it goes without saying.", FieldClass.PUBLIC)
    remedy: str = field("What would help; empty where nothing is known to.", FieldClass.PUBLIC)


@strawberry.type(description="Why something did not happen. Nothing was changed.")
class Refusal:
    code: Code = field("What kind of no this is.", FieldClass.PUBLIC)
    message: str = field("One sentence for people.", FieldClass.PUBLIC)
    path: list[str] = field("The input that caused it, outermost first; empty where none did.", FieldClass.PUBLIC)
    facts: list[Fact] = field("What the no rests on.", FieldClass.PUBLIC)
    reasons: list[Reason] = field("Every reason that led to it, where there are several.", FieldClass.PUBLIC)


def refusal(no: BusinessError) -> Refusal:
    """Say a business no in the graph's words."""
    return Refusal(
        code=no.code,
        message=no.message(),
        path=list(no.path()),
        facts=[Fact(name=name, value=value) for name, value in no.facts().items()],
        reasons=[_reason(reason) for reason in no.reasons()],
    )


async def outcome(verb: Awaitable[T]) -> T | Refusal:
    """Await a verb and give its result, or the Refusal when it raises a BusinessError; a bug stays a bug."""
    try:
        return await verb
    except BusinessError as no:
        return refusal(no)


def _reason(reason: Because) -> Reason:
    return Reason(
        code=reason.code,
        subject=reason.subject,
        has=reason.has,
        needs=reason.needs,
        source=reason.source,
        remedy=reason.remedy,
    )
