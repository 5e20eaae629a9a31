"""How an entry of the trail reads: the act as a sentence, its icon, each field before and after."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from api.console import formats
from api.console.context import Context
from api.console.subjects import Subject
from api.console.texts import known

ICONS: Final = {
    "access": "key", "account": "person", "agreement": "file", "alert": "bell", "board": "people", "catalog": "license",
    "entitlement": "license", "event": "import", "finding": "flag", "key": "key", "lot": "receipt", "notice": "mail",
    "person": "person", "policy": "shield", "pool": "people", "review": "gavel", "run": "refresh", "scan": "search",
    "session": "lock", "settings": "gear", "tenant": "home", "token": "key", "unit": "scope",
}  # fmt: skip
SEAT_ICONS: Final = {
    "assign": "person-plus", "invite": "mail", "accept": "check", "use": "play", "release": "x", "expire": "clock",
    "reclaim": "clock", "refuse": "minus", "transfer": "swap", "request": "inbox", "suspend": "minus",
}  # fmt: skip
REFERENCES: Final = {
    "line_id": "metric_line", "owner_id": "person", "person_id": "person", "pool_id": "pool", "product_id": "product",
    "tier_id": "tier", "unit": "unit", "unit_id": "unit", "vendor_id": "vendor",
}  # fmt: skip
STATES: Final = {
    "alert": "alerts.state", "assignment": "seat.state", "finding": "findings.state", "review": "reviews.state",
    "run": "runs.state",
}  # fmt: skip
UUID_LENGTH: Final = 36
FIELDS_AT_MOST: Final = 12
VALUE_AT_MOST: Final = 120


def act_words(ctx: Context, act: str) -> str:
    """What was done, in words; an act that the catalog does not know stands as it was recorded."""
    key = f"trail.act_{act.replace(':', '_')}"
    return ctx.text(key) if known(ctx.locale, key) else act


def icon_of(act: str) -> str:
    """The icon of an act."""
    resource, _, verb = act.partition(":")
    return SEAT_ICONS.get(verb, "people") if resource == "seat" else ICONS.get(resource, "dot")


def changes_of(
    ctx: Context,
    kind: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    names: Mapping[Subject, str],
) -> list[tuple[str, str, str]]:
    """Each field that differs, as (field, before, after) in the reader's words; at most twelve.

    `names` says what the ids among the values stand for (`referred`).
    """
    was, became = before or {}, after or {}
    changed = [name for name in dict.fromkeys((*was, *became)) if was.get(name) != became.get(name)]
    return [
        (
            _field(ctx, name),
            _said(ctx, kind, name, was.get(name), names),
            _said(ctx, kind, name, became.get(name), names),
        )
        for name in changed[:FIELDS_AT_MOST]
    ]


def referred(values: Iterable[Mapping[str, Any] | None]) -> set[Subject]:
    """The objects that values point at by their ids."""
    found: set[Subject] = set()
    for each in values:
        for name, kind in REFERENCES.items():
            said = (each or {}).get(name)
            if isinstance(said, str) and len(said) == UUID_LENGTH:
                found.add((kind, UUID(said)))
    return found


def _said(ctx: Context, kind: str, name: str, value: Any, names: Mapping[Subject, str]) -> str:
    if name in REFERENCES and isinstance(value, str) and len(value) == UUID_LENGTH:
        return names.get((REFERENCES[name], UUID(value)), value)
    key = f"{STATES.get(kind, '')}_{str(value).lower()}"
    if name == "state" and known(ctx.locale, key):
        return ctx.text(key)
    return _value(ctx, value)


def _field(ctx: Context, name: str) -> str:
    key = f"trail.field_{name}"
    return ctx.text(key) if known(ctx.locale, key) else name.replace("_", " ")


def _value(ctx: Context, value: Any) -> str:
    if value is None or value == "":
        return ctx.text("trail.none")
    if isinstance(value, bool):
        return ctx.text("trail.yes" if value else "trail.no")
    if isinstance(value, int | float):
        return formats.number(ctx.locale, value)
    if not isinstance(value, str):
        return _cut(json.dumps(value, ensure_ascii=False, separators=(", ", ": "), sort_keys=True))
    return _moment(ctx, value) or _cut(value)


def _moment(ctx: Context, value: str) -> str:
    try:
        if len(value) == len("2026-03-02"):
            return formats.day(ctx.locale, date.fromisoformat(value))
        moment = datetime.fromisoformat(value) if "T" in value else None
    except ValueError:
        return ""
    return formats.instant(ctx.locale, moment, ctx.zone) if moment is not None and moment.tzinfo else ""


def _cut(said: str) -> str:
    return said if len(said) <= VALUE_AT_MOST else f"{said[: VALUE_AT_MOST - 1]}…"
