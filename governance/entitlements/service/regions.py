"""A tenant's own groupings of regions: said from a day on, and opened into their regions where a lot names one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select

from governance.entitlements.models import RegionGroup
from governance.entitlements.rules import check_territory
from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership

CODE = re.compile(r"[A-Z][A-Z0-9_]{3,31}")


@dataclass(frozen=True)
class DefineRegionGroup:
    """What a grouping means from `from_day` on; the same code and day said again is a correction."""

    code: str
    name: str
    included: tuple[str, ...]
    from_day: date
    excluded: tuple[str, ...] = ()


def region_groups(work: Work) -> Select[RegionGroup]:
    """Give the groupings of the tenant as known today, to whoever may read its licenses anywhere."""
    query = select(RegionGroup).where(RegionGroup.tenant_id == work.tenant_id, RegionGroup.superseded_at.is_(None))
    return query if work.gate.may(work.actor, Action.ENTITLEMENT_READ) else query.where(RegionGroup.id.is_(None))


async def define_region_group(work: Work, new: DefineRegionGroup) -> RegionGroup:
    """Say what a grouping means from a day on; lots bought before keep what they were bought for.

    Raises Refused, BadInput.
    """
    work.permit(Action.SETTINGS_EDIT, Ownership(work.tenant_id), f"regions {new.code}")
    tree, code = work.office.regions, given.text(new.code, "code", most=32).upper()
    if not CODE.fullmatch(code) or code in tree:
        raise BadInput("code", code, "4 to 32 capital letters, digits or _, beginning with a letter, such as DACH")
    values: dict[str, Any] = {
        "name": given.text(new.name, "name", most=200),
        "included": sorted({given.region(each, tree, "included") for each in new.included}),
        "excluded": sorted({given.region(each, tree, "excluded") for each in new.excluded}),
        "from_day": given.day(new.from_day, "from_day"),
    }
    check_territory(values["included"], values["excluded"])
    old = (
        await work.session.execute(
            select(RegionGroup).where(
                RegionGroup.tenant_id == work.tenant_id, RegionGroup.code == code,
                RegionGroup.from_day == values["from_day"], RegionGroup.superseded_at.is_(None),
            )
        )
    ).scalar_one_or_none()  # fmt: skip
    at = work.now()
    if old is not None:
        if all(getattr(old, name) == value for name, value in values.items()):
            return old
        at = max(at, old.recorded_at + timedelta(microseconds=1))
        old.superseded_at = at
        await work.session.flush()
    row = RegionGroup(
        tenant_id=work.tenant_id, id=work.new_id(), code=code, recorded_at=at, recorded_by=work.actor.principal,
        **values,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    await work.record(Change("region:define", "region_group", row.id, after={"code": code, **values}))
    return row


async def opened(work: Work, said: dict[str, Any], day: Any, *, path: str = "") -> dict[str, Any]:
    """Open the groupings in a lot's territory into the regions that they mean on a day. Raises BadInput.

    A grouping that leaves regions out cannot be left out itself: nobody could say what of those comes back. What is
    said stays where the day is none; others say that.
    """
    names = {
        str(code).upper() for field in ("included", "excluded") for code in _listed(said.get(field))
        if CODE.fullmatch(str(code).upper())
    }  # fmt: skip
    if not names or not isinstance(day, date):
        return said
    query = select(RegionGroup).where(
        RegionGroup.tenant_id == work.tenant_id, RegionGroup.code.in_(names), RegionGroup.superseded_at.is_(None),
        RegionGroup.from_day <= day,
    )  # fmt: skip
    rows = (await work.session.execute(query.order_by(RegionGroup.from_day))).scalars()
    meant = {row.code: row for row in rows}
    told = {field: set(map(str, _listed(said.get(field)))) for field in ("included", "excluded") if field in said}
    for field, codes in list(told.items()):
        for code in sorted(codes):
            if (group := meant.get(code.upper())) is None:
                continue
            if field == "excluded" and group.excluded:
                needs = f"a grouping without exclusions; {group.code} leaves out {', '.join(group.excluded)}"
                raise BadInput(f"{path}{field}", code, needs)
            told[field] = (told[field] - {code}) | set(group.included)
            if group.excluded:
                told["excluded"] = told.get("excluded", set(said.get("excluded") or ())) | set(group.excluded)
    return said | {field: tuple(sorted(codes)) for field, codes in told.items()}


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple | set | frozenset) else ()
