"""One reading of all cells, and every group that may be asked for: what is kept back never depends on who asks what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from governance.activation.rules import BEST, Step
from governance.directory.models import OrgUnit, Tenant
from governance.kernel.work import Work
from governance.metrics.answers import Moments
from governance.metrics.asked import Asked
from governance.metrics.first_use import hidden_groups
from governance.metrics.first_use_gather import Waits
from governance.metrics.funnel_gather import Cell, Ways, ways_by_cell
from governance.metrics.funnel_steps import Counts, count_steps
from governance.metrics.funnel_waits import waits_by_cell
from governance.metrics.small_groups import ASKED, Family, Group, keep_back, ranges

SCORES = range(1, BEST + 1)
Groups = dict[tuple[UUID | None, int | None], Group]


@dataclass(frozen=True)
class Chosen:
    """A group as it is told. `true`: its steps with nothing kept back, for what is told to be compared with."""

    group: Group
    waits: Mapping[Step, Waits]
    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def seats(self) -> int:
        return _seats(self.group)

    @property
    def true(self) -> Mapping[Step, Counts]:
        return count_steps(self.group.parts)

    @property
    def scores(self) -> Mapping[int, int]:
        """How many gave each answer."""
        return {score: sum(each.scores.get(score, 0) for each in self.group.parts) for score in SCORES}


@dataclass(frozen=True)
class Book:
    """Cells by what they are of, with the groups over them; `groups` by product and quarter, None for all."""

    cells: Mapping[Cell, Ways]
    waits: Mapping[tuple[Cell, Step], Waits]
    groups: Mapping[tuple[UUID | None, int | None], Group]
    quarter: int | None
    k: int
    ranges: tuple[tuple[int, int], ...] = field(default=())

    @property
    def products(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(cell.product_id for cell in self.cells))

    def chosen(self, product_id: UUID | None) -> Chosen:
        """Give all products or one, in the cohort that was asked for."""
        group = self.groups.get((product_id, self.quarter)) or Group((), closed=True)
        within = [
            cell for cell in self.cells
            if product_id in {None, cell.product_id} and (self.quarter is None or cell.quarter == self.quarter)
        ]  # fmt: skip
        return Chosen(group, self._waits(within), self.ranges if self.quarter is None else ())

    async def apart(self, work: Work, product_id: UUID, *, by_unit: bool) -> list[tuple[str, str, Chosen]]:
        """Part a product's seats by region of the pools' units, or by these units: key, name, group, by name."""
        ids = {cell.unit_id for cell in self.cells if cell.product_id == product_id}
        units = {row.id: row for row in await _units(work, ids)}
        by_region, by_units = self.parted(product_id, {each: row.region for each, row in units.items()})
        named = (
            [(str(each), units[each].name, found) for each, found in by_units.items()]
            if by_unit
            else [(code, code, found) for code, found in by_region.items()]
        )
        return sorted(named, key=lambda each: (each[1].casefold(), each[0]))

    def parted(self, product_id: UUID, region_of: Mapping[UUID, str]) -> tuple[dict[str, Chosen], dict[UUID, Chosen]]:
        """Part a product's seats by region, and each region's by unit; settle what is kept back of either."""
        cells = [cell for cell in self.cells if cell.product_id == product_id]
        regions: dict[str, list[Cell]] = defaultdict(list)
        units: dict[UUID, list[Cell]] = defaultdict(list)
        for cell in cells:
            regions[region_of[cell.unit_id]].append(cell)
            units[cell.unit_id].append(cell)
        by_region = {code: _group(self.cells, found) for code, found in regions.items()}
        by_unit = {each: _group(self.cells, found) for each, found in units.items()}
        families: list[Family] = [(self.chosen(product_id).group, list(by_region.values()))]
        families += [
            (group, [by_unit[each] for each in by_unit if region_of[each] == code]) for code, group in by_region.items()
        ]
        keep_back([*by_region.values(), *by_unit.values()], families, self.k)
        return (
            {code: Chosen(group, self._waits(regions[code])) for code, group in by_region.items()},
            {each: Chosen(group, self._waits(units[each])) for each, group in by_unit.items()},
        )

    def _waits(self, cells: Sequence[Cell]) -> Mapping[Step, Waits]:
        return {step: Waits.together(self.waits.get((cell, step), Waits()) for cell in cells) for step in Step}


async def open_book(work: Work, when: Moments, tenant: Tenant, asked: Asked) -> Book:
    """Read all cells within reach, and settle what is kept back of each product and quarter."""
    cells = await ways_by_cell(work, when, asked.starts)
    waits = await waits_by_cell(work, when, asked.starts, cells)
    return book_of(cells, waits, tenant.small_group, asked.quarter)


def book_of(
    cells: Mapping[Cell, Ways], waits: Mapping[tuple[Cell, Step], Waits], k: int, quarter: int | None = None
) -> Book:
    """Settle what is kept back of each product and quarter, in whichever of them a question is about to be asked."""
    products = list(dict.fromkeys(cell.product_id for cell in cells))
    groups = _all_groups(cells, products)
    closed = hidden_groups({product: _seats(groups[product, None]) for product in products}, k)
    for product in closed:
        groups[product, None].closed = True
    keep_back(groups.values(), _families(cells, groups, products), k)
    answers = _answered([groups[product, None] for product in products])
    return Book(cells, waits, groups, quarter, k, ranges(answers, SCORES, k))


def _all_groups(cells: Mapping[Cell, Ways], products: Sequence[UUID]) -> Groups:
    """Give all seats, each product, each quarter, and each product's quarter."""
    groups: Groups = {(None, None): _group(cells, cells)}
    for product in products:
        groups[product, None] = _group(cells, (cell for cell in cells if cell.product_id == product))
    for quarter in dict.fromkeys(cell.quarter for cell in cells if cell.quarter is not None):
        groups[None, quarter] = _group(cells, (cell for cell in cells if cell.quarter == quarter))
    for product, back in dict.fromkeys((cell.product_id, cell.quarter) for cell in cells):
        one = (cell for cell in cells if (cell.product_id, cell.quarter) == (product, back))
        if back is not None:
            groups[product, back] = _group(cells, one)
    return groups


