"""What a provider says of itself: its endpoints and keys, fetched when needed, kept a while, for a bounded number."""

import base64
import binascii
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from api.auth.oidc.strict import NotStrictError, read_object
from api.outbound import Outbound, OutboundRefusedError
from governance.directory.errors import NotVouchedFor, Why
from governance.directory.models import IdentityProvider
from governance.directory.provider_rules import is_loopback
from governance.kernel.clock import Clock

METADATA_FOR = timedelta(hours=1)
KEYS_FOR = timedelta(minutes=10)
KEYS_ASKED_AGAIN_AFTER = timedelta(seconds=30)  # an unknown kid makes us ask again, but not for each forged one
KEYS_MOST = 50
KEPT_MOST = 200
RSA_BITS_LEAST = 2048
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "Ed25519": "Ed25519"}
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", *CURVES})
T = TypeVar("T")


@dataclass(frozen=True)
class Metadata:
    """The part of a provider's configuration that we use (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    says_issuer: bool
    by_post: bool


@dataclass
class Kept:
    """Something fetched, and when."""

    value: Any
    at: datetime


@dataclass
class Known:
    """Providers as this process knows them, by tenant; the longest unused is forgotten first."""

    outbound: Outbound
    clock: Clock
    kept: OrderedDict[tuple[str, UUID, str], Kept] = field(default_factory=OrderedDict)

    async def metadata(self, provider: IdentityProvider) -> Metadata:
        """Give a provider's endpoints. Raises NotVouchedFor where it cannot be reached or says what cannot be."""
        key = ("metadata", provider.tenant_id, provider.issuer)
        kept = self._look(key, METADATA_FOR)
        if kept is None:
            url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            kept = self._keep(key, _metadata(await self._fetch(url, Why.METADATA), provider.issuer))
        assert isinstance(kept.value, Metadata)
        return kept.value

    async def key(self, provider: IdentityProvider, algorithm: str, kid: str | None) -> Key:
        """Give the key that a token names; one unknown is asked for once more: keys rotate. Raises NotVouchedFor."""
        uri = (await self.metadata(provider)).jwks_uri
        name = ("keys", provider.tenant_id, uri)
        kept = self._look(name, KEYS_FOR) or self._keep(name, await self._keys(uri))
        found = _chosen(kept.value, algorithm, kid)
        if found is None and self.clock.now() - kept.at >= KEYS_ASKED_AGAIN_AFTER:
            kept = self._keep(name, await self._keys(uri))
            found = _chosen(kept.value, algorithm, kid)
        if found is None:
            raise NotVouchedFor(Why.KEY)
        return found

    async def _keys(self, uri: str) -> list[dict[str, Any]]:
        keys = (await self._fetch(uri, Why.KEYS)).get("keys")
        if not isinstance(keys, list) or len(keys) > KEYS_MOST:
            raise NotVouchedFor(Why.KEYS)
        return [each for each in keys if isinstance(each, dict)]

    async def _fetch(self, url: str, why: Why) -> dict[str, Any]:
        try:
            reply = await self.outbound.get(url)
        except OutboundRefusedError:
            raise NotVouchedFor(Why.UNREACHABLE) from None
        if reply.status != 200 or not reply.kind.endswith("json"):
            raise NotVouchedFor(why)
        try:
            return read_object(reply.body)
        except NotStrictError:
            raise NotVouchedFor(why) from None

    def _look(self, key: tuple[str, UUID, str], good_for: timedelta) -> Kept | None:
        kept = self.kept.get(key)
        if kept is None or self.clock.now() - kept.at >= good_for:
            return None
        self.kept.move_to_end(key)
        return kept

    def _keep(self, key: tuple[str, UUID, str], value: Any) -> Kept:
        kept = self.kept[key] = Kept(value, self.clock.now())
        self.kept.move_to_end(key)
        while len(self.kept) > KEPT_MOST:
            self.kept.popitem(last=False)
        return kept


def _metadata(said: dict[str, Any], issuer: str) -> Metadata:
    """Read a configuration; it must name the very issuer that was asked (section 4.3). Raises NotVouchedFor."""
    if said.get("issuer") != issuer:
        raise NotVouchedFor(Why.ISSUER)
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    ends = said.get("end_session_endpoint")
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(said.get("authorization_endpoint")),
        token_endpoint=_endpoint(said.get("token_endpoint")),
        jwks_uri=_endpoint(said.get("jwks_uri")),
        end_session_endpoint=None if ends is None else _endpoint(ends),
        says_issuer=said.get("authorization_response_iss_parameter_supported") is True,
        by_post=isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods,
    )


def _endpoint(said: Any) -> str:
    """Give an address that browsers or we may be sent to: https, or this machine. Raises NotVouchedFor."""
    try:
        parts = urlsplit(said) if isinstance(said, str) and said.isascii() and said.isprintable() else None
    except ValueError:
        parts = None
    if parts is None or not parts.hostname or parts.fragment or parts.username is not None or len(said) > 2_000:
        raise NotVouchedFor(Why.METADATA)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise NotVouchedFor(Why.METADATA)
    return str(said)


def _chosen(keys: list[dict[str, Any]], algorithm: str, kid: str | None) -> Key | None:
    """Choose the key of that name; without a name the only one that fits. A key of another kind never fits."""
    named = [each for each in keys if kid is None or each.get("kid") == kid]
    fitting = [each for each in named if _fits(each, algorithm)]
    if len(fitting) != 1:
        return None
    public = {name: value for name, value in fitting[0].items() if name in {"kty", "n", "e", "crv", "x", "y"}}
    try:
        return import_key(public)
    except (JoseError, ValueError, TypeError):
        return None


def _fits(said: dict[str, Any], algorithm: str) -> bool:
    if said.get("use", "sig") != "sig" or said.get("alg", algorithm) != algorithm:
        return False
    if algorithm in CURVES:
        kind = "OKP" if algorithm == "Ed25519" else "EC"
        return said.get("kty") == kind and said.get("crv") == CURVES[algorithm]
    return said.get("kty") == "RSA" and _bits(said.get("n")) >= RSA_BITS_LEAST


def _bits(modulus: Any) -> int:
    """Count the bits of a modulus as a key says it: base64url (RFC 7518, 6.3.1.1); 0 for what is none."""
    try:
        return int.from_bytes(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))).bit_length()
    except (binascii.Error, TypeError, ValueError):
        return 0
