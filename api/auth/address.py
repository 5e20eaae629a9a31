"""From which network address somebody comes: the peer's, or what proxies that are ours say of it."""

from ipaddress import ip_address, ip_network

from litestar.datastructures import Headers
from litestar.types import Scope

from api.settings import Settings

HOPS_MOST = 20


def client_address(scope: Scope, settings: Settings) -> str | None:
    """Give the address of whoever asks; None where a proxy stands between that nobody named as trusted.

    Then everybody comes from that proxy, and to slow one down would slow down all. Of `X-Forwarded-For` the last
    address that is no trusted proxy counts: what stands before it was written by whoever sent it.
    """
    client = scope.get("client")
    peer = _known(client[0]) if client else None
    if peer is None:
        return None
    trusted = settings.proxies
    if not trusted:
        return None if settings.behind_tls else peer
    if not _within(peer, settings):
        return peer
    said = ",".join(Headers.from_scope(scope).getall("x-forwarded-for", []))
    for hop in reversed(said.split(",")[-HOPS_MOST:]):
        address = _known(hop.strip())
        if address is None:
            return peer
        if not _within(address, settings):
            return address
    return peer


def _within(address: str, settings: Settings) -> bool:
    return any(ip_address(address) in ip_network(network) for network in settings.proxies)


def _known(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None
