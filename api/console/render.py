"""Turns declared pages and gathered rows into HTML: one template a part, the same for a page and for its fragment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from api.console.context import Context, Query
from api.console.controls import Option
from api.console.declare import Detail, Field, Filter, FormPage, Nav, Opened, Preview, Rows, TablePage
from api.console.files import named_tables, tables_of
from api.console.links import Addresses
from api.console.objects import Run
from api.console.parts import Empty, Part, Table
from api.console.values import Link
from api.console.view import View


@dataclass(frozen=True, slots=True)
class Chrome:
    """What stands around a page: the rail with its counts, the current entry, the address of settings."""

    rail: Sequence[Nav] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    current: str = ""
    settings: Nav | None = None
    reload_seconds: int = 0


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
    view, addresses = View(ctx, named_tables(rows.above)), Addresses(ctx.path, query)
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
    view = View(ctx, tables_of(detail))
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
    ctx: Context,
    *,
    action: str = "/sign-in",
    error: str = "",
    login: str = "",
    organization: str | None = None,
    providers: Sequence[Link] = (),
    next_path: str = "/",
) -> str:
    """The door: login, password, the organization where one is asked for (not None), the ways of the company.

    `error` is a sentence; the answer's status is 422 then.
    """
    values = {"action": action, "error": error, "login": login, "providers": providers, "next_path": next_path}
    asked = {"ask_organization": organization is not None, "organization": organization or ""}
    return str(View(ctx).draw("sign_in.html", **values, **asked))
