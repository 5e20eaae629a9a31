"""What the product's graph knows of one request: the office, the actor, desks to read and write at, loaders by id."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

import strawberry
from governance.seats.service import SeatDesk
from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError
from strawberry.dataloader import DataLoader

from api.graphql.engine import EngineContext, FieldClass, idempotency_key, mutation_path
from governance.audit.entries import plain_value
from governance.kernel.errors import BusinessError, Code, Reason
from governance.kernel.once import OnceKey, keep, kept
from governance.kernel.page import count_all
from governance.kernel.work import Office, Work
from policies.access.fields import FieldClass as PolicyFieldClass
from policies.access.gate import Gate
from policies.access.parties import Actor

LOADERS_AT_ONCE = 4


class HasId(Protocol):
    """A row that can be found again by its id."""

    @property
    def id(self) -> Any: ...


R = TypeVar("R", bound=HasId)
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
    request_id: UUID
    locale: str = "en"
    loaders: dict[Hashable, DataLoader[UUID, Any]] = field(default_factory=dict)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOADERS_AT_ONCE))

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
        return self.gate.may_read(self.actor, PolicyFieldClass(cls.value.lower()))

    async def perform(self, verb: Callable[[Work], Awaitable[Any]]) -> Any:
        """Run one verb in one transaction, without idempotency (for dry runs and what is idempotent by nature)."""
        return await self.office.perform(self.actor, verb, self.request_id)

    async def mutate(
        self,
        info: Info,
        verb: Callable[[Work], Awaitable[R]],
        *,
        body: Any,
        again: Callable[[Work, UUID], Awaitable[R]],
    ) -> R:
        """Run one verb in one transaction; under an Idempotency-Key only once.

        `body` is what was asked (anything JSON-like, ids and days included). On a repeat `again` fetches the row that
        the first call made, as it is now; a refusal is repeated as it was said. Raises IdempotencyMismatch.
        """
        key = idempotency_key(info.context)
        if key is None:
            return await self.office.perform(self.actor, verb, self.request_id)
        once = OnceKey(key, mutation_path(info), plain_value(body))
        try:
            return await self._once(once, verb, again)
        except IntegrityError:
            return await self._once(once, verb, again)

    async def _once(
        self, once: OnceKey, verb: Callable[[Work], Awaitable[R]], again: Callable[[Work, UUID], Awaitable[R]]
    ) -> R:
        replayed = False

        async def run(work: Work) -> R:
            nonlocal replayed
            before = await kept(work, once)
            if before is not None:
                replayed = True
                if "refusal" in before:
                    raise ReplayedRefusal(before["refusal"])
                return await again(work, UUID(before["id"]))
            try:
                row = await verb(work)
            except BusinessError as no:
                said = _said(no)

                async def keep_no(then: Work) -> None:
                    keep(then, once, {"refusal": said})

                work.after_refusal.append(keep_no)
                raise
            keep(work, once, {"id": str(row.id)})
            return row

        return await self.office.perform(self.actor, run, self.request_id)

    def one(self, name: str, visible: Visible, column: Any) -> DataLoader[UUID, Any]:
        """Give the loader of rows by `column`, one SELECT for all that sibling fields ask at once; None where unseen."""

        async def load(ids: list[UUID]) -> list[Any]:
            async with self.reading() as work:
                rows = (await work.session.execute(visible(work).where(column.in_(ids)))).scalars().all()
            found = {getattr(row, column.key): row for row in rows}
            return [found.get(key) for key in ids]

        return self._loader(("one", name), load)

    def many(self, name: str, visible: Visible, column: Any, *, most: int = 200) -> DataLoader[UUID, Any]:
        """Give the loader of short lists of rows by `column`: at most `most` a key, in the order of `visible`."""

        async def load(ids: list[UUID]) -> list[Any]:
            async with self.reading() as work:
                rows = (await work.session.execute(visible(work).where(column.in_(ids)))).scalars().all()
            lists: dict[UUID, list[Any]] = {key: [] for key in ids}
            for row in rows:
                lists[getattr(row, column.key)].append(row)
            return [lists[key][:most] for key in ids]

        return self._loader(("many", name), load)

    def _loader(self, key: Hashable, load: Callable[[list[UUID]], Awaitable[list[Any]]]) -> DataLoader[UUID, Any]:
        if key not in self.loaders:
            self.loaders[key] = DataLoader(load_fn=load)
        return self.loaders[key]


def _said(no: BusinessError) -> dict[str, Any]:
    return {
        "code": no.code.value,
        "message": no.message(),
        "path": list(no.path()),
        "facts": dict(no.facts()),
        "reasons": [{**vars(reason), "code": reason.code.value} for reason in no.reasons()],
    }
