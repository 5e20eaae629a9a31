"""A small console of invented figures with every component in it, served only by tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Litestar, Request

from api.console.declare import (
    Action,
    Attention,
    Attentions,
    Badge,
    Balance,
    Change,
    Chart,
    Claim,
    Column,
    Context,
    CurvePart,
    Detail,
    DetailPage,
    Done,
    Drawing,
    Empty,
    Entry,
    Facts,
    Field,
    Figure,
    Figures,
    Filter,
    Footer,
    FormPage,
    Freshness,
    Funnel,
    HasNeeds,
    Heading,
    Ids,
    Itemized,
    Items,
    Ledger,
    Level,
    Link,
    Missing,
    Nav,
    Note,
    Opened,
    Option,
    Outcome,
    Panel,
    Path,
    Person,
    Preview,
    Prose,
    Provenance,
    Query,
    Refused,
    Remedies,
    Remedy,
    Rows,
    Run,
    SeatBar,
    Seats,
    Site,
    Split,
    Status,
    Step,
    Story,
    Suppressed,
    Tab,
    Table,
    TablePage,
    Term,
    Whisker,
    Why,
)
from api.console.figures import Curve, Span, sparkline, stepcurve, timeline
from api.console.generic import routes
from api.console.links import instant_of
from governance.kernel.money import Money

NOW = datetime(2026, 11, 24, 14, 12, 9, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
CSRF = "a-token-of-this-session"
PROVENANCE = Provenance(NOW, "Halden Group, all units", "41", "7", "#48,219 a07e…52bb")
FRESH = Freshness("Usage read 42 min ago", Level.OK)

WHY = Why(
    "Why critical",
    (
        Step("ok", "332 occupied, 320 allocated", "INVITED 6, ASSIGNED 21, ACTIVE 305"),
        Step("ok", "Above 100% critical", "line of the tenant, not overridden here"),
        Step("ok", "Overage allowed and flagged", "Dana Whitfield, Jul 1, #39,102", "/language"),
        Step("critical", "Open until below 95%", "303 seats, or an allocation of 350"),
    ),
    "since Nov 12",
)


@dataclass(frozen=True)
class License:
    name: str
    owner: str
    occupied: int
    allocated: int
    purchased: int | None
    level: Level
    stale: bool = False

    @property
    def bar(self) -> SeatBar:
        return SeatBar(self.occupied, self.purchased, self.allocated, stale=self.stale)

    @property
    def balance(self) -> Balance:
        return Balance(None if self.purchased is None else self.purchased - self.occupied, self.stale)

    @property
    def status(self) -> Status:
        share = f"{100 * self.occupied / self.purchased:.1f}%" if self.purchased and not self.stale else "9 days old"
        return Status(self.level, note=share, why=WHY if self.level is Level.CRITICAL else None)


LICENSES = (
    License("Microsoft 365 F3", "Priya Raman", 874, 850, 850, Level.CRITICAL),
    License("Microsoft 365 E5", "Dana Whitfield", 1151, 1160, 1200, Level.HIGH),
    License("Adobe Creative Cloud All Apps", "Mateo Ruiz", 203, 214, 220, Level.HIGH),
    License("GitHub Enterprise", "Ingrid Solheim", 812, 900, 900, Level.HIGH),
    License("JetBrains All Products Pack", "Ingrid Solheim", 264, 300, 310, Level.WARN),
    License("MATLAB", "Kenji Mori", 38, 50, 50, Level.OK),
    License("=Visio & Plan, 2", "", 61, 120, 140, Level.OK),
    License("Tableau Creator", "Lucía Ferrer", 41, 75, 75, Level.UNKNOWN, stale=True),
)

BARS = (
    (SeatBar(1151, 1200, 1160), Balance(49), "Room left", "occupied, allocated, purchased"),
    (SeatBar(104, 100, 100), Balance(-4), "Overage", "hatched, past the post"),
    (SeatBar(330, 200, 200), Balance(-130), "Overage above 16%", "cut, with an arrow"),
    (SeatBar(41, 75, 75, stale=True), Balance(34, stale=True), "Stale or missing use", "dashed, reads Unknown"),
    (SeatBar(700, None), Balance(None), "Unlimited", "no post, no percent"),
    (SeatBar(14, 0), Balance(-14), "All lots ended", "the post falls to zero"),
)
MEANS = {
    Level.OK: "Compliant, below 80%",
    Level.WARN: "80% and more",
    Level.HIGH: "90% and more, deadline near",
    Level.CRITICAL: "100% and more, not compliant",
    Level.UNKNOWN: "Data stale, missing or check errored",
    Level.EXEMPT: "Waived until a date",
}
COLUMNS = (
    Column("name", "nav.licenses", href=lambda _: "/licenses/1", sub=lambda _: "Named user", sort="name"),
    Column("owner", "nav.people", leaves=3, value=lambda row: row.owner or None),
    Column("bar", "seats.allocated", kind="seatbar"),
    Column("occupied", "seats.occupied", kind="number", leaves=3, sort="occupied"),
    Column("purchased", "seats.purchased", kind="number", leaves=3, quiet=True),
    Column("balance", "seats.overage", kind="balance"),
    Column("status", "table.status", kind="status", leaves=4),
)


def language_parts() -> tuple[Any, ...]:
    bars = Table(
        "Seat-bar",
        (
            Column("bar", "seats.legend", kind="seatbar", value=lambda row: row[0]),
            Column("balance", "seats.overage", kind="balance", value=lambda row: row[1]),
            Column("case", "nav.home", value=lambda row: row[2], sub=lambda row: row[3]),
        ),
        BARS,
        bare=True,
    )
    statuses = Table(
        "Status",
        (
            Column("level", "table.status", kind="status", value=Status),
            Column("means", "nav.home", value=MEANS.get),
            Column("pill", "table.status", kind="status", value=lambda level: Status(level, pill=True, why=WHY)),
        ),
        tuple(Level),
        bare=True,
    )
    figures = Figures(
        (
            Figure(
                "Estimate", "78.4", "%", Whisker(78.4, 76.1, 80.6, 50, 100, 74),
                ("76.1–80.6% at 95%", "n 1,284 · tick marks Q2"), "+4.6 points", "vs Q2", beyond_noise=True,
                about="Share of seats with a first use within 14 days.",
            ),
            Figure("Not yet reached", "> 30", "days", lines=("median beyond follow-up", "n 96 · 61 not yet")),
            Figure("Suppressed", Suppressed(derivable=True)),
            Figure("No value", Missing("nothing due in this quarter"), lines=("0 contracts, never 0%",)),
            Figure("Stale", "41", stale="usage read 9 days ago, limit 7"),
        ),
        "Figures",
        "never a number without its n, interval and age",
    )  # fmt: skip
    return (
        Split(
            (
                (Panel("Seat-bar", (bars,), "the post stands at one place in every row"),),
                (Panel("Status", (statuses,), "a shape and a word, then a color"),),
            )
        ),
        figures,
        Split(((states(),), (feedback(),))),
        Split(((curve(),), (funnel(), ledger())), "wide"),
        Items(
            (
                Itemized(
                    Person("Camille Laurent", "Sales, Lyon · works in France"), Status(Level.WARN, "Seated as overage")
                ),
                Itemized(
                    Person("Lena Brandt", "Sales, Zurich · works in Switzerland"),
                    Status(Level.CRITICAL, "Refused"),
                    refusal(),
                ),
            ),
            "1 of 2 can be seated",
            "Pool after: 335 of 320",
        ),
        story(),
        Heading("Renewals", "11 due", legend=True),
        Panel("Term", (Drawing(term()), Drawing(sparkline([3, 4, 2, 6, 7, 6, 9], "Rising")))),
        waterfall(),
    )


def states() -> Panel:
    return Panel(
        "States",
        (
            Empty(
                "No requests yet", "People ask for seats from their own page.",
                action=Action(text="Copy the link", href="/language"),
            ),
            Empty("Not found", "It does not exist or is outside your scope.", "lock"),
        ),
    )  # fmt: skip


def feedback() -> Panel:
    return Panel(
        "Feedback",
        (
            Note("3 seats assigned, 2 refused", level=Level.OK, actions=(Action(text="Undo", href="/language"),)),
            Note("The 2 refusals are kept as denials, with their reasons."),
            Remedies(
                (
                    Remedy(
                        "Release 40 seats", "Preview made 9:10 AM, valid 15 minutes.",
                        Action(text="Release 40", href="/licenses/new", primary=True),
                    ),
                )
            ),
            Facts((("Price", Money(57_000_000, "USD")), ("Owner", Link("Dana Whitfield", "/language")))),
            Prose("A reclaim is canceled by activity meanwhile.", quiet=True),
        ),
    )  # fmt: skip


def refusal() -> HasNeeds:
    return HasNeeds(
        Claim("Works in Switzerland", "Entra ID, read today 6:00 AM"),
        Claim("Work country in the European Union", "Lot PO-77120, territory"),
        (Action(text="Use pool Sales, DACH (4 free)", href="/language"),),
        WHY,
    )


def curve() -> CurvePart:
    shares = [(day, 0.84 * (1 - 0.78**day)) for day in range(1, 31)]
    drawn = stepcurve(
        Curve([(day, share, share - 0.02, share + 0.02) for day, share in shares]),
        "Half had their first use within 3.2 days; 16% not yet after 30",
        horizon=30,
        axis=((0, "0"), (7, "7 d"), (14, "14 d"), (30, "30 d")),
        not_yet=((0, "1,284"), (7, "443"), (14, "277"), (30, "212")),
        not_yet_label="Not yet",
        median=3.2,
        median_label="Half within 3.2 days",
        previous=Curve([(day, share - 0.06, 0, 0) for day, share in shares]),
    )
    return CurvePart(
        title="Share with first use", sub="by days since assignment", ident="first-use", drawing=drawn,
        sentence="Half had their first use within 3.2 days; 16% not yet after 30", method="Band 95%, median marked",
        columns=(
            Column("day", "figure.step", kind="number", value=lambda row: row[0]),
            Column("share", "figure.reached", kind="percent", value=lambda row: row[1]),
            Column("low", "seats.occupied", kind="percent", value=lambda row: row[1] - 0.02),
            Column("high", "seats.allocated", kind="percent", value=lambda row: row[1] + 0.02),
            Column("waiting", "seats.purchased", kind="number", value=lambda row: round(1284 * (1 - row[1]))),
        ),
        rows=[(0, 0.0), *shares], definition="time_to_first_use", x="day", series=("share",), band=("low", "high"),
        below="waiting", median=3.2, median_label="Half within 3.2 days", marks=(0, 7, 14, 30),
    )  # fmt: skip


def funnel() -> Panel:
    return Panel(
        "Where people stop",
        (
            Funnel(
                (
                    ("Invited", 1284, 1284),
                    ("Accepted", 1241, 1284),
                    ("Installed", 1173, 1241),
                    ("First use", 1072, 1173),
                ),
                "Activation",
            ),
        ),
    )


def ledger() -> Panel:
    return Panel(
        "Seats to renew",
        (
            Ledger(
                (
                    Term("Occupied today", "1,151"),
                    Term("Certain and probable reclaims", "−40", "40 seats", "/language"),
                    Term("Recommended", "1,111", "1,100–1,130 at 80%", total=True),
                )
            ),
        ),
    )


def story() -> Story:
    return Story(
        (
            Entry("Nov 3", "6:04 AM", "Finding opened", "Check region-mismatch 3", "flag", (), "#47,902", "d91c…08e2"),
            Entry(
                "Nov 3", "6:00 AM", "Moved to Switzerland", "Entra ID by SCIM", "globe",
                (Change("Work country", "Germany", "Switzerland"),), "#47,897", "3f9a…c1d0", "/language", current=True,
            ),
        )
    )  # fmt: skip


def term() -> Any:
    months = tuple(date(2026 + (month > 12), (month - 1) % 12 + 1, 1) for month in range(12, 18))
    span = Span(date(2026, 12, 31), date(2026, 12, 1), Level.HIGH)
    return timeline(span, date(2026, 11, 24), date(2027, 5, 31), months, "Ends Dec 31, notice by Dec 1")


def waterfall() -> Panel:
    rows = (("Opening", 100), ("Expansion", 9.5), ("Contraction", -3.7), ("Churn", -1.6), ("Closing", 104.2))
    table = Table(
        "Net retention",
        (
            Column("step", "figure.step", value=lambda row: row[0]),
            Column("value", "figure.reached", kind="number", value=lambda row: row[1]),
        ),
        rows,
        bare=True,
        ident="nrr",
    )
    return Panel("Net retention", (Chart("waterfall", "nrr", "Net retention rose to 104.2%"), table))


async def language(ctx: Context, ids: Ids, query: Query) -> Detail:
    return Detail("Language", parts=language_parts(), freshness=FRESH, provenance=PROVENANCE)


async def licenses(ctx: Context, query: Query) -> Rows:
    found = [each for each in LICENSES if query.search.lower() in each.name.lower()]
    if query.filters["state"]:
        found = [each for each in found if each.level == query.filters["state"]]
    if query.sort:
        found.sort(key=lambda each: getattr(each, query.sort), reverse=query.descending)
    at = int(query.after or query.before or 0)
    size = min(query.size, 6)
    return Rows(
        found[at : at + size],
        total=len(found),
        next=str(at + size) if at + size < len(found) else None,
        previous=str(at - size) if at else None,
        first_index=at + 1,
        totals={"occupied": sum(each.occupied for each in found)},
        note="Balance is purchased less occupied, signed",
        freshness=Freshness("1 of 12 feeds is late", Level.UNKNOWN),
        provenance=PROVENANCE,
        above=(curve(),) if query.raw.get("with") == "curve" else (),
    )


async def license_detail(ctx: Context, ids: Ids, query: Query) -> Detail | None:
    if ids["id"] != "1":
        return None
    ticks = ((960, "80 warn"), (1080, "90 high"), (1200, "100 critical"))
    bar = SeatBar(1151, 1200, 1160, 107, ticks=ticks, inside="1,044 active in 30 days", post_label="1,200 purchased")
    figures = (
        Figure("Occupied", "1,151", lines=("107 not active in 30 days",)),
        Figure("Allocated", "1,160", lines=("7 pools",)),
        Figure("Unallocated", "40", lines=("in reserve",)),
        Figure("Balance", "+49", lines=("seats free to assign",)),
    )
    position = Panel(
        "Position",
        (Seats(bar), Figures(figures, bare=True)),
        why=WHY,
        status=Status(Level.HIGH, "High, 95.9% of purchased"),
    )
    run = Run(
        "Audit workbook", "/licenses/1", "Running", 64.0, "Seat register, 641,200 of 1,002,310 rows", "about 40 s left",
        (Step("ok", "Gathered", "14 tables at one instant"), Step("now", "Writing sheets", "3 of 6"), Step("todo", "Ready")),
        cancel=Action(text="Cancel", href="/licenses/1/cancel", post=True),
    )  # fmt: skip
    return Detail(
        "Microsoft 365 E5",
        (("Licenses", "/licenses"), ("Microsoft", "")),
        (Badge("Named user"), Badge("Subscription")),
        parts=(position, run),
        tabs=(Tab("Pools", "/licenses/1", 8, current=True), Tab("Story", "/licenses/1?tab=story")),
        under_tabs=(
            Table("Pools", COLUMNS, LICENSES, footer=Footer((Link("CSV", "/licenses.csv"),), "Overage is flagged")),
        ),
        side=(
            Panel(
                "Next",
                (Path((Step("high", "Dec 1 Notice deadline", "in 7 days"), Step("todo", "Dec 31 Last usable day"))),),
            ),
            Panel(
                "Agreement",
                (
                    Facts(
                        (("Number", "EA 8104-2291"), ("Year", Money(820_800_000_000, "USD")), ("Share", Fraction(1, 2)))
                    ),
                ),
            ),
        ),
        actions=(
            Action("form.choose", "/licenses/1/edit", "sliders"),
            Action("nav.people", "/licenses/new", "person-plus", primary=True, dialog=True),
        ),
        freshness=FRESH,
        provenance=PROVENANCE,
    )


async def home(ctx: Context, ids: Ids, query: Query) -> Detail:
    items = (
        Attention(Level.CRITICAL, "24 more Frontline seats in use than purchased", "Microsoft 365 F3 · 874 occupied, 850 purchased",
                  "Since Nov 18", "6 days", Action(text="Review", href="/licenses/1")),
        Attention(Level.HIGH, "Decide on Microsoft 365 E5 before its notice deadline", "Renews automatically Dec 31 at 1,200 seats",
                  "Dec 1", "in 7 days", Action(text="Open renewal", href="/licenses/1"), "/licenses/1"),
        Attention(Level.UNKNOWN, "Tableau usage has not arrived for 9 days", "Figures that rest on it read Unknown",
                  "Since Nov 15", "9 days", Action(text="Fix feed", href="/licenses/1")),
    )  # fmt: skip
    positions = Table("Positions", COLUMNS, LICENSES, footer=Footer((Link("All 12 licenses", "/licenses"), Link("CSV", "/licenses.csv")), "Balance is purchased less occupied, signed"))  # fmt: skip
    return Detail("Needs you today", parts=(Attentions(items), Heading("Positions", "12 licenses", legend=True), positions),
                  actions=(Action(text="Import", href="/language", icon="import"), Action(text="Assign seats", href="/licenses/new", icon="person-plus", primary=True)),
                  freshness=Freshness("1 of 12 feeds is late", Level.UNKNOWN), provenance=PROVENANCE)  # fmt: skip


async def opens(ctx: Context, ids: Ids, query: Query) -> Opened:
    return Opened(
        "Assign seats", {"seats": 3}, "Microsoft 365 E5 · Sales, EMEA", (("Licenses", "/licenses"),), cancel="/licenses"
    )


async def assign(ctx: Context, ids: Ids, values: Mapping[str, Any], token: str) -> Outcome:
    if values["seats"] > 100:
        return Refused({"seats": "Only 49 are free. Enter 49 or less."}, (refusal(),))
    if not token:
        return Preview((Note(f"{values['seats']} seats"),), "t0ken", f"Assign {values['seats']} seats")
    return Done("/licenses", f"{values['seats']} seats assigned")


async def people(ctx: Context, typed: str) -> list[Option]:
    return [Option("p1", text="Lena Brandt"), Option("p2", text="<b>Omar</b>")]


STATE = Filter(
    "state", "table.status", (Option("", "table.total"), *(Option(each, f"status.{each}") for each in Level))
)
PAGES = (
    DetailPage("home", "/home", home, nav="home"),
    DetailPage("language", "/language", language, nav="reports"),
    TablePage(
        "licenses", "/licenses", "nav.licenses", COLUMNS, licenses, nav="licenses", filters=(STATE,), search=True,
        actions=(Action("form.choose", "/licenses/new", "plus", primary=True, dialog=True),), legend=True,
    ),
    DetailPage("license", "/licenses/{id}", license_detail, nav="licenses"),
    FormPage(
        "assign", "/licenses/new",
        (
            Field("who", "nav.people", "person", suggest=people, help="shell.search"),
            Field("seats", "seats.occupied", "number", minimum=1, maximum=1000),
            Field("price", "nav.spend", "money", required=False, currency="USD"),
            Field("until", "provenance.as_of", "date", required=False),
            Field("level", "table.status", "select", required=False, options=(Option("ok", "status.ok"), Option("warn", "status.warn"))),
            Field("why", "why.open", "textarea", required=False, longest=50),
        ),
        opens, assign, "form.preview", nav="licenses",
    ),
    TablePage("secret", "/secret", "nav.spend", COLUMNS, licenses, action="money:read"),
)  # fmt: skip
RAIL = (
    Nav("home", "nav.home", "/home", "home", "h"),
    Nav("licenses", "nav.licenses", "/licenses", "license", "l"),
    Nav("reports", "nav.reports", "/language", "report", "r"),
)
SITE = Site(PAGES, {"admin": RAIL}, Nav("settings", "shell.settings", "/home", "gear"))


@asynccontextmanager
async def no_work() -> AsyncIterator[None]:
    yield None


def context(**changes: Any) -> Context:
    known: dict[str, Any] = {
        "tenant": "Halden Group", "person": "Dana Whitfield", "role": "IT admin", "audience": "admin", "locale": "en",
        "zone": NEW_YORK, "now": NOW, "csrf": CSRF, "work": no_work, "may": lambda action: action != "money:read",
        "scope_label": "All units",
    }  # fmt: skip
    return Context(**{**known, **changes})


async def open_context(request: Request[Any, Any, Any]) -> Context | None:
    if request.headers.get("x-stranger"):
        return None
    asked = request.query_params.get("as-of", "")
    return context(locale=request.query_params.get("lang", "en"), as_of=instant_of(asked, NEW_YORK) if asked else None)


def app() -> Litestar:
    return Litestar(routes(SITE, open_context), openapi_config=None)
