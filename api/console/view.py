"""What templates call: texts, formats, links and parts in one reader's language, zone and rights."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.console import cells, formats
from api.console.assets import Asset, assets, version
from api.console.charts import ChartCard
from api.console.context import Context
from api.console.controls import Action, Column, Option
from api.console.figures import funnel_bar, seatbar, whisker
from api.console.forms import Field
from api.console.links import carried, link
from api.console.parts import Chart, Empty, Figure, Footer, Panel, Part, Split, Table
from api.console.texts import text
from api.console.values import Link, Missing, Person, SeatBar, Status, Suppressed

SHORT_CODE: Final = 12
TYPES: Final = {"Missing": Missing, "Suppressed": Suppressed}

environment: Final = Environment(
    loader=PackageLoader("api.console", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


environment.tests["has_type"] = lambda value, name: isinstance(value, TYPES[name])


class View:
    """What templates call: texts, formats, links and parts in one reader's language, zone and rights."""

    def __init__(self, ctx: Context, tables: Mapping[str, Table] | None = None) -> None:
        self.ctx = ctx
        self.locale = ctx.locale
        self.files = {id(table): name for name, table in (tables or {}).items()}

    def file_links(self, parts: Sequence[Part], footer: Footer | None = None) -> list[Link]:
        """The files of the tables that a card holds, where its own footer does not lead to one already."""
        if footer is not None and any(".csv" in each.href for each in footer.links):
            return []
        held = [each for each in parts if isinstance(each, Table) and each.rows and id(each) in self.files]
        return [Link(self.t("table.csv"), self.file_of(self.files[id(each)])) for each in held[:1]]

    def t(self, key: str, **facts: Any) -> str:
        return text(self.locale, key, **facts)

    def link(self, href: str) -> str:
        return link(self.ctx, href)

    def carried(self) -> dict[str, str]:
        return carried(self.ctx)

    def file_of(self, ident: str) -> str:
        """The address of one table of this page as a file, of the same view."""
        asked = {
            key: value for key, value in self.ctx.asked.items() if value and key not in ("table", "after", "before")
        }
        return self.link(f"{self.ctx.path}.csv?{urlencode({**asked, 'table': ident})}")

    def uid(self) -> str:
        """A name for an element that no other element of any fragment has."""
        return f"l{secrets.token_hex(5)}"

    def part(self, part: Part) -> Markup:
        return self.draw(f"parts/{part.template}.html", part=part)

    def parts(self, parts: Sequence[Part]) -> Markup:
        return Markup("\n").join(self.part(each) for each in parts)

    def draw(self, template: str, /, **values: Any) -> Markup:
        return Markup(environment.get_template(template).render(v=self, **values))  # noqa: S704 - autoescaped

    def keyed(self, empty: Empty) -> Empty:
        """A declaration's empty state, whose title and text are message keys, in the reader's language."""
        return replace(empty, title=self.t(empty.title), text=self.t(empty.text) if empty.text else "")

    def shown(self, actions: Sequence[Action]) -> list[Action]:
        """The actions this reader may take on this page; from the past nothing is changed."""
        return [
            each
            for each in actions
            if not (each.changes and self.ctx.past) and (not each.action or self.ctx.may(each.action))
        ]

    def cell(self, column: Column, value: Any) -> Markup:
        return self.value(value, column.kind)

    def whole(self, column: Column, value: Any) -> bool:
        """Whether a cell is never broken: a day, a link that stands alone, and a code that is short."""
        if isinstance(value, Link):
            return column.kind == "link"
        if isinstance(value, date):
            return not isinstance(value, datetime)
        return column.kind == "code" and isinstance(value, str) and len(value) <= SHORT_CODE

    def unlinked(self, column: Column, value: Any) -> Markup:
        """A cell that lies within its row's own link: a link in a link would end the outer one."""
        if isinstance(value, Person):
            value = replace(value, href="")
        return self.cell(column, value.text if isinstance(value, Link) else value)

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

    def charts(self, *parts: Sequence[Part]) -> bool:
        """Whether a chart needs the drawing library on this page."""
        return any(_holds_chart(each) for some in parts for each in some)

    def look_again(self, fields: Sequence[Field], errors: Mapping[str, str]) -> str:
        """What a refused form begins with: the fields to look at by their names."""
        named = [self.t(each.label) for each in fields if each.name in errors]
        return self.t("form.look_again", fields=", ".join(named)) if named else self.t("form.not_done")

    def option(self, option: Option) -> str:
        return option.text or (self.t(option.label) if option.label else option.value)

    def label(self, action: Action) -> str:
        return action.text or self.t(action.label)


def _holds_chart(part: Part) -> bool:
    match part:
        case Chart() | ChartCard():
            return True
        case Panel():
            return any(_holds_chart(each) for each in part.parts)
        case Split():
            return any(_holds_chart(each) for column in part.columns for each in column)
    return False
