"""Nobody derives a small count: every figure that is told, less every other that it holds, alone and several at once."""

import random
from collections.abc import Callable, Iterator
from itertools import combinations
from uuid import UUID

import pytest

from governance.activation.rules import Step
from governance.metrics.funnel_book import Book, book_of
from governance.metrics.funnel_gather import ORDER, RANK, Cell, Ways
from governance.metrics.small_groups import Group, counted, none_or_enough, ranges

K = 5
PRODUCTS = [UUID(int=n) for n in range(1, 5)]
UNITS = {UUID(int=n): region for n, region in ((11, "150"), (12, "150"), (13, "019"), (14, "019"), (15, "142"))}
LATE = (Step.INSTALLED, Step.REGISTERED, Step.FIRST_USE)
Fine = tuple[UUID, UUID, int | None, Step, bool]
Told = tuple[str, frozenset[Fine], int]


def invented(dice: random.Random) -> dict[Cell, Ways]:
    """Seat a random company, in which small counts abound."""
    cells: dict[Cell, Ways] = {}
    for product in PRODUCTS:
        observed = frozenset(dice.sample(LATE, dice.randint(1, 3)))
        for unit in dice.sample(sorted(UNITS), dice.randint(1, 5)):
            for quarter in (0, 1, None):
                reach = [Step.ASSIGNED, *sorted(observed, key=lambda step: RANK[step])]
                came = {
                    (False, step, ended): dice.choice((0, 0, 1, 3, 6, 9, 14))
                    for step in reach
                    for ended in (True, False)
                }
                cells[Cell(product, unit, quarter)] = Ways({way: n for way, n in came.items() if n}, {}, observed)
    return cells


def told_by(group: Group, cells: dict[Cell, Ways]) -> Iterator[Told]:
    """Give every figure of the steps of a group that is told: what it counts, and how many that are."""
    for step, counts in group.figures().items():
        if not counts.eligible:
            continue
        eligible = {
            (*cell, way, ended) for cell, ways in cells.items() if step in {*ways.observed, Step.ASSIGNED}
            for _, way, ended in ways.came if RANK[way] >= RANK[before(ways, step, group)]
        }  # fmt: skip
        reached = {fine for fine in eligible if RANK[fine[3]] >= RANK[step]}
        yield f"{step} eligible", frozenset(eligible), counts.eligible
        yield f"{step} reached", frozenset(reached), counts.reached
        if step not in group.whole:
            lost = {fine for fine in eligible - reached if fine[4]}
            yield f"{step} lost", frozenset(lost), counts.lost
            yield f"{step} not yet", frozenset(eligible - reached - lost), counts.not_yet


def before(ways: Ways, step: Step, group: Group) -> Step:
    told = {*ways.observed, Step.ASSIGNED} - group.steps
    return [Step.INVITED, *(each for each in ORDER if each in told and RANK[each] < RANK[step])][-1]


def everything(book: Book) -> tuple[dict[str, list[Told]], list[tuple[str, list[str]]]]:
    """Give every figure that any question about these seats is answered with, by group, and the families of groups."""
    figures: dict[str, list[Told]] = {}

    def keep(name: str, group: Group, holds: Callable[[Cell], bool]) -> str:
        figures[name] = list(told_by(group, {cell: ways for cell, ways in book.cells.items() if holds(cell)}))
        return name

    for (product, quarter), group in book.groups.items():
        wanted = (product, quarter)
        keep(f"{product}/{quarter}", group, lambda cell, w=wanted: w[0] in {None, cell[0]} and w[1] in {None, cell[2]})
    quarters = [quarter for product, quarter in book.groups if product is None and quarter is not None]
    families = [
        ("None/None", [f"{product}/None" for product in book.products]),
        ("None/None", [f"None/{quarter}" for quarter in quarters]),
        *((f"{each}/None", [f"{each}/{quarter}" for quarter in quarters]) for each in book.products),
        *((f"None/{quarter}", [f"{each}/{quarter}" for each in book.products]) for quarter in quarters),
    ]
    for product in book.products:
        regions, units = book.parted(product, UNITS)
        families.append((f"{product}/None", [f"{product} {code}" for code in regions]))
        for code, chosen in regions.items():
            keep(f"{product} {code}", chosen.group, lambda c, p=product, r=code: c[0] == p and UNITS[c[1]] == r)
            families.append((f"{product} {code}", [f"{product} {unit}" for unit in units if UNITS[unit] == code]))
        for unit, chosen in units.items():
            keep(f"{product} {unit}", chosen.group, lambda c, p=product, u=unit: c[0] == p and c[1] == u)
    return figures, families


