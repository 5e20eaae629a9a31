"""What a process does in the background, wired once: the story's own table, reports from the floor above, and mail."""

from api.exporting import in_child
from api.settings import Settings
from api.worker import with_mail
from governance.reactions import duties, seat_links
from governance.runs.duties import Duties
from governance.seats.service import SeatDesk
from reports.running import build_here, report_verb

REPORTS = "reports"


def duties_of(desk: SeatDesk, settings: Settings) -> Duties:
    """Give the whole table of this process. Under a hand-moved clock reports are built here, where that clock is."""
    build = build_here if desk.office.clock.virtual else in_child(settings)
    table = duties(desk.ledger, report_verb(settings.data_dir / REPORTS, build))
    return with_mail(table, settings, seat_links(lambda secret: f"{settings.address}/l/{secret}"))
