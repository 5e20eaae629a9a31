"""Declared pages are served with and without script: lists and their files, details, forms, refusals."""

import csv
import io
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.console.assets import assets
from api.console.declare import Column, DetailPage, LinePart, Nav, Site
from api.console.files import harmless
from api.console.generic import routes
from api.console.links import instant_of, link, local
from api.console.render import render_failure, render_sign_in
from governance.kernel.errors import BadInput, BusinessError, Code, NotFound, Reason
from tests.api.console.sample import CSRF, NEW_YORK, RAIL, SITE, app, context

FRAGMENT = {"HX-Request": "true"}
VALID = {"_csrf": CSRF, "who": "Lena Brandt", "seats": "3", "price": "", "until": "", "why": ""}


@pytest.fixture
async def client():
    async with AsyncTestClient(app()) as each:
        yield each


async def get(client, path, **headers):
    return await client.get(path, headers=headers, follow_redirects=False)


async def post(client, path, data, headers=None):
    return await client.post(path, data=data, headers=headers or {}, follow_redirects=False)


async def test_a_page_carries_a_strict_policy_and_nothing_inline(client):
    for path in ("/home", "/language", "/licenses", "/licenses/1", "/licenses/new"):
        answer = await get(client, path)
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' data:;")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|<script(?![^>]*\ssrc=)", answer.text)
        assert "HX-Request" in answer.headers["vary"]


async def test_a_fragment_is_the_part_that_the_page_includes(client):
    page = (await get(client, "/licenses")).text
    fragment = (await client.get("/licenses", headers=FRAGMENT)).text
    assert "<html" not in fragment
    inside = re.compile(r'<div id="l-list".*?</section>', re.DOTALL)
    without_names = re.compile(r'(id|popovertarget)="l[0-9a-f]{10}"')
    assert without_names.sub("", inside.search(page)[0]) == without_names.sub("", inside.search(fragment)[0])
    assert 'hx-swap-oob="true">8 rows' in fragment


async def test_going_back_in_history_gets_the_whole_page(client):
    answer = await client.get("/licenses", headers={**FRAGMENT, "HX-History-Restore-Request": "true"})
    assert "<html" in answer.text


async def test_a_list_is_filtered_sorted_and_paged_by_its_address(client):
    filtered = (await get(client, "/licenses?state=warn")).text
    assert "JetBrains" in filtered
    assert "MATLAB" not in filtered
    ordered = (await get(client, "/licenses?sort=-occupied")).text
    assert 'aria-sort="descending"' in ordered
    assert ordered.index("Microsoft 365 E5") < ordered.index("JetBrains")
    second = (await get(client, "/licenses?after=6")).text
    assert "Tableau Creator" in second
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second


async def test_no_match_offers_to_clear_the_filters(client):
    answer = (await get(client, "/licenses?state=exempt&q=zzz&sort=name")).text
    assert "2 filters hide every row." in answer
    assert 'href="/licenses?sort=name"' in answer


async def test_scope_and_instant_ride_on_every_link(client):
    answer = (await get(client, "/licenses?as-of=2026-09-30T23:59:59-04:00")).text
    hrefs = re.findall(r'<a [^>]*href="(/[^"]*)"', answer)
    assert hrefs
    assert [href for href in hrefs if "as-of=" not in href and href != "/licenses"] == []


async def test_the_past_offers_no_change_and_refuses_one(client):
    page = (await get(client, "/licenses?as-of=2026-09-30T23:59:59-04:00")).text
    assert "Sep 30, 2026, 11:59 PM EDT" in page
    assert "l-pill-tinted" in page
    assert "/licenses/new" not in page
    assert (await get(client, "/licenses/new?as-of=2026-09-30T23:59:59Z")).status_code == 409
    assert (await post(client, "/licenses/new?as-of=2026-09-30T23:59:59Z", VALID)).status_code == 409


async def test_what_is_missing_and_what_is_denied_is_one_page(client):
    missing, denied = await get(client, "/licenses/2"), await get(client, "/secret")
    assert missing.status_code == denied.status_code == 404
    body = re.compile(r'<div class="l-empty">.*?</div>', re.DOTALL)
    assert body.search(missing.text)[0] == body.search(denied.text)[0]
    assert (await get(client, "/secret.csv")).status_code == 404


