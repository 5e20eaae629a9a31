"""The seat desk: the office that knows facts and rights, and the ledger that alone knows whether there is room."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from governance.kernel.errors import BadInput, BusinessError, Refused
from governance.kernel.work import Office, Work
from governance.seats.ledger.port import Ledger
from policies.access.parties import Actor

T = TypeVar("T")
NOTE_AT_MOST = 400


@dataclass(frozen=True)
class SeatDesk:
    """What every verb of seats takes first. Nothing of a transaction is held while the ledger is asked."""

    office: Office
    ledger: Ledger

    async def look(self, actor: Actor, read: Callable[[Work], Awaitable[T]], request_id: UUID | None = None) -> T:
        """Fetch, permit and decide at a reading desk; a right that was not given leaves its entry in the trail."""
        refusal: BusinessError
        try:
            async with self.office.reading(actor, request_id) as work:
                return await read(work)
        except Refused as error:
            refusal = error

        async def say_no(_work: Work) -> T:
            raise refusal

        return await self.office.perform(actor, say_no, request_id)


def system_actor(tenant_id: UUID, name: str) -> Actor:
    """Give the house itself as the one who acts: for what follows from time or from another verb."""
    return Actor(tenant_id, f"system:{name}")


def checked_note(note: str | None) -> str | None:
    """Give the note without surrounding blanks. Raises BadInput for one longer than the trail keeps."""
    text = (note or "").strip()
    if len(text) > NOTE_AT_MOST:
        raise BadInput("note", f"{len(text)} characters", f"at most {NOTE_AT_MOST}")
    return text or None
