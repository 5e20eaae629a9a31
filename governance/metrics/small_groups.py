"""Which counts of a funnel are kept back: those under k, and those that would tell of one by subtraction.

The figures form families: a whole and the groups that part it (all seats by product and by fiscal quarter, a product's
by quarter, by region, a region's by unit). A count from 1 to k − 1 is small. For each group and step these hold:

1. Who reached a step, and who of those before did not, are none or k and more. A step of which this is not true is
   passed over, and the next one is counted from the step before it: no difference of two steps told is small.
2. A group tells no step that its whole does not tell. Where a family keeps a step of some groups back, those groups
   together are none or k and more, reached and not; else the group with the fewest is kept back too: the whole less
   the groups told is not small either.
3. Lost and not yet are told apart only where both are none or k and more, where the whole does so from the same step
   before, and where those of the groups kept back together are none or k and more.

Sums of what is none or k and more are so themselves; so neither differences along steps nor a whole less its groups
tell a small count. Help, answers and errors are judged by the rules 1 and 2. Two cuts that cross, such as a region and
a quarter that happens to lie all within it, are not judged against each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from governance.activation.rules import Step
from governance.metrics.funnel_gather import Ways
from governance.metrics.funnel_steps import Counts, count_steps

Key = tuple[str, ...]
STEPS, NOBODY = tuple(Step), Counts()
USED, CALLS, ASKED = ("used",), ("calls",), ("asked",)


@dataclass(eq=False)
class Group:
    """Some seats, product by product, and what is kept back of them: steps, splits of steps, other counts."""

    parts: Sequence[Ways]
    steps: frozenset[Step] = frozenset()
    whole: frozenset[Step] = frozenset()
    counts: set[Key] = field(default_factory=set)
    closed: bool = False

    def figures(self) -> dict[Step, Counts]:
        """Count the steps that are told."""
        return {} if self.closed else count_steps(self.parts, self.steps)

    def others(self) -> dict[Key, tuple[int, ...]]:
        """Count what is told beside the steps: each in parts that must not be small."""
        told = {} if self.closed else counted(self.parts)
        return {key: value for key, value in told.items() if key not in self.counts}


Family = tuple[Group, Sequence[Group]]
Figures = Mapping[Group, Mapping[Step, Counts]]


def none_or_enough(n: int, k: int) -> bool:
    """Whether a count is not small."""
    return n == 0 or n >= k


def keep_back(groups: Iterable[Group], families: Sequence[Family], k: int) -> None:
    """Settle what is kept back; it only grows, so this ends."""
    for group in groups:
        settle(group, k)
    while any(_steps_of(family, k) or _counts_of(family, k) for family in families):
        pass
    while any(_splits_of(family, k) for family in families):
        pass


def settle(group: Group, k: int) -> None:
    """Keep back what is small in the group itself."""
    group.closed = group.closed or sum(each.seats for each in group.parts) < k
    while (step := _unfit(group, k)) is not None:
        group.steps |= {step}
    figures = group.figures()
    if Step.FIRST_USE not in figures:
        group.counts.add(USED)
    group.counts |= {key for key, parts in counted(group.parts).items() if not _tellable(key, parts, figures, k)}
    group.whole |= {
        step for step, each in figures.items()
        if not (none_or_enough(each.lost, k) and none_or_enough(each.not_yet, k))
    }  # fmt: skip


def _unfit(group: Group, k: int) -> Step | None:
    """Name the first step that is told and must not be."""
    for step, each in group.figures().items():
        if each.eligible and not (each.eligible >= k and _fits(each, k) and _unmixed(group, step, k)):
            return step
    invited = Step.INVITED in group.steps or Step.ACCEPTED in group.steps
    return Step.ASSIGNED if invited and Step.ASSIGNED not in group.steps and not group.closed else None


def _unmixed(group: Group, step: Step, k: int) -> bool:
    """Whether the products that tell of a step and not of another one are not small together."""
    figures = [count_steps([part], group.steps) for part in group.parts]
    return all(
        _fits(sum((each[step] for each in figures if step in each and other not in each), NOBODY), k)
        for other in STEPS
    )  # fmt: skip


def _fits(counts: Counts, k: int) -> bool:
    return none_or_enough(counts.reached, k) and none_or_enough(counts.missed, k)


def counted(parts: Iterable[Ways]) -> dict[Key, tuple[int, ...]]:
    """Count calls; used with and without help; asked with and without an answer; errors overcome and stuck."""
    chosen = list(parts)
    used, asked = sum(each.used for each in chosen), sum(each.asked for each in chosen)
    alone, answered = sum(each.unassisted for each in chosen), sum(sum(each.scores.values()) for each in chosen)
    found: dict[Key, tuple[int, ...]] = {
        CALLS: (sum(each.contacts for each in chosen),), USED: (alone, used - alone),
        ASKED: (answered, asked - answered),
    }  # fmt: skip
    for each in chosen:
        for (step, code), (met, past) in each.errors.items():
            so_far = found.get((step.value, code), (0, 0))
            found[step.value, code] = (so_far[0] + past, so_far[1] + met - past)
    return found


def _tellable(key: Key, parts: tuple[int, ...], figures: Mapping[Step, Counts], k: int) -> bool:
    """Whether the parts are not small, nor what is left of an error's step without those that met it."""
    if not all(none_or_enough(part, k) for part in parts):
        return False
    step = Step(key[0]) if len(key) > 1 else None
    if step is None or step not in figures:
        return True
    past, stuck = parts
    left = (figures[step].reached - past, figures[step].missed - stuck)
    return all(none_or_enough(max(0, part), k) for part in left)


