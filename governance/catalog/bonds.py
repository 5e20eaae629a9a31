"""Which tier covers which: ranks of a product, suites with their parts, add-ons with their bases. Pure.

A *key* is the id of a tier, or of a product as such. Whoever holds a tier is covered for it, for the lower ranks of its
product (unless these are releases), for what it contains, and so on down.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from governance.catalog.rules import BondKind

Key = UUID
Below = Callable[[UUID], Iterable[UUID]]
MANY = 20


@dataclass(frozen=True)
class TierFacts:
    """A tier as the rules see it; `grants` are the codes of its own features, `micros` its list price a month."""

    id: UUID
    product_id: UUID
    product: str
    code: str
    name: str
    rank: int
    releases: bool = False
    on_sale: bool = True
    grants: frozenset[str] = frozenset()
    micros: int | None = None

    @property
    def spoken(self) -> str:
        return f"{self.product} {self.code}"


@dataclass(frozen=True)
class Bond:
    """One bond that holds: of `tier_id` with another tier, or with a product as such."""

    tier_id: UUID
    kind: BondKind
    part_id: UUID | None = None
    product_id: UUID | None = None

    @property
    def key(self) -> Key:
        found = self.part_id or self.product_id
        assert found is not None
        return found


@dataclass(frozen=True)
class TierBook:
    """The tiers in question and the bonds between them. `products` names those that are part or base as such."""

    tiers: Mapping[UUID, TierFacts] = field(default_factory=dict)
    bonds: Sequence[Bond] = ()
    products: Mapping[UUID, str] = field(default_factory=dict)

    @cached_property
    def _contains(self) -> dict[Key, list[Key]]:
        return _by_tier(self.bonds, BondKind.CONTAINS)

    @cached_property
    def _requires(self) -> dict[Key, list[Key]]:
        return _by_tier(self.bonds, BondKind.REQUIRES)

    @cached_property
    def _walked(self) -> dict[Key, frozenset[Key]]:
        return {}

    @cached_property
    def _of_product(self) -> dict[UUID, list[TierFacts]]:
        found: dict[UUID, list[TierFacts]] = {}
        for tier in self.tiers.values():
            found.setdefault(tier.product_id, []).append(tier)
        return found

    def covers(self, key: Key) -> frozenset[Key]:
        """Give every key for which a holder of `key` is covered, itself among them; of a product as such no tier is."""
        if key not in self._walked:
            self._walked[key] = frozenset(_walk([key], self._below)) if key in self.tiers else frozenset({key})
        return self._walked[key]

    def parts(self, key: Key) -> frozenset[Key]:
        """Give what a suite covers besides its own product: what it contains, and what lies below that."""
        own = self.product_of(key)
        return frozenset(each for each in self.covers(key) if self.product_of(each) != own)

    def bases(self, key: Key) -> tuple[Key, ...]:
        """Give the bases of an add-on, any one of which will do; none where it stands by itself."""
        return tuple(self._requires.get(key, ()))

    def stands(self, key: Key, held: Iterable[Key]) -> bool:
        """Say whether one of the held keys is a base for `key`, or covers one, or it needs none."""
        bases = self.bases(key)
        if not bases:
            return True
        covered = frozenset(each for one in held if one != key for each in self.covers(one))
        products = {self.product_of(each) for each in covered}
        return any(base in covered or base in products for base in bases)

    def grants(self, key: Key) -> frozenset[str]:
        """Give the codes of the features of a tier: its own, and those of what it contains."""
        found: set[str] = set()
        for each in _walk([key], lambda one: self._contains.get(one, [])):
            if each in self.tiers:
                found |= self.tiers[each].grants
        return frozenset(found)

    def suites_of(self, keys: Iterable[Key]) -> frozenset[UUID]:
        """Give the tiers of other products that cover any of the keys."""
        wanted = frozenset(keys)
        own = {self.product_of(each) for each in wanted}
        return frozenset(
            tier.id
            for tier in self.tiers.values()
            if tier.product_id not in own and not wanted.isdisjoint(self.covers(tier.id))
        )

    def older(self, key: Key, levels: int | None) -> frozenset[Key]:
        """Give the older releases of a tier's product, as many of the newest of them as `levels` says (None: all)."""
        tier = self.tiers.get(key)
        if tier is None:
            return frozenset()
        below = [each for each in self._of_product[tier.product_id] if each.rank < tier.rank]
        ranks = sorted({each.rank for each in below}, reverse=True)[:levels]
        return frozenset(each.id for each in below if each.rank in ranks)

    def product_of(self, key: Key) -> UUID:
        tier = self.tiers.get(key)
        return key if tier is None else tier.product_id

    def name(self, key: Key) -> str:
        """Name a tier by its product and code, a product by its name."""
        tier = self.tiers.get(key)
        return self.products.get(key, str(key)) if tier is None else tier.spoken

    def would_close(self, bond: Bond) -> bool:
        """Say whether a bond to contain something would make a tier contain itself."""
        return any(bond.tier_id in self.covers(each) for each in _walk([bond.key], self._below))

    def _below(self, key: Key) -> Iterable[Key]:
        tier = self.tiers.get(key)
        yield from self._contains.get(key, ())
        if tier is None:
            yield from (each.id for each in self._of_product.get(key, ()))
        elif not tier.releases:
            yield from (each.id for each in self._of_product[tier.product_id] if each.rank < tier.rank)


