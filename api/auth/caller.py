"""Who calls: the actor of a request, and how they showed who they are."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope

from governance.directory.errors import SignInAgain
from governance.directory.service import SignedIn
from policies.access.parties import Actor

Connection = ASGIConnection[Any, Any, Any, Any]


class By(StrEnum):
    """What a caller showed."""

    NOTHING = "NOTHING"
    SESSION = "SESSION"
    TOKEN = "TOKEN"  # noqa: S105 - a word, no secret


@dataclass(frozen=True)
class Caller:
    """Whoever calls; without an actor, nobody that we know. `signed_in` stands for a browser's session only."""

    by: By
    actor: Actor | None = None
    signed_in: SignedIn | None = None


NOBODY = Caller(By.NOTHING)


def caller_of(scope: Scope) -> Caller:
    """Give who calls, as the middleware found it."""
    caller = scope.get("caller", NOBODY)
    assert isinstance(caller, Caller)
    return caller


def actor_of(scope: Scope) -> Actor:
    """Give the actor of a request. Raises SignInAgain when nobody is signed in."""
    actor = caller_of(scope).actor
    if actor is None:
        raise SignInAgain
    return actor


def signed_in_of(scope: Scope) -> SignedIn:
    """Give the browser's session of a request. Raises SignInAgain for a token's bearer, too: pages are for people."""
    signed_in = caller_of(scope).signed_in
    if signed_in is None:
        raise SignInAgain
    return signed_in


def known_caller(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard: let pass who is signed in or bears a token. Raises SignInAgain."""
    actor_of(connection.scope)


def in_a_browser(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard: let pass who is signed in with a session. Raises SignInAgain."""
    signed_in_of(connection.scope)


async def provide_actor(scope: Scope) -> Actor:
    """Dependency: the actor of the request."""
    return actor_of(scope)


async def provide_signed_in(scope: Scope) -> SignedIn:
    """Dependency: the browser's session of the request."""
    return signed_in_of(scope)