def _steps_of(family: Family, k: int) -> bool:
    """Keep one more step of a group back: one the whole does not tell, or of the group with the fewest where those kept
    back together are small. Says whether it did.
    """
    whole, groups = family
    figures, told = whole.figures(), {group: group.figures() for group in groups}
    frames = {group: count_steps(group.parts, whole.steps) for group in groups}
    for step in STEPS:
        open_ = [group for group in groups if step in told[group] and told[group][step].eligible]
        if step not in figures and open_:
            _close(open_[0], step, k)
            return True
        open_ = [group for group in open_ if frames[group].get(step, NOBODY).eligible]
        if open_ and not all(_together(step, later, told, frames, k) for later in figures):
            _close(min(open_, key=lambda group: frames[group][step].eligible), step, k)
            return True
    return False


def _together(step: Step, later: Step, told: Figures, frames: Figures, k: int) -> bool:
    """Whether the groups that keep a step back, or count it from another step, are not small together.

    So of all groups, and of those a later step tells of: products differ in the steps their sources tell.
    """
    beside = [group for group in frames if step in frames[group] and later in frames[group]]
    hidden = [frames[group][step] for group in beside if step not in told[group]]
    before = sum(
        frames[group][step].eligible for group in beside
        if told[group].get(step, NOBODY).eligible != frames[group][step].eligible
    )  # fmt: skip
    return _fits(sum(hidden, NOBODY), k) and none_or_enough(before, k)


def _close(group: Group, step: Step, k: int) -> None:
    group.steps |= {step}
    settle(group, k)


def _counts_of(family: Family, k: int) -> bool:
    """The same of help, answers and errors."""
    whole, groups = family
    kept = whole.others()
    for key in {key for group in groups for key in group.others()}:
        if key not in kept:
            for group in groups:
                group.counts.add(key)
            return True
    for key in kept:
        values = {group: counted(group.parts).get(key, ()) for group in groups}
        hidden = [values[group] for group in groups if values[group] and (group.closed or key in group.counts)]
        open_ = [group for group in groups if sum(values[group]) and not group.closed and key not in group.counts]
        if not all(none_or_enough(part, k) for part in _added(hidden)) and open_:
            min(open_, key=lambda group: sum(values[group])).counts.add(key)
            return True
    return False


def _added(values: Sequence[tuple[int, ...]]) -> Iterator[int]:
    return (sum(parts) for parts in zip(*values, strict=True))


def _splits_of(family: Family, k: int) -> bool:
    """Keep one more split of a group back: of a step the whole does not split or counts otherwise, or of the group with
    the fewest where those kept back together are small. Says whether it did.
    """
    whole, groups = family
    figures, told = whole.figures(), {group: group.figures() for group in groups}
    frames = {group: count_steps(group.parts, whole.steps) for group in groups}
    for step in STEPS:
        split = step in figures and step not in whole.whole
        for group in groups:
            same = split and told[group].get(step) == frames[group].get(step)
            if step in told[group] and step not in group.whole and not same:
                group.whole |= {step}
                return True
        if not split:
            continue
        open_ = [group for group in groups if step in told[group] and step not in group.whole]
        apart = [frames[group].get(step, NOBODY) for group in groups if group not in open_]
        lost, not_yet = sum(each.lost for each in apart), sum(each.not_yet for each in apart)
        open_ = [group for group in open_ if frames[group][step].missed]
        if not (none_or_enough(lost, k) and none_or_enough(not_yet, k)) and open_:
            min(open_, key=lambda group: frames[group][step].missed).whole |= {step}
            return True
    return False


def ranges(answers: Sequence[Mapping[int, int]], scores: range, k: int) -> tuple[tuple[int, int], ...]:
    """Put neighboring scores together until each range has none or k answers and more of everybody."""
    found: list[tuple[int, int]] = []
    first = scores.start
    for last in scores:
        if all(none_or_enough(sum(each.get(n, 0) for n in range(first, last + 1)), k) for each in answers):
            found.append((first, last))
            first = last + 1
    if first < scores.stop:
        while found:
            first, _ = found.pop()
            if all(none_or_enough(sum(each.get(n, 0) for n in range(first, scores.stop)), k) for each in answers):
                break
        found.append((first, scores.stop - 1))
    return tuple(found)
