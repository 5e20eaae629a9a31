"""Which right is consumed: every pool that could give the seat, weighed by one declared order, with every reason.

A right that is there goes before one that is not: seats beyond the supply come last. Then the pool of the nearest
region, the lowest tier that does (a suite that contains the product after its own tiers), the supply that ends first,
the cheaper seat; names decide what is left. Who holds a right that does already, a suite's too, consumes no other one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import rfc8785

from governance.catalog.bonds import TierBook
from governance.entitlements.rules import LicenseModel
from governance.kernel.errors import Code, Reason
from governance.seats.rules.facts import HeldRight, Holder, PoolFacts, Question, TierNeed
from governance.seats.rules.why import reasons
from policies.regions.region import RegionTree

RULE_VERSION = 2
"""Rises whenever the same inputs would be judged otherwise."""
NOT_HELD = frozenset({LicenseModel.CONCURRENT_USER, LicenseModel.METERED, LicenseModel.CAPACITY})
"""Kinds of line of which nobody holds a seat for good."""


class Criterion(StrEnum):
    """What the order asks, in this order."""

    OVERAGE = "OVERAGE"
    REGION = "REGION"
    TIER = "TIER"
    EXPIRY = "EXPIRY"
    COST = "COST"
    NAME = "NAME"


class Ruling(StrEnum):
    """What is said of one candidate: taken; fit, but another goes before it; held already; or not fit at all."""

    TAKEN = "TAKEN"
    FIT = "FIT"
    HELD = "HELD"
    UNFIT = "UNFIT"


@dataclass(frozen=True)
class Price:
    """What one more seat costs: micro-units of a currency, on the basis of the lot that ends first."""

    micros: int
    currency: str


@dataclass(frozen=True)
class Candidate:
    """A pool that could give the seat. `ends` None: its supply has no end.

    `features` are those its tier grants, by code; `held` and `held_in`: the pool of this line where the holder sits;
    `suite`: it is of another product, which contains the one that is asked for.
    """

    facts: PoolFacts
    code: str
    region: str
    features: frozenset[str] = frozenset()
    ends: datetime | None = None
    price: Price | None = None
    held: str | None = None
    held_in: UUID | None = None
    model: LicenseModel = LicenseModel.NAMED_USER
    suite: bool = False


@dataclass(frozen=True)
class Need:
    """What is asked for: features by code, and at least this tier (None: any)."""

    features: frozenset[str] = frozenset()
    tier: TierNeed | None = None


@dataclass(frozen=True)
class Matter:
    """All that a choice is made from, and nothing else: the same matter gives the same verdict."""

    holder: Holder
    need: Need
    today: date
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Weighed:
    """One candidate with all that was said of it. `place` counts the fit ones from 1. `says`: each criterion in words.

    `behind`: the criterion by which the one before it goes first. `right`: what is held, as its lots carry it.
    """

    candidate: Candidate
    ruling: Ruling
    reasons: tuple[Reason, ...]
    says: Mapping[Criterion, str]
    place: int | None = None
    behind: Criterion | None = None
    right: HeldRight | None = None


@dataclass(frozen=True)
class Verdict:
    """Every candidate, the taken or held one first; `inputs_hash` names matter and rule."""

    weighed: tuple[Weighed, ...]
    inputs_hash: str
    rule_version: int = RULE_VERSION

    @property
    def taken(self) -> Weighed | None:
        """Give the right that is consumed; None where one is held already, or none is fit."""
        return next((each for each in self.weighed if each.ruling is Ruling.TAKEN), None)

    @property
    def held(self) -> Weighed | None:
        """Give the right that the holder has already and that does all that is asked."""
        return next((each for each in self.weighed if each.ruling is Ruling.HELD), None)

    @property
    def nearest(self) -> Weighed | None:
        """Give what stands first: the taken or held one, or the one with the fewest reasons against it."""
        return self.weighed[0] if self.weighed else None


Taken = Mapping[Any, int]
"""Seats promised earlier in the same call, by pool and by line."""


def choose(matter: Matter, regions: RegionTree, taken: Taken | None = None) -> Verdict:
    """Weigh every candidate. Who holds a right that does consumes no other one."""
    promised = taken or {}
    against = [(each, _against(matter, each, regions, promised)) for each in matter.candidates]
    held = [each for each, why in against if each.held_in == each.facts.id and _only_seated(why)]
    fit = [each for each, why in against if not why]
    keys = {each.facts.id: _key(each, matter.holder, regions, promised, fit) for each in matter.candidates}
    fit.sort(key=lambda each: keys[each.facts.id])
    stack = {right.line_id: right for right in matter.holder.stack}
    held.sort(key=lambda each: keys[each.facts.id])
    weighed = [replace(_weighed(each, Ruling.HELD, (), keys), right=stack.get(each.facts.line_id)) for each in held]
    for index, each in enumerate(fit):
        ruling = Ruling.TAKEN if index == 0 and not held else Ruling.FIT
        before = None if index == 0 else fit[index - 1]
        weighed.append(replace(_weighed(each, ruling, (), keys, before), place=index + 1))
    unfit = [(each, why) for each, why in against if why and each not in held]
    unfit.sort(key=lambda pair: (len(pair[1]), keys[pair[0].facts.id]))
    weighed += [_weighed(each, Ruling.UNFIT, why, keys) for each, why in unfit]
    return Verdict(tuple(weighed), inputs_hash(matter, regions, promised))


def _against(matter: Matter, one: Candidate, regions: RegionTree, taken: Taken) -> tuple[Reason, ...]:
    """Give every reason against a candidate: those of any grant, for what is asked and with what is held beside."""
    facts = replace(
        one.facts,
        occupied=one.facts.occupied + taken.get(one.facts.id, 0),
        line_occupied=one.facts.line_occupied + taken.get(one.facts.line_id, 0),
    )
    holder, need = replace(matter.holder, seated_in=one.held), matter.need
    asked = Question(facts, holder, matter.today, regions, need.tier, needs_features=need.features)
    return (*_lent_only(one), *reasons(asked))


def _lent_only(one: Candidate) -> tuple[Reason, ...]:
    if one.model not in NOT_HELD:
        return ()
    remedy = "Acquire a lease of it, or report its use; nobody is given a seat of it for good."
    needs = "a line whose seats are assigned"
    return (Reason(Code.WRONG_STATE, f"line {one.facts.line_code}", one.model.value, needs, "metric line", remedy),)


def _only_seated(why: Sequence[Reason]) -> bool:
    """Say whether the holder's own seat, or the want of one more, is all that stands against the line."""
    return {reason.code for reason in why} - {Code.LIMIT_REACHED} == {Code.ALREADY_SEATED}


