"""From a business no to an answer over HTTP: one table of statuses, RFC 9457 problems, and pages for people."""

import http
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from governance.directory.errors import TooManyTries
from governance.kernel.database.lost import lost
from governance.kernel.errors import BusinessError, Code, Unavailable

log = logging.getLogger("lictor.problems")
PROBLEM_JSON, SCIM_JSON = "application/problem+json", "application/scim+json"
SCIM_PATH = "/scim/"
MACHINE_PATHS = ("/v1", "/graphql", "/scim")

STATUS: Mapping[Code, int] = {
    Code.ALREADY_DECIDED: 409,
    Code.ALREADY_SEATED: 409,
    Code.BAD_CURSOR: 400,
    Code.BAD_INPUT: 422,
    Code.CONFLICT: 409,
    Code.COST_LIMIT: 400,
    Code.FILE_REFUSED: 422,
    Code.HOLDER_NOT_ACTIVE: 409,
    Code.IDEMPOTENCY_MISMATCH: 409,
    Code.INVITATION_EXPIRED: 409,
    Code.LEASE_LOST: 409,
    Code.LIMIT_REACHED: 409,
    Code.NOT_FOUND: 404,
    Code.NOT_IN_FORCE: 409,
    Code.PREVIEW_STALE: 409,
    Code.PRODUCT_NOT_APPROVED: 409,
    Code.REFUSED: 403,
    Code.SEPARATION_OF_DUTIES: 403,
    Code.SIGN_IN_AGAIN: 401,
    Code.SIGN_IN_FAILED: 401,
    Code.TERRITORY: 409,
    Code.TIER_TOO_LOW: 409,
    Code.BASE_MISSING: 409,
    Code.COVERED_ALREADY: 409,
    Code.TOO_MANY: 429,
    Code.UNAVAILABLE: 503,
    Code.WRONG_STATE: 409,
}


@dataclass(frozen=True)
class Problem:
    """What went wrong, as every door but the graph says it. `correlation` finds the log line of an unexpected one."""

    status: int
    code: str
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    reasons: tuple[Mapping[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    correlation: str | None = None

    def document(self) -> dict[str, Any]:
        """Give the problem as an RFC 9457 document."""
        said: dict[str, Any] = {
            "type": f"urn:lictor:problem:{self.code.lower().replace('_', '-')}",
            "title": http.HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        }
        more = {
            "facts": dict(self.facts),
            "path": list(self.path),
            "reasons": [dict(reason) for reason in self.reasons],
            "correlation": self.correlation,
        }
        return said | {key: value for key, value in more.items() if value}

    def scim(self) -> dict[str, Any]:
        """Give the problem as identity providers read one (RFC 7644, 3.12)."""
        schema = "urn:ietf:params:scim:api:messages:2.0:Error"
        return {"schemas": [schema], "status": str(self.status), "detail": self.message}


Page = Callable[[Request[Any, Any, Any], Problem], Response[Any]]


def problem_of(error: Exception) -> Problem:
    """Describe an error. What is not a business no and not Litestar's is masked; the log keeps it by correlation id.

    A database that did not answer is no bug: it is told as Unavailable, and the log names it in one line.
    """
    if (gone := lost(error)) is not None:
        log.warning("the database did not answer: %s", type(error).__qualname__)
        return _business(gone)
    if isinstance(error, BusinessError):
        return _business(error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        headers = {key: str(value) for key, value in (error.headers or {}).items()}
        return Problem(error.status_code, _code_of(error.status_code), error.detail, headers=headers)
    correlation = uuid4().hex
    log.error("unexpected error %s", correlation, exc_info=error)
    return Problem(
        500, "INTERNAL", f"Something went wrong on our side. Tell the operator {correlation}.", correlation=correlation
    )


def problem_handlers(page: Page | None = None) -> ExceptionHandlersMap:
    """Give Litestar's exception handlers: problem documents for machines, `page` for people in a browser."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        problem = problem_of(error)
        if page is not None and wants_page(request):
            response = page(request, problem)
        else:
            scim = request.scope["path"].startswith(SCIM_PATH)
            said = problem.scim() if scim else problem.document()
            response = Response(said, media_type=SCIM_JSON if scim else PROBLEM_JSON)
        response.status_code = problem.status
        response.headers.update({**problem.headers, "Cache-Control": "no-store"})
        return response

    return {BusinessError: answer, HTTPException: answer, Exception: answer}


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a person in a browser asks, outside the doors that are for machines only."""
    path = request.scope["path"]
    if any(path == door or path.startswith(f"{door}/") for door in MACHINE_PATHS):
        return False
    return "text/html" in request.headers.get("accept", "") or request.headers.get("hx-request") == "true"


def _business(error: BusinessError) -> Problem:
    headers = {}
    if isinstance(error, (Unavailable, TooManyTries)):
        headers["Retry-After"] = str(error.retry_after_s)
    if STATUS[error.code] == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="lictor"'
    reasons = tuple(
        {
            "code": r.code.value,
            "subject": r.subject,
            "has": r.has,
            "needs": r.needs,
            "source": r.source,
            "remedy": r.remedy,
        }
        for r in error.reasons()
    )
    return Problem(
        STATUS[error.code], error.code.value, error.message(), dict(error.facts()), error.path(), reasons, headers
    )


def _code_of(status: int) -> str:
    for code, known in ((Code.NOT_FOUND, 404), (Code.REFUSED, 403), (Code.SIGN_IN_AGAIN, 401), (Code.TOO_MANY, 429)):
        if status == known:
            return code.value
    return Code.BAD_INPUT.value
