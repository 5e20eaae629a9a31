"""The license review: position, seats, findings and the trail behind them in one workbook whose totals agree."""

from policies.access.actions import Action
from reports import findings, position, seat_register, trail
from reports.ground import Gathered, Ground, LeftOut, Table, gathered, lacking
from reports.shape import Report


async def _report(ground: Ground) -> Gathered:
    place = await position.position_sheet(ground)
    register: Table | LeftOut
    reconciled = None
    if ground.may(Action.SEAT_READ):
        seats = await seat_register.register_sheet(ground)
        register, reconciled = seats.table, reconcile(ground, place.occupied, seats.occupies)
    else:
        register = lacking(ground, seat_register.KEY, Action.SEAT_READ)
    return gathered(
        place.table, register, await findings.gather(ground), await trail.gather(ground), reconciled=reconciled
    )


REPORT = Report("license_review", (Action.POSITION_READ,), _report, many=True)


def reconcile(ground: Ground, occupied: dict[str, int], register: dict[str, int]) -> str:
    """Say whether each license has as many seats in the register as the position counts, or which do not.

    They differ only where the rights to see positions and seats reach differently far.
    """
    codes = sorted(occupied.keys() | register.keys())
    apart = [
        f"{code} ({occupied.get(code, 0)} / {register.get(code, 0)})"
        for code in codes
        if occupied.get(code, 0) != register.get(code, 0)
    ]
    sums = {"occupied": sum(occupied.values()), "register": sum(register.values())}
    if apart:
        return ground.words("reconciled.no", **sums, names=", ".join(apart))
    return ground.words("reconciled.yes", **sums, licenses=len(codes))
