"""Many seats at once on PostgreSQL: what each has of its own goes in as arrays."""

from collections.abc import Sequence
from typing import Any

from governance.directory.rules import PersonStatus
from governance.seats.ledger.book import Candidate, ManySeats
from governance.seats.ledger.many import OWN, Marks, inserts
from governance.seats.ledger.port import Claim, Grant
from governance.seats.ledger.postgresql_texts import SHAPES, SQL_TYPES, columns

TYPES = {name: "text" if name == "claim_key" else "uuid" for name in OWN}
MARKS = Marks(
    lambda shape, name: f"%b::{SQL_TYPES[shape.table][name]}",
    "(%b::text || v.person::text || %b::text)::jsonb",
    f"unnest({', '.join(f'%b::{TYPES[name]}[]' for name in OWN)}) AS v({', '.join(OWN)})",
)
# Only whom there is something of to be known comes back: the latest episode of each on the line.
LATEST = """
SELECT k.person_id, t.id, t.released_at IS NULL
FROM unnest(%b::uuid[]) AS k(person_id), LATERAL (
  SELECT x.id, x.released_at FROM assignment x
  WHERE x.tenant_id = %b AND x.line_id = %b AND x.person_id = k.person_id
  ORDER BY x.released_at IS NULL DESC, x.started_at DESC LIMIT 1
) t"""
USED = """
SELECT k.claim_key FROM unnest(%b::text[]) AS k(claim_key), LATERAL (
  SELECT FROM assignment x WHERE x.tenant_id = %b AND x.claim_key = k.claim_key LIMIT 1
) t"""
Asked = tuple[str, list[Any]]


def asked_of(claims: Sequence[Claim], persons: str) -> list[Asked]:
    """Give what to ask of the people of these grants. `persons`: the statement that locks people and gives them."""
    asks = [claim.ask for claim in claims if isinstance(claim.ask, Grant)]
    people, keys = [ask.person_id for ask in asks], [claim.key for claim in claims if claim.key is not None]
    tenant = claims[0].tenant_id
    return [
        (persons, columns([(tenant, person) for person in people], 2)),
        (LATEST, [people, tenant, asks[0].line_id]),
        (USED, [keys, tenant]) if keys else (USED, [[]]),
    ]


def candidates(claims: Sequence[Claim], answers: Sequence[list[Any]]) -> list[Candidate | None]:
    people = {row[1]: (row[2], PersonStatus(row[3])) for row in answers[0]}
    latest = {person: (prior, seated) for person, prior, seated in answers[1]}
    used = {key for (key,) in answers[2]}
    return [
        None
        if not isinstance(claim.ask, Grant) or claim.ask.person_id not in people or claim.key in used
        else Candidate(*people[claim.ask.person_id], *latest.get(claim.ask.person_id, (None, False)))
        for claim in claims
    ]


def written(many: ManySeats) -> list[Asked]:
    """Give the statements that write the seats."""
    own = columns(many.own, len(OWN))
    return [(text, [*values, *own]) for text, values in inserts(many, SHAPES, MARKS)]
