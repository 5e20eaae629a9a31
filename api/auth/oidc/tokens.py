"""Tokens of a provider: signed by a key of its own, then each claim looked at (OpenID Connect Core 1.0, 3.1.3.7)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from api.auth.oidc.knowing import ALGORITHMS, Known
from api.auth.oidc.strict import NotStrictError, read_object, read_part
from governance.directory.errors import NotVouchedFor, Why
from governance.directory.models import IdentityProvider
from governance.directory.service import Vouched

TOKEN_MOST = 16_384
SKEW = timedelta(seconds=60)
GROUPS_MOST = 500
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LATEST = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True)
class Expected:
    """What a token must say to be meant for us, now, for this very sign-in."""

    issuer: str
    client_id: str
    now: datetime


async def signed_claims(known: Known, provider: IdentityProvider, token: str) -> dict[str, Any]:
    """Give the claims of a token that a key of the provider signed. Raises NotVouchedFor.

    The algorithm must be one of those we know for public keys, so neither `none` nor a shared secret can pass, and
    the key must be of the kind that the algorithm needs.
    """
    header = _header(token)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise NotVouchedFor(Why.ALGORITHM)
    if "crit" in header or not (kid is None or isinstance(kid, str)):
        raise NotVouchedFor(Why.TOKEN)
    key = await known.key(provider, algorithm, kid)
    try:
        signed = jws.deserialize_compact(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError):
        raise NotVouchedFor(Why.SIGNATURE) from None
    try:
        return read_object(signed.payload)
    except NotStrictError:
        raise NotVouchedFor(Why.TOKEN) from None


def _header(token: str) -> dict[str, Any]:
    if len(token) > TOKEN_MOST or not token.isascii() or token.count(".") != 2:
        raise NotVouchedFor(Why.TOKEN)
    try:
        return read_part(token.partition(".")[0])
    except NotStrictError:
        raise NotVouchedFor(Why.TOKEN) from None


def check_id_token(claims: Mapping[str, Any], expected: Expected, *, nonce: str, begun_at: datetime) -> None:
    """Let pass claims that are meant for us, for this sign-in, now. Raises NotVouchedFor with the first that is not."""
    _check_common(claims, expected)
    if _instant(claims, "exp", Why.EXPIRED) <= expected.now - SKEW:
        raise NotVouchedFor(Why.EXPIRED)
    if _instant(claims, "iat", Why.ISSUED_AT) < begun_at - SKEW:
        raise NotVouchedFor(Why.ISSUED_AT)
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode("utf-8", "replace"), nonce.encode()):
        raise NotVouchedFor(Why.NONCE)
    subject_of(claims)


def check_logout_token(claims: Mapping[str, Any], expected: Expected) -> None:
    """Let pass a provider's word that a session ended (OpenID Connect Back-Channel Logout 1.0, 2.6).

    Raises NotVouchedFor.
    """
    _check_common(claims, expected)
    issued = _instant(claims, "iat", Why.ISSUED_AT)
    if issued < expected.now - timedelta(minutes=10):
        raise NotVouchedFor(Why.ISSUED_AT)
    if "exp" in claims and _instant(claims, "exp", Why.EXPIRED) <= expected.now - SKEW:
        raise NotVouchedFor(Why.EXPIRED)
    events = claims.get("events")
    told = isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict)
    named = any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid"))
    if not told or not named or "nonce" in claims or not isinstance(claims.get("jti"), str):
        raise NotVouchedFor(Why.LOGOUT)


def proven_at(claims: Mapping[str, Any], now: datetime, *, after: datetime | None = None) -> datetime | None:
    """Give when the person proved who they are, where the provider says so; `after`: it must, and not before.

    Raises NotVouchedFor for one that is to come, or too old, or missing.
    """
    if claims.get("auth_time") is None:
        if after is not None:
            raise NotVouchedFor(Why.AUTH_TIME)
        return None
    at = _instant(claims, "auth_time", Why.AUTH_TIME)
    if at > now + SKEW or (after is not None and at < after - SKEW):
        raise NotVouchedFor(Why.AUTH_TIME)
    return min(at, now)


def vouched_of(claims: Mapping[str, Any], provider: IdentityProvider, at: datetime | None) -> Vouched:
    """Give what the claims say of the person, without what is not of its kind. Raises NotVouchedFor."""

    def text(name: str) -> str:
        said = claims.get(name)
        return said if isinstance(said, str) else ""

    said = claims.get(provider.groups_claim)
    groups = said if isinstance(said, list) else [said]
    matches = text(provider.match_claim) if provider.match_claim else ""
    return Vouched(
        subject=subject_of(claims),
        name=text("name"),
        mail=text("email"),
        mail_verified=claims.get("email_verified") is True,
        groups=frozenset(each for each in groups[:GROUPS_MOST] if isinstance(each, str)),
        matches=matches or None,
        at=at,
        provider_session=text("sid")[:255] or None,
    )


def subject_of(claims: Mapping[str, Any]) -> str:
    """Give whom a token means: 1 to 255 ASCII characters (Core 1.0, section 2). Raises NotVouchedFor."""
    said = claims.get("sub")
    if not isinstance(said, str) or not 0 < len(said) <= 255 or not said.isascii() or not said.isprintable():
        raise NotVouchedFor(Why.SUBJECT)
    return said


def _check_common(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise NotVouchedFor(Why.ISSUER)
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in meant or not all(isinstance(each, str) for each in meant):
        raise NotVouchedFor(Why.AUDIENCE)
    party = claims.get("azp")
    if (party is not None or len(meant) > 1) and party != expected.client_id:
        raise NotVouchedFor(Why.AUTHORIZED_PARTY)
    if _instant(claims, "iat", Why.ISSUED_AT) > expected.now + SKEW:
        raise NotVouchedFor(Why.ISSUED_AT)
    if claims.get("nbf") is not None and _instant(claims, "nbf", Why.NOT_YET) > expected.now + SKEW:
        raise NotVouchedFor(Why.NOT_YET)


def _instant(claims: Mapping[str, Any], name: str, why: Why) -> datetime:
    said = claims.get(name)
    if isinstance(said, bool) or not isinstance(said, (int, float)) or not 0 <= said <= LATEST:
        raise NotVouchedFor(why)
    return datetime.fromtimestamp(said, UTC)
