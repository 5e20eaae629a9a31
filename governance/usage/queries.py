"""Every SELECT of usage: events in reach, who and what an event names, and how fresh each source is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from governance.catalog.models import Product
from governance.directory.models import Person
from governance.directory.rules import same_mail
from governance.kernel.work import Placed, Work
from governance.usage.models import Feed, UsageEvent
from policies.access.actions import Action

LOGINS_AT_ONCE = 100
NAMES_AT_ONCE = 500
MOST_NAMES = 20_000
EVENT_PLACED = Placed(unit=Person.unit_id, region=Person.country, people=(Person.id,))
PERSON_OF_EVENT = (Person.tenant_id == UsageEvent.tenant_id) & (Person.id == UsageEvent.person_id)


def visible_events(work: Work, action: Action = Action.USAGE_READ) -> Select[UsageEvent]:
    """Give the events of people within reach; those that name nobody known only to whoever reads all of the tenant."""
    query = select(UsageEvent).where(UsageEvent.tenant_id == work.tenant_id)
    if work.gate.reach(work.actor, action).everything:
        return query
    return query.join(Person, PERSON_OF_EVENT).where(work.reach(action, EVENT_PLACED))


def visible_feeds(work: Work) -> Select[Feed]:
    """Give the sources of usage, to whoever may read usage anywhere."""
    query = select(Feed).where(Feed.tenant_id == work.tenant_id)
    return query if work.gate.may(work.actor, Action.USAGE_READ) else query.where(Feed.id.is_(None))


async def people_named(work: Work, names: Iterable[str]) -> dict[str, UUID]:
    """Give the people by what an event calls them: the external id first, then the mail address if only one has it."""
    wanted = sorted(set(names))
    mails = {name: same_mail(name) for name in wanted}
    rows = await work.session.execute(
        select(Person.external_id, Person.mail_key, Person.id).where(
            Person.tenant_id == work.tenant_id,
            or_(Person.external_id.in_(wanted), Person.mail_key.in_(sorted(set(mails.values())))),
        )
    )
    by_external: dict[str, UUID] = {}
    by_mail: dict[str, list[UUID]] = {}
    for external_id, mail, person_id in rows:
        by_external[external_id] = person_id
        by_mail.setdefault(mail, []).append(person_id)
    single = {mail: ids[0] for mail, ids in by_mail.items() if len(ids) == 1}
    found = {name: by_external.get(name, single.get(mail)) for name, mail in mails.items()}
    return {name: person_id for name, person_id in found.items() if person_id is not None}


async def people_by_login(work: Work, logins: Iterable[str]) -> dict[str, UUID]:
    """Give the people whom a login names: by external id, else by what stands before the @ of the mail address.

    Capitals do not count. A login that fits several people names nobody.
    """
    wanted = {login: login.casefold() for login in logins}
    keys = sorted(set(wanted.values()))
    by_external: dict[str, set[UUID]] = {}
    by_mail: dict[str, set[UUID]] = {}
    for at in range(0, len(keys), LOGINS_AT_ONCE):
        some = keys[at : at + LOGINS_AT_ONCE]
        named = or_(
            func.lower(Person.external_id).in_(some),
            *(Person.mail_key.startswith(f"{key}@", autoescape=True) for key in some),
        )
        query = select(Person.external_id, Person.mail_key, Person.id).where(Person.tenant_id == work.tenant_id, named)
        for external_id, mail, person_id in await work.session.execute(query):
            by_external.setdefault(external_id.casefold(), set()).add(person_id)
            by_mail.setdefault(mail.partition("@")[0].casefold(), set()).add(person_id)
    fitting = {login: by_external.get(key) or by_mail.get(key) or set() for login, key in wanted.items()}
    return {login: next(iter(ids)) for login, ids in fitting.items() if len(ids) == 1}


async def products_named(work: Work, codes: Iterable[str]) -> dict[str, UUID]:
    """Give the products by their code."""
    rows = await work.session.execute(
        select(Product.code, Product.id).where(
            Product.tenant_id == work.tenant_id, Product.code.in_(sorted(set(codes)))
        )
    )
    return {row.code: row.id for row in rows}


async def matchable(work: Work, at_most: int) -> Sequence[UsageEvent]:
    """Give events that name somebody or something unknown when they came and known today, the oldest first."""
    of_tenant = UsageEvent.tenant_id == work.tenant_id
    named = select(UsageEvent.person_named, UsageEvent.product_named).where(
        of_tenant, or_(UsageEvent.person_named.is_not(None), UsageEvent.product_named.is_not(None))
    )
    pairs = (await work.session.execute(named.distinct().limit(MOST_NAMES))).all()
    people: set[str] = set()
    names = sorted({pair.person_named for pair in pairs if pair.person_named is not None})
    for at in range(0, len(names), NAMES_AT_ONCE):
        people.update(await people_named(work, names[at : at + NAMES_AT_ONCE]))
    products = await products_named(work, {pair.product_named for pair in pairs if pair.product_named is not None})
    query = (
        select(UsageEvent)
        .where(
            of_tenant,
            or_(UsageEvent.person_named.in_(sorted(people)), UsageEvent.product_named.in_(sorted(products))),
        )
        .order_by(UsageEvent.id)
        .limit(at_most)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return (await work.session.execute(query)).scalars().all() if people or products else ()


async def already_kept(work: Work, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Say which events (source, id) were kept before."""
    rows = await work.session.execute(
        select(UsageEvent.source, UsageEvent.source_id).where(
            UsageEvent.tenant_id == work.tenant_id,
            tuple_(UsageEvent.source, UsageEvent.source_id).in_(keys),
        )
    )
    return {(source, source_id) for source, source_id in rows}


async def feeds_for_update(work: Work, sources: Iterable[str]) -> dict[str, Feed]:
    """Give the feeds of these sources, locked in order of their names."""
    query = (
        select(Feed)
        .where(Feed.tenant_id == work.tenant_id, Feed.source.in_(sorted(sources)))
        .order_by(Feed.source)
        .with_for_update(key_share=True)
    )
    return {feed.source: feed for feed in (await work.session.execute(query)).scalars()}


async def freshness(
    session: AsyncSession, tenant_id: UUID, known_at: datetime
) -> tuple[tuple[str, datetime, datetime, int], ...]:
    """Give of each source, as known at `known_at`: last event, last heard of, events; by name of the source.

    A feed that was not heard since is answered by its own row; one that was, by its events recorded until then.
    """
    feeds = (await session.execute(select(Feed).where(Feed.tenant_id == tenant_id))).scalars().all()
    rows = [(f.source, f.last_event_at, f.last_heard_at, f.events) for f in feeds if f.last_heard_at <= known_at]
    moved = sorted(f.source for f in feeds if f.last_heard_at > known_at)
    if moved:
        since = await session.execute(
            select(UsageEvent.source, func.max(UsageEvent.occurred_at), func.max(UsageEvent.recorded_at), func.count())
            .where(
                UsageEvent.tenant_id == tenant_id,
                UsageEvent.source.in_(moved),
                UsageEvent.recorded_at <= known_at,
            )
            .group_by(UsageEvent.source)
        )
        rows.extend((source, last, heard, count) for source, last, heard, count in since)
    return tuple(sorted(rows))
