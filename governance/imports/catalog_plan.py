"""What a vendor's table changes in the catalog: what is new, what is called otherwise, what is sold no more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from governance.catalog.models import Feature, Tier, TierFeature
from governance.imports.formats.m365_catalog import CatalogFile, Named, owners
from governance.imports.rules import CHUNK, Counts

Thing = Tier | Feature
Pair = tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """The vendor's part of the catalog by GUID, and for every code that is taken the GUID (or row) that has it."""

    tiers: Mapping[str, Tier]
    features: Mapping[str, Feature]
    pairs: Mapping[Pair, TierFeature]
    tier_codes: Mapping[str, str]
    feature_codes: Mapping[str, str]

    def sold(self, pair: Pair) -> bool:
        """Whether a feature is sold with a tier: neither the pair nor its tier is retired."""
        row, tier = self.pairs.get(pair), self.tiers.get(pair[0])
        return row is not None and row.retired_at is None and tier is not None and tier.retired_at is None


@dataclass(frozen=True)
class Step:
    """What is to become of one thing: without `row` it is new, otherwise it is called otherwise or sold again."""

    id: str
    code: str
    name: str
    row: Thing | None

    @property
    def comes(self) -> bool:
        return self.row is None or self.row.retired_at is not None


@dataclass(frozen=True)
class Plan:
    """What changes. `pairs_gone` leave tiers that are still sold; `pairs_left` counts those of tiers that go, too."""

    tiers: Sequence[Step] = ()
    features: Sequence[Step] = ()
    pairs: Sequence[Pair] = ()
    tiers_gone: Sequence[Tier] = ()
    features_gone: Sequence[Feature] = ()
    pairs_gone: Sequence[Pair] = ()
    pairs_left: int = 0

    def changes(self) -> dict[str, dict[str, int]]:
        """Count what came (a return counts) and what went, against the catalog as it stood."""
        return {
            "tiers": {"added": sum(step.comes for step in self.tiers), "removed": len(self.tiers_gone)},
            "features": {"added": sum(step.comes for step in self.features), "removed": len(self.features_gone)},
            "pairs": {"added": len(self.pairs), "removed": self.pairs_left},
        }

    def vanished(self) -> dict[str, list[dict[str, str]]]:
        """Name what is sold no more."""
        return {
            "tiers": [{"code": row.code, "name": row.name} for row in self.tiers_gone],
            "features": [{"code": row.code, "name": row.name} for row in self.features_gone],
        }

    def counts(self, file: CatalogFile) -> Counts:
        """Say of each row that was read: it brings a feature of a tier, renames either, or says nothing new."""
        new = set(self.pairs)
        renamed = {step.id for step in (*self.tiers, *self.features) if step.row is not None}
        updated = sum(pair not in new and not renamed.isdisjoint(pair) for pair in file.pairs)
        return Counts(len(new), updated, sum(map(len, file.pairs.values())) - len(new) - updated)


def plan_catalog(file: CatalogFile, now: Standing) -> Plan:
    """Compare a table with the catalog. Where a row was rejected nothing is retired: nobody knows what it named."""
    plan = Plan(
        tiers=_steps(file.tiers, now.tiers, now.tier_codes),
        features=_steps(file.features, now.features, now.feature_codes),
        pairs=[pair for pair in file.pairs if not now.sold(pair)],
    )
    if file.rejected:
        return plan
    left = [pair for pair in now.pairs if now.sold(pair) and pair not in file.pairs]
    ours = {feature for _, feature in now.pairs}
    return replace(
        plan,
        tiers_gone=[row for key, row in now.tiers.items() if key not in file.tiers and row.retired_at is None],
        features_gone=[
            row
            for key, row in now.features.items()
            if key in ours and key not in file.features and row.retired_at is None
        ],
        pairs_gone=[
            pair
            for pair, row in now.pairs.items()
            if row.retired_at is None and pair[0] in file.tiers and pair not in file.pairs
        ],
        pairs_left=len(left),
    )


def batches(plan: Plan) -> Iterator[Plan]:
    """Cut a plan into parts of about a thousand rows: features, then tiers with what they grant, then what goes."""
    for at in range(0, len(plan.features), CHUNK):
        yield Plan(features=plan.features[at : at + CHUNK])
    steps = {step.id: step for step in plan.tiers}
    granted: dict[str, list[Pair]] = {key: [] for key in steps}
    for pair in plan.pairs:
        granted.setdefault(pair[0], []).append(pair)
    tiers: list[Step] = []
    pairs: list[Pair] = []
    for key, mine in granted.items():
        tiers += [steps[key]] if key in steps else []
        pairs += mine
        if len(tiers) + len(pairs) >= CHUNK:
            yield Plan(tiers=tiers, pairs=pairs)
            tiers, pairs = [], []
    if tiers or pairs:
        yield Plan(tiers=tiers, pairs=pairs)
    if plan.tiers_gone or plan.features_gone or plan.pairs_gone:
        yield replace(plan, tiers=(), features=(), pairs=())


def _steps(things: Mapping[str, Named], now: Mapping[str, Thing], taken: Mapping[str, str]) -> list[Step]:
    named = owners(things)
    steps = []
    for thing in things.values():
        row = now.get(thing.id)
        name = thing.name(None if row is None else row.name)
        if row is None or row.name != name or row.retired_at is not None:
            code = _code(thing, named, taken) if row is None else row.code
            steps.append(Step(thing.id, code, name, row))
    return steps


def _code(thing: Named, named: Mapping[str, Mapping[str, int]], taken: Mapping[str, str]) -> str:
    """Choose a new thing's code: one that names two things names neither, the GUID stands in its place."""
    code = next(iter(thing.codes))
    return code if len(named[code]) == 1 and code not in taken else thing.id
