"""How our types are written into a migration, and which objects of a database are ours to migrate."""

from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from sqlalchemy import JSON, Connection
from sqlalchemy.types import TypeEngine

from governance.kernel.database import Id, Instant, Rank, Word
from governance.tables import METADATA

HERE = Path(__file__).parent
OURS = {Id: "Id", Instant: "Instant"}


def config(connection: Connection | None = None) -> Config:
    """Give Alembic's settings without a file: our folder, numbered revisions, the connection to work on."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE))
    settings.set_main_option("path_separator", "os")
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    settings.attributes["connection"] = connection
    return settings


def options() -> dict[str, Any]:
    """Give what env.py, `make` and `check` tell Alembic alike."""
    return {
        "target_metadata": METADATA,
        "render_item": render_item,
        "include_object": is_ours,
        "compare_type": True,
        "transactional_ddl": True,
    }


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Write our types as they are in the database, not by their vocabularies: words change, history does not."""
    if kind != "type" or not isinstance(item, TypeEngine):
        return False
    if isinstance(item, Word):
        return "sa.String(length=40)"
    if isinstance(item, Rank):
        return "sa.SmallInteger()"
    name = "Json" if isinstance(item, JSON) else OURS.get(type(item))
    if name is None:
        return False
    context.imports.add(f"from governance.kernel.database import {name}")
    return f"{name}()"


def is_ours(item: Any, name: str | None, kind: str, reflected: bool, _compared_to: Any) -> bool:
    """Leave out what is not ours: the queue's own schema and Alembic's own table."""
    return not (kind == "table" and reflected and (name == "alembic_version" or item.schema == "jobs"))
