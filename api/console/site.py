"""The whole console in one place: its pages in the order a reader meets them, and the rail of each audience."""

from typing import Final

from api.console.declare import Nav, Page, Site
from api.console.pages import (
    access,
    activation,
    agreements,
    alerts,
    assign,
    assign_which,
    assignment_rules,
    board_actions,
    boards,
    bonds,
    caps,
    catalog,
    consumption,
    dashboard,
    devices,
    elevations,
    findings,
    four_ways,
    granting,
    groups,
    handing,
    holdings,
    home,
    imports,
    leases,
    license_detail,
    license_keys,
    licenses,
    line_rights,
    lines,
    list_price,
    lot_correct,
    lot_price,
    my_licenses,
    my_sign_in,
    own_help,
    own_keys,
    people,
    planned,
    policies,
    posture,
    price_history,
    queue,
    regions,
    renewal_links,
    renewals,
    reorganizing,
    reports,
    requests,
    retention,
    retier,
    review_items,
    reviews,
    rights,
    runs,
    search,
    seat_cost,
    seat_detail,
    seats,
    settings,
    sign_in_settings,
    signing,
    spend,
    supply,
    supply_change,
    template_versions,
    templates,
    tokens,
    trail,
    transfers,
    units,
    work_orders,
)
from api.console.waiting import open_calls, open_findings

PAGES: Final[tuple[Page, ...]] = (
    *home.PAGES,
    *licenses.PAGES,
    *granting.PAGES,
    *template_versions.PAGES,
    *templates.PAGES,
    *license_detail.PAGES,
    *seats.PAGES,
    *seat_detail.PAGES,
    *leases.PAGES,
    *devices.PAGES,
    *four_ways.PAGES,
    *holdings.PAGES,
    *consumption.PAGES,
    *work_orders.PAGES,
    *license_keys.PAGES,
    *queue.PAGES,
    *requests.PAGES,
    *assign.PAGES,
    *assign_which.PAGES,
    *assignment_rules.PAGES,
    *search.PAGES,
    *imports.PAGES,
    *tokens.PAGES,
    *policies.PAGES,
    *settings.PAGES,
    *regions.PAGES,
    *sign_in_settings.PAGES,
    *my_licenses.PAGES,
    *my_sign_in.PAGES,
    *own_help.PAGES,
    *own_keys.PAGES,
    *lot_correct.PAGES,
    *lot_price.PAGES,
    *price_history.PAGES,
    *supply.PAGES,
    *supply_change.PAGES,
    *lines.PAGES,
    *caps.PAGES,
    *line_rights.PAGES,
    *transfers.PAGES,
    *retier.PAGES,
    *signing.PAGES,
    *agreements.PAGES,
    *catalog.PAGES,
    *bonds.PAGES,
    *list_price.PAGES,
    *people.PAGES,
    *units.PAGES,
    *reorganizing.PAGES,
    *planned.PAGES,
    *handing.PAGES,
    *rights.PAGES,
    *findings.PAGES,
    *runs.PAGES,
    *alerts.PAGES,
    *renewals.PAGES,
    *renewal_links.PAGES,
    *retention.PAGES,
    *reports.PAGES,
    *trail.PAGES,
    *access.PAGES,
    *elevations.PAGES,
    *groups.PAGES,
    *reviews.PAGES,
    *review_items.PAGES,
    *board_actions.PAGES,
    *boards.PAGES,
    *activation.PAGES,
    *posture.PAGES,
    *dashboard.PAGES,
    *spend.PAGES,
    *seat_cost.PAGES,
)

HOME: Final = Nav("home", "nav.home", "/home", "home", "h")
LICENSES: Final = Nav("licenses", "nav.licenses", "/licenses", "license", "l")
PEOPLE: Final = Nav("people", "nav.people", "/people", "people", "p")
QUEUE: Final = Nav("queue", "nav.queue", "/queue", "inbox", "q", count=open_calls)
FINDINGS: Final = Nav("findings", "nav.findings", "/findings", "flag", "f", count=open_findings)
RENEWALS: Final = Nav("renewals", "nav.renewals", "/renewals", "calendar", "n")
REPORTS: Final = Nav("reports", "nav.reports", "/reports", "report", "r")
POSTURE: Final = Nav("posture", "nav.posture", "/posture", "shield", "o")
TRAIL: Final = Nav("trail", "nav.trail", "/trail", "history", "t")
ACCESS_REVIEW: Final = Nav("access-review", "nav.access_review", "/access-review", "person-check", "a")
DASHBOARD: Final = Nav("dashboard", "nav.dashboard", "/dashboard", "dashboard", "d")
ACTIVATION: Final = Nav("activation", "nav.activation", "/activation", "rocket", "a")
SPEND: Final = Nav("spend", "nav.spend", "/spend", "receipt", "s")
EXPERIMENTS: Final = Nav("experiments", "nav.experiments", "/experiments", "flask", "e")
REVIEWS: Final = Nav("reviews", "nav.reviews", "/reviews", "gavel", "v")
MY_LICENSES: Final = Nav("my-licenses", "nav.my_licenses", "/my-licenses", "license", "m")
SETTINGS: Final = Nav("settings", "shell.settings", "/settings", "gear", ",", action="settings:read")

RAILS: Final[dict[str, tuple[Nav, ...]]] = {
    "admin": (HOME, LICENSES, PEOPLE, QUEUE, FINDINGS, RENEWALS, REPORTS),
    "auditor": (POSTURE, FINDINGS, LICENSES, TRAIL, ACCESS_REVIEW, REVIEWS, REPORTS),
    "board": (DASHBOARD, ACTIVATION, RENEWALS, SPEND, EXPERIMENTS, REVIEWS, REPORTS),
    "holder": (MY_LICENSES,),
}


def site_of(pages: tuple[Page, ...]) -> Site:
    """The console of these pages; a rail names only what a page stands for."""
    paths = {page.path for page in pages}
    rails = {audience: tuple(each for each in rail if each.href in paths) for audience, rail in RAILS.items()}
    return Site(pages, rails, SETTINGS if SETTINGS.href in paths else None)


SITE: Final = site_of(PAGES)