@dataclass(frozen=True)
class WouldDo:
    """One way to grant what is asked for: a tier, or an add-on with the base it stands on; priced by the list."""

    tiers: tuple[TierFacts, ...]

    @property
    def micros(self) -> int | None:
        prices = [each.micros for each in self.tiers]
        return None if None in prices else sum(each or 0 for each in prices)

    @property
    def spoken(self) -> str:
        first, *rest = (each.spoken for each in self.tiers)
        return first + "".join(f" with {each}" for each in rest)


def cheapest(ways: Iterable[WouldDo]) -> WouldDo | None:
    """Give the cheapest by the list; what has no price comes after what has one, then the fewer, lower, by name."""
    return min(ways, key=_price_order, default=None)


def ways(
    book: TierBook, features: frozenset[str], held: frozenset[Key] = frozenset(), *, product_id: UUID | None = None
) -> tuple[WouldDo, ...]:
    """Give every way to these features for somebody who holds `held` already: one more tier, or an add-on and a base.

    `product_id`: tiers of it, suites that cover one of them, and add-ons on one of them; None: whatever is in the book.
    """
    have = frozenset(code for key in held for code in book.grants(key))
    found = []
    for tier in book.tiers.values():
        if not tier.on_sale or tier.id in held or (product_id is not None and not _concerns(book, tier, product_id)):
            continue
        own = book.grants(tier.id)
        if features <= own | have and not (features - have).isdisjoint(own):
            stands = book.stands(tier.id, held)
            found += [WouldDo((tier,))] if stands else [WouldDo((each, tier)) for each in _standing_for(book, tier)]
        elif not features.isdisjoint(own) and not book.stands(tier.id, held):
            found += [
                WouldDo((each, tier)) for each in _standing_for(book, tier) if features <= own | book.grants(each.id)
            ]
    return tuple(found)


def bases_of(book: TierBook, key: Key) -> tuple[WouldDo, ...]:
    """Give every tier on sale that would be a base for an add-on."""
    tier = book.tiers.get(key)
    return () if tier is None else tuple(WouldDo((each,)) for each in _standing_for(book, tier))


def contained_in(grants: Mapping[UUID, frozenset[str]]) -> tuple[tuple[UUID, UUID], ...]:
    """Suggest suite and part from what tiers grant: all the features of the part, and more; the nearest suites first.

    A feature that more than a quarter of many tiers grant only carries others, and tells nothing: it is left out.
    """
    carriers = _carriers(grants)
    told = {key: features - carriers for key, features in grants.items()}
    found = [(suite, part) for suite, mine in told.items() for part, theirs in told.items() if theirs and theirs < mine]
    return tuple(sorted(found, key=lambda pair: (len(told[pair[0]]) - len(told[pair[1]]), str(pair))))


def _carriers(grants: Mapping[UUID, frozenset[str]]) -> frozenset[str]:
    if len(grants) < MANY:
        return frozenset()
    counted = Counter(feature for features in grants.values() for feature in features)
    return frozenset(feature for feature, count in counted.items() if count * 4 > len(grants))


def _standing_for(book: TierBook, addon: TierFacts) -> list[TierFacts]:
    if not book.bases(addon.id):
        return []
    return [e for e in book.tiers.values() if e.on_sale and e.id != addon.id and book.stands(addon.id, (e.id,))]


def _concerns(book: TierBook, tier: TierFacts, product_id: UUID) -> bool:
    if tier.product_id == product_id:
        return True
    keys = {each.id for each in book.tiers.values() if each.product_id == product_id} | {product_id}
    return not keys.isdisjoint(book.covers(tier.id)) or not keys.isdisjoint(book.bases(tier.id))


def _price_order(way: WouldDo) -> tuple[bool, int, int, int, str]:
    return (way.micros is None, way.micros or 0, len(way.tiers), max(each.rank for each in way.tiers), way.spoken)


def _by_tier(bonds: Sequence[Bond], kind: BondKind) -> dict[Key, list[Key]]:
    found: dict[Key, list[Key]] = {}
    for bond in bonds:
        if bond.kind is kind:
            found.setdefault(bond.tier_id, []).append(bond.key)
    return found


def _walk(start: Iterable[Key], below: Below) -> set[Key]:
    seen: set[Key] = set()
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += below(key)
    return seen
