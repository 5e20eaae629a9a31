"""How supply ends and goes on: days of grace, what becomes of holders, and from when a renewal holds."""

from datetime import date, datetime, timedelta

from governance.entitlements.rules.words import Expiry, LotStand, RenewalBasis
from governance.kernel.due import end_after
from governance.kernel.errors import BadInput

GRACE_AT_MOST = 365
LOSES = frozenset({Expiry.REVOKE, Expiry.GRACE})
"""The modes in which holders lose their seats after the end."""


def check_expiry(expiry: Expiry, grace_days: int, *, path: str = "") -> None:
    """Let pass days of grace where the mode has some, and none where it has not. Raises BadInput."""
    if (expiry is Expiry.GRACE) != (grace_days > 0):
        needs = "at least one day" if expiry is Expiry.GRACE else f"0, because the mode is {expiry.value}"
        raise BadInput(f"{path}grace_days", str(grace_days), needs)


def stand_of_lot(start: datetime, last_day: date | None, zone: str, grace_days: int, at: datetime) -> LotStand:
    """Say how a lot stands at an instant; days of grace are whole days of its zone after the last usable one."""
    if at < start:
        return LotStand.COMING
    end = end_after(last_day, zone)
    if last_day is None or end is None or at < end:
        return LotStand.ACTIVE
    over = end_after(last_day + timedelta(days=grace_days), zone)
    return LotStand.GRACE if over is not None and at < over else LotStand.EXPIRED


def loses_at(expiry: Expiry, last_day: date, zone: str, grace_days: int) -> datetime | None:
    """Give the instant at which holders lose what ended after `last_day`; None: never by that alone."""
    if expiry not in LOSES:
        return None
    return end_after(last_day + timedelta(days=grace_days if expiry is Expiry.GRACE else 0), zone)


def renewed_from(basis: RenewalBasis, last_day: date | None, today: date) -> date:
    """Give the first day of a renewal of what ends after `last_day`. Raises BadInput where that never ends."""
    if basis is RenewalBasis.FROM_NOW:
        return today
    if last_day is None:
        raise BadInput("renewal_basis", basis.value, "FROM_NOW, because the lot to renew has no end")
    if basis is RenewalBasis.FROM_NOW_IF_EXPIRED and last_day < today:
        return today
    return last_day + timedelta(days=1)