_Key = tuple[bool, int, tuple[bool, int], float, int, tuple[str, str, str]]


def _key(one: Candidate, holder: Holder, regions: RegionTree, taken: Taken, fit: Sequence[Candidate]) -> _Key:
    facts = one.facts
    currencies = {each.price.currency if each.price else "" for each in fit}
    cost = one.price.micros if one.price is not None and len(currencies) == 1 else 0
    return (
        _beyond(one, taken), breadth(one.region, holder.country, regions),
        (one.suite, facts.tier.rank if facts.tier else 0),
        float("inf") if one.ends is None else one.ends.timestamp(), cost, (facts.line_code, one.code, str(facts.id)),
    )  # fmt: skip


def _beyond(one: Candidate, taken: Taken) -> bool:
    """Say whether the next seat would be one beyond what is there."""
    rooms = ((one.facts.ceiling, one.facts.occupied, one.facts.id),
             (one.facts.line_ceiling, one.facts.line_occupied, one.facts.line_id))  # fmt: skip
    return any(limit is not None and used + taken.get(key, 0) >= limit for limit, used, key in rooms)


def breadth(region: str, country: str, regions: RegionTree) -> int:
    """Count the regions that a pool's region takes in: the fewer, the nearer; one beside the country comes last."""
    everywhere = len(regions.nodes) + len(regions.groupings)
    return len(regions.below((region,))) if regions.contains(region, country) else everywhere + 1


def _weighed(
    one: Candidate, ruling: Ruling, why: tuple[Reason, ...], keys: Mapping[Any, _Key], before: Candidate | None = None
) -> Weighed:
    behind = None
    if before is not None:
        first, mine = keys[before.facts.id], keys[one.facts.id]
        behind = next(word for word, a, b in zip(Criterion, first, mine, strict=True) if a != b)
    return Weighed(one, ruling, why, _says(one, keys[one.facts.id]), behind=behind)


