"""The session's cookie: bound to its host over https; on this machine alone, plain http will do."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.types import Scope

from api.auth.errors import PlainHttp
from api.settings import Settings
from governance.directory.rules import ABSOLUTE_TIMEOUT, CODE_AWAITED_FOR

SECURE_NAME, LOOPBACK_NAME = "__Host-lictor", "lictor"
HALF = "-half"  # how the cookie of half a sign-in is called beside the session's
FLOW = "-flow"  # and the one that binds the way to a provider and back to one browser
FLOW_FOR_S = 600


def cookie_name(settings: Settings, scope: Scope) -> str:
    """Name the cookie that this connection can carry safely. Raises PlainHttp where it can carry none."""
    if settings.behind_tls or scope["scheme"] in {"https", "wss"}:
        return SECURE_NAME
    host = _host(scope)
    if _is_loopback(host):
        return LOOPBACK_NAME
    raise PlainHttp(host)


def session_cookie(settings: Settings, scope: Scope, secret: str) -> Cookie:
    """Give the cookie that carries a new session. Raises PlainHttp."""
    name = cookie_name(settings, scope)
    return Cookie(
        key=name, value=secret, path="/", httponly=True, samesite="lax", secure=name == SECURE_NAME,
        max_age=int(ABSOLUTE_TIMEOUT.total_seconds()),
    )  # fmt: skip


def half_cookie(settings: Settings, scope: Scope, secret: str) -> Cookie:
    """Give the cookie that carries half a sign-in to the page that asks for the code. Raises PlainHttp."""
    name = cookie_name(settings, scope)
    return Cookie(
        key=name + HALF, value=secret, path="/", httponly=True, samesite="strict", secure=name == SECURE_NAME,
        max_age=int(CODE_AWAITED_FOR.total_seconds()),
    )  # fmt: skip


def flow_cookie(settings: Settings, scope: Scope, secret: str) -> Cookie:
    """Give the cookie of a way to a provider and back, which is a step from another site. Raises PlainHttp."""
    name = cookie_name(settings, scope)
    return Cookie(
        key=name + FLOW, value=secret, path="/", httponly=True, samesite="lax", secure=name == SECURE_NAME,
        max_age=FLOW_FOR_S,
    )  # fmt: skip


def carried_secret(settings: Settings, scope: Scope, suffix: str) -> str:
    """Give what the cookie of that suffix carries; empty where there is none. Raises PlainHttp."""
    return ASGIConnection(scope).cookies.get(cookie_name(settings, scope) + suffix, "")


def no_cookie(settings: Settings, scope: Scope, suffix: str = "") -> Cookie:
    """Give the cookie that takes the session's away, or the one of that suffix."""
    name = cookie_name(settings, scope)
    return Cookie(
        key=name + suffix, value="", path="/", httponly=True, samesite="lax", secure=name == SECURE_NAME, max_age=0
    )


def _host(scope: Scope) -> str:
    for key, value in scope["headers"]:
        if key == b"host":
            return urlsplit(f"//{value.decode('latin-1')}").hostname or ""
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
