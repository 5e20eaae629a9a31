"""Renewing many leases at once: where heartbeats do nothing but move ends, one statement a pool moves them all.

Renewals come out the same in whatever order they are made, so they may all be made before the claims are decided one
by one; what is more than a renewal is left to the rules, which then find the leases as the statement left them.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from governance.seats.leases.lease import Answer, Beat, Heartbeat, Lease, Said
from governance.seats.ledger.book import Book, Key, Wanted
from governance.seats.ledger.lending import USUAL_TERM_S, lease_of
from governance.seats.ledger.port import Claim, Lend
from governance.seats.ledger.store import Store

Beats = dict[Key, dict[UUID, Sequence[Beat]]]
"""What is to be heard of a pool, claim by claim."""


def renew_at_once(
    store: Store, book: Book, wanted: Wanted, claims: Sequence[Claim], stale: Callable[[Claim], object] | None
) -> None:
    """Renew what only needs it, and want of the leases that are heard of those that need more.

    `stale`: says of a claim whether its right has moved; None: nothing may be renewed before all is decided.
    """
    plain = _plain(book, claims, stale)
    terms = store.terms(list(plain)) if plain else {}
    for key in sorted(plain):
        term_s = terms[key].term_s if key in terms else USUAL_TERM_S
        end = None if term_s is None else book.now + timedelta(seconds=term_s)
        tokens = {lease_of(beat): beat.token for beats in plain[key].values() for beat in beats}
        renewed: dict[Hashable, Lease] = {lease.id: lease for lease in store.renew(key, tokens, book.now, end)}
        for claim_id, beats in plain[key].items():
            book.renewed[claim_id] = [_told(renewed, beat) for beat in beats]
        room = book.lease_rooms[key]
        if end is not None and renewed and (room.due_at is None or end < room.due_at):
            room.due_at = end
            book.writes.lease_rooms[key] = room
    _want(book, wanted, claims, plain)


def _told(renewed: Mapping[Hashable, Lease], beat: Beat) -> Answer | None:
    lease = renewed.get(beat.lease_id)
    return Answer(Said.RENEWED, lease) if lease is not None and lease.token == beat.token else None


def _plain(book: Book, claims: Sequence[Claim], stale: Callable[[Claim], object] | None) -> Beats:
    """Gather the beats of pools of which nothing else is asked, where nothing is due and nobody waits."""
    found: Beats = {}
    others: set[Key] = set()
    for claim in claims:
        ask = claim.ask
        if isinstance(ask, Lend):
            key = claim.tenant_id, ask.pool_id
            if isinstance(ask.ask, Heartbeat) and stale is not None and _quiet(book, key, ask) and not stale(claim):
                found.setdefault(key, {})[claim.id] = ask.ask.beats
            else:
                others.add(key)
    return {key: each for key, each in found.items() if key not in others}


def _quiet(book: Book, key: Key, ask: Lend) -> bool:
    pool, room = book.pools.get(key), book.lease_rooms.get(key)
    if pool is None or room is None or pool.line_id != ask.line_id or room.waiting:
        return False
    return room.due_at is None or room.due_at > book.now


def _want(book: Book, wanted: Wanted, claims: Sequence[Claim], plain: Beats) -> None:
    """Want the leases that are heard of but were not renewed; a pool where all were needs not be looked at."""
    for claim in claims:
        if isinstance(claim.ask, Lend) and isinstance(claim.ask.ask, Heartbeat):
            beats, told = claim.ask.ask.beats, book.renewed.get(claim.id)
            left = beats if told is None else [beat for beat, one in zip(beats, told, strict=True) if one is None]
            wanted.lent[claim.tenant_id, claim.ask.pool_id].ids.update(map(lease_of, left))
    for key in plain:
        if not wanted.lent[key].ids:
            del wanted.lent[key]
