"""What a provider may be: an address over https, claims that say who somebody is, and where newcomers belong."""

from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from governance.kernel.errors import BadInput

# People, or whoever keeps their mailbox, can choose these: none of them says who somebody is.
CHOSEN_BY_PEOPLE = frozenset({
    "email", "mail", "preferred_username", "upn", "unique_name", "name", "nickname", "given_name", "family_name",
    "phone_number", "website", "profile", "picture", "verified_primary_email", "login_hint",
})  # fmt: skip
SCOPES_MOST = 20


class Facts(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def groups_claim(self) -> str: ...
    @property
    def match_claim(self) -> str | None: ...
    @property
    def joins(self) -> bool: ...
    @property
    def unit_id(self) -> UUID | None: ...
    @property
    def country(self) -> str | None: ...


def is_loopback(host: str) -> bool:
    """Tell whether a host can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked_issuer(issuer: str) -> str:
    """Give an issuer back that can be one (OpenID Connect Discovery 1.0, section 2). Raises BadInput."""
    parts = urlsplit(issuer.strip())
    whole = bool(parts.hostname) and not parts.query and not parts.fragment and not parts.username
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not whole or not safe or len(issuer) > 500 or not issuer.strip().isascii():
        raise BadInput("issuer", issuer, "an https address without query, such as https://login.halden.example")
    return issuer.strip()


def checked_facts(facts: Facts, regions: frozenset[str]) -> dict[str, Any]:
    """Give the values of a provider when they can be used. Raises BadInput."""
    for field, value, most in (
        ("name", facts.name, 80),
        ("client_id", facts.client_id, 200),
        ("groups_claim", facts.groups_claim, 80),
    ):
        if not 0 < len(value.strip()) <= most:
            raise BadInput(field, value, f"1 to {most} characters")
    match = (facts.match_claim or "").strip() or None
    if match is not None and (match.lower() in CHOSEN_BY_PEOPLE or len(match) > 80):
        raise BadInput("match_claim", match, "a claim that nobody chooses for themselves, such as oid; never a mail")
    scopes = [each.strip() for each in facts.scopes if each.strip()]
    if "openid" not in scopes or len(scopes) > SCOPES_MOST or any(" " in each or len(each) > 80 for each in scopes):
        raise BadInput("scopes", " ".join(facts.scopes), "openid and at most 19 more")
    country = (facts.country or "").strip().upper() or None
    if country is not None and (len(country) != 2 or country not in regions):
        raise BadInput("country", country, "an ISO 3166-1 code of two letters such as DE")
    if facts.joins and (facts.unit_id is None or country is None):
        raise BadInput("unit_id", str(facts.unit_id), "a unit and a country, where newcomers are to belong")
    return {
        "name": facts.name.strip(), "client_id": facts.client_id.strip(), "scopes": scopes,
        "groups_claim": facts.groups_claim.strip(), "match_claim": match, "joins": facts.joins,
        "unit_id": facts.unit_id, "country": country,
    }  # fmt: skip
