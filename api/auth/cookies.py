"""The session's cookie: bound to its host over https; on this machine alone, plain http will do."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from litestar.datastructures import Cookie
from litestar.types import Scope

from api.auth.errors import PlainHttp
from api.settings import Settings
from governance.directory.rules import ABSOLUTE_TIMEOUT

SECURE_NAME, LOOPBACK_NAME = "__Host-lictor", "lictor"


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


def no_cookie(settings: Settings, scope: Scope) -> Cookie:
    """Give the cookie that takes the session's away."""
    name = cookie_name(settings, scope)
    return Cookie(key=name, value="", path="/", httponly=True, samesite="lax", secure=name == SECURE_NAME, max_age=0)


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
