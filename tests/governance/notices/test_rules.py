"""Texts of letters: the same in every language, filled without letting a fact write more than itself."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.directory.rules import LinkPurpose
from governance.notices.rules import (
    LANGUAGES,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    Text,
    catalog,
    language_of,
    one_line,
    wait_after,
    write,
)


def test_every_language_has_the_same_texts_needing_the_same_facts() -> None:
    first = catalog(LANGUAGES[0])
    for language in LANGUAGES:
        texts = catalog(language)
        assert texts.keys() == first.keys()
        for key, text in texts.items():
            assert (text.needs, text.link_purpose) == (first[key].needs, first[key].link_purpose), key
            assert text.link_purpose is None or LinkPurpose(text.link_purpose)
            assert all(len(line) <= 120 for line in text.body.splitlines())


@given(st.text(), st.text())
def test_no_fact_writes_a_header_or_a_line(name: str, license_: str) -> None:
    text = Text("{license} for {name}", "Hello {name}\n\n{license}\n")
    subject, body = write(text, {"name": name, "license": license_})
    assert len(subject.splitlines()) <= 1
    assert body.count("\n") == 3


def test_a_fact_is_not_a_template() -> None:
    text = Text("{a}", "{a} {b}")
    assert write(text, {"a": "{b} {0} {a.__class__}", "b": "x"}) == ("{b} {0} {a.__class__}", "{b} {0} {a.__class__} x")


def test_a_missing_fact_is_an_error_and_no_gap() -> None:
    with pytest.raises(KeyError):
        write(Text("{a}", ""), {})


@pytest.mark.parametrize(
    ("wishes", "language"),
    [(("de-CH", "en"), "de"), (("fr", "de"), "de"), ((None, None), "en"), (("DE_de",), "de"), (("xx",), "en")],
)
def test_the_first_language_that_is_spoken_wins(wishes: tuple[str | None, ...], language: str) -> None:
    assert language_of(*wishes) == language


def test_tries_rest_longer_and_do_not_come_back_together() -> None:
    ids = [uuid4() for _ in range(50)]
    for attempt in range(1, MOST_ATTEMPTS + 1):
        rests = {wait_after(one, attempt) for one in ids}
        full = min(timedelta(minutes=2) * 2 ** (attempt - 1), LONGEST_WAIT)
        assert len(rests) > 40
        assert all(full / 2 < rest <= full for rest in rests)
    assert wait_after(ids[0], 3) == wait_after(ids[0], 3)


def test_control_signs_become_a_space() -> None:
    assert one_line(" a\r\nBcc: b\x00\u2028c\x85 ") == "a Bcc: b c"
