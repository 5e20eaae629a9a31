"""Turns declared pages and gathered rows into HTML: one template a part, the same for a page and for its fragment."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.console import cells, formats
from api.console.assets import Asset, assets, version
from api.console.context import Context, Query
from api.console.controls import Action, Column, Option
from api.console.declare import Detail, Field, Filter, FormPage, Nav, Opened, Preview, Rows, TablePage
from api.console.figures import funnel_bar, seatbar, whisker
from api.console.links import Addresses, carried, link
from api.console.objects import Run
from api.console.parts import Chart, Empty, Figure, Panel, Part, Split, Table
from api.console.texts import text
from api.console.values import Link, Missing, Person, SeatBar, Status, Suppressed

TYPES: Final = {"Missing": Missing, "Suppressed": Suppressed}

environment: Final = Environment(
    loader=PackageLoader("api.console", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


environment.tests["has_type"] = lambda value, name: isinstance(value, TYPES[name])


@dataclass(frozen=True, slots=True)
class Chrome:
    """What stands around a page: the rail with its counts, the current entry, the address of settings."""

    rail: Sequence[Nav] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    current: str = ""
    settings: Nav | None = None
    reload_seconds: int = 0


class View:
    """What templates call: texts, formats, links and parts in one reader's language, zone and rights."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.locale = ctx.locale

    def t(self, key: str, **facts: Any) -> str:
        return text(self.locale, key, **facts)

    def link(self, href: str) -> str:
        return link(self.ctx, href)

    def carried(self) -> dict[str, str]:
        return carried(self.ctx)

    def uid(self) -> str:
        """A name for an element that no other element of any fragment has."""
        return f"l{secrets.token_hex(5)}"

    def part(self, part: Part) -> Markup:
        return self.draw(f"parts/{part.template}.html", part=part)

    def parts(self, parts: Sequence[Part]) -> Markup:
        return Markup("\n").join(self.part(each) for each in parts)

    def draw(self, template: str, /, **values: Any) -> Markup:
        return Markup(environment.get_template(template).render(v=self, **values))  # noqa: S704 - autoescaped

    def shown(self, actions: Sequence[Action]) -> list[Action]:
        """The actions this reader may take on this page; from the past nothing is changed."""
        return [
            each
            for each in actions
            if not (each.changes and self.ctx.past) and (not each.action or self.ctx.may(each.action))
        ]

    def cell(self, column: Column, value: Any) -> Markup:
        return self.value(value, column.kind)

    def value(self, value: Any, kind: str = "text") -> Markup:
        """Any value, with its status shape, person's mark, bar or link where it has one."""
        match value:
            case Status():
                return self.draw("bits/status.html", status=value)
            case Person():
                return self.draw("bits/person.html", person=value)
            case SeatBar():
                return seatbar(value, cells.bar_sentence(self.ctx, value))
            case Link():
                return self.draw("bits/link.html", link=value)
            case Suppressed() | Missing():
                return self.draw("bits/gap.html", gap=value, words=cells.words(self.ctx, kind, value))
            case Markup():
                return value
        return Markup.escape(cells.words(self.ctx, kind, value))

    def mark(self, state: str) -> Markup:
        return self.draw("bits/mark.html", state=state)

    def whisker(self, figure: Figure) -> Markup:
        shown = figure.whisker
        if shown is None:
            return Markup("")
        low, high = formats.number(self.locale, shown.low), formats.number(self.locale, shown.high)
        return whisker(shown, self.t("figure.whisker", value=f"{figure.value}{figure.unit}", low=low, high=high))

    def funnel_bar(self, reached: int, first: int) -> Markup:
        return funnel_bar(reached / first if first else 0)

    def large_bar(self, bar: SeatBar) -> Markup:
        return seatbar(bar, cells.bar_sentence(self.ctx, bar), large=True)

    def number(self, value: Any) -> str:
        return formats.number(self.locale, value)

    def percent(self, share: Any) -> str:
        return formats.percent(self.locale, share)

    def utc(self, value: Any) -> str:
        return formats.utc(self.locale, value)

    def instant(self, value: Any) -> str:
        return formats.instant(self.locale, value, self.ctx.zone)

    def tone(self, value: Any) -> str:
        return cells.tone(value)

    def numeric(self, value: Any) -> str:
        return cells.numeric(value)

    def words(self, value: Any, kind: str = "text") -> str:
        return cells.words(self.ctx, kind, value)

    def asset(self, name: str) -> Asset | None:
        return assets().get(name)

    def own(self, name: str) -> str:
        return f"/static/{name}?v={version(name)}"

    def icon(self, name: str) -> Markup:
        return self.draw("bits/icon.html", href=f"{self.own('icons.svg')}#{name}") if name else Markup("")

    def person_initials(self) -> str:
        return Person(self.ctx.person).initials

    def charts(self, detail: Detail) -> bool:
        """Whether a chart needs the drawing library on this page."""
        return any(_holds_chart(each) for each in (*detail.parts, *detail.side, *detail.under_tabs))

    def option(self, option: Option) -> str:
        return option.text or (self.t(option.label) if option.label else option.value)

    def label(self, action: Action) -> str:
        return action.text or self.t(action.label)


