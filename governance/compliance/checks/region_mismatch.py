"""Nobody holds a seat in a country that no lot in force of the pool covers."""

from typing import Any

from sqlalchemy import CTE, Select, String, and_, func, literal, or_, select

from governance.compliance.check import Check
from governance.compliance.facts import Facts
from governance.compliance.rules import Severity


def violations(facts: Facts) -> Select[*tuple[Any, ...]]:
    """Give the occupied seats whose holder's country of the day no lot in force of the pool covers.

    Each comes with another pool of the product that covers the country and has room, where there is one. Pools without
    a lot in force (`expired_in_use`) and people who have left (`leaver_holds_seat`) are told of elsewhere; of people
    whose country of that day is not known nothing is said.
    """
    person = facts.people_standing().subquery("people_standing")
    pool = facts.pool_positions().cte("pool_positions")
    seat = _seats_placed(facts)
    outside = _outside(facts, seat, pool)
    return (
        select(
            literal("assignment", String).label("subject_type"),
            seat.c.assignment_id.label("subject_id"),
            (person.c.name + " in " + pool.c.name).label("subject_name"),
            pool.c.unit_id,
            pool.c.region,
            pool.c.owner_id,
            ("the holder's country is " + seat.c.country).label("has"),
            ("a lot in force that covers " + seat.c.country).label("needs"),
            person.c.person_id,
            seat.c.pool_id,
            seat.c.country,
            outside.c.suggested_pool,
        )
        .join_from(seat, outside, and_(outside.c.pool_id == seat.c.pool_id, outside.c.country == seat.c.country))
        .join(person, and_(person.c.person_id == seat.c.person_id, ~person.c.has_left))
        .join(pool, pool.c.pool_id == seat.c.pool_id)
    )


def _seats_placed(facts: Facts) -> CTE:
    """Give the occupied seats with their holder's country of the day."""
    seat, placed = facts.seats_held().subquery("seats_held"), facts.people_placed().subquery("people_placed")
    return (
        select(seat.c.assignment_id, seat.c.pool_id, seat.c.person_id, placed.c.country)
        .join_from(seat, placed, placed.c.person_id == seat.c.person_id)
        .cte("seats_placed")
    )


def _outside(facts: Facts, seat: CTE, pool: CTE) -> CTE:
    """Give each pool in force and country in which somebody sits uncovered, with another pool that would fit.

    Pools and countries are few where seats are many: they are compared once, before the seats are looked up again.
    """
    covered = facts.places_covered().cte("places_covered")
    beside = _with_room(pool, covered)
    pair = select(seat.c.pool_id, seat.c.country).distinct().cte("pairs")
    return (
        select(pair.c.pool_id, pair.c.country, beside.c.suggested_pool)
        .join_from(pair, pool, pool.c.pool_id == pair.c.pool_id)
        .outerjoin(covered, and_(covered.c.pool_id == pair.c.pool_id, covered.c.country == pair.c.country))
        .outerjoin(beside, and_(beside.c.product_id == pool.c.product_id, beside.c.country == pair.c.country))
        .where(covered.c.pool_id.is_(None), pair.c.pool_id.in_(facts.pools_supplied()))
        .cte("outside")
        .prefix_with("MATERIALIZED")
    )


def _with_room(pool: CTE, covered: CTE) -> CTE:
    """Give for each product and country one open pool that covers it and has room: the first by name."""
    return (
        select(pool.c.product_id, covered.c.country, func.min(pool.c.name).label("suggested_pool"))
        .join_from(pool, covered, covered.c.pool_id == pool.c.pool_id)
        .where(pool.c.closed_at.is_(None), or_(pool.c.supply.is_(None), pool.c.occupied < pool.c.supply))
        .group_by(pool.c.product_id, covered.c.country)
        .cte("with_room")
        .prefix_with("MATERIALIZED")
    )


CHECK = Check(
    id="region-mismatch",
    title="Holders work in a country that their pool's lots cover",
    severity=Severity.HIGH,
    risk="Use outside the territory that was bought is unlicensed, though there are enough seats in number.",
    remedy="Move the holder to a pool that covers the country, have the territory extended, or release the seat.",
    sources=("house rule: holder moves country", "house rule: territory"),
    rule_version=1,
    violations=violations,
)
