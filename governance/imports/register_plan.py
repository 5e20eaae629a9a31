"""What a register changes: which products it names for the first time, decides otherwise, or names no more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from governance.catalog.models import Approval, Product
from governance.catalog.rules import ApprovalStatus
from governance.imports.formats.gsa_register import Expiry, Standard, name_key
from governance.imports.rules import Issue, IssueCode

CODE = "gsa/"


@dataclass
class Register:
    """A register as read: each standard once, what was wrong, and the figures of the file itself."""

    rows: int = 0
    rejected: int = 0
    repeats: int = 0
    standards: dict[str, Standard] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    expiries: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Expiry, 0))
    broken_lines: int = 0
    issues: list[Issue] = field(default_factory=list)

    def take(self, read: Standard) -> None:
        """Count a row and keep it; two rows that say different things of one name keep each other out."""
        self.rows += 1
        self.issues += read.issues
        self.broken_lines += read.broken_lines
        if read.says:
            self.statuses[read.says] = self.statuses.get(read.says, 0) + 1
        if read.rejected:
            self.rejected += 1
            self.unclear.add(read.key)
            return
        self.expiries[read.expiry] += 1
        if read.key in self.unclear:
            self._refuse(read, "another row of this name was not taken")
        elif (first := self.standards.setdefault(read.key, read)) is not read:
            self._again(read, first)

    def _again(self, read: Standard, first: Standard) -> None:
        if read.same_as(first):
            self.repeats += 1
            said = f"Row {first.number} says the same of {read.name[:60]!r}; it counts once."
            self.issues.append(Issue(read.number, None, IssueCode.SAME_ROW, said))
            return
        self.unclear.add(read.key)
        del self.standards[read.key]
        for row, other in ((first, read), (read, first)):
            self._refuse(row, f"row {other.number} says {other.says} until {other.until or 'no day'}")

    def _refuse(self, read: Standard, why: str) -> None:
        self.rejected += 1
        said = f"{read.name[:60]!r} is {read.says} until {read.until or 'no day'}, but {why}; keep one of them."
        self.issues.append(Issue(read.number, None, IssueCode.DUPLICATE, said))


@dataclass(frozen=True)
class Named:
    """A standard, its product where the catalog has one, and what the register said of it before."""

    read: Standard
    product: Product | None
    before: Approval | None

    @property
    def is_added(self) -> bool:
        """Whether the register names it anew: for the first time, or again after it was gone."""
        return self.before is None or self.before.status is ApprovalStatus.WITHDRAWN

    @property
    def is_decided(self) -> bool:
        """Whether the register says anything else than before."""
        now = (self.read.status, self.read.says, self.read.until, self.read.deployment)
        return self.before is None or now != (
            self.before.status, self.before.source_status, self.before.until, self.before.deployment,
        )  # fmt: skip

    @property
    def is_described(self) -> bool:
        """Whether the product is told of otherwise."""
        kept = self.product
        return kept is None or (self.read.category, self.read.description) != (kept.category, kept.description)


@dataclass(frozen=True)
class Standing:
    """What the catalog holds: every product by code and by name, and what the register last said of which."""

    by_code: Mapping[str, Product]
    by_name: Mapping[str, Product]
    said: Mapping[UUID, Approval]

    def named(self, read: Standard) -> Named:
        """Find a standard's product: by the code it was given, else the one product that has its very name."""
        product = self.by_code.get(code_of(read)) or self.by_name.get(read.key)
        return Named(read, product, None if product is None else self.said.get(product.id))


def standing_of(products: Sequence[Product], said: Sequence[Approval]) -> Standing:
    """Lay the catalog out for comparison; a name that two products have finds neither."""
    names: dict[str, list[Product]] = {}
    for product in products:
        names.setdefault(name_key(product.name), []).append(product)
    only = {key: rows[0] for key, rows in names.items() if len(rows) == 1}
    return Standing({row.code: row for row in products}, only, {row.product_id: row for row in said})


def code_of(read: Standard) -> str:
    """Give the code of a product that the register brings."""
    return (CODE + read.key)[:120]


@dataclass(frozen=True)
class Plan:
    """The standards as they are now, and the decisions of those that the register names no more."""

    named: Sequence[Named]
    gone: Sequence[tuple[Product, Approval]]

    def changes(self) -> dict[str, list[dict[str, Any]]]:
        """Name what came, went, is decided otherwise, and ends on another day."""
        known = [each for each in self.named if not each.is_added and each.before is not None]
        return {
            "added": [_told(each) for each in self.named if each.is_added],
            "removed": [{"name": row.name, "was": told.source_status} for row, told in self.gone],
            "status": [_told(each) for each in known if each.before and each.before.status is not each.read.status],
            "wording": [
                _told(each)
                for each in known
                if each.before
                and each.before.status is each.read.status
                and each.before.source_status != each.read.says
            ],
            "expiry": [_told(each) for each in known if each.before and each.before.until != each.read.until],
        }

    def steps(self) -> Iterator[Named]:
        """Give the standards for which anything is to be written."""
        return (each for each in self.named if each.is_added or each.is_decided or each.is_described)


def plan_register(register: Register, now: Standing) -> Plan:
    """Compare a register with what it said before. What an unclear row names is not taken for gone."""
    named = [now.named(read) for read in register.standards.values()]
    here = {each.product.id for each in named if each.product is not None}
    by_id = {row.id: row for row in now.by_code.values()}
    gone = [
        (by_id[product_id], told)
        for product_id, told in now.said.items()
        if product_id not in here
        and told.status is not ApprovalStatus.WITHDRAWN
        and name_key(by_id[product_id].name) not in register.unclear
    ]
    return Plan(named, gone)


def _told(each: Named) -> dict[str, Any]:
    before, read = each.before, each.read
    said: dict[str, Any] = {"name": read.name, "status": read.says, "until": read.until and read.until.isoformat()}
    if before is not None and not each.is_added:
        was = {"was": before.source_status, "was_until": before.until and before.until.isoformat()}
        said |= was
    return said
