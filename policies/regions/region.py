"""Where a license may be used: the world, its areas, countries and subdivisions, and groupings of one's own.

Codes: "001" is the world, three digits an area of UN M49, two letters a country of ISO 3166-1, `DE-BY` a subdivision of
ISO 3166-2, anything longer a tenant's own grouping (`DACH`), which may cut across the areas.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

import pycountry

WORLD = "001"
_GROUPING_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,31}")


class UnknownRegion(LookupError):
    def __init__(self, code: str) -> None:
        super().__init__(
            f"{code!r} is no region: expected 001, a UN M49 area such as 150, a country such as DE, "
            "a subdivision such as DE-BY, or one of your own groupings"
        )
        self.code = code


class InvalidGrouping(ValueError):
    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"grouping {code!r}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Node:
    """A place of the tree; the world alone has no parent."""

    code: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A tenant's own set of regions, such as DACH; members may be groupings that were there before it."""

    code: str
    name: str
    members: frozenset[str]


@dataclass(frozen=True)
class RegionTree:
    """The tree and the groupings drawn over it. Frozen: `extended` returns another one."""

    nodes: Mapping[str, Node] = field(repr=False)
    groupings: Mapping[str, Grouping] = field(repr=False)

    def __contains__(self, code: str) -> bool:
        return code in self.nodes or code in self.groupings

    def name(self, code: str) -> str:
        """The English name; raises UnknownRegion."""
        self.check((code,))
        return self.groupings[code].name if code in self.groupings else self.nodes[code].name

    def ancestors(self, code: str) -> tuple[str, ...]:
        """What the region lies in, nearest first, the world last; a grouping lies in the world alone."""
        self.check((code,))
        if code in self.groupings:
            return (WORLD,)
        above: list[str] = []
        parent = self.nodes[code].parent
        while parent is not None:
            above.append(parent)
            parent = self.nodes[parent].parent
        return tuple(above)

    def memberships(self, code: str) -> frozenset[str]:
        """The groupings the region lies in."""
        return frozenset(outer for outer in self.groupings if outer != code and self.contains(outer, code))

    def path(self, code: str) -> frozenset[str]:
        """The region, all it lies in, and its groupings: where a right over any of these reaches it."""
        return frozenset({code, *self.ancestors(code)}) | self.memberships(code)

    def below(self, roots: Iterable[str]) -> frozenset[str]:
        """Every region whose path meets `roots`: the inverse of `path`."""
        return frozenset().union(*(self._below.get(root, frozenset()) for root in roots))

    @cached_property
    def _below(self) -> Mapping[str, frozenset[str]]:
        lying: dict[str, set[str]] = defaultdict(set)
        for code in (*self.nodes, *self.groupings):
            for outer in self.path(code):
                lying[outer].add(code)
        return {outer: frozenset(codes) for outer, codes in lying.items()}

    def contains(self, outer: str, inner: str) -> bool:
        """Whether all of `inner` lies in `outer`; a region contains itself. Raises UnknownRegion."""
        self.check((outer, inner))
        if outer in {inner, WORLD}:
            return True
        if outer in self.groupings and any(self.contains(member, inner) for member in self.groupings[outer].members):
            return True
        if inner in self.groupings:
            return all(self.contains(outer, member) for member in self.groupings[inner].members)
        return outer in self.ancestors(inner)

    def check(self, codes: Iterable[str]) -> None:
        """Raises UnknownRegion for the first code that is not there."""
        for code in codes:
            if code not in self:
                raise UnknownRegion(code)

    def extended(self, code: str, name: str, members: Iterable[str]) -> "RegionTree":
        """A tree with one grouping more. Raises InvalidGrouping, UnknownRegion."""
        held = frozenset(members)
        if not _GROUPING_CODE.fullmatch(code):
            raise InvalidGrouping(code, "a code has 3 to 32 capital letters, digits or _, and starts with a letter")
        if code in self:
            raise InvalidGrouping(code, "this code is taken")
        if not name.strip():
            raise InvalidGrouping(code, "it needs a name")
        if not held:
            raise InvalidGrouping(code, "it needs at least one member")
        self.check(sorted(held))
        return replace(self, groupings=MappingProxyType({**self.groupings, code: Grouping(code, name.strip(), held)}))


@dataclass(frozen=True, slots=True)
class Territory:
    """Where a grant holds: included regions minus excluded ones, the most specific one deciding."""

    included: frozenset[str]
    excluded: frozenset[str] = frozenset()

    def covers(self, region: str, tree: RegionTree) -> bool:
        """Whether the grant holds in `region`.

        Of the listed regions that contain it, those decide that contain no other of them; where one of these is
        excluded, the answer is no. Raises UnknownRegion.
        """
        self.check(tree)
        matching = [code for code in self.included | self.excluded if tree.contains(code, region)]
        deciding = [
            code
            for code in matching
            if not any(tree.contains(code, other) and not tree.contains(other, code) for other in matching)
        ]
        return bool(deciding) and self.excluded.isdisjoint(deciding)

    def check(self, tree: RegionTree) -> None:
        """Raises UnknownRegion for the first listed code that the tree does not know."""
        tree.check(sorted(self.included | self.excluded))


WORLDWIDE = Territory(frozenset({WORLD}))


@cache
def world_tree() -> RegionTree:
    """The tree without anybody's groupings: regions.toml, and the subdivisions that pycountry knows."""
    document = tomllib.loads(Path(__file__).with_name("regions.toml").read_text(encoding="utf-8"))
    nodes = {
        code: Node(code, entry["name"], entry.get("parent"))
        for part in ("areas", "countries")
        for code, entry in document[part].items()
    }
    for subdivision in pycountry.subdivisions:
        parent = subdivision.parent_code or subdivision.country_code
        nodes[subdivision.code] = Node(subdivision.code, subdivision.name, parent)
    return RegionTree(MappingProxyType(nodes), MappingProxyType({}))
