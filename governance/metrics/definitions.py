"""What each figure means: its formula, version, owner and next review, as data that every answer names."""

import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from policies.access.parties import Role


class DefinitionState(StrEnum):
    PROPOSED = "proposed"
    LIVE = "live"
    RETIRED = "retired"


@dataclass(frozen=True)
class Definition:
    """One version of one figure's definition."""

    id: str
    version: int
    title: str
    formula: str
    terms: tuple[str, ...]
    unit: str
    kind: Literal["accounting", "behavior"]
    owner_role: Role
    state: DefinitionState
    next_review: date

    @property
    def label(self) -> str:
        """Name the definition with its version, as answers and workbooks print it."""
        return f"{self.id}/{self.version}"


@cache
def definitions() -> MappingProxyType[str, Definition]:
    """Give every definition by its id, as definitions.toml says it."""
    document = tomllib.loads(Path(__file__).with_name("definitions.toml").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Definition(
                id=name,
                version=said["version"],
                title=said["title"],
                formula=said["formula"],
                terms=tuple(said["terms"]),
                unit=said["unit"],
                kind=said["class"],
                owner_role=Role(said["owner_role"]),
                state=DefinitionState(said["state"]),
                next_review=said["next_review"],
            )
            for name, said in document.items()
        }
    )