async def test_a_stranger_is_led_to_the_door_and_back(client):
    answer = await get(client, "/licenses?state=open", **{"x-stranger": "1"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Flicenses%3Fstate%3Dopen"
    by_htmx = await get(client, "/licenses", **{"x-stranger": "1", **FRAGMENT})
    assert by_htmx.headers["hx-redirect"].startswith("/sign-in")
    assert (await get(client, "/licenses.csv", **{"x-stranger": "1"})).status_code == 303


async def test_a_file_holds_every_row_and_no_formula(client):
    answer = await get(client, "/licenses.csv?sort=name")
    assert answer.headers["content-disposition"] == 'attachment; filename="licenses.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 9
    assert "'=Visio & Plan, 2" in [row[0] for row in rows]
    assert [row[5] for row in rows if row[0] == "Microsoft 365 F3"] == ["-24"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text):
    assert harmless(text) == f"'{text}"


async def test_one_table_of_a_page_is_a_file_and_its_card_leads_there(client):
    page = await get(client, "/language?q=a")
    [href] = set(re.findall(r'href="(/language\.csv\?[^"]*table=first-use)"', page.text))
    answer = await get(client, href.replace("&amp;", "&"))
    assert answer.headers["content-disposition"] == 'attachment; filename="language-first-use.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 32
    assert rows[1][:2] == ["0", "0.0"]
    assert (await get(client, "/licenses/1.csv")).headers["content-type"].startswith("text/csv")
    for missing in ("/language.csv?table=nothing", "/licenses/2.csv"):
        assert (await get(client, missing)).status_code == 404


async def test_percents_are_rounded_and_their_column_names_the_unit(client):
    answer = await get(client, "/language.csv?table=first-use")
    head, first, second, *_ = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:4] == ["Step", "Reached (%)", "Occupied (%)", "Allocated (%)"]
    assert first[2:4] == ["-2.0", "2.0"]
    assert re.fullmatch(r"\d+\.\d", second[1])


async def test_what_stands_above_a_list_has_its_drawing_and_its_file(client):
    plain, page = await get(client, "/licenses"), await get(client, "/licenses?with=curve")
    assert "charts.js" not in plain.text
    assert "charts.js" in page.text or not assets().get("echarts.common.min.js")
    [href] = set(re.findall(r'href="(/licenses\.csv\?[^"]*table=first-use)"', page.text))
    answer = await get(client, href.replace("&amp;", "&"))
    assert len(answer.text.splitlines()) == 32
    assert (await get(client, "/licenses.csv?table=first-use")).status_code == 404


def test_a_chart_names_columns_that_its_table_has():
    column = Column("share", "figure.reached")
    with pytest.raises(ValueError, match="no column day"):
        LinePart(title="", ident="t", sentence="", columns=(column,), rows=(), x="day", series=("share",))


async def test_user_text_is_escaped(client):
    answer = (await get(client, '/licenses?q="><script>alert(1)</script>')).text
    assert "<script>alert" not in answer
    suggested = (await get(client, "/licenses/new?suggest=who&who=o")).text
    assert "<b>Omar" not in suggested
    assert "&lt;b&gt;Omar" in suggested


async def test_all_wrong_answers_are_told_at_once_and_what_was_typed_stays(client):
    answer = await post(
        client, "/licenses/new", {**VALID, "who": " ", "seats": "many", "level": "zzz", "why": "x" * 51}
    )
    assert answer.status_code == 422
    for name in ("who", "seats", "level", "why"):
        assert f'href="#f-{name}"' in answer.text
        assert f'id="f-{name}-error"' in answer.text
    assert "Please look again at: People, Occupied, Status, Why." in answer.text
    assert 'value="many"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("seats", "0", "Enter 1 or more."),
        ("seats", "1,001", "Enter 1,000 or less."),
        ("seats", "1e9", "Enter a whole number"),
        ("seats", "9" * 400, "Enter a whole number"),
        ("price", "57.0000001", "Enter an amount"),
        ("price", "NaN", "Enter an amount"),
        ("until", "31.12.2026", "Enter a date"),
        ("who", "x" * 201, "Shorten it to 200 characters."),
    ],
)
async def test_an_answer_out_of_bounds_is_told_what_to_type(client, name, typed, said):
    answer = await post(client, "/licenses/new", {**VALID, name: typed})
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_form_without_its_token_changes_nothing(client):
    for wrong in ("", "other", CSRF + "x"):
        answer = await post(client, "/licenses/new", {**VALID, "_csrf": wrong, "token": "t0ken"})
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text


