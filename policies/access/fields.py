"""Which role may read or write which class of field: the reviewed matrix of fields.toml.

Decided once per selection by role, not per row; the rows themselves are fetched within reach. Region policy may still
take individual usage away.
"""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from policies.access.errors import BadFieldRule
from policies.access.parties import Role


class FieldClass(StrEnum):
    PUBLIC = "public"
    MONEY = "money"
    SECRET = "secret"  # noqa: S105 - the name of a class, no secret
    PERSONAL = "personal"
    USAGE = "usage"


class FieldAct(StrEnum):
    READ = "read"
    WRITE = "write"


FieldMatrix = Mapping[tuple[FieldClass, FieldAct], frozenset[Role]]


def read_matrix(text: str) -> FieldMatrix:
    """Read the matrix: a table per class in capitals, in it `read` and `write` as lists of roles.

    Raises BadFieldRule for a class, act or role that is unknown or named twice, and for one that is missing.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise BadFieldRule("fields.toml", str(broken)) from broken
    _same_names("fields.toml", tables, {field_class.name for field_class in FieldClass})
    matrix: dict[tuple[FieldClass, FieldAct], frozenset[Role]] = {}
    for field_class in FieldClass:
        table = tables[field_class.name]
        if not isinstance(table, dict):
            raise BadFieldRule(field_class.name, "is no table; right is read = [...] and write = [...]")
        _same_names(field_class.name, table, set(FieldAct))
        for act in FieldAct:
            matrix[field_class, act] = _roles(f"{field_class.name}.{act}", table[act])
    return MappingProxyType(matrix)


def _same_names(where: str, found: Mapping[str, object], needed: set[str]) -> None:
    if unknown := sorted(set(found) - needed):
        raise BadFieldRule(f"{where}.{unknown[0]}", f"is unknown; right is one of {', '.join(sorted(needed))}")
    if missing := sorted(needed - set(found)):
        raise BadFieldRule(f"{where}.{missing[0]}", "is missing; an empty list grants it to nobody")


def _roles(where: str, names: object) -> frozenset[Role]:
    if not isinstance(names, list):
        raise BadFieldRule(where, "is no list of roles")
    known = {role.value: role for role in Role}
    for name in names:
        if not isinstance(name, str) or name not in known:
            raise BadFieldRule(where, f"{name!r} is no role; right is one of {', '.join(Role)}")
    if len(set(names)) != len(names):
        raise BadFieldRule(where, "names a role twice")
    return frozenset(known[name] for name in names)
