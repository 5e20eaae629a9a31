"""The database as the story sees it: rows, types, keys and sessions, alike on SQLite and PostgreSQL."""

from governance.kernel.database.engine import Database
from governance.kernel.database.rows import GlobalRow, Row, TenantRow, ref
from governance.kernel.database.types import Currency, Id, Instant, Json, Rank, Word

__all__ = ["Currency", "Database", "GlobalRow", "Id", "Instant", "Json", "Rank", "Row", "TenantRow", "Word", "ref"]
