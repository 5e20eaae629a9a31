"""Both languages say the same things, and pages only ask for texts that exist."""

import ast
import re

import pytest
from babel import Locale

from api.console.assets import STATIC
from api.console.declare import DetailPage, FormPage, Site, TablePage
from api.console.site import RAILS, SITE
from api.console.texts import LOCALES, UnknownTextError, catalog, known, negotiate, placeholders, text
from api.console.values import Level
from api.console.view import environment
from policies.access.actions import Action
from tests.api.console import sample

ASKED = re.compile(r"""v\.t\(\s*["']([\w.]+)["']\s*[,)]""")
BEGUN = re.compile(r"""v\.t\(\s*["']([\w.]+)["']\s*~""")
IN_CODE = re.compile(r"""\.(?:t|text)\(\s*["']([a-z_]+\.[\w.]+)["']""")


def test_every_language_has_the_same_texts():
    english = catalog("en")
    for locale in LOCALES:
        assert set(catalog(locale)) == set(english)


def test_every_language_names_the_same_facts():
    for key, message in catalog("en").items():
        for locale in LOCALES:
            assert placeholders(catalog(locale)[key]) == placeholders(message), key


def test_plurals_have_every_form_their_language_knows():
    for locale in LOCALES:
        forms = set(Locale.parse(locale).plural_form.rules) | {"other"}
        for key, message in catalog(locale).items():
            if isinstance(message, dict):
                assert set(message) == forms, key


def test_templates_ask_only_for_texts_that_exist():
    for name in environment.list_templates():
        source = environment.loader.get_source(environment, name)[0]
        for key in ASKED.findall(source):
            assert known("en", key), (name, key)
        for beginning in BEGUN.findall(source):
            assert any(key.startswith(beginning) for key in catalog("en")), (name, beginning)


def test_code_asks_only_for_texts_that_exist():
    for file in STATIC.parent.rglob("*.py"):
        for key in IN_CODE.findall(file.read_text("utf-8")):
            assert file.name == "__init__.py" or known("en", key), (file.name, key)


def test_every_status_has_a_word():
    for state in (*Level, "todo", "now"):
        assert known("en", f"status.{state}")


def recorded():
    """Each act and each kind of subject that a verb writes into the trail by name, with the file that does."""
    for file in sorted((STATIC.parents[2] / "governance").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Change":
                for kind, said in zip(("act", "type"), node.args, strict=False):
                    named = re.fullmatch(r"Action\.(\w+?)(?:\.value)?|'([\w:-]+)'", ast.unparse(said))
                    if named:
                        yield kind, Action[named[1]].value if named[1] else named[2], file.name


def test_every_act_of_the_trail_has_words():
    acts = list(recorded())
    assert len(acts) > 100
    assert not [each for each in acts if not known("en", f"trail.{each[0]}_{each[1].replace(':', '_')}")]


def labels(site: Site):
    for rail in [*site.rails.values(), *RAILS.values()]:
        yield from (entry.label for entry in rail)
    for page in site.pages:
        if isinstance(page, TablePage):
            yield page.title
            yield from (column.label for column in page.columns if column.label)
            yield from (action.label for action in page.actions if action.label)
        if isinstance(page, TablePage | DetailPage):
            for each in page.filters:
                yield each.label
                if isinstance(each.options, tuple):
                    yield from (option.label for option in each.options if option.label)
        if isinstance(page, FormPage):
            yield page.button
            for field in page.fields:
                yield field.label
                yield from (each for each in [field.help] if each)


@pytest.mark.parametrize("site", [SITE, sample.SITE], ids=["product", "sample"])
def test_declarations_name_only_texts_that_exist(site):
    assert [label for label in labels(site) if not known("en", label)] == []


def test_a_count_chooses_its_plural():
    assert text("en", "table.count", count=1) == "1 row"
    assert text("en", "table.count", count=1284) == "1,284 rows"
    assert text("de", "table.count", count=1284) == "1.284 Zeilen"


def test_an_unknown_text_is_told_by_its_key():
    with pytest.raises(UnknownTextError, match="nowhere"):
        text("en", "nowhere")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,en;q=0.5", "en"),
        ("", "en"),
        ("en;q=0.1,de;q=0.9", "de"),
        ("*", "en"),
        (";;q=x,\x00" * 50, "en"),
    ],
)
def test_the_language_is_the_one_the_browser_prefers(header, locale):
    assert negotiate(header) == locale
