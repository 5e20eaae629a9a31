"""Finds out who calls before any handler runs: a bearer's token, or a browser's session with its forgery check."""

from litestar.connection import ASGIConnection
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from api.auth.caller import NOBODY, By, Caller
from api.auth.cookies import cookie_name
from api.auth.csrf import SAFE, carries, from_elsewhere
from api.auth.errors import ForgedRequest, PlainHttp
from api.settings import Settings
from governance.directory.errors import SignInAgain
from governance.directory.service import actor_of_session, actor_of_token
from governance.kernel.work import Office


class Authentication(ASGIMiddleware):
    """Puts the caller into `scope["caller"]` and their actor into `scope["actor"]` (None for nobody).

    A token that does not hold is refused at once; a cookie that does not hold is nobody's, so that sign-in works.
    """

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)
    exclude_opt_key = "no_caller"

    def __init__(self, office: Office, settings: Settings) -> None:
        self.office = office
        self.settings = settings

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        caller = await self.caller(scope)
        if caller.by is By.SESSION:
            receive = await _unforged(scope, receive, caller)
        scope["caller"] = caller  # type: ignore[typeddict-unknown-key]
        scope["actor"] = caller.actor  # type: ignore[typeddict-unknown-key]
        await next_app(scope, receive, send)

    async def caller(self, scope: Scope) -> Caller:
        """Find out who calls. Raises SignInAgain for a token that does not hold."""
        scheme, _, secret = Headers.from_scope(scope).get("authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer":
                raise SignInAgain
            return Caller(By.TOKEN, await actor_of_token(self.office, secret.strip()))
        cookie = self._cookie(scope)
        if cookie is None:
            return NOBODY
        try:
            signed_in = await actor_of_session(self.office, cookie)
        except SignInAgain:
            return NOBODY
        return Caller(By.SESSION, signed_in.actor, signed_in)

    def _cookie(self, scope: Scope) -> str | None:
        try:
            name = cookie_name(self.settings, scope)
        except PlainHttp:
            return None
        return ASGIConnection(scope).cookies.get(name) or None


async def _unforged(scope: Scope, receive: Receive, caller: Caller) -> Receive:
    """Let a change pass only with its session's token; a WebSocket only from this site. Raises ForgedRequest."""
    if scope["type"] == ScopeType.WEBSOCKET:
        if not _same_origin(scope):
            raise ForgedRequest
        return receive
    if scope["method"] in SAFE:
        return receive
    assert caller.signed_in is not None
    carried, receive = await carries(scope, receive, caller.signed_in.csrf)
    if not carried or from_elsewhere(scope):
        raise ForgedRequest
    return receive


def _same_origin(scope: Scope) -> bool:
    headers = Headers.from_scope(scope)
    origin, host = headers.get("origin", ""), headers.get("host", "")
    return bool(host) and origin.partition("://")[2] == host
