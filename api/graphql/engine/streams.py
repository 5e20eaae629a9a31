"""Operations that answer again and again: how many may stand at once, and each answer as the door writes it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from api.graphql.engine.answers import business_extensions, complaint, payload, refused
from api.graphql.engine.context import EngineContext
from api.graphql.engine.requests import Asked
from api.graphql.engine.schema import Schema
from governance.kernel.errors import BusinessError, Code

_NO_STREAM = (CannotGetOperationTypeError, InvalidOperationTypeError)


@dataclass(frozen=True)
class StreamBounds:
    """The most that streams may take of one process. Seconds are real ones, of the process's own clock."""

    of_one: int = 10  # streams of one principal
    of_all: int = 200  # streams of all principals
    sockets: int = 400  # open connections, those without a stream included
    looks_at_once: int = 4  # streams that read the database at the same moment
    look_every_s: float = 1.0
    first_word_s: float = 5.0  # until a new connection says who it is
    quiet_s: float = 60.0  # how long a connection without a stream stays open
    ping_s: float = 25.0  # how often a silent stream shows that it is there
    send_s: float = 10.0  # how long a reader may take for one message


@dataclass(eq=False)
class TooManyStreams(BusinessError):
    """One stream more than may stand at once; another has to end first."""

    code: ClassVar[Code] = Code.TOO_MANY
    whose: str
    limit: int

    def message(self) -> str:
        return f"{self.whose} {self.limit} subscriptions open, which is the most. End one, then subscribe again."


@dataclass
class Streams:
    """Every stream of one process: counted while it stands, told when the process is about to stop."""

    bounds: StreamBounds = field(default_factory=StreamBounds)
    open: "Counter[str]" = field(default_factory=Counter)
    sockets: int = 0
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.looks = asyncio.Semaphore(self.bounds.looks_at_once)

    @contextmanager
    def one_more(self, asker: str) -> Iterator[None]:
        """Count one stream of a principal while it stands. Raises TooManyStreams."""
        if self.open[asker] >= self.bounds.of_one:
            raise TooManyStreams("You have", self.bounds.of_one)
        if self.open.total() >= self.bounds.of_all:
            raise TooManyStreams("This server has", self.bounds.of_all)
        self.open[asker] += 1
        try:
            yield
        finally:
            self.open[asker] -= 1
            if not self.open[asker]:
                del self.open[asker]

    async def pause(self) -> bool:
        """Wait until it is time for the next look; False when the process is about to stop."""
        try:
            async with asyncio.timeout(self.bounds.look_every_s):
                await self.ending.wait()
        except TimeoutError:
            return True
        return False


@dataclass(frozen=True)
class Told:
    """One answer of a stream; `over` where it ends the stream with an error, of this code."""

    body: dict[str, Any]
    over: bool = False
    code: str = ""


async def stream(schema: Schema, asked: Asked, context: EngineContext, streams: Streams) -> AsyncGenerator[Told, None]:
    """Give each answer of a subscription. What refuses it, or ends it before its time, is its last one."""
    try:
        with streams.one_more(context.asker):
            found = await schema.subscribe(
                asked.query,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                context_value=context,
            )
            async with aclosing(found):
                async for result in found:
                    if result.errors and isinstance(result.errors[0].original_error, _NO_STREAM):
                        yield _last("Only a subscription streams; ask queries and changes by POST.", Code.BAD_INPUT)
                        return
                    body = payload(result, context, schema.documents.bounds)
                    ends = refused(result)
                    if not ends and not await context.stands():
                        continue
                    code = body["errors"][0].get("extensions", {}).get("code", "") if ends else ""
                    yield Told(body, over=ends, code=code)
    except BusinessError as no:
        yield _last(no.message(), no.code, facts=business_extensions(no).get("facts", {}))


def _last(message: str, code: Code, **more: Any) -> Told:
    return Told(complaint(message, code.value, **more), over=True, code=code.value)
