"""The console's app, set up once in a process: its 300 handlers take longer to register than most tests take.

It holds one office, desk, settings and doors of providers of its own, which show the insides of those of the test.
"""

from copy import copy
from typing import Any

from litestar import Litestar

from api.auth.middleware import Authentication
from api.auth.vouching import Vouching
from api.console.door import console_handlers, problem_page
from api.outbound import Outbound
from api.problems import problem_handlers
from api.settings import Settings
from governance.kernel.work import Office
from governance.seats.service import SeatDesk

OUTBOUND = Outbound(())
_KEPT: list[tuple[Litestar, Office, SeatDesk, Settings, Vouching]] = []


def console_app(desk: SeatDesk, settings: Settings, vouching: Vouching | None = None) -> Litestar:
    """Give the console over this desk, until it is given over another one."""
    vouching = vouching or Vouching.of(desk.office, settings, OUTBOUND)
    if not _KEPT:
        kept = copy(desk.office), copy(desk), copy(settings), copy(vouching)
        _tie(*kept)
        _KEPT.append((_app(*kept[1:]), *kept))
    app, *mine = _KEPT[0]
    for own, its in zip(mine, (desk.office, desk, settings, vouching), strict=True):
        # What a test changes of its office holds in the app too: the two share their insides.
        object.__setattr__(own, "__dict__", its.__dict__ if its is desk.office else dict(its.__dict__))
    _tie(*mine)
    return app


def _tie(office: Office, desk: SeatDesk, settings: Settings, vouching: Vouching) -> None:
    desk.__dict__["office"] = vouching.__dict__["office"] = office
    vouching.__dict__["settings"] = settings


def _app(desk: SeatDesk, settings: Settings, vouching: Vouching) -> Any:
    return Litestar(
        console_handlers(desk, settings, vouching), middleware=[Authentication(desk.office, settings)],
        openapi_config=None, exception_handlers=problem_handlers(problem_page(desk, settings)),
    )  # fmt: skip