async def test_an_act_is_previewed_then_done_by_its_token_and_told_once(client):
    preview = await post(client, "/licenses/new", VALID)
    assert preview.status_code == 200
    assert 'name="token" value="t0ken"' in preview.text
    assert "Assign 3 seats" in preview.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', preview.text))
    done = await post(client, "/licenses/new", hidden)
    assert done.status_code == 303
    assert done.headers["location"] == "/licenses"
    assert "3 seats assigned" in (await get(client, "/licenses")).text
    assert "3 seats assigned" not in (await get(client, "/licenses")).text


async def test_by_htmx_a_done_form_leads_on(client):
    answer = await post(client, "/licenses/new", {**VALID, "token": "t0ken"}, FRAGMENT)
    assert answer.headers["hx-redirect"] == "/licenses"


async def test_a_refusal_names_has_needs_and_the_nearest_way(client):
    answer = await post(client, "/licenses/new", {**VALID, "seats": "101"})
    assert answer.status_code == 422
    for words in (
        "Only 49 are free.",
        "Works in Switzerland",
        "Work country in the European Union",
        "Use pool Sales, DACH",
    ):
        assert words in answer.text


async def test_one_field_is_checked_while_others_are_typed(client):
    wrong = await post(client, "/licenses/new", {**VALID, "who": "", "seats": "0", "check": "seats"}, FRAGMENT)
    assert wrong.status_code == 422
    assert "Enter 1 or more." in wrong.text
    assert "f-who" not in wrong.text
    right = await post(client, "/licenses/new", {**VALID, "who": "", "check": "seats"}, FRAGMENT)
    assert right.status_code == 200


async def test_a_form_is_a_dialog_where_one_asks_for_it(client):
    answer = (await client.get("/licenses/new", headers={**FRAGMENT, "HX-Target": "l-dialog"})).text
    assert 'id="l-dialog-title"' in answer
    assert "<html" not in answer


async def test_a_run_is_polled_and_reloads_without_script(client):
    page = (await get(client, "/licenses/1")).text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    polled = (await client.get("/licenses/1", headers={**FRAGMENT, "HX-Target": "l-run"})).text
    assert polled.startswith('<section class="l-card" id="l-run"')
    assert 'hx-trigger="l-live, every 2s"' in polled


async def test_german_pages_are_german(client):
    answer = (await get(client, "/licenses?lang=de")).text
    assert '<html lang="de"' in answer
    assert "Belegt" in answer
    assert "1.151" in answer


async def test_filters_are_a_form_that_works_without_script(client):
    answer = (await get(client, "/licenses")).text
    assert '<form class="l-filters" id="l-filters" role="search"' in answer
    assert 'type="submit"' in answer


class Outline(HTMLParser):
    """What a screen reader finds: landmarks, labels, names."""

    def __init__(self):
        super().__init__()
        self.ids, self.labeled, self.controls, self.headers, self.landmarks = [], set(), [], [], []
        self.in_label = 0

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        if "id" in known:
            self.ids.append(known["id"])
        if tag == "label":
            self.in_label += 1
            self.labeled.add(known.get("for"))
        if tag in ("input", "select", "textarea") and known.get("type") != "hidden":
            self.controls.append((known.get("id"), bool(self.in_label), known))
        if tag == "th":
            self.headers.append(known)
        if tag in ("main", "nav", "h1"):
            self.landmarks.append(tag)

    def handle_endtag(self, tag):
        if tag == "label":
            self.in_label -= 1


@pytest.mark.parametrize("path", ["/home", "/language", "/licenses", "/licenses/1", "/licenses/new"])
async def test_pages_have_labels_landmarks_and_names_of_their_own(client, path):
    outline = Outline()
    outline.feed((await get(client, path)).text)
    assert outline.landmarks.count("main") == outline.landmarks.count("h1") == 1
    assert len(outline.ids) == len(set(outline.ids))
    unlabeled = [each for ident, inside, each in outline.controls if not inside and ident not in outline.labeled]
    assert unlabeled == []
    assert [each for each in outline.headers if "scope" not in each] == []


