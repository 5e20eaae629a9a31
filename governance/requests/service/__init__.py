"""The verbs of asking for seats."""

from governance.requests.service.asking import RequestSeat, may_ask_for, request_seat
from governance.requests.service.deciding import ApproveRequest, RefuseRequest, approve_request, refuse_request
from governance.requests.service.ending import expire_requests, person_gone, withdraw_request
from governance.requests.service.returning import line_up_returned
from governance.requests.service.serving import serve_all, serve_line

__all__ = [
    "ApproveRequest",
    "RefuseRequest",
    "RequestSeat",
    "approve_request",
    "expire_requests",
    "line_up_returned",
    "may_ask_for",
    "person_gone",
    "refuse_request",
    "request_seat",
    "serve_all",
    "serve_line",
    "withdraw_request",
]
