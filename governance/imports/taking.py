"""What taking one row of a table comes to, and what the takers of rows share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from governance.agreements.models import Agreement
from governance.directory.queries import ownership
from governance.imports.formats.cells import Problem
from governance.imports.names import Made, Names, RowRefused
from governance.imports.rules import RowOutcome
from governance.kernel.work import Work
from policies.access.actions import Action

Values = Mapping[str, Any]


@dataclass
class Took:
    """What became of a row that could be taken: its subject, its version after, the line whose seats changed."""

    outcome: RowOutcome
    subject_type: str
    subject_id: UUID
    version_after: int | None = None
    line_id: UUID | None = None
    made: Made = field(default_factory=Made)


@dataclass
class Taking:
    """What takers work with in one transaction: the desk, the names, and how the import was asked for."""

    work: Work
    names: Names
    options: Mapping[str, str]


def differing(has: Mapping[str, Any], needs: Mapping[str, Any], remedy: str) -> list[Problem]:
    """Name each field in which a row differs from what is known; `needs` says what is known and what to do."""
    return [
        Problem(name, _shown(needs[name]), f"{_shown(has[name])}, as it is known; {remedy}")
        for name in needs
        if has[name] != needs[name]
    ]


async def seen(taking: Taking, row: Agreement | None, number: str) -> Agreement:
    """Let pass an agreement that is there and within reach; both answer alike. Raises RowRefused."""
    if row is not None and row.withdrawn_at is None:
        places = await ownership(
            taking.work, unit_id=row.unit_id, region=row.region, people=(row.owner_id, row.deputy_id)
        )
        if taking.work.permits(Action.AGREEMENT_READ, places):
            return row
    raise RowRefused(Problem("agreement", number, "the number of an agreement that exists; import agreements first"))


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return ", ".join(value) if isinstance(value, list) else str(value)
