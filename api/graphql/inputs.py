"""What people give to the graph becomes a command of governance; what comes back is the thing, or why not."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.graphql.context import Info
from api.graphql.engine import BadNodeId, FieldClass, Refusal, id_of, outcome
from api.graphql.nodes import Node
from governance.kernel.errors import BadInput, Refused
from governance.kernel.given import shown
from governance.kernel.work import Work

C = TypeVar("C")
N = TypeVar("N", bound=Node)
T = TypeVar("T")

_OF, _TO, _CLASS, _SECRET = "lictor.of", "lictor.to", "lictor.class", "lictor.secret"

NodeId = Annotated[strawberry.ID, strawberry.argument(description="The thing's id, as the graph gave it away.")]
Search = Annotated[str | None, strawberry.argument(description="Only what holds this text, whatever its case.")]
GIVEN = strawberry.argument(description="What is asked for.")
WHICH = strawberry.argument(description="Which of them; all when left out.")
AS_OF = strawberry.argument(description="The instant at which it held; now when left out.")
HELD_AT = strawberry.argument(description="Only what held at this instant; whatever was known when left out.")
KNOWN_AT = strawberry.argument(description="The instant at which it was known; now when left out.")
BY_WHAT = strawberry.argument(description="By what they are ordered.")
Descending = Annotated[bool, strawberry.argument(description="Whether the order is turned round.")]


def asked(
    description: str,
    *,
    of: str | None = None,
    to: str | None = None,
    cls: FieldClass = FieldClass.PUBLIC,
    default: Any = dataclasses.MISSING,
    secret: bool = False,
) -> Any:
    """Describe a field of an input. `of` names the type whose id it takes; the command then has `<name>_id`.

    `to` is the command's own name where it differs, `cls` the class of fact that it gives a value to. A field whose
    default is UNSET leaves the command's default when it is left out. A `secret` is kept nowhere, not even as a hash.
    """
    about = {_OF: of, _TO: to, _CLASS: cls, _SECRET: secret}
    return strawberry.field(description=description, default=default, metadata=about)


def values(info: Info, given: Any, *, path: str = "") -> dict[str, Any]:
    """Give what an input says under the names of the command: ids opened, what was left out left out.

    `path` is where the input stands within another one (`changes.`).

    Raises BadInput for an id of another kind, Refused for a class of fact the principal may not give values to.
    """
    found: dict[str, Any] = {}
    for field in dataclasses.fields(given):
        value = getattr(given, field.name)
        if value is strawberry.UNSET:
            continue
        of, cls = field.metadata.get(_OF), field.metadata.get(_CLASS, FieldClass.PUBLIC)
        if value is not None and not info.context.may_write(cls):
            raise Refused(f"write {cls.value.lower()} fields", to_camel_case(path + field.name))
        if of is not None and value is not None:
            value = opened(of, value, path + field.name)
        found[field.metadata.get(_TO) or (f"{field.name}_id" if of else field.name)] = value
    return found


def command(info: Info, kind: Callable[..., C], given: Any, **more: Any) -> C:
    """Make the command of an input; `more` replaces what does not go over by name."""
    return kind(**{**values(info, given), **more})


def opened(of: str, id: Any, name: str) -> Any:
    """Open an id, or a list of ids, of this type. Raises BadInput, which names the input."""
    if isinstance(id, list):
        return tuple(opened(of, one, name) for one in id)
    try:
        return id_of(of, id)
    except BadNodeId:
        raise BadInput(name, shown(id), f"the id of a {of}, as the graph gave it") from None


async def changed(
    info: Info, kind: type[N], given: Any, verb: Callable[[Work], Awaitable[Any]], *, key: str | None = None
) -> N | Refusal:
    """Run a verb once per Idempotency-Key; give its row as a thing of the graph, or the refusal, in the graph's words.

    Ids are opened within `verb` (by `command`), so that a bad one is a refusal too.
    """

    async def done() -> N:
        mutate = info.context.mutate
        row = await mutate(info, verb, body=_body(given), again=kind.again, key=key or kind.key.key)
        return kind.of(row)

    return told(await outcome(done()))


async def answered(read: Awaitable[T]) -> T | Refusal:
    """Await what gives no row of its own (a preview), and give it or the refusal, in the graph's words."""
    return told(await outcome(read))


def told(done: T | Refusal) -> T | Refusal:
    """Name a refusal's input as the graph does: `vendor_id` came as `vendor`, `first_day` as `firstDay`."""
    if isinstance(done, Refusal):
        done.path = [_graph_name(step) for step in done.path]
    return done


def hold_readable(info: Info, cls: FieldClass, name: str, value: Any) -> None:
    """Refuse a filter by a field that its reader could not see: the length of the list would tell it."""
    if value is not None and value is not strawberry.UNSET and not info.context.may_read(cls):
        raise Refused(f"filter by {cls.value.lower()} fields", name)


def _graph_name(step: str) -> str:
    for suffix in ("_id", "_key"):
        step = step.removesuffix(suffix)
    return to_camel_case(step)


def _body(given: Any) -> Any:
    """Give an input as JSON-like values, what was left out left out, numbers that JSON cannot hold as text."""
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        told = (field for field in dataclasses.fields(given) if not field.metadata.get(_SECRET))
        pairs = ((field.name, getattr(given, field.name)) for field in told)
        return {name: _body(value) for name, value in pairs if value is not strawberry.UNSET}
    if isinstance(given, Mapping):
        return {str(name): _body(value) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return [_body(one) for one in given]
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given