def _holds_chart(part: Part) -> bool:
    match part:
        case Chart():
            return True
        case Panel():
            return any(_holds_chart(each) for each in part.parts)
        case Split():
            return any(_holds_chart(each) for column in part.columns for each in column)
    return False


def render_table(ctx: Context, table: Table) -> Markup:
    """One table as a card, or bare."""
    return View(ctx).part(table)


def render_parts(ctx: Context, parts: Sequence[Part]) -> Markup:
    """Parts one below the other, as a fragment."""
    return View(ctx).parts(parts)


@dataclass(frozen=True, slots=True)
class Pill:
    """A filter with its choices resolved for this reader."""

    filter: Filter
    options: Sequence[Option]


def render_list(
    ctx: Context, chrome: Chrome, page: TablePage, rows: Rows, query: Query, pills: Sequence[Pill], *, fragment: bool
) -> str:
    """A list page, or only its list for HTMX."""
    view, addresses = View(ctx), Addresses(ctx.path, query)
    values = {"page": page, "rows": rows, "query": query, "addresses": addresses, "pills": pills}
    if fragment:
        return str(view.draw("list_fragment.html", **values))
    return str(
        view.draw(
            "list.html",
            chrome=chrome,
            crumbs=(),
            title=view.t(page.title),
            badges=(),
            actions=page.actions,
            freshness=rows.freshness,
            provenance=rows.provenance,
            **values,
        )
    )


def render_detail(
    ctx: Context, chrome: Chrome, detail: Detail, query: Query, pills: Sequence[Pill] = (), *, fragment: str = ""
) -> str:
    """One object's page; `fragment` is the id of the element HTMX swaps (`l-run` for a run's progress)."""
    view = View(ctx)
    if fragment == "l-run":
        runs = [each for each in (*detail.parts, *detail.side, *detail.under_tabs) if isinstance(each, Run)]
        return str(view.parts(runs[:1]))
    if fragment:
        return str(view.draw("detail_body.html", detail=detail))
    return str(
        view.draw(
            "detail.html",
            chrome=chrome,
            crumbs=detail.crumbs,
            title=detail.title,
            badges=detail.badges,
            actions=detail.actions,
            freshness=detail.freshness,
            provenance=detail.provenance,
            detail=detail,
            query=query,
            pills=pills,
            addresses=Addresses(ctx.path, query),
        )
    )


@dataclass(frozen=True, slots=True)
class FormState:
    """A form as it stands: what was typed, what is wrong with it, and the preview that waits for its token."""

    page: FormPage
    opened: Opened
    typed: Mapping[str, Any]
    options: Mapping[str, Sequence[Option]]
    errors: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    preview: Preview | None = None


def render_form(ctx: Context, chrome: Chrome, state: FormState, *, fragment: str = "") -> str:
    """A form's page, or the form alone (`l-form`), or the form as a dialog's content (`l-dialog`)."""
    view = View(ctx)
    if fragment:
        return str(view.draw("form_dialog.html" if fragment == "l-dialog" else "form_body.html", state=state))
    return str(
        view.draw(
            "form.html",
            chrome=chrome,
            crumbs=state.opened.crumbs,
            title=state.opened.title,
            badges=(),
            actions=(),
            freshness=None,
            provenance=None,
            state=state,
        )
    )


def render_field(ctx: Context, state: FormState, asked: Field) -> str:
    """One field with its message, for validation on change."""
    return str(View(ctx).draw("bits/field.html", field=asked, state=state))


def render_state(ctx: Context, chrome: Chrome, empty: Empty) -> str:
    """A page that has nothing to show: not found, the past, a failure."""
    return str(
        View(ctx).draw(
            "state.html",
            chrome=chrome,
            crumbs=(),
            title=empty.title,
            badges=(),
            actions=(),
            freshness=None,
            provenance=None,
            empty=empty,
        )
    )


def render_failure(ctx: Context, reference: str) -> str:
    """The page of an answer that failed: what did not change, and the reference to give."""
    empty = Empty(ctx.text("state.failed"), ctx.text("state.failed_text", reference=reference), "plug-off")
    return render_state(ctx, Chrome(), empty)


def render_sign_in(
    ctx: Context, *, action: str = "/sign-in", error: str = "", login: str = "",
    providers: Sequence[Link] = (), next_path: str = "/",
) -> str:  # fmt: skip
    """The door: login, password, and the ways of the company. `error` is a sentence; the answer's status is 422."""
    values = {"action": action, "error": error, "login": login, "providers": providers, "next_path": next_path}
    return str(View(ctx).draw("sign_in.html", **values))
