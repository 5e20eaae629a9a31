"""The shape of every row: a tenant in each key and each foreign key, so that no reference can cross tenants."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, MetaData, Table, and_
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, foreign, mapped_column, relationship

from governance.kernel.database.types import Id, Instant

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(DeclarativeBase):
    """The root of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {UUID: Id, datetime: Instant, int: BigInteger}
    by_table: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__tablename__" in cls.__dict__:
            Row.by_table[cls.__tablename__] = cls
            _tie(cls, cls.__table__)


class GlobalRow(Row):
    """A row that belongs to no tenant: world facts, and the tenants themselves."""

    __abstract__ = True
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, sort_order=-20)


class TenantRow(Row):
    """A row of one tenant, keyed (tenant_id, id)."""

    __abstract__ = True
    tenant_id: Mapped[UUID] = mapped_column(Id, primary_key=True, sort_order=-21)
    id: Mapped[UUID] = mapped_column(Id, primary_key=True, sort_order=-20)


class Versioned:
    """A row that is changed in place under an expected version."""

    version: Mapped[int] = mapped_column(BigInteger, default=1, sort_order=90)


def ref(table: str, *, nullable: bool = False, index: bool = True) -> MappedColumn[Any]:
    """Give the id of a row of `table` in the same tenant: column, composite foreign key, index and flush order."""
    return mapped_column(Id, nullable=nullable, info={"ref": table, "index": index})


def _tie(cls: Any, table: Any) -> None:
    """Add to each `ref` its composite foreign key, its index, and a silent relationship that orders the flush."""
    assert isinstance(table, Table)
    for column in list(table.columns):
        target = column.info.get("ref")
        if target is None:
            continue
        table.append_constraint(
            ForeignKeyConstraint([table.c.tenant_id, column], [f"{target}.tenant_id", f"{target}.id"])
        )
        if column.info["index"]:
            Index(f"ix_{table.name}_{column.name}", table.c.tenant_id, column)
        if target != table.name:
            setattr(cls, f"_to_{column.name}", _silent(cls, column.key, target))


def _silent(cls: Any, key: str, target: str) -> Any:
    def joined() -> Any:
        goal = Row.by_table[target]
        return and_(foreign(getattr(cls, key)) == goal.id, cls.tenant_id == goal.tenant_id)

    return relationship(lambda: Row.by_table[target], primaryjoin=joined, lazy="raise", overlaps="*")
