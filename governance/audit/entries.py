"""Writing the trail: one function writes every entry, in the transaction of the change, or the change fails."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from governance.audit.models import Entry, Unsealed
from governance.kernel.work import Change, Work


class DatabaseTrail:
    """The trail as it stands in production: rows of `entry`, flushed at once so that a failure stops the verb.

    Each comes with a row that says it is not sealed yet: an entry with neither that nor a seal is not of this house.
    """

    async def write(self, work: Work, change: Change) -> None:
        values = _values(work, change)
        work.session.add(Entry(**values))
        await work.session.flush()
        await work.session.execute(insert(Unsealed), [waiting(values)])

    async def write_all(self, work: Work, changes: Sequence[Change]) -> None:
        """Write the entries of many changes in one statement; what waits in the session is flushed before it."""
        await work.session.flush()
        if changes:
            rows = [_values(work, change) for change in changes]
            await work.session.execute(insert(Entry), rows)
            await work.session.execute(insert(Unsealed), [waiting(row) for row in rows])


def waiting(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Give the row that says an entry is not sealed yet."""
    return {"tenant_id": entry["tenant_id"], "id": entry["id"]}


def _values(work: Work, change: Change) -> dict[str, Any]:
    return {
        "tenant_id": work.tenant_id,
        "id": work.new_id(),
        "recorded_at": work.now(),
        "actor": work.actor.principal,
        "act": change.act,
        "subject_type": change.subject_type,
        "subject_id": change.subject_id,
        "before": plain(change.before),
        "after": plain(change.after),
        "reason": change.reason,
        "request_id": work.request_id,
    }


def plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Turn a change's values into JSON: ids, days and instants as text (RFC 3339, UTC), words as themselves."""
    return None if values is None else {key: plain_value(value) for key, value in values.items()}


PLAINLY: Mapping[type, Callable[[Any], Any]] = {
    **dict.fromkeys((NoneType, bool, int, float, str), lambda value: value),
    UUID: str,
    datetime: datetime.isoformat,
}
"""What most values are, of these very types: every change of the house passes here."""


def plain_value(value: Any) -> Any:
    """Turn one value into its JSON form."""
    if (said := PLAINLY.get(type(value))) is not None:
        return said(value)
    if isinstance(value, Enum):
        return value.name if isinstance(value.value, int) else value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): plain_value(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(v) for v in value]
    return value


def difference(before: Any, after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Compare a row's attributes with new values: what differs, as it was and as it will be."""
    changed = {key for key, value in after.items() if getattr(before, key) != value}
    return {k: getattr(before, k) for k in sorted(changed)}, {k: after[k] for k in sorted(changed)}
