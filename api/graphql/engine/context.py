"""What the graph knows of one request: who asks from which tenant, with which headers, under which profile."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry

from api.graphql.engine.cursors import CursorSealer
from governance.kernel.errors import BadInput

IDEMPOTENCY_HEADER = "idempotency-key"
_KEY = re.compile(r"[!-~]{1,200}\Z")


@dataclass(frozen=True)
class Profile:
    """What a principal may do with the door itself. Production's answer is no to all of it."""

    get: bool = False
    introspection: bool = False
    suggestions: bool = False


PRODUCTION = Profile()
AUDITOR = Profile(get=True, introspection=True, suggestions=False)


@dataclass(kw_only=True)
class EngineContext:
    """The part of a request's context that the engine itself needs; the product's context extends it."""

    tenant: str
    headers: Mapping[str, str]
    sealer: CursorSealer
    correlation_id: str
    profile: Profile = PRODUCTION
    asker: str = ""  # tenant and principal in one text, under which streams are counted
    decisions: dict[tuple[str, str], bool] = field(default_factory=dict)

    async def close(self) -> None:
        """Give back what the request took; called once, after the answer was made."""

    def charge(self, cost: int) -> None:
        """Take notice of an operation's cost before it runs; raise a BusinessError to refuse it."""

    async def stands(self) -> bool:
        """Tell whether an answer may still go out under the rights it was made under; asked before each of a stream.

        What it held was read before this look: nothing that happened after a right was gone is told under it.
        """
        return True

    def withheld(self) -> list[str]:
        """Name the selected fields (Type.field) that this principal may not read, sorted."""
        return sorted(f"{type_}.{name}" for (type_, name), readable in self.decisions.items() if not readable)


def idempotency_key(context: EngineContext) -> str | None:
    """Give the client's Idempotency-Key, None when it sent none. Raises BadInput for one that cannot be kept."""
    key = context.headers.get(IDEMPOTENCY_HEADER)
    if key and not _KEY.match(key):
        raise BadInput("Idempotency-Key", f"{key[:20]}…", "1 to 200 visible ASCII characters")
    return key or None


def mutation_path(info: strawberry.Info[Any, Any]) -> str:
    """Give the response path of the field being resolved ("assign" for `assign: assignSeat(...)`), dots between."""
    return ".".join(str(step) for step in info.path.as_list())