@pytest.mark.parametrize("seed", range(25))
def test_no_figure_of_a_group_less_others_of_it_is_small(seed: int) -> None:
    figures, _ = everything(book_of(invented(random.Random(seed)), {}, K))
    for name, told in figures.items():
        assert all(none_or_enough(count, K) for _, _, count in told), name
        for figure, whole, count in told:
            held = [each for each in told if each[1] < whole]
            for other, _, part in held:
                assert none_or_enough(count - part, K), f"{name}: {figure} less {other}"
            for one, two in combinations(held, 2):
                if not one[1] & two[1]:
                    assert none_or_enough(count - one[2] - two[2], K), f"{name}: {figure} less {one[0]}, {two[0]}"


@pytest.mark.parametrize("seed", range(25))
def test_a_whole_less_groups_that_are_told_is_not_small(seed: int) -> None:
    """From every figure of the whole every sum of a figure over some of its groups is taken."""
    figures, families = everything(book_of(invented(random.Random(seed)), {}, K))
    tried = 0
    for name, groups in families:
        for figure, whole, count in figures[name]:
            for kind in {each[0] for group in groups for each in figures.get(group, ())}:
                parts = [e for group in groups for e in figures.get(group, ()) if e[0] == kind and e[1] <= whole]
                for size in range(1, len(parts) + 1):
                    for taken in combinations(parts, size):
                        tried += 1
                        left = count - sum(part for _, _, part in taken)
                        assert none_or_enough(left, K), (name, figure, kind, groups)
    assert tried > 20


@pytest.mark.parametrize("seed", range(25))
def test_all_seats_less_a_unit_or_a_region_of_a_product_are_not_few(seed: int) -> None:
    figures, _ = everything(book_of(invented(random.Random(seed)), {}, K))
    for figure, whole, count in figures["None/None"]:
        for name, told in figures.items():
            if " " in name:
                for other, held, part in told:
                    assert not held < whole or none_or_enough(count - part, K), (figure, name, other)


def test_the_figures_that_need_not_be_kept_back_are_told() -> None:
    came = {(False, Step.ASSIGNED, True): 6, (False, Step.ASSIGNED, False): 7, (False, Step.FIRST_USE, False): 20}
    cells = {Cell(product, unit, 0): Ways(came, {}, frozenset({Step.FIRST_USE}))
             for product in PRODUCTS for unit in UNITS}  # fmt: skip
    book = book_of(cells, {}, K)
    for group in book.groups.values():
        assert Step.FIRST_USE in group.figures()
        assert not group.whole
    by_region, by_unit = book.parted(PRODUCTS[0], UNITS)
    assert all(Step.FIRST_USE in each.group.figures() for each in (*by_region.values(), *by_unit.values()))


@pytest.mark.parametrize("seed", range(40))
def test_help_answers_and_errors_of_products_tell_no_small_count(seed: int) -> None:
    dice = random.Random(seed)
    cells = {}
    for product in PRODUCTS:
        used, met = dice.randint(5, 30), dice.randint(0, 12)
        came = {(False, Step.ASSIGNED, False): dice.randint(5, 20), (False, Step.FIRST_USE, False): used}
        scores = {score: dice.randint(0, 6) for score in range(1, 8)}
        asked = sum(scores.values()) + dice.randint(0, 9)
        errors = {(Step.FIRST_USE, "E-1"): (met, dice.randint(0, met))} if met else {}
        cells[Cell(product, UUID(int=11), 0)] = Ways(
            came, errors, frozenset({Step.FIRST_USE}), dice.randint(0, used), dice.randint(0, 9), asked, scores
        )
    book = book_of(cells, {}, K)
    whole = book.groups[None, None]
    groups = [book.groups[product, None] for product in book.products]
    for key, parts in whole.others().items():
        told = [group.others()[key] for group in groups if key in group.others()]
        assert all(none_or_enough(part, K) for each in (parts, *told) for part in each)
        left = [part - sum(each[n] for each in told) for n, part in enumerate(parts)]
        assert all(none_or_enough(part, K) for part in left), (key, parts, told)
        assert sum(parts) == sum(sum(counted(group.parts).get(key, ())) for group in groups)
    for low, high in book.ranges:
        each = [sum(n for s, n in ways.scores.items() if low <= s <= high) for ways in cells.values()]
        shown = [n for n, group in zip(each, groups, strict=True) if ("asked",) in group.others()]
        assert all(none_or_enough(n, K) for n in (*shown, sum(each) - sum(shown)))


def test_scores_are_put_together_until_none_is_small() -> None:
    scores = range(1, 8)
    assert ranges([{1: 5, 7: 9}], scores, K) == ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7))
    assert ranges([{1: 2, 2: 3, 7: 9}], scores, K)[0] == (1, 2)
    assert ranges([{1: 9, 7: 2}], scores, K)[-1] == (1, 7)
    assert ranges([{1: 9, 6: 9, 7: 2}], scores, K)[-1] == (6, 7)