async def test_a_rail_names_only_what_its_reader_may_open():
    async def open_context(request):
        return context(may=lambda action: action != "x:read")

    site = replace(SITE, rails={"admin": (*RAIL, Nav("x", "nav.spend", "/x", "receipt", action="x:read"))})
    async with AsyncTestClient(Litestar(routes(site, open_context), openapi_config=None)) as client:
        assert 'href="/x"' not in (await client.get("/home")).text


def test_a_rail_has_at_most_seven_entries():
    with pytest.raises(ValueError, match="8 entries"):
        Site((), {"admin": RAIL[:1] * 8})


@pytest.mark.parametrize(
    "href", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_redirects_stay_inside(href):
    assert local(href) == "/"


def test_a_link_that_leaves_the_console_carries_nothing():
    past = context(as_of=instant_of("2026-09-30T23:59:59", NEW_YORK), scope="u1")
    assert link(past, "https://example.org/x") == "https://example.org/x"
    assert link(past, "/x?a=1#b") == "/x?scope=u1&as-of=2026-10-01T03%3A59%3A59Z&a=1#b"


def test_an_instant_is_read_in_the_readers_zone():
    assert instant_of("2026-09-30T23:59:59", NEW_YORK).isoformat() == "2026-09-30T23:59:59-04:00"
    assert instant_of("snapshot:Q3-2026", NEW_YORK) is None


def test_the_door_says_what_did_not_fit_and_keeps_the_login():
    shown = render_sign_in(
        context(), error="Login and password do not fit.", login='dana"', next_path="/licenses?a=1&b=2"
    )
    assert 'role="alert"' in shown
    assert 'value="dana&#34;"' in shown
    assert 'name="next" value="/licenses?a=1&amp;b=2"' in shown
    assert f'name="_csrf" value="{CSRF}"' in shown
    assert 'autocomplete="current-password"' in shown
    assert "f-organization" not in shown
    assert 'name="organization"' in render_sign_in(context(), organization="")


def test_a_failure_says_what_did_not_change_and_its_reference():
    assert "Nothing was changed. Reference 7f3c-91." in render_failure(context(), "7f3c-91")


async def test_the_scope_bar_offers_the_readers_scopes_and_instants():
    async def open_context(request):
        scopes = (("", "All units"), ("sales", "Sales"))
        return context(scopes=scopes, instants=(("snapshot:Q3-2026", "Q3 2026 review"),))

    async with AsyncTestClient(Litestar(routes(SITE, open_context), openapi_config=None)) as client:
        answer = (await client.get("/licenses?state=ok")).text
    assert 'href="/licenses?state=ok&amp;scope=sales"' in answer
    assert 'href="/licenses?state=ok&amp;as-of=snapshot%3AQ3-2026"' in answer


@dataclass(eq=False)
class NoSeatLeft(BusinessError):
    """A no of some domain."""

    code = Code.LIMIT_REACHED
    pool: str

    def message(self):
        return f"{self.pool} is full."

    def path(self):
        return ("input", "seats")

    def reasons(self):
        return (Reason(Code.LIMIT_REACHED, "Sales", "49 free", "100 free", "Lot PO-1", "Ask for 49"),)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (NoSeatLeft("Sales"), 422, ("Sales is full.", 'id="f-seats-error"', "49 free", "100 free", "Ask for 49")),
        (BadInput("elsewhere", "x", "y"), 422, ("cannot be used", "Nothing was changed")),
        (NotFound("pool", "7"), 404, ("Not found",)),
    ],
)
async def test_a_verbs_no_is_told_in_the_form(error, status, said):
    async def submit(ctx, ids, values, token):
        raise error

    async def open_context(request):
        return context()

    pages = tuple(replace(page, submit=submit) if page.name == "assign" else page for page in SITE.pages)
    site = Site(pages, SITE.rails)
    async with AsyncTestClient(Litestar(routes(site, open_context), openapi_config=None)) as client:
        answer = await post(client, "/licenses/new", VALID)
    assert answer.status_code == status
    assert all(words in answer.text for words in said)


async def test_what_the_domain_does_not_find_is_the_missing_page():
    async def gather(ctx, ids, query):
        raise NotFound("license", ids["id"])

    async def open_context(request):
        return context()

    site = Site((DetailPage("license", "/licenses/{id}", gather),), SITE.rails)
    async with AsyncTestClient(Litestar(routes(site, open_context), openapi_config=None)) as client:
        assert (await client.get("/licenses/9")).status_code == 404
