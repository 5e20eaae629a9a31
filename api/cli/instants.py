"""Both clocks as the terminal says them: an instant, a day, or a board's snapshot, which stands for two instants."""

from datetime import date, datetime, timedelta

from governance.directory.models import Tenant
from governance.kernel.due import start_of
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.reviews.queries import SNAPSHOT, frozen

FROZEN = "an instant or a day; a snapshot stands for both clocks, and is said by --as-of"
INSTANTS = "an instant such as 2026-10-31T23:59:59Z, a day such as 2026-10-31, or snapshot:FY2026-Q3"


async def instants_of(work: Work, as_of: str | None, known_at: str | None) -> tuple[datetime | None, datetime | None]:
    """Read both clocks: what is left out is None; a snapshot as of brings when it was known along, unless that is said.

    Raises BadInput.
    """
    now, zone = work.now(), (await work.session.get_one(Tenant, work.tenant_id)).zone
    known = instant_of("known-at", known_at, zone, now)
    if as_of is None or not as_of.lower().startswith(SNAPSHOT):
        return instant_of("as-of", as_of, zone, now), known
    row = await frozen(work, "as-of", as_of)
    return row.as_of, known or row.known_at


def instant_of(option: str, said: str | None, zone: str, now: datetime) -> datetime | None:
    """Read an instant; a day means its end in the tenant's zone, one that is not over yet means now.

    Raises BadInput.
    """
    if said is None:
        return None
    if said.lower().startswith(SNAPSHOT):
        raise BadInput(option, said, FROZEN)
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise BadInput(option, said, INSTANTS) from None
    if len(said) == len("2026-10-31"):
        end = start_of(date.fromisoformat(said) + timedelta(days=1), zone) - timedelta(microseconds=1)
        begun = start_of(date.fromisoformat(said), zone) <= now
        return None if begun and now < end else end
    if at.tzinfo is None:
        raise BadInput(option, said, "a zone, such as a Z at its end for UTC")
    return at
