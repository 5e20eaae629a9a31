"""The way to a provider and back: authorization code with PKCE, bound to this browser, this provider, and ten minutes.

Nothing is kept of a sign-in that was begun: the state carries it, sealed, and passes once. What redeems the code and
what the token must repeat are derived from a secret that only this browser's cookie holds.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit
from uuid import UUID

from api.auth.oidc.knowing import Known, Metadata
from api.auth.oidc.strict import NotStrictError, read_object
from api.auth.oidc.tokens import Expected, check_id_token, proven_at, signed_claims, vouched_of
from api.outbound import OutboundRefusedError
from governance.directory.errors import NotVouchedFor, Why
from governance.directory.models import IdentityProvider
from governance.directory.service import Vouched, spend_proof
from governance.directory.service.providers import PURPOSE
from governance.kernel.sealed import SealBroken, seal, unseal
from governance.kernel.work import Office

STATE_FOR = timedelta(minutes=10)
STATE = "state of a sign-in"
CODE_MOST = 4_096


@dataclass(frozen=True)
class Begun:
    """A sign-in under way, as its state says: where it goes on, since when, and for whose session it proves anew."""

    next_path: str
    at: datetime
    session_id: UUID | None = None


@dataclass(frozen=True)
class Flow:
    """Sign-ins by providers, for one office; `address` is where people reach us."""

    office: Office
    known: Known
    address: str

    def callback(self, provider: IdentityProvider) -> str:
        """Give where a provider sends people back to: an address of its own, so that no other can answer for it."""
        return f"{self.address}/sign-in/from/{provider.id}"

    async def begin(
        self, provider: IdentityProvider, browser: str, next_path: str, session_id: UUID | None = None
    ) -> str:
        """Give the address to send a browser to. `browser` is the secret of its cookie. Raises NotVouchedFor."""
        metadata = await self.known.metadata(provider)
        begun = Begun(next_path, self.office.clock.now(), session_id)
        state = self._state(provider, browser, begun)
        asked = {
            "response_type": "code", "client_id": provider.client_id, "redirect_uri": self.callback(provider),
            "scope": " ".join(provider.scopes), "state": state, "nonce": _derived(browser, "nonce", state),
            "code_challenge": _challenge(_derived(browser, "verifier", state)), "code_challenge_method": "S256",
        }  # fmt: skip
        if session_id is not None:
            asked |= {"max_age": "0", "prompt": "login"}
        return _with_query(metadata.authorization_endpoint, asked)

    async def finish(self, provider: IdentityProvider, browser: str, said: Mapping[str, str]) -> tuple[Begun, Vouched]:
        """Take a provider's answer and give whom it vouches for. Raises NotVouchedFor for whatever is not right."""
        state = said.get("state", "")
        begun = self._begun(provider, browser, state)
        metadata = await self.known.metadata(provider)
        issuer = said.get("iss")
        if (issuer is None and metadata.says_issuer) or (issuer is not None and issuer != metadata.issuer):
            raise NotVouchedFor(Why.ISSUER)
        if not await spend_proof(self.office, provider.tenant_id, state):
            raise NotVouchedFor(Why.STATE_SPENT)
        code = said.get("code", "")
        if "error" in said or not 0 < len(code) <= CODE_MOST:
            raise NotVouchedFor(Why.PROVIDER_SAID_NO)
        token = await self._token(provider, metadata, code, _derived(browser, "verifier", state))
        claims = await signed_claims(self.known, provider, token)
        now = self.office.clock.now()
        expected = Expected(metadata.issuer, provider.client_id, now)
        check_id_token(claims, expected, nonce=_derived(browser, "nonce", state), begun_at=begun.at)
        at = proven_at(claims, now, after=begun.at if begun.session_id is not None else None)
        return begun, vouched_of(claims, provider, at)

    def _state(self, provider: IdentityProvider, browser: str, begun: Begun) -> str:
        told = {
            "browser": hashlib.sha256(browser.encode()).hexdigest(), "next": begun.next_path,
            "at": int(begun.at.timestamp()), "session": str(begun.session_id) if begun.session_id else None,
        }  # fmt: skip
        office = self.office
        return seal(office.secret, office.ids, purpose=STATE, about=str(provider.id), text=json.dumps(told))

    def _begun(self, provider: IdentityProvider, browser: str, state: str) -> Begun:
        """Read a state: sealed by us, for this provider, from this browser, not too old. Raises NotVouchedFor."""
        try:
            told = json.loads(unseal(self.office.secret, state, purpose=STATE, about=str(provider.id)))
        except SealBroken:
            raise NotVouchedFor(Why.STATE) from None
        if not hmac.compare_digest(told["browser"], hashlib.sha256(browser.encode()).hexdigest()):
            raise NotVouchedFor(Why.OTHER_BROWSER)
        at = datetime.fromtimestamp(told["at"], UTC)
        if self.office.clock.now() - at > STATE_FOR:
            raise NotVouchedFor(Why.STATE_OLD)
        return Begun(told["next"], at, UUID(told["session"]) if told["session"] else None)

    async def _token(self, provider: IdentityProvider, metadata: Metadata, code: str, verifier: str) -> str:
        """Redeem a code for a token (RFC 6749, 4.1.3; RFC 7636, 4.5). Raises NotVouchedFor."""
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.callback(provider),
            "code_verifier": verifier,
        }  # fmt: skip
        headers: dict[str, str] = {}
        secret = self._client_secret(provider)
        if secret is None or metadata.by_post:
            fields |= {"client_id": provider.client_id} | ({} if secret is None else {"client_secret": secret})
        else:
            both = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(both.encode()).decode()
        try:
            reply = await self.known.outbound.post(metadata.token_endpoint, fields, headers)
        except OutboundRefusedError:
            raise NotVouchedFor(Why.UNREACHABLE) from None
        if reply.status != 200 or not reply.kind.endswith("json"):
            raise NotVouchedFor(Why.CODE)
        return _id_token(reply.body)

    def _client_secret(self, provider: IdentityProvider) -> str | None:
        if provider.secret_sealed is None:
            return None
        try:
            return unseal(self.office.secret, provider.secret_sealed, purpose=PURPOSE, about=str(provider.id))
        except SealBroken:
            raise NotVouchedFor(Why.SECRET) from None


def _id_token(body: bytes) -> str:
    try:
        token = read_object(body).get("id_token")
    except NotStrictError:
        raise NotVouchedFor(Why.TOKEN) from None
    if not isinstance(token, str):
        raise NotVouchedFor(Why.TOKEN)
    return token


def _derived(browser: str, what: str, state: str) -> str:
    """Derive what goes with one sign-in of one browser: 256 bits that nobody without its cookie can know."""
    told = hmac.new(browser.encode(), f"{what}\0{state}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(told).rstrip(b"=").decode()


def _challenge(verifier: str) -> str:
    """Give the S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with_query(address: str, asked: Mapping[str, Any]) -> str:
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in asked]
    return urlunsplit(parts._replace(query=urlencode([*kept, *asked.items()])))
