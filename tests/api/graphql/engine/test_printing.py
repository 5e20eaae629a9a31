"""The graph's text is sorted, stable, and a test can hold it."""

import strawberry
from graphql import build_schema as read_sdl

from api.graphql.engine import FieldClass, build_schema, drift, printed, resolved
from tests.api.graphql.engine.small import may_read, small_schema

SCHEMA = small_schema()


def test_the_text_reads_back_as_the_same_graph():
    again = read_sdl(printed(SCHEMA))
    assert sorted(again.type_map) == sorted(SCHEMA._schema.type_map)


def test_each_field_is_printed_with_its_class():
    assert "  price: Int @class(of: MONEY)" in printed(SCHEMA)
    assert "directive @class(of: FieldClass!) on FIELD_DEFINITION" in printed(SCHEMA)


def test_the_text_does_not_hang_on_the_order_of_declaration():
    def query(names):
        made = {name: resolved("A number.", FieldClass.PUBLIC)(_number(name)) for name in names}
        return strawberry.type(type("Query", (), made), description="What can be asked.")

    texts = {printed(build_schema(query(n), may_read=may_read)) for n in ("ab", "ba")}
    assert len(texts) == 1


def test_drift_from_the_file_is_told_line_by_line(tmp_path):
    held = tmp_path / "schema.graphql"
    assert drift(SCHEMA, held)
    held.write_text(printed(SCHEMA), encoding="utf-8")
    assert drift(SCHEMA, held) == ""
    held.write_text(printed(SCHEMA).replace("price: Int", "price: Float"), encoding="utf-8")
    assert "-  price: Float @class(of: MONEY)" in drift(SCHEMA, held)


def _number(name):
    def resolve(self) -> int:
        return 1

    resolve.__name__ = name
    return resolve
