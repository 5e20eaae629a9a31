"""Providers at the web's door: a browser sent there, taken back with a session, and sessions ended at their word."""

import logging
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.types import Scope

from api.auth.address import client_address
from api.auth.caller import caller_of
from api.auth.cookies import FLOW, carried_secret, flow_cookie, session_cookie
from api.auth.oidc.flow import Begun, Flow
from api.auth.oidc.knowing import Known
from api.auth.oidc.tokens import Expected, check_logout_token, signed_claims
from api.outbound import Outbound
from api.settings import Settings
from governance.directory import service, vouched
from governance.directory.errors import NotVouchedFor, Why
from governance.directory.models import IdentityProvider
from governance.directory.service import SignedIn, Vouched
from governance.directory.service.secrets import new_secret
from governance.kernel.errors import NotFound
from governance.kernel.work import Office

log = logging.getLogger("lictor.sign-in")
SECRET_LENGTH = 43


@dataclass(frozen=True)
class Sent:
    """Where to send a browser, and the cookie that binds the way back to it."""

    address: str
    cookie: Cookie


@dataclass(frozen=True)
class Back:
    """Where a browser goes on, and its new session's cookie; None where the session it had was proven anew."""

    next_path: str
    cookie: Cookie | None


@dataclass(eq=False)
class NotTakenError(Exception):
    """A provider's word was not taken; `reference` finds the entry in the trail, for the admin."""

    reference: UUID


@dataclass(frozen=True)
class Vouching:
    """The doors of providers, for one office."""

    office: Office
    settings: Settings
    flow: Flow

    @classmethod
    def of(cls, office: Office, settings: Settings, outbound: Outbound | None = None) -> "Vouching":
        """Open the doors; `outbound` None calls out as the settings say."""
        known = Known(outbound or Outbound(settings.private_networks), office.clock)
        return cls(office, settings, Flow(office, known, settings.address))

    async def send(self, scope: Scope, provider_id: UUID, next_path: str) -> Sent:
        """Give where to send a browser that wants to come in by a provider.

        Raises NotTakenError, NotFound, TooManyTries, PlainHttp.
        """
        return await self._sent(scope, await self.provider(provider_id), next_path, None)

    async def send_again(self, scope: Scope, signed_in: SignedIn, next_path: str) -> Sent:
        """Give where to send somebody to prove anew who they are. Raises NotFound for a session by password."""
        async with self.office.database.read(signed_in.tenant.id) as session:
            opened = await vouched.vouched_by(session, signed_in.tenant.id, signed_in.session_id)
        if opened is None:
            raise NotFound("identity provider", str(signed_in.session_id))
        provider = await self.provider(opened.provider_id)
        return await self._sent(scope, provider, next_path, signed_in.session_id)

    async def take(self, scope: Scope, provider_id: UUID) -> Back:
        """Take a provider's answer: open a session, or prove anew. Raises NotTakenError, NotFound, TooManyTries."""
        provider = await self.provider(provider_id)
        await service.check_pace(self.office, client_address(scope, self.settings))
        pairs = list(ASGIConnection(scope).query_params.multi_items())
        browser, said = carried_secret(self.settings, scope, FLOW), dict(pairs)
        try:
            if len(said) != len(pairs):
                raise NotVouchedFor(Why.STATE)
            begun, whom = await self.flow.finish(provider, browser, said)
            if begun.session_id is not None:
                await self._prove(scope, provider, begun, whom)
                return Back(begun.next_path, None)
            _, secret = await service.arrive(self.office, provider, whom)
        except NotVouchedFor as error:
            raise await self._not_taken(scope, provider, error.why) from None
        return Back(begun.next_path, session_cookie(self.settings, scope, secret))

    async def end_at_their_word(self, provider_id: UUID, token: str) -> int:
        """End sessions because the provider says so; tells how many. Raises NotVouchedFor, NotFound."""
        provider = await self.provider(provider_id)
        try:
            claims = await signed_claims(self.flow.known, provider, token)
            check_logout_token(claims, Expected(provider.issuer, provider.client_id, self.office.clock.now()))
            if not await service.spend_proof(self.office, provider.tenant_id, f"logout {claims['jti']}"):
                raise NotVouchedFor(Why.LOGOUT)
        except NotVouchedFor as error:
            await service.note_refusal(self.office, provider, error.why, self.office.ids.new())
            raise
        said = [claims.get(name) for name in ("sub", "sid")]
        subject, session = (each if isinstance(each, str) else None for each in said)
        return await service.end_vouched_sessions(self.office, provider, subject, session)

    async def way_out(self, signed_in: SignedIn) -> tuple[str, str] | None:
        """Give the provider and where one signs out there too (RP-Initiated Logout 1.0); None where one cannot."""
        async with self.office.database.read(signed_in.tenant.id) as session:
            opened = await vouched.vouched_by(session, signed_in.tenant.id, signed_in.session_id)
        if opened is None:
            return None
        try:
            provider = await self.provider(opened.provider_id)
            ends = (await self.flow.known.metadata(provider)).end_session_endpoint
        except (NotVouchedFor, NotFound):
            return None
        if ends is None:
            return None
        back = {"client_id": provider.client_id, "post_logout_redirect_uri": f"{self.settings.address}/sign-in"}
        return provider.name, f"{ends}{'&' if '?' in ends else '?'}{urlencode(back)}"

    async def ways_in(self, slug: str | None) -> tuple[IdentityProvider, ...]:
        """Give the providers of the tenant of that short name; without one, of the installation's only tenant."""
        async with self.office.database.system_read() as session:
            return tuple(await vouched.providers_at_the_door(session, slug))

    async def provider(self, provider_id: UUID) -> IdentityProvider:
        """Give a provider that somebody names at the door. Raises NotFound."""
        async with self.office.database.system_read() as session:
            row = await vouched.provider_at_the_door(session, provider_id)
        if row is None:
            raise NotFound("identity provider", str(provider_id))
        return row

    async def _sent(self, scope: Scope, provider: IdentityProvider, next_path: str, session_id: UUID | None) -> Sent:
        await service.check_pace(self.office, client_address(scope, self.settings))
        carried = carried_secret(self.settings, scope, FLOW)
        browser = carried if len(carried) == SECRET_LENGTH else new_secret(self.office.ids)
        try:
            address = await self.flow.begin(provider, browser, next_path, session_id)
        except NotVouchedFor as error:
            raise await self._not_taken(scope, provider, error.why) from None
        return Sent(address, flow_cookie(self.settings, scope, browser))

    async def _prove(self, scope: Scope, provider: IdentityProvider, begun: Begun, whom: Vouched) -> None:
        signed_in = caller_of(scope).signed_in
        if signed_in is None or signed_in.session_id != begun.session_id:
            raise NotVouchedFor(Why.OTHER_PERSON)
        await service.prove_by(self.office, provider, signed_in, whom)

    async def _not_taken(self, scope: Scope, provider: IdentityProvider, why: Why) -> NotTakenError:
        reference = self.office.ids.new()
        log.info("sign-in by provider %s not taken: %s, reference %s", provider.id, why, reference)
        await service.note_refusal(self.office, provider, why, reference)
        await service.count_failure(self.office, client_address(scope, self.settings))
        return NotTakenError(reference)
