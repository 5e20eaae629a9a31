"""Every refusal that the source can say has its form in each other language, and facts go through untouched."""

import pytest

from api.console.phrases import phrases, spoken
from api.console.refusals import refusal_of, told
from api.console.texts import LOCALES
from governance.kernel.errors import BadInput, Code, NotFound, Reason
from tests.api.console.english import HOLE, templates

OTHER = tuple(each for each in LOCALES if each != "en")
UNTRANSLATED = 40
"""How many of some 250 hints to an input may stay in English: those that only the terminal or a file ever gets."""


def sample(template: str) -> str:
    """The template with a fact in each hole that is no form of its own."""
    parts = template.split(HOLE)
    return "".join(part if at == 0 else f"⟨{at}⟩{part}" for at, part in enumerate(parts))


@pytest.mark.parametrize("locale", OTHER)
def test_every_reason_and_message_in_use_is_said_in_every_language(locale):
    for kinds, most in ((("Reason", "message"), 0), (("BadInput",), UNTRANSLATED)):
        said = {text: where for kind, where, text in templates("governance", "policies", "reports") if kind in kinds}
        assert len(said) > 100, "the source is not read"
        missing = {text.replace(HOLE, "{}"): where for text, where in said.items() if unsaid(locale, text)}
        assert len(missing) <= most, f"add these to messages/phrases_{locale}.json: {missing}"


def unsaid(locale: str, template: str) -> bool:
    """Whether a language has no form for a template; one that is nothing but holes is no text."""
    return spoken(locale, sample(template)) == sample(template)


def test_facts_stand_where_the_language_has_them_and_go_through_as_they_are():
    reason = Reason(Code.LIMIT_REACHED, "pool Room", "3 of 3 taken, 0 free for QA", "2 free", "room", "Renew the lot.")
    german = told(reason, "de")
    assert german.code is Code.LIMIT_REACHED
    assert (german.subject, german.has) == ("Pool Room", "3 von 3 belegt, 0 frei für QA")
    assert (german.needs, german.source) == ("2 frei", "Vorrat")
    assert told(reason, "en") == reason
    error = BadInput("quantity", "-1", "a whole number from 0 to 5")
    assert (
        refusal_of(error, (), "de").errors[""] == "quantity: '-1' passt nicht; nötig ist eine ganze Zahl von 0 bis 5."
    )
    assert refusal_of(error).errors[""] == error.message()
    hidden = spoken("de", NotFound("lot", "7").message())
    assert hidden == "Das gibt es nicht, oder es liegt außerhalb Ihres Bereichs: Posten 7."
    assert spoken("de", "What nobody wrote yet.") == "What nobody wrote yet."
    assert spoken("de", "x" * 100_000) == "x" * 100_000
    assert not phrases("en")


def test_a_form_is_read_from_the_source_with_its_variants():
    found = {text for _, _, text in templates("governance/seats")}
    assert f"{HOLE} of {HOLE} taken, {HOLE} free for {HOLE}, {HOLE} waiting before" in found
    assert f"{HOLE} until {HOLE}" in found