def _families(cells: Mapping[Cell, Ways], groups: Groups, products: Sequence[UUID]) -> list[Family]:
    """Part all seats by product and by quarter, each product by quarter, each quarter by product.

    What began before the first quarter is told by nobody: a group that is kept back.
    """
    quarters = [quarter for product, quarter in groups if product is None and quarter is not None]
    older = _group(cells, (cell for cell in cells if cell.quarter is None), closed=True)
    found: list[Family] = [
        (groups[None, None], [groups[product, None] for product in products]),
        (groups[None, None], [*(groups[None, quarter] for quarter in quarters), older]),
    ]
    for product in products:
        before = (cell for cell in cells if cell.product_id == product and cell.quarter is None)
        told = [groups[product, quarter] for quarter in quarters if (product, quarter) in groups]
        found.append((groups[product, None], [*told, _group(cells, before, closed=True)]))
    for quarter in quarters:
        told = [groups[product, quarter] for product in products if (product, quarter) in groups]
        found.append((groups[None, quarter], told))
    return found


def _seats(group: Group) -> int:
    return sum(each.seats for each in group.parts)


def _group(cells: Mapping[Cell, Ways], chosen: Iterable[Cell], *, closed: bool = False) -> Group:
    """Put cells together, product by product."""
    found: dict[UUID, list[Ways]] = defaultdict(list)
    for cell in chosen:
        found[cell.product_id].append(cells[cell])
    return Group([Ways.together(each) for each in found.values()], closed=closed)


def _answered(groups: Iterable[Group]) -> list[Mapping[int, int]]:
    """Give the answers of each product that tells them, and of all the others together."""
    told: list[Mapping[int, int]] = []
    rest: dict[int, int] = defaultdict(int)
    for group in groups:
        for each in group.parts:
            if ASKED not in group.counts and not group.closed:
                told.append(each.scores)
                continue
            for score, count in each.scores.items():
                rest[score] += count
    return [*told, rest]


async def _units(work: Work, ids: set[UUID]) -> Sequence[OrgUnit]:
    query = select(OrgUnit).where(OrgUnit.tenant_id == work.tenant_id, OrgUnit.id.in_(sorted(ids)))
    return (await work.session.execute(query)).scalars().all()
