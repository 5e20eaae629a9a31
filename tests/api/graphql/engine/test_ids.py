"""Node ids say what they name, in one spelling only."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.graphql.engine import BadNodeId, decode_node_id, encode_node_id, id_of

ID = UUID("0190f0e0-1111-7222-8333-444455556666")


@given(st.from_regex(r"[A-Z][A-Za-z0-9]{0,30}", fullmatch=True), st.uuids())
def test_an_id_comes_back_as_it_went(type_name, uuid):
    assert decode_node_id(encode_node_id(type_name, uuid)) == (type_name, uuid)


@given(st.text(max_size=120))
def test_any_text_is_an_id_we_gave_or_a_clean_no(text):
    try:
        name, uuid = decode_node_id(text)
    except BadNodeId:
        return
    assert encode_node_id(name, uuid) == text


@given(st.binary(max_size=60))
def test_any_bytes_are_an_id_we_gave_or_a_clean_no(raw):
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    try:
        name, uuid = decode_node_id(text)
    except BadNodeId:
        return
    assert encode_node_id(name, uuid) == text


def test_an_id_has_one_spelling():
    text = encode_node_id("Seat", ID)
    for other in (text + "=", text + "==", text + "\n", " " + text, text + "A", text[:-1], text.lower(), text + "é"):
        with pytest.raises(BadNodeId):
            decode_node_id(other)


def test_an_id_of_another_type_does_not_pass():
    assert id_of("Seat", encode_node_id("Seat", ID)) == ID
    with pytest.raises(BadNodeId, match="the id of a Seat"):
        id_of("Seat", encode_node_id("Pool", ID))


@pytest.mark.parametrize("name", ["", "seat", "Se at", "Seat:", "S" * 65, "Sëat"])
def test_a_name_no_type_can_have_is_no_id(name):
    raw = name.encode() + b":" + ID.bytes
    with pytest.raises(BadNodeId):
        decode_node_id(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def test_a_bare_uuid_is_no_node_id():
    with pytest.raises(BadNodeId):
        decode_node_id(str(ID))
