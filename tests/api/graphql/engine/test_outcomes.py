"""A business no is a value in the graph; a bug is not."""

import pytest

from api.graphql.engine import Refusal, encode_node_id, idempotency_key, outcome, refusal
from governance.kernel.errors import BadInput, Code
from tests.api.graphql.engine.small import BOOKS, ShelfFull, small_context, small_schema

SCHEMA = small_schema()
SHELVE = """mutation($id: ID!, $shelf: String!) { shelve(id: $id, shelf: $shelf) {
    ... on Book { title }
    ... on Refusal { code message path facts { name value } reasons { code subject has needs source remedy } } } }"""


async def shelve(shelf, book=None):
    values = {"id": book or encode_node_id("Book", BOOKS[0].id), "shelf": shelf}
    return await SCHEMA.execute(SHELVE, values, small_context())


async def test_a_verb_that_succeeds_gives_its_thing():
    assert (await shelve("a")).data == {"shelve": {"title": "Book 001"}}


async def test_a_verb_that_says_no_gives_all_it_knows():
    assert (await shelve("full")).data["shelve"] == {
        "code": "LIMIT_REACHED",
        "message": "Shelf full holds 12 books and is full.",
        "path": [],
        "facts": [{"name": "shelf", "value": "full"}, {"name": "holds", "value": "12"}],
        "reasons": [
            {
                "code": "LIMIT_REACHED",
                "subject": "full",
                "has": "12 books",
                "needs": "room for one",
                "source": "the shelf",
                "remedy": "a second shelf",
            }
        ],
    }


async def test_a_bad_id_inside_a_verb_is_a_refusal_too():
    said = (await shelve("a", book=encode_node_id("Shelf", BOOKS[0].id))).data["shelve"]
    assert (said["code"], said["path"]) == ("BAD_INPUT", ["id"])


def test_a_refusal_names_the_input_outermost_first():
    assert refusal(BadInput("lot.quantity", "-1", "a positive number")).path == ["lot", "quantity"]


async def test_a_bug_in_a_verb_stays_a_bug():
    async def broken():
        raise KeyError("x")

    with pytest.raises(KeyError):
        await outcome(broken())


async def test_the_outcome_is_a_refusal_or_the_thing():
    async def full():
        raise ShelfFull("a", 1)

    async def fine():
        return 7

    assert await outcome(fine()) == 7
    no = await outcome(full())
    assert isinstance(no, Refusal)
    assert no.code is Code.LIMIT_REACHED


async def test_each_mutation_field_knows_its_place_and_the_requests_key():
    context = small_context(headers={"idempotency-key": "k1"})
    result = await SCHEMA.execute("mutation { a: where where }", context_value=context)
    assert result.data == {"a": "a k1", "where": "where k1"}


@pytest.mark.parametrize("key", ["k" * 201, "a b", "ä", "a\n"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(key):
    with pytest.raises(BadInput, match="Idempotency-Key"):
        idempotency_key(small_context(headers={"idempotency-key": key}))


def test_a_request_without_a_key_has_none():
    assert idempotency_key(small_context()) is None
    assert idempotency_key(small_context(headers={"idempotency-key": ""})) is None
