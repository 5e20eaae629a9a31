"""What a process does in the background, wired once: the story's own table, reports from above, mail, and sealing."""

from dataclasses import replace

from api.delivery.webhook import WebhookCaller
from api.exporting import in_child
from api.outbound import Outbound
from api.settings import Settings
from api.worker import with_mail
from governance.audit.checkpoints import Signer
from governance.audit.sealing import Sealer
from governance.directory.queries import tenants
from governance.fulfillment.service import Caller, call_due
from governance.kernel.work import Office
from governance.reactions import duties, seat_links
from governance.runs.duties import Duties, Sweep
from governance.seats.service import SeatDesk
from reports.running import build_here, report_verb

REPORTS = "reports"
SEAL_EVERY_S = 10
CALL_EVERY_S = 5


def duties_of(desk: SeatDesk, settings: Settings) -> Duties:
    """Give the whole table of this process. Under a hand-moved clock reports are built here, where that clock is."""
    build = build_here if desk.office.clock.virtual else in_child(settings)
    table = duties(desk.ledger, report_verb(settings.data_dir / REPORTS, build))
    table = with_sealing(table, Sealer(Signer(settings.trail_seed)))
    table = with_calls(table, WebhookCaller(Outbound(settings.private_networks)))
    return with_mail(table, settings, seat_links(lambda secret: f"{settings.address}/l/{secret}"))


def with_sealing(duties: Duties, sealer: Sealer) -> Duties:
    """Add the sweep that seals the trail of every tenant."""

    async def seal(office: Office) -> None:
        async with office.database.system_read() as session:
            there = [tenant.id for tenant in await tenants(session)]
        await sealer.sweep(office, there)

    return replace(duties, sweeps=(*duties.sweeps, Sweep("sealing", SEAL_EVERY_S, seal)))


def with_calls(duties: Duties, caller: Caller) -> Duties:
    """Add the sweep that calls those who fulfill seats at the vendor."""

    async def call(office: Office) -> None:
        await call_due(office, caller)

    return replace(duties, sweeps=(*duties.sweeps, Sweep("fulfillment", CALL_EVERY_S, call)))
