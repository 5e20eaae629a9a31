"""The protocol over the directory: each operation at a desk of its own, each no of the house as SCIM says it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from litestar.exceptions import HTTPException
from scim2_models import BulkOperation, Error, Resource, ResourceType, SCIMException, UnauthorizedException
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from scim2_server.service import ScimService

from api.problems import problem_of
from api.scim.membership import Handler
from api.scim.shapes import provider
from api.scim.storage import Directory
from governance.directory.errors import Taken
from governance.kernel.errors import BadInput, Conflict, Unavailable
from governance.kernel.work import Office, Work
from policies.access.parties import Actor

TRIES = 3
OPEN_TO_ALL = frozenset({Operation.service_provider_config})
DISCOVERY = OPEN_TO_ALL | {Operation.resource_types, Operation.resource_type, Operation.schemas, Operation.schema}
READING = frozenset({Operation.query, Operation.search, Operation.search_with_body})
SCIM_TYPES = {Taken: "uniqueness", BadInput: "invalidValue"}


class Protocol(ScimService):
    """The protocol, with the house's own words where something is refused."""

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """Give a no as a SCIM error. What is unexpected is masked, and logged by its correlation id."""
        if isinstance(exception, SCIMException):
            return exception.to_error()
        if isinstance(exception, Conflict) and not isinstance(exception, Taken):
            return Error(status=HTTPStatus.PRECONDITION_FAILED, detail=exception.message())
        problem = problem_of(exception)
        status = HTTPStatus.BAD_REQUEST if isinstance(exception, BadInput) else problem.status
        return Error(status=status, scim_type=SCIM_TYPES.get(type(exception)), detail=problem.message)

    def error_response(self, exception: Exception) -> ScimResponse:
        """Give a no as a response, with the headers that belong to it."""
        response = super().error_response(exception)
        if isinstance(exception, Unavailable):
            response.headers["Retry-After"] = str(exception.retry_after_s)
        if isinstance(exception, HTTPException):
            response.headers.update({name: str(value) for name, value in (exception.headers or {}).items()})
        return response


class Server:
    """Serves requests that were read and bounded; `actor` None is nobody."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.protocol = Protocol(provider())

    async def serve(self, request: ScimRequest, actor: Actor | None) -> ScimResponse:
        """Answer one request; a no is an answer too."""
        try:
            return await self._served(request, actor)
        except Exception as exception:  # noqa: BLE001 - everything becomes an answer; problem_of logs what is a bug
            return self.protocol.error_response(exception)

    async def _served(self, request: ScimRequest, actor: Actor | None) -> ScimResponse:
        operation = self._operation(request, known=actor is not None)
        if actor is None and operation not in OPEN_TO_ALL:
            raise _nobody()
        if actor is None or operation in DISCOVERY:
            return await _Discovery(self.protocol).handle(request)
        request_id = self.office.ids.new()
        if operation is Operation.bulk:
            return await _Bulk(self.protocol, self.office, actor, request_id).handle(request)
        if operation in READING:
            async with self.office.reading(actor, request_id) as work:
                return await Handler(self.protocol, Directory(work), request).handle(request)
        return await self._written(request, actor, request_id)

    def _operation(self, request: ScimRequest, *, known: bool) -> Operation:
        """Find what is asked for. Whoever is not known is not told what there is. Raises UnauthorizedException."""
        try:
            return self.protocol.match(request).operation
        except Exception:
            if known:
                raise
            raise _nobody() from None

    async def _written(self, request: ScimRequest, actor: Actor, request_id: UUID) -> ScimResponse:
        """Carry out one change in one transaction; who named no version is not told of one that moved meanwhile."""

        async def verb(work: Work) -> ScimResponse:
            return await Handler(self.protocol, Directory(work), request).handle(request)

        tries = 1 if request.header("If-Match") else TRIES
        for _ in range(tries - 1):
            try:
                return await self.office.perform(actor, verb, request_id)
            except Conflict as moved:
                if isinstance(moved, Taken):
                    raise
        return await self.office.perform(actor, verb, request_id)


def _nobody() -> UnauthorizedException:
    return UnauthorizedException(detail="Send a token of Lictor as Authorization: Bearer lic_…")


class _Discovery(AsyncScimHandler):
    """Serves what needs no storage."""

    def __init__(self, protocol: Protocol) -> None:
        self.service = protocol


class _Bulk(AsyncScimHandler):
    """Serves many operations of one request, each in a transaction of its own: one that fails undoes itself alone."""

    def __init__(self, protocol: Protocol, office: Office, actor: Actor, request_id: UUID) -> None:
        super().__init__(protocol, _NoStorage())
        self.office, self.actor, self.request_id = office, actor, request_id

    async def apply_bulk_operation(
        self, resource_type: ResourceType, operation: BulkOperation[Resource[Any]]
    ) -> Resource[Any] | None:
        async def verb(work: Work) -> Resource[Any] | None:
            return await Handler(self.service, Directory(work)).apply_bulk_operation(resource_type, operation)

        return await self.office.perform(self.actor, verb, self.request_id)


class _NoStorage(Directory):
    """Stands where a storage is asked for and none is used: each operation of a bulk brings its own."""

    def __init__(self) -> None:
        pass
