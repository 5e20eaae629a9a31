"""What changes while somebody watches: looked at each second under the rights of that second, told when it differs.

Every process looks for itself, in the database: it needs no word from the process that changed something, on SQLite as
on PostgreSQL. A message tells how things are now, never how they got there: a slow reader skips what is over already.
"""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from api.graphql.context import Info
from governance.kernel.errors import Unavailable
from governance.kernel.work import Work

T = TypeVar("T")
Told = tuple[Any, ...]
After = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last message that was read: what changed since is told at once. "
        "Without one, the first message tells how it is now."
    ),
]


@dataclass(frozen=True)
class Found(Generic[T]):
    """What a look found: what its reader will have been told then, the news (None: there are none), whether it ends."""

    told: Told
    news: T | None
    last: bool = False


Look = Callable[[Work, Told | None], Awaitable[Found[T]]]


async def watched(info: Info, name: str, look: Look[T], after: str | None) -> AsyncGenerator[tuple[str, T], None]:
    """Give each piece of news with its cursor. `name` says what is watched: a cursor opens for that alone.

    Raises BadCursor for another one, SignInAgain once its reader may no longer come in, and what `look` raises.
    """
    context = info.context
    binding = f"watched {name} {context.actor.principal}"
    told = None if after is None else context.sealer.open(context.tenant, binding, after)
    while True:
        async with context.streams.looks:
            await context.renew()
            async with context.office.reading(context.actor, context.request_id, steady=True) as work:
                found = await look(work, told)
        if found.news is not None and _paid(info, first=told is None):
            before, told = told, found.told
            yield context.sealer.seal(context.tenant, binding, told), found.news
            if context.unsent:
                told, context.unsent = before, False
                continue
        elif found.news is None:
            told = found.told
        if found.last and told == found.told:
            return
        if not await context.streams.pause():
            return


def mark_of(*facts: Any) -> str:
    """Give a short text that differs when one of these facts does."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def state(mark: str, told: Told | None, news: T, *, last: bool = False) -> Found[T]:
    """Say of a thing whether its reader was told how it is now, by its mark."""
    return Found((mark,), None if told == (mark,) else news, last)


def _paid(info: Info, *, first: bool) -> bool:
    """Charge a message as the query it answers; what cannot be paid for now is told when it can."""
    if first:
        return True  # it was charged when it was asked for
    try:
        info.context.charge(info.context.cost)
    except Unavailable:
        return False
    return True
