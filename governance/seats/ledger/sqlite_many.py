"""Many seats at once on SQLite: what each has of its own stands in a table of the connection, in memory."""

import sqlite3
from collections.abc import Sequence
from uuid import UUID

from governance.directory.rules import PersonStatus
from governance.seats.ledger.book import Candidate, ManySeats
from governance.seats.ledger.many import OWN, Marks, inserts
from governance.seats.ledger.port import Claim, Grant
from governance.seats.ledger.store import Shapes

LAID_OUT = (
    "PRAGMA temp_store=MEMORY",
    "CREATE TEMP TABLE asked (n INTEGER PRIMARY KEY, person BLOB, claim_key TEXT)",
    f"CREATE TEMP TABLE own (n INTEGER PRIMARY KEY, said TEXT, {', '.join(OWN)})",
)
MARKS = Marks(lambda _shape, _name: "?", "? || v.said || ?", "temp.own v ORDER BY v.n")
CANDIDATES = """
SELECT p.version, p.status,
  (SELECT x.id FROM assignment x WHERE x.tenant_id = ?1 AND x.person_id = a.person AND x.line_id = ?2
   ORDER BY x.released_at IS NULL DESC, x.started_at DESC LIMIT 1),
  EXISTS (SELECT 1 FROM assignment x
          WHERE x.tenant_id = ?1 AND x.line_id = ?2 AND x.person_id = a.person AND x.released_at IS NULL),
  EXISTS (SELECT 1 FROM assignment x WHERE x.tenant_id = ?1 AND x.claim_key = a.claim_key)
FROM temp.asked a LEFT JOIN person p ON p.tenant_id = ?1 AND p.id = a.person ORDER BY a.n"""


def candidates(connection: sqlite3.Connection, claims: Sequence[Claim]) -> list[Candidate | None]:
    asks = [claim.ask for claim in claims if isinstance(claim.ask, Grant)]
    rows = [(ask.person_id.bytes, claim.key) for claim, ask in zip(claims, asks, strict=True)]
    connection.execute("DELETE FROM temp.asked")
    connection.executemany("INSERT INTO temp.asked (person, claim_key) VALUES (?, ?)", rows)
    values = claims[0].tenant_id.bytes, asks[0].line_id.bytes
    return [
        None
        if status is None or used
        else Candidate(version, PersonStatus(status), None if prior is None else UUID(bytes=prior), seated == 1)
        for version, status, prior, seated, used in connection.execute(CANDIDATES, values).fetchall()
    ]


def write(connection: sqlite3.Connection, many: ManySeats, shapes: Shapes) -> None:
    rows = [
        (str(person), person.bytes, seat.bytes, None if prior is None else prior.bytes, key, entry.bytes, event.bytes)
        for person, seat, prior, key, entry, event in many.own
    ]
    connection.execute("DELETE FROM temp.own")
    connection.executemany(f"INSERT INTO temp.own (said, {', '.join(OWN)}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
    for text, values in inserts(many, shapes, MARKS):
        connection.execute(text, values)
