"""The one way out: each call goes to an address that was checked, over https, bounded in time and size, no detours."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx

TIMEOUT_S = 10.0
BODY_MOST = 512 * 1024
Address = IPv4Address | IPv6Address
Sent = Mapping[str, str] | bytes | None
# Networks that carry another address inside, which a look at the outer one would miss.
CARRIERS = tuple(ip_network(each) for each in ("2002::/16", "64:ff9b::/96", "2001::/32"))


@cache
def _trusted() -> ssl.SSLContext:
    """Give whom this machine trusts, read once in a process: the list is long."""
    return ssl.create_default_context()


class OutboundRefusedError(Exception):
    """A call was not made, or its answer was not taken; the text says why, for a log, never for a stranger."""


@dataclass(frozen=True)
class Reply:
    """An answer: its status, kind (`application/json`), and body."""

    status: int
    kind: str
    body: bytes


@dataclass(frozen=True)
class Outbound:
    """Calls out. `private` are the networks that may be reached although they are not public, loopback among them.

    Plain http is spoken with this very machine only, and only where `private` names it.
    """

    private: tuple[str, ...] = ()
    timeout_s: float = TIMEOUT_S
    trust: ssl.SSLContext = field(default_factory=_trusted)

    async def get(self, url: str) -> Reply:
        """Fetch `url`. Raises OutboundRefusedError for whatever did not go well."""
        return await self._call("GET", url, {}, None)

    async def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
        """Send a form to `url`. Raises OutboundRefusedError."""
        return await self._call("POST", url, headers or {}, fields)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a body as it is to `url`. Raises OutboundRefusedError."""
        return await self._call("POST", url, headers, body)

    async def _call(self, method: str, url: str, headers: Mapping[str, str], what: Sent) -> Reply:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._checked(method, url, headers, what)
        except TimeoutError:
            raise OutboundRefusedError("it took too long") from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError) as error:
            raise OutboundRefusedError(f"{type(error).__name__}: {error}"[:300]) from None

    async def _checked(self, method: str, url: str, headers: Mapping[str, str], what: Sent) -> Reply:
        """Resolve once, check every address, connect to the one that was checked."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
            raise OutboundRefusedError("the address is none for a call: it needs https and a host")
        address = await self._address(host, port, plain=parts.scheme == "http")
        asked = httpx.URL(url).copy_with(host=str(address), fragment=None)
        transport = httpx.AsyncHTTPTransport(verify=self.trust, trust_env=False, retries=0)
        async with httpx.AsyncClient(transport=transport, trust_env=False, follow_redirects=False) as client:
            request = client.build_request(
                method, asked, data=None if isinstance(what, bytes) else what,
                content=what if isinstance(what, bytes) else None,
                headers={"Accept": "application/json", **headers, "Host": parts.netloc},
                extensions={"sni_hostname": host},
            )  # fmt: skip
            answer = await client.send(request, stream=True)
            try:
                return await _taken(answer)
            finally:
                await answer.aclose()

    async def _address(self, host: str, port: int, *, plain: bool) -> Address:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not addresses:
            raise OutboundRefusedError("the host has no address")
        for address in addresses:
            if not self.may_reach(address):
                raise OutboundRefusedError(f"{address} is not public, and LICTOR_OUTBOUND_PRIVATE does not name it")
            if plain and not _inner(address).is_loopback:
                raise OutboundRefusedError("plain http is spoken with this machine only")
        return addresses[0]

    def may_reach(self, address: Address) -> bool:
        """Tell whether a call may go to an address: a public one, or one of a network that was named."""
        if any(address in carrier for carrier in CARRIERS):
            return False
        inner = _inner(address)
        if any(inner in ip_network(network) for network in self.private):
            return True
        return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _inner(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


async def _taken(answer: httpx.Response) -> Reply:
    """Read a bounded answer. Raises OutboundRefusedError for a redirect: an address is checked or not called."""
    if 300 <= answer.status_code < 400:
        raise OutboundRefusedError("it leads elsewhere")
    body = bytearray()
    async for chunk in answer.aiter_bytes(65_536):
        body += chunk
        if len(body) > BODY_MOST:
            raise OutboundRefusedError(f"it says more than {BODY_MOST} bytes")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Reply(answer.status_code, kind, bytes(body))
