"""A provider's table of customers: one row each, with how long they have been one, what they pay, and if they left.

Whose headers are other words names them by options: `customer`, `tenure`, `price` and `churned` are columns.
"""

from collections.abc import Mapping
from dataclasses import replace

from governance.imports.formats.cells import amount, line, whole, yes
from governance.imports.formats.columns import Column

COLUMNS = (
    Column("customer", "the customer's number, the agreement's natural key", ("customer id",), required=True,
           example="7590-VHVEG", read=line(100)),
    Column("tenure", "whole months since the customer came", ("tenure months", "months"), required=True,
           example="34", read=whole),
    Column("price", "what the customer pays a month", ("monthly charges", "monthly charge"), required=True,
           example="56.95", read=amount),
    Column("churned", "yes: left on the day the table speaks of; no: went on", ("churn", "left"), required=True,
           example="no", choices=("yes", "no"), read=yes),
)  # fmt: skip
MAPPED = frozenset(column.name for column in COLUMNS)
MOST_MONTHS = 1_200


def columns_by(options: Mapping[str, object]) -> tuple[Column, ...]:
    """Give the columns as a file calls them: one that an option names is found under that header only."""
    return tuple(
        replace(column, name=column.name, synonyms=(str(options[column.name]),)) if column.name in options else column
        for column in COLUMNS
    )
