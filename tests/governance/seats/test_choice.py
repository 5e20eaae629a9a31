"""Which right is consumed: the declared order one criterion at a time, every reason said, the same inputs the same."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from governance.directory.rules import PersonStatus
from governance.entitlements.rules import LicenseModel, Overage
from governance.kernel.errors import Code
from governance.seats.rules import (
    Candidate,
    Criterion,
    Holder,
    Matter,
    Need,
    PoolFacts,
    Price,
    Ruling,
    TierNeed,
    choose,
)
from policies.regions.region import WORLDWIDE, Territory, world_tree

REGIONS = world_tree().extended("DACH", "DACH", ("DE", "AT", "CH"))
ADA = Holder(UUID(int=1), PersonStatus.ACTIVE, "DE")
TIERS = {code: TierNeed(code, rank, "M365") for rank, code in enumerate(("E1", "E3", "E5"), start=1)}


def pool(number: int, code: str, *, region: str = "001", tier: str | None = None, free: int | None = 5, **more: object):
    """Give a candidate with a line of its own."""
    held = {key: more.pop(key) for key in ("features", "ends", "price", "held", "held_in", "model") if key in more}
    facts = PoolFacts(
        id=UUID(int=100 + number), name=code, line_id=UUID(int=200 + number), line_code=f"license/{number}",
        product_id=UUID(int=3), product="M365", version=1, overage=Overage.BLOCK, needs_acceptance=False,
        invitation_days=14, suspended_occupies=True, closed_at=None, ceiling=free, occupied=0, line_ceiling=free,
        line_occupied=0, territories=(WORLDWIDE,), supply="in force", tier=TIERS.get(tier or ""),
    )  # fmt: skip
    return Candidate(replace(facts, **more), code, region, **held)  # type: ignore[arg-type]


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
    lacking = pool(3, "lacking", tier="E3", features=frozenset({"mail"}))
    covering = pool(4, "covering", tier="E5", features=frozenset({"mail", "phone"}), free=0)
    need = Need(frozenset({"phone"}), TIERS["E3"])
    verdict = choose(matter(outside, floating, lacking, covering, need=need), REGIONS)
    said = {each.candidate.code: [reason.code for reason in each.reasons] for each in verdict.weighed}
    assert verdict.taken is None
    assert said == {
        "covering": [Code.LIMIT_REACHED, Code.LIMIT_REACHED],
        "lacking": [Code.TIER_TOO_LOW],
        "floating": [Code.WRONG_STATE, Code.TIER_TOO_LOW, Code.TIER_TOO_LOW],
        "us only": [Code.TIER_TOO_LOW, Code.TERRITORY, Code.LIMIT_REACHED, Code.LIMIT_REACHED, Code.TIER_TOO_LOW],
    }
    assert "tier E5" in next(e for e in verdict.weighed if e.candidate.code == "lacking").reasons[0].remedy


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