def _says(one: Candidate, key: _Key) -> dict[Criterion, str]:
    price = "no price" if one.price is None else f"{one.price.micros / 1_000_000:.2f} {one.price.currency} a seat"
    return {
        Criterion.OVERAGE: "beyond what is there" if key[0] else "a seat that is there",
        Criterion.REGION: f"pool of region {one.region}",
        Criterion.TIER: _tier_said(one),
        Criterion.EXPIRY: "without end" if one.ends is None else f"ends {one.ends:%Y-%m-%d %H:%M} UTC",
        Criterion.COST: price,
        Criterion.NAME: f"{one.facts.line_code} / {one.code}",
    }


def _tier_said(one: Candidate) -> str:
    if one.facts.tier is None:
        return "no tier"
    suite = f"suite {one.facts.product} " if one.suite else ""
    beside = "".join(f", {each}" for each in one.facts.rights)
    return f"{suite}{one.facts.tier.code} (rank {one.facts.tier.rank}){beside}"


def inputs_hash(matter: Matter, regions: RegionTree, taken: Taken | None = None) -> str:
    """Digest all that the verdict follows from: rule, matter, book of tiers, groupings, what was promised before."""
    body: dict[str, Any] = {
        "rule": RULE_VERSION,
        "today": matter.today.isoformat(),
        "holder": _holder(matter.holder),
        "need": {"features": sorted(matter.need.features), "tier": _tier(matter.need.tier)},
        "book": _book(matter.candidates[0].facts.book if matter.candidates else TierBook()),
        "candidates": [_candidate(each, taken or {}) for each in sorted(matter.candidates, key=_id)],
        "groupings": {code: sorted(each.members) for code, each in regions.groupings.items()},
    }
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def _id(one: Candidate) -> str:
    return str(one.facts.id)


def _holder(holder: Holder) -> dict[str, Any]:
    end = None if holder.contract_end is None else holder.contract_end.isoformat()
    stack = [[str(each.key), str(each.line_id), each.pool, *each.lots] for each in holder.stack]
    return {
        "id": str(holder.id), "status": holder.status.value, "country": holder.country, "contract_end": end,
        "stack": stack,
    }  # fmt: skip


def _book(book: TierBook) -> dict[str, Any]:
    tiers = [
        [str(e.id), e.product, e.code, e.rank, e.releases, e.on_sale, sorted(e.grants), str(e.micros)]
        for e in sorted(book.tiers.values(), key=lambda each: str(each.id))
    ]
    bonds = sorted([str(each.tier_id), each.kind.value, str(each.key)] for each in book.bonds)
    return {"tiers": tiers, "bonds": bonds, "products": {str(key): name for key, name in book.products.items()}}


def _tier(tier: TierNeed | None) -> list[Any] | None:
    return None if tier is None else [tier.product, tier.code, tier.rank, tier.releases]


def _candidate(one: Candidate, taken: Taken) -> dict[str, Any]:
    facts, standing = one.facts, one.facts.standing
    until = None if standing is None or standing.until is None else standing.until.isoformat()
    return {
        "pool": str(facts.id), "line": str(facts.line_id), "code": one.code, "line_code": facts.line_code,
        "region": one.region, "tier": _tier(facts.tier), "features": sorted(one.features),
        "overage": facts.overage.value, "percent": facts.overage_percent, "closed": facts.closed_at is not None,
        "ceiling": facts.ceiling, "occupied": facts.occupied, "line_ceiling": facts.line_ceiling,
        "line_occupied": facts.line_occupied, "promised": [taken.get(facts.id, 0), taken.get(facts.line_id, 0)],
        "territories": sorted([sorted(each.included), sorted(each.excluded)] for each in facts.territories),
        "approval": None if standing is None else [standing.status.value, until],
        "ends": None if one.ends is None else one.ends.isoformat(),
        "price": None if one.price is None else [str(one.price.micros), one.price.currency],
        "held": None if one.held_in is None else str(one.held_in), "model": one.model.value, "suite": one.suite,
        "covered": facts.covered.value, "rights": list(facts.rights),
        "downgrades": sorted(str(each) for each in facts.downgrades),
    }  # fmt: skip
