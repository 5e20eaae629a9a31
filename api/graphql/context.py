"""What the product's graph knows of one request: the office, the actor, desks to read and write at, loaders by id."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError
from strawberry.dataloader import DataLoader

from api.graphql.engine import EngineContext, FieldClass, Streams, idempotency_key, mutation_path
from api.settings import Settings
from governance.audit.entries import plain_value
from governance.kernel.errors import BusinessError, Code, Reason
from governance.kernel.once import OnceKey, keep, kept
from governance.kernel.page import Order, Page, Window, count_all, count_each, read_pages
from governance.kernel.work import Office, Work
from governance.runs.models import Run
from governance.seats.service import SeatDesk
from policies.access.fields import FieldClass as PolicyFieldClass
from policies.access.gate import Gate
from policies.access.parties import Actor

DESKS_AT_ONCE = 4
LIST_MOST = 500
# A no that says "try the same again" is no outcome: it is not kept under an idempotency key.
NOT_KEPT = frozenset({Code.SIGN_IN_AGAIN, Code.TOO_MANY, Code.UNAVAILABLE})

# Makes the address under which an actor fetches what a finished run made; None where there is nothing, or not for them.
Link = Callable[[Office, Actor, Run], str | None]
Visible = Callable[[Work], Select[Any]]
Info = strawberry.Info["GraphContext", None]


class ReplayedRefusal(BusinessError):
    """A refusal that was kept under an idempotency key, said again word for word."""

    code: ClassVar[Code]

    def __init__(self, said: Mapping[str, Any]) -> None:
        super().__init__()
        self.said = said
        self.code = Code(said["code"])  # type: ignore[misc]

    def facts(self) -> Mapping[str, str]:
        return dict(self.said["facts"])

    def message(self) -> str:
        return str(self.said["message"])

    def path(self) -> tuple[str, ...]:
        return tuple(self.said["path"])

    def reasons(self) -> tuple[Reason, ...]:
        return tuple(Reason(**{**r, "code": Code(r["code"])}) for r in self.said["reasons"])


@dataclass(kw_only=True)
class GraphContext(EngineContext):
    """The context of every resolver. Reading fields open short desks of their own; a mutation field owns one."""

    office: Office
    actor: Actor
    gate: Gate
    desk: SeatDesk
    settings: Settings
    link: Link
    request_id: UUID
    locale: str = "en"
    loaders: dict[Hashable, DataLoader[UUID, Any]] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DESKS_AT_ONCE))
    charged: Callable[[int], None] = field(default=lambda _cost: None)
    streams: Streams = field(default_factory=Streams)
    cost: int = 0
    unsent: bool = False  # the last answer of a stream was made under rights that had moved, and was thrown away

    def charge(self, cost: int) -> None:
        """Charge an operation to its principal. Raises Unavailable for one who asked for too much lately."""
        self.cost = cost
        self.charged(cost)

    async def stands(self) -> bool:
        """Compare the rights of now with those an answer was made under. Raises SignInAgain."""
        now = await self.office.refreshed(self.actor)
        gate = await self.office.gate_for(now)
        self.unsent = gate is not self.gate or replace(
            now, standing=self.actor.standing, authenticated_at=self.actor.authenticated_at
        ) != self.actor  # fmt: skip
        return not self.unsent

    async def renew(self) -> None:
        """Judge by the rights of now, and forget what was loaded: for what goes on after its request.

        Raises SignInAgain for who could no longer come in.
        """
        self.actor = await self.office.refreshed(self.actor)
        self.gate = await self.office.gate_for(self.actor)
        self.decisions.clear()
        self.loaders.clear()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Work]:
        """Open a desk that only reads; at most four of one request at once, so that no request drains the pool."""
        async with self.turns, self.office.reading(self.actor, self.request_id) as work:
            yield work

    async def count(self, visible: Visible) -> int:
        """Count a list as its reader sees it: the same query, the same reach."""
        async with self.reading() as work:
            return await count_all(work.session, visible(work))

    def may_read(self, cls: FieldClass) -> bool:
        """Say whether fields of this class are shown; whoever has no role may read the public ones."""
        return cls is FieldClass.PUBLIC or self.gate.may_read(self.actor, PolicyFieldClass(cls.value.lower()))

    def may_write(self, cls: FieldClass) -> bool:
        """Say whether fields of this class may be given a value within an act that is permitted."""
        return cls is FieldClass.PUBLIC or self.gate.may_write(self.actor, PolicyFieldClass(cls.value.lower()))

    async def perform(self, verb: Callable[[Work], Awaitable[Any]]) -> Any:
        """Run one verb in one transaction, without idempotency (for what is idempotent by nature)."""
        try:
            return await self.office.perform(self.actor, verb, self.request_id)
        finally:
            self.loaders.clear()

    async def mutate(
        self,
        info: Info,
        verb: Callable[[Work], Awaitable[Any]],
        *,
        body: Any,
        again: Callable[[Work, UUID], Awaitable[Any]],
        key: str = "id",
    ) -> Any:
        """Run one verb in one transaction; under an Idempotency-Key only once.

        `body` is what was asked (anything JSON-like, ids and days included), `key` the name of the attribute by which
        `again` finds the verb's row on a repeat, as it is now; a refusal is repeated as it was said. What was loaded
        before is forgotten: the fields of the payload read what is so now. Raises IdempotencyMismatch.
        """
        sent = idempotency_key(info.context)
        if sent is None:
            return await self.perform(verb)
        once = OnceKey(sent, mutation_path(info), plain_value(body))

        async def run(work: Work) -> Any:
            if (before := await kept(work, once)) is not None:
                if "refusal" in before:
                    raise ReplayedRefusal(before["refusal"])
                return await again(work, UUID(before["id"]))
            try:
                row = await verb(work)
            except BusinessError as no:
                if no.code not in NOT_KEPT:
                    work.after_refusal.append(_keeping(once, {"refusal": _said(no)}))
                raise
            keep(work, once, {"id": str(getattr(row, key))})
            return row

        try:
            return await self.perform(run)
        except IntegrityError:  # a twin of this request was faster with the key: its outcome is there now
            return await self.perform(run)

    def one(self, name: str, visible: Visible, column: Any) -> DataLoader[UUID, Any]:
        """Give the loader of rows by `column`, one SELECT for all siblings; None where unseen."""

        async def load(ids: list[UUID]) -> list[Any]:
            async with self.reading() as work:
                rows = (await work.session.execute(visible(work).where(column.in_(ids)))).scalars().all()
            found = {getattr(row, column.key): row for row in rows}
            return [found.get(key) for key in ids]

        return self._loader(("one", name), load)

    def pages(
        self, name: Hashable, visible: Visible, by: Any, order: Sequence[Order], window: Window
    ) -> DataLoader[UUID, Page[Any]]:
        """Give the loader of one page of each list that sibling fields ask for, one SELECT for all of them.

        `name` must tell apart what is asked: the list, its filter, its order, its window.
        """

        async def load(ids: list[UUID]) -> list[Page[Any]]:
            async with self.reading() as work:
                found = await read_pages(work.session, visible(work), by, ids, order, window)
            return [found[key] for key in ids]

        return self._loader(("pages", name), load)

    def counts(self, name: Hashable, visible: Visible, by: Any) -> DataLoader[UUID, int]:
        """Give the loader of how long each of these lists is; `name` as for `pages`."""

        async def load(ids: list[UUID]) -> list[int]:
            async with self.reading() as work:
                found = await count_each(work.session, visible(work), by, ids)
            return [found[key] for key in ids]

        return self._loader(("counts", name), load)

    async def many(self, name: Hashable, visible: Visible, by: Any, order: Sequence[Order], of: UUID) -> Sequence[Any]:
        """Give a list that stays short by its nature (the tiers of a product), loaded as `pages` are."""
        page = await self.pages(name, visible, by, order, Window(LIST_MOST)).load(of)
        return page.rows

    def loader(self, name: Hashable, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> DataLoader[Any, Any]:
        """Give the loader of that name, made by `load` on first use, for what is neither a row nor a list by id."""
        return self._loader(("other", name), load)

    def _loader(self, key: Hashable, load: Callable[[list[Any]], Awaitable[list[Any]]]) -> DataLoader[Any, Any]:
        if key not in self.loaders:
            self.loaders[key] = DataLoader(load_fn=load)
        return self.loaders[key]


def _keeping(once: OnceKey, outcome: dict[str, Any]) -> Callable[[Work], Awaitable[None]]:
    async def keep_it(work: Work) -> None:
        keep(work, once, outcome)

    return keep_it


def _said(no: BusinessError) -> dict[str, Any]:
    return {
        "code": no.code.value,
        "message": no.message(),
        "path": list(no.path()),
        "facts": [[name, value] for name, value in no.facts().items()],  # jsonb forgets the order of keys
        "reasons": [{**vars(reason), "code": reason.code.value} for reason in no.reasons()],
    }
