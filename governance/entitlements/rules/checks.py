"""What fits a lot: the days its term can have, its territory, and how it follows the one it renews."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from governance.entitlements.rules.consuming import MEASURED
from governance.entitlements.rules.words import LicenseModel, OwnDevice, Resets, Term, VmCores
from governance.kernel import given
from governance.kernel.errors import BadInput

MOST_CORES = 1_024
COUNTING = ("measure", "resets", "own_device", "least_cores", "vm_cores")
"""The values of a line that say how it counts."""


def check_term(term: Term, last_day: date | None, *, path: str = "") -> None:
    """Let pass a last usable day that the line's term can have. Raises BadInput."""
    if term is Term.PERPETUAL and last_day is not None:
        raise BadInput(f"{path}last_day", last_day.isoformat(), "no last usable day, because the line is PERPETUAL")
    if term in {Term.SUBSCRIPTION, Term.EVALUATION} and last_day is None:
        raise BadInput(f"{path}last_day", "nothing", f"a last usable day, because the line is {term.value}")


def check_territory(included: Iterable[str], excluded: Iterable[str], *, path: str = "") -> None:
    """Let pass a territory that includes something and does not say both of one region. Raises BadInput."""
    inside = set(included)
    if not inside:
        raise BadInput(f"{path}included", "nothing", "at least one region; 001 is the world")
    if both := sorted(inside & set(excluded)):
        raise BadInput(f"{path}excluded", both[0], "a region that is not included as well")


def check_counting(
    model: LicenseModel, measure: str | None, resets: Resets, least_cores: int, vm_cores: VmCores, *, path: str = ""
) -> None:
    """Let pass how a line counts where its model counts so: a meter resets, cores have a least. Raises BadInput."""
    if measure is not None and model not in MEASURED:
        needs = f"nothing, because a line of {model.value} counts seats"
        raise BadInput(f"{path}measure", measure, needs)
    if resets is Resets.MONTH and model is not LicenseModel.METERED:
        raise BadInput(f"{path}resets", resets.value, f"TERM, because only METERED sums up; this is {model.value}")
    if model is not LicenseModel.CORE and (least_cores or vm_cores is VmCores.HOST):
        field, has = ("least_cores", str(least_cores)) if least_cores else ("vm_cores", vm_cores.value)
        raise BadInput(f"{path}{field}", has, f"none, because {model.value} does not count cores")


def counting_of(model: LicenseModel, values: Mapping[str, Any], *, path: str = "") -> dict[str, Any]:
    """Give how a line of this model counts, as it is kept: the five values of COUNTING by name. Raises BadInput."""
    found: dict[str, Any] = {
        "measure": given.optional_text(values["measure"], f"{path}measure", most=40),
        "resets": given.word(values["resets"], f"{path}resets", Resets),
        "own_device": given.word(values["own_device"], f"{path}own_device", OwnDevice),
        "least_cores": given.whole(values["least_cores"], f"{path}least_cores", most=MOST_CORES),
        "vm_cores": given.word(values["vm_cores"], f"{path}vm_cores", VmCores),
    }
    check_counting(model, found["measure"], found["resets"], found["least_cores"], found["vm_cores"], path=path)
    return found


def gap_days(last_day: date | None, first_day: date) -> int | None:
    """Count the days between a lot and its renewal: 0 is seamless, negative is an overlap; None: it never ends."""
    return None if last_day is None else (first_day - last_day).days - 1
