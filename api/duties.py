"""What a process does in the background, wired once: the story's own table, reports from the floor above, and mail."""

from uuid import UUID

from api.settings import Settings
from api.worker import with_mail
from governance.directory.rules import LinkPurpose
from governance.directory.service.links import make_link
from governance.imports.service import import_people
from governance.kernel.work import Work
from governance.reactions import duties
from governance.runs.duties import Duties
from governance.seats.service import SeatDesk
from reports.running import report_verb

REPORTS = "reports"


def duties_of(desk: SeatDesk, settings: Settings) -> Duties:
    """Give the whole table of this process."""

    async def address_of(work: Work, person_id: UUID, purpose: LinkPurpose, subject_id: UUID) -> str:
        return f"{settings.address}/l/{await make_link(work, person_id, purpose, subject_id)}"

    table = duties(desk.ledger, report_verb(settings.data_dir / REPORTS), import_people)
    return with_mail(table, settings, address_of)
