"""Signing in, out and again at the web's door: a cookie for whoever proves who they are, one pace for everybody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from litestar.datastructures import Cookie
from litestar.types import Scope

from api.auth.address import client_address
from api.auth.caller import signed_in_of
from api.auth.cookies import HALF, carried_secret, cookie_name, half_cookie, no_cookie, session_cookie
from api.auth.csrf import from_elsewhere
from api.auth.errors import ForgedRequest
from api.settings import Settings
from governance.directory import service
from governance.directory.errors import SignInFailed
from governance.directory.models import HalfSignIn
from governance.directory.service import SignedIn
from governance.kernel.work import Office

PACE_S = 0.5


@dataclass(frozen=True)
class Credentials:
    """What a sign-in form says; `organization` is the tenant's slug, needed only where a login is not unique."""

    login: str
    password: str
    organization: str | None = None


@dataclass(frozen=True)
class Entered:
    """What a right password gives a browser: the cookie of a session, or of half a one where a code is awaited."""

    cookie: Cookie
    code_awaited: bool = False


async def sign_in(
    office: Office, settings: Settings, scope: Scope, credentials: Credentials, *, pace_s: float = PACE_S
) -> Entered:
    """Sign a browser in and give its new cookie.

    Raises SignInFailed, half a second after the start whatever failed; TooManyTries for an address that failed too
    often; PlainHttp where the password would travel in the open; ForgedRequest when another site sent the form.
    """
    cookie_name(settings, scope)
    if from_elsewhere(scope):
        raise ForgedRequest
    async with _paced(office, client_address(scope, settings), pace_s):
        row, secret = await service.sign_in(
            office, credentials.organization or None, credentials.login, credentials.password
        )
    if isinstance(row, HalfSignIn):
        return Entered(half_cookie(settings, scope, secret), code_awaited=True)
    return Entered(session_cookie(settings, scope, secret))


async def give_code(office: Office, settings: Settings, scope: Scope, code: str, *, pace_s: float = PACE_S) -> Cookie:
    """Finish half a sign-in by its code and give the session's cookie. Raises as `sign_in` does."""
    half = carried_secret(settings, scope, HALF)
    if from_elsewhere(scope):
        raise ForgedRequest
    async with _paced(office, client_address(scope, settings), pace_s):
        _, secret = await service.finish_sign_in(office, half, code)
    return session_cookie(settings, scope, secret)


async def sign_out(office: Office, settings: Settings, scope: Scope) -> Cookie:
    """End the browser's session and give the cookie that takes its own away. Raises SignInAgain."""
    await service.sign_out(office, signed_in_of(scope))
    return no_cookie(settings, scope)


async def prove_again(
    office: Office, settings: Settings, scope: Scope, password: str, code: str = "", *, pace_s: float = PACE_S
) -> SignedIn:
    """Let a signed-in person prove once more who they are. Raises SignInAgain, SignInFailed, TooManyTries."""
    signed_in = signed_in_of(scope)
    async with _paced(office, client_address(scope, settings), pace_s):
        return await service.prove_again(office, signed_in, password, code)


@asynccontextmanager
async def _paced(office: Office, address: str | None, pace_s: float) -> AsyncIterator[None]:
    """Let a failure take as long as any other, and count it for its address: what took shorter waits."""
    loop = asyncio.get_running_loop()
    until = loop.time() + pace_s
    await service.check_pace(office, address)
    try:
        yield
    except SignInFailed:
        await service.count_failure(office, address)
        await asyncio.sleep(max(0.0, until - loop.time()))
        raise
