"""Which right is consumed: the declared order one criterion at a time, every reason said, the same inputs the same."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from governance.catalog.bonds import Bond, TierBook, TierFacts
from governance.catalog.rules import BondKind
from governance.directory.rules import PersonStatus
from governance.entitlements.rules import Covered, LicenseModel, Overage
from governance.kernel.errors import Code
from governance.seats.rules import (
    Candidate,
    Criterion,
    HeldRight,
    Holder,
    Matter,
    Need,
    PoolFacts,
    Price,
    Ruling,
    TierNeed,
    choose,
    lost_with,
)
from policies.regions.region import WORLDWIDE, Territory, world_tree

REGIONS = world_tree().extended("DACH", "DACH", ("DE", "AT", "CH"))
ADA = Holder(UUID(int=1), PersonStatus.ACTIVE, "DE")
M365, OFFICE, ADDONS = UUID(int=3), UUID(int=4), UUID(int=5)
GRANTS = {"E3": ("mail",), "E5": ("mail", "phone")}
TIERS = {code: TierNeed(code, rank, "M365", UUID(int=30 + rank)) for rank, code in enumerate(("E1", "E3", "E5"), 1)}
FACTS = [
    TierFacts(each.id or M365, M365, "M365", code, code, each.rank, grants=frozenset(GRANTS.get(code, ())))
    for code, each in TIERS.items()
]
PRO = TierNeed("Pro", 1, "Office", UUID(int=41))
PHONE = TierNeed("Phone", 1, "Add-ons", UUID(int=51))
FACTS += [
    TierFacts(UUID(int=41), OFFICE, "Office", "Pro", "Pro", 1, grants=frozenset({"word"}), micros=12),
    TierFacts(UUID(int=51), ADDONS, "Add-ons", "Phone", "Phone", 1, grants=frozenset({"phone"}), micros=8),
]
BONDS = (
    Bond(UUID(int=32), BondKind.CONTAINS, part_id=UUID(int=41)),
    Bond(UUID(int=51), BondKind.REQUIRES, part_id=UUID(int=32)),
)
BOOK = TierBook({each.id: each for each in FACTS}, BONDS)


def pool(number: int, code: str, *, region: str = "001", tier: str | None = None, free: int | None = 5, **more: object):
    """Give a candidate with a line of its own."""
    held = {key: more.pop(key) for key in ("ends", "price", "held", "held_in", "model", "suite") if key in more}
    facts = PoolFacts(
        id=UUID(int=100 + number), name=code, line_id=UUID(int=200 + number), line_code=f"license/{number}",
        product_id=UUID(int=3), product="M365", version=1, overage=Overage.BLOCK, needs_acceptance=False,
        invitation_days=14, suspended_occupies=True, closed_at=None, ceiling=free, occupied=0, line_ceiling=free,
        line_occupied=0, territories=(WORLDWIDE,), supply="in force", tier=TIERS.get(tier or ""), book=BOOK,
    )  # fmt: skip
    facts = replace(facts, **more)  # type: ignore[arg-type]
    return Candidate(facts, code, region, facts.grants, **held)  # type: ignore[arg-type]


def matter(*candidates: Candidate, need: Need | None = None, holder: Holder = ADA) -> Matter:
    return Matter(holder, need or Need(), date(2026, 11, 24), candidates)


END, LATER = datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 12, 31, 23, tzinfo=UTC)
FULL = {"free": 0, "overage": Overage.ALLOW_AND_FLAG}


@pytest.mark.parametrize(
    ("criterion", "first", "second"),
    [
        (Criterion.OVERAGE, pool(1, "world"), pool(2, "de", region="DE", **FULL)),
        (Criterion.REGION, pool(1, "dach", region="DACH", tier="E5"), pool(2, "europe", region="150", tier="E3")),
        (Criterion.REGION, pool(1, "world"), pool(2, "americas", region="019")),
        (Criterion.TIER, pool(1, "low", tier="E3"), pool(2, "high", tier="E5", ends=END)),
        (Criterion.EXPIRY, pool(1, "soon", ends=END, price=Price(9, "EUR")), pool(2, "later", ends=LATER)),
        (Criterion.EXPIRY, pool(1, "some day", ends=LATER), pool(2, "never")),
        (Criterion.COST, pool(1, "cheap", price=Price(1, "EUR")), pool(2, "dear", price=Price(2, "EUR"))),
        (Criterion.NAME, pool(1, "dear", price=Price(9, "EUR")), pool(2, "elsewhere", price=Price(2, "USD"))),
    ],
)
def test_each_criterion_decides_where_those_before_it_are_equal(
    criterion: Criterion, first: Candidate, second: Candidate
) -> None:
    verdict = choose(matter(second, first), REGIONS)
    taken, beaten = verdict.weighed
    assert (taken.candidate, taken.ruling, taken.place) == (first, Ruling.TAKEN, 1)
    assert (beaten.ruling, beaten.place, beaten.behind) == (Ruling.FIT, 2, criterion)


def test_every_candidate_is_said_with_every_reason() -> None:
    outside = pool(1, "us only", territories=(Territory(frozenset({"US"})),), free=0, tier="E1")
    floating = pool(2, "floating", model=LicenseModel.CONCURRENT_USER)
    lacking = pool(3, "lacking", tier="E3")
    covering = pool(4, "covering", tier="E5", free=0)
    need = Need(frozenset({"phone"}), TIERS["E3"])
    verdict = choose(matter(outside, floating, lacking, covering, need=need), REGIONS)
    said = {each.candidate.code: [reason.code for reason in each.reasons] for each in verdict.weighed}
    assert verdict.taken is None
    assert said == {
        "covering": [Code.LIMIT_REACHED, Code.LIMIT_REACHED],
        "lacking": [Code.TIER_TOO_LOW],
        "floating": [Code.WRONG_STATE, Code.TIER_TOO_LOW, Code.TIER_TOO_LOW],
        "us only": [Code.TIER_TOO_LOW, Code.TIER_TOO_LOW, Code.TERRITORY, Code.LIMIT_REACHED, Code.LIMIT_REACHED],
    }
    said_why = next(e for e in verdict.weighed if e.candidate.code == "lacking").reasons[0].remedy
    assert said_why == "Use M365 E5, the cheapest that does."


def test_a_suite_goes_after_the_products_own_tiers_and_is_taken_where_these_are_full() -> None:
    own = pool(1, "office", tier=None, product_id=OFFICE, product="Office")
    own = replace(own, facts=replace(own.facts, tier=PRO))
    suite = pool(2, "suite", tier="E3", suite=True)
    need = Need(frozenset({"word"}), PRO)
    verdict = choose(matter(suite, own, need=need), REGIONS)
    assert [(e.candidate.code, e.ruling, e.behind) for e in verdict.weighed] == [
        ("office", Ruling.TAKEN, None), ("suite", Ruling.FIT, Criterion.TIER),
    ]  # fmt: skip
    assert verdict.weighed[1].says[Criterion.TIER] == "suite M365 E3 (rank 2)"
    full = replace(own, facts=replace(own.facts, ceiling=0))
    taken = choose(matter(suite, full, need=need), REGIONS).taken
    assert taken is not None
    assert taken.candidate is suite
    held = replace(suite, held="suite", held_in=suite.facts.id)
    covered = replace(ADA, stack=(right("E3", suite),))
    verdict = choose(matter(held, own, need=need, holder=covered), REGIONS)
    assert verdict.taken is None
    assert verdict.held is not None
    assert verdict.held.candidate is held
    refusing = replace(own, facts=replace(own.facts, covered=Covered.REFUSE))
    why = choose(matter(held, refusing, need=need, holder=covered), REGIONS).weighed[-1].reasons
    assert [(each.code, each.has) for each in why] == [(Code.COVERED_ALREADY, "M365 E3 in pool suite (PO-7)")]


def test_an_addon_wants_its_base_and_the_features_of_both_are_summed() -> None:
    addon = pool(1, "addon", product_id=ADDONS, product="Add-ons")
    addon = replace(addon, facts=replace(addon.facts, tier=PHONE))
    need = Need(frozenset({"phone", "mail"}))
    why = choose(matter(addon, need=need), REGIONS).weighed[0].reasons
    assert [each.code for each in why] == [Code.TIER_TOO_LOW, Code.BASE_MISSING]
    assert (why[1].needs, why[1].remedy) == ("M365 E3", "Assign M365 E3 first, the cheapest.")
    for tier in ("E3", "E5"):
        based = replace(ADA, stack=(right(tier, pool(2, "base", tier=tier)),))
        verdict = choose(matter(addon, need=need, holder=based), REGIONS)
        assert (verdict.taken is not None) is True, tier
    low = replace(ADA, stack=(right("E1", pool(2, "base", tier="E1")),))
    assert choose(matter(addon, holder=low), REGIONS).taken is None


def test_what_is_given_back_names_what_stands_on_nothing_then_and_what_is_covered_no_more() -> None:
    suite, addon = pool(1, "suite", tier="E3"), pool(2, "addon")
    phone = replace(right("E3", addon), key=UUID(int=51), spoken="Add-ons Phone")
    stack = (right("E3", suite), phone)
    loss = lost_with(BOOK, stack, frozenset({suite.facts.line_id}))
    assert (loss.stranded, loss.uncovered) == ((phone,), (UUID(int=41),))
    assert not lost_with(BOOK, stack, frozenset({addon.facts.line_id}))
    higher = right("E5", pool(3, "higher", tier="E5"))
    assert not lost_with(BOOK, (*stack, higher), frozenset({suite.facts.line_id}))


def right(tier: str, where: Candidate) -> HeldRight:
    key = TIERS[tier].id
    assert key is not None
    return HeldRight(key, where.facts.line_id, where.facts.line_code, where.code, f"M365 {tier}", ("PO-7",))


def test_who_holds_what_does_takes_nothing_more() -> None:
    held = pool(1, "held", tier="E3", held="held", held_in=UUID(int=101), free=0)
    spare = pool(2, "spare", tier="E3")
    assert choose(matter(spare, held), REGIONS).taken is None
    assert choose(matter(spare, held), REGIONS).held is not None
    low = replace(held, facts=replace(held.facts, tier=TIERS["E1"]))
    more = choose(matter(spare, low, need=Need(tier=TIERS["E3"])), REGIONS)
    assert more.taken is not None
    assert more.taken.candidate.code == "spare"


def test_what_was_promised_in_the_same_call_is_not_there_any_more() -> None:
    near, far = pool(1, "near", region="DE", free=1), pool(2, "far", free=1)
    taken = {near.facts.id: 1, near.facts.line_id: 1}
    chosen = choose(matter(near, far), REGIONS, taken).taken
    assert chosen is not None
    assert chosen.candidate is far


def test_the_hash_names_all_that_the_verdict_follows_from_and_nothing_else() -> None:
    rng = random.Random(7)
    seen: dict[str, object] = {}
    for _ in range(300):
        many = [
            pool(
                number, f"p{number}", region=rng.choice(("001", "150", "DE", "DACH", "019")), free=rng.choice((0, 1)),
                tier=rng.choice((None, "E1", "E3")), ends=rng.choice((None, END)),
            )
            for number in range(rng.randint(1, 3))
        ]  # fmt: skip
        rng.shuffle(many)
        verdict = choose(matter(*many), REGIONS)
        answer = tuple((e.candidate.code, e.ruling, e.place, e.behind, e.reasons) for e in verdict.weighed)
        assert seen.setdefault(verdict.inputs_hash, answer) == answer
    assert len(seen) > 50
    one = choose(matter(pool(1, "a")), REGIONS)
    assert choose(matter(pool(1, "a", version=2)), REGIONS).inputs_hash == one.inputs_hash
    assert choose(matter(pool(1, "a", region="DE")), REGIONS).inputs_hash != one.inputs_hash
    assert choose(matter(pool(1, "a")), world_tree()).inputs_hash != one.inputs_hash
