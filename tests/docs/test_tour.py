"""The tour names what is there: buttons and pages by their words, people and licenses of the demo, and its reports."""

import json
import re
from collections.abc import Iterator

from api.demo.contracts import LICENSES
from api.demo.reviewing import plan_reviews
from api.demo.settling import AUDIENCES, NAME
from tests.docs.reference import ROOT

README = (ROOT / "README.md").read_text("utf-8")
TOUR = README.split("\n## A tour of five minutes\n")[1].split("\n## ")[0]
WORDS = " ".join(TOUR.split())


def said() -> Iterator[str]:
    """Give every English text of the console as a pattern."""
    for path in (ROOT / "api" / "console" / "messages").glob("*en.json"):
        for text in json.loads(path.read_text("utf-8")).values():
            for form in text.values() if isinstance(text, dict) else (text,):
                yield ".+".join(re.escape(piece) for piece in re.split(r"\{\w+\}", form))


def test_every_label_of_the_tour_is_a_text_of_the_console() -> None:
    words = re.compile("|".join(f"(?:{text})" for text in said() if text.strip(".+")))
    labels = set(re.findall(r"\*\*([^*]+)\*\*", TOUR))
    assert len(labels) > 15
    assert [label for label in sorted(labels) if not words.fullmatch(label)] == []


def test_everybody_in_the_tour_is_of_the_cast() -> None:
    mails = {f"{name.lower().replace(' ', '.')}@halden.example": audience for audience, name, _, _ in AUDIENCES}
    told = re.findall(r"`([\w.]+@[\w.]+)`", TOUR)
    assert len(told) == 4
    for mail in told:
        assert f"*{mails[mail]}*, `{mail}`" in WORDS
    names = {name for _, name, _, _ in AUDIENCES}
    assert {"Priya Raman", "Camille Laurent", "Mateo Ruiz"} <= names
    assert NAME in WORDS


def test_every_license_of_the_tour_is_in_the_demo() -> None:
    by_name = {license_.name: license_ for license_ in LICENSES}
    for name, pool in (("Microsoft 365 E5", "Sales, EMEA"), ("Adobe Creative Cloud All Apps", "Product design")):
        assert f"*{name}*" in WORDS
        assert pool in {each.name for each in by_name[name].pools}
    newest = by_name["JetBrains All Products Pack"].lots[-1]
    assert f"*{newest.po_number}*" in WORDS
    assert f"for {newest.quantity}," in WORDS


def test_the_review_of_the_tour_is_on_the_demos_agenda() -> None:
    title = re.search(r"\*(License review, [\w ]+)\*", WORDS)
    assert title
    assert title[1] in plan_reviews.__code__.co_consts
