"""Search: people, licenses and agreements whose names hold what was typed, within reach."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_

from api.console.declare import Column, Context, Empty, Query, Rows, TablePage
from api.console.finding_people import escaped
from governance.agreements.models import Agreement
from governance.agreements.queries import visible_agreements
from governance.directory.models import Person
from governance.directory.queries import visible_people
from governance.entitlements.models import Entitlement
from governance.entitlements.queries import visible_entitlements

EACH: Final = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found, and its page."""

    name: str
    note: str
    kind: str
    href: str


async def search(ctx: Context, query: Query) -> Rows:
    """At most twenty of each kind, licenses first."""
    if not query.search:
        return Rows(())
    like = f"%{escaped(query.search.casefold())}%"
    async with ctx.work() as work:
        licenses = visible_entitlements(work).where(_holds(like, Entitlement.name, Entitlement.code))
        found = (await work.session.execute(licenses.order_by(Entitlement.name).limit(EACH))).scalars()
        hits = [Hit(row.name, row.code, ctx.text("licenses.license"), f"/licenses/{row.id}") for row in found]
        people = visible_people(work).where(_holds(like, Person.name, Person.mail_key, Person.external_id))
        known = (await work.session.execute(people.order_by(Person.name).limit(EACH))).scalars()
        hits += [Hit(row.name, row.mail, ctx.text("seat.person"), f"/people/{row.id}") for row in known]
        signed = visible_agreements(work).where(_holds(like, Agreement.title, Agreement.number))
        deals = (await work.session.execute(signed.order_by(Agreement.number).limit(EACH))).scalars()
        hits += [Hit(row.title, row.number, ctx.text("license.agreement"), f"/agreements/{row.id}") for row in deals]
    return Rows(hits, total=len(hits), note=ctx.text("search.note", n=EACH))


def _holds(like: str, *columns: Any) -> ColumnElement[bool]:
    return or_(*(func.lower(column).like(like, escape="\\") for column in columns))


LIST: Final = TablePage(
    name="search", path="/search", title="search.title", rows=search, search=True,
    columns=(
        Column("name", "people.name", href=lambda hit: hit.href, sub=lambda hit: hit.note, strong=True),
        Column("kind", "search.kind", quiet=True),
    ),
    row_href=lambda hit: hit.href, empty=Empty("search.empty", "search.empty_text", "search"),
)  # fmt: skip
PAGES: Final = (LIST,)
