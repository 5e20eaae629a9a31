"""A lot that was recorded as the renewal of another one is said to be none; what was known before stays readable."""

from sqlalchemy import inspect

from governance.agreements.rules import ChangeReason
from governance.entitlements import queries
from governance.entitlements.models import Lot
from governance.entitlements.service.effects import learned, settle, whose, why
from governance.kernel.errors import Conflict
from governance.kernel.work import Change, Work
from policies.access.actions import Action

SAID_ANEW = frozenset({"id", "renewal_of", "reason", "reason_text", "recorded_at", "recorded_by", "superseded_at"})


async def forget_renewal(work: Work, lot: Lot, reason: ChangeReason, reason_text: str) -> Lot:
    """Supersede a lot by itself without the lot that it renews; seats, days and price stay.

    Raises Refused, Conflict where another correction came first.
    """
    line, entitlement = await queries.line(work, lot.line_id, locked=True)
    work.permit(Action.LOT_CORRECT, await whose(work, entitlement), f"entitlement {entitlement.code}")
    await work.session.refresh(lot)
    if lot.superseded_at is not None:
        raise Conflict("This lot", str(lot.id), "superseded")
    at = learned(work, lot)
    kept = {column.key: getattr(lot, column.key) for column in inspect(Lot).column_attrs if column.key not in SAID_ANEW}
    row = Lot(
        **kept, id=work.new_id(), renewal_of=None, reason=reason, reason_text=reason_text, recorded_at=at,
        recorded_by=work.actor.principal,
    )  # fmt: skip
    before, after = {"renewal_of": lot.renewal_of}, {"renewal_of": None}
    lot.superseded_at = at
    work.session.add(row)
    await work.session.flush()
    said = why(reason.value, reason_text)
    await work.record(Change(Action.LOT_CORRECT.value, "lot", row.lot_key, before=before, after=after, reason=said))
    await settle(work, line)
    await work.emit("LotCorrected", row.lot_key, line_id=str(row.line_id), fields=["renewal_of"])
    return row
