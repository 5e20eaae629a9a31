"""Finds the org unit that a cell means, by code, path or name, and says which one comes nearest when there is none."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from uuid import UUID

from sqlalchemy import select

from governance.directory.models import OrgUnit
from governance.imports.queries import living_units
from governance.kernel.work import Placed, Work
from policies.access.actions import Action


@dataclass
class UnitBook:
    """The units that may be named. A code comes before a path, a path before a name; what names two names none."""

    units: dict[str, UUID]
    spoken: list[str]
    nearest_known: dict[str, str] = field(default_factory=dict)

    def find(self, text: str) -> UUID | None:
        return self.units.get(_same(text))

    def nearest(self, text: str) -> str:
        """Say what may have been meant, as the end of a sentence."""
        if text not in self.nearest_known:
            near = get_close_matches(_same(text), [_same(s) for s in self.spoken], n=1, cutoff=0.5)
            meant = next((s for s in self.spoken if near and _same(s) == near[0]), None)
            self.nearest_known[text] = f"did you mean {meant!r}?" if meant else "no unit is called alike."
        return self.nearest_known[text]


async def open_unit_book(work: Work) -> UnitBook:
    """Read the units that hang in today's tree within reach."""
    rows = await living_units(work)
    codes = {unit: (code, name) for unit, code, name, _ in rows}
    parents = {unit: parent for unit, _, _, parent in rows}
    found: dict[str, UUID] = {}
    taken: set[str] = set()
    for kind in ("code", "path of codes", "path of names", "name"):
        said: dict[str, UUID] = {}
        for unit, code, name, _ in rows:
            text = _same(_said(kind, unit, code, name, codes, parents))
            if text in said:
                taken.add(text)
            said[text] = unit
        for text, unit in said.items():
            if text not in found and text not in taken:
                found[text] = unit
    spoken = [code for _, code, _, _ in rows] + [name for _, _, name, _ in rows]
    return UnitBook(found, list(dict.fromkeys(spoken)))


@dataclass(frozen=True)
class ImportRange:
    """Where the importer may put people: everywhere, or in these units and countries."""

    everything: bool
    units: frozenset[UUID]
    countries: frozenset[str]

    def holds(self, unit_id: UUID, country: str) -> bool:
        return self.everything or unit_id in self.units or country in self.countries

    @property
    def is_nothing(self) -> bool:
        return not (self.everything or self.units or self.countries)


async def import_range(work: Work) -> ImportRange:
    """Read how far the importer's right reaches now."""
    reach = work.gate.reach(work.actor, Action.PERSON_IMPORT)
    if reach.everything or reach.is_nothing:
        return ImportRange(reach.everything, frozenset(), frozenset())
    in_units = work.reach(Action.PERSON_IMPORT, Placed(unit=OrgUnit.id))
    rows = await work.session.execute(select(OrgUnit.id).where(OrgUnit.tenant_id == work.tenant_id, in_units))
    return ImportRange(everything=False, units=frozenset(rows.scalars()), countries=_countries(work, reach.regions))


def _countries(work: Work, regions: frozenset[str]) -> frozenset[str]:
    return frozenset(work.office.regions.below(regions)) if regions else frozenset()


def _said(
    kind: str, unit: UUID, code: str, name: str, codes: dict[UUID, tuple[str, str]], parents: dict[UUID, UUID | None]
) -> str:
    if not kind.startswith("path"):
        return code if kind == "code" else name
    part = 0 if kind == "path of codes" else 1
    steps: list[str] = []
    at: UUID | None = unit
    while at is not None and at in codes:
        steps.append(codes[at][part])
        at = parents[at]
    return "/".join(reversed(steps))


def _same(text: str) -> str:
    return "/".join(" ".join(step.split()) for step in text.strip().strip("/").casefold().split("/"))
