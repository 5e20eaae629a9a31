"""The doors of links from mails: an invitation, a seat to keep, or one question; nothing happens by opening them."""

from http import HTTPStatus
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from api.auth.caller import caller_of
from api.console.context import Context
from api.console.invitation import Invitation, answered, invitation_of
from api.console.keeping import Proposal, answered_proposal, proposal_of
from api.console.phrases import spoken
from api.console.reader import plain_context
from api.console.serving import html
from api.console.survey import Question, answered_question, question_of
from api.console.view import View
from governance.activation.rules import BEST
from governance.directory.errors import LinkSpent, SignInAgain
from governance.directory.rules import LinkPurpose
from governance.directory.service import actor_of_link
from governance.kernel.errors import BadInput, BusinessError, NotFound
from governance.seats.service import SeatDesk

SMALL_FORM: Final = 16_384
QUIET_LINK: Final = {"Referrer-Policy": "no-referrer"}
Asked = Request[Any, Any, Any]
Offered = Invitation | Proposal | Question


def link_handlers(desk: SeatDesk) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    """Both ways through a link: look, then answer once."""

    def known(request: Asked) -> Context:
        return plain_context(request, caller_of(request.scope).signed_in, desk.office.clock.now())

    @get("/l/{secret:str}", name="console.link", include_in_schema=False)
    async def offer(request: Asked, secret: str) -> Response[str]:
        """Show what the link is for; nothing happens by opening it."""
        try:
            return _shown(known(request), await _offered(desk, secret))
        except (SignInAgain, LinkSpent, NotFound):
            return _spent(known(request))

    @post("/l/{secret:str}", name="console.link.send", include_in_schema=False, status_code=200,
          request_max_body_size=SMALL_FORM)  # fmt: skip
    async def answer(request: Asked, secret: str) -> Response[str]:
        """Take the one answer; the link is used up by it."""
        form = await request.form()
        ctx = known(request)
        try:
            offered = await _offered(desk, secret)
        except (SignInAgain, LinkSpent, NotFound):
            return _spent(ctx)
        try:
            return _said(ctx, offered, await _answered(desk, offered, str(form.get("answer", ""))))
        except BusinessError as error:
            return _shown(ctx, offered, spoken(ctx.locale, error.message()))

    return offer, answer


async def _offered(desk: SeatDesk, secret: str) -> Offered:
    """Read what a link is for. Raises SignInAgain for no such link, LinkSpent, NotFound."""
    bearer = await actor_of_link(desk.office, secret)
    if bearer.purpose is LinkPurpose.ANSWER_SURVEY:
        return await question_of(desk, bearer)
    if bearer.purpose is LinkPurpose.KEEP_SEAT:
        return await proposal_of(desk, bearer)
    return await invitation_of(desk, bearer)


async def _answered(desk: SeatDesk, offered: Offered, answer: str) -> str:
    """Do what was answered; give the key of what is said then. Raises BusinessError."""
    if isinstance(offered, Question):
        await answered_question(desk, offered, answer)
        return "door.thanks"
    if isinstance(offered, Proposal):
        return await _proposal_answered(desk, offered, answer)
    accepts = _one_of(answer, "accept", "decline")
    await answered(desk, offered, accepts=accepts)
    return "door.accepted" if accepts else "door.declined"


async def _proposal_answered(desk: SeatDesk, proposal: Proposal, answer: str) -> str:
    keeps = _one_of(answer, "keep", "forego")
    await answered_proposal(desk, proposal, keeps=keeps)
    return "door.kept" if keeps else "door.foregone"


def _one_of(answer: str, yes: str, no: str) -> bool:
    """Say whether the answer is the yes; what is neither changes nothing. Raises BadInput."""
    if answer not in {yes, no}:
        raise BadInput("answer", answer[:40], f"{yes} or {no}")
    return answer == yes


def _shown(ctx: Context, offered: Offered, error: str = "") -> Response[str]:
    if isinstance(offered, Question):
        page = View(ctx).draw("survey.html", question=offered, scale=range(1, BEST + 1), error=error)
    elif isinstance(offered, Proposal):
        page = View(ctx).draw("keeping.html", proposal=offered, error=error)
    else:
        page = View(ctx).draw("invitation.html", invitation=offered, error=error)
    return html(str(page), HTTPStatus.CONFLICT if error else HTTPStatus.OK, **QUIET_LINK)


def _said(ctx: Context, offered: Offered, key: str) -> Response[str]:
    named = offered.product if isinstance(offered, Question) else offered.license
    title, sentence = ctx.text(key, license=named), ctx.text(f"{key}_text", license=named)
    return html(str(View(ctx).draw("notice.html", title=title, sentence=sentence)), HTTPStatus.OK, **QUIET_LINK)


def _spent(ctx: Context) -> Response[str]:
    notice = {"title": ctx.text("door.link_spent"), "sentence": ctx.text("door.link_spent_text")}
    return html(str(View(ctx).draw("notice.html", **notice)), HTTPStatus.NOT_FOUND, **QUIET_LINK)
