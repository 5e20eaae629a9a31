"""A pool of leases with one lease more, less or otherwise, and when time alone changes it next. Pure."""

from dataclasses import replace
from datetime import datetime

from governance.seats.leases.lease import Lease, LeaseState
from governance.seats.leases.room import LeasePool, with_seats


def seats(pool: LeasePool, lease: Lease, sign: int) -> LeasePool:
    """Count the seats of a lease in (1) or out (-1)."""
    return replace(pool, held=with_seats(pool.held, lease.group, sign * lease.quantity))


def put(pool: LeasePool, lease: Lease) -> LeasePool:
    """Keep a lease as it is now; a borrowed one counts among the borrowed seats."""
    was = pool.leases.get(lease.id)
    borrowed = pool.borrowed - _borrows(was) + _borrows(lease)
    leases, clients = {**pool.leases, lease.id: lease}, pool.clients
    if was is None:
        clients = {**clients, lease.client: lease.id}
    return due(replace(pool, leases=leases, clients=clients, borrowed=borrowed), lease.due_at)


def drop(pool: LeasePool, lease: Lease) -> LeasePool:
    """Keep a lease no more."""
    leases = {key: each for key, each in pool.leases.items() if key != lease.id}
    clients = {key: each for key, each in pool.clients.items() if key != lease.client}
    return replace(pool, leases=leases, clients=clients, borrowed=pool.borrowed - _borrows(pool.leases[lease.id]))


def _borrows(lease: Lease | None) -> int:
    return lease.quantity if lease is not None and lease.borrowed and lease.state is LeaseState.HELD else 0


def due(pool: LeasePool, *instants: datetime | None) -> LeasePool:
    """Note instants at which time may change something."""
    known = [each for each in (pool.due_at, *instants) if each is not None]
    return replace(pool, due_at=min(known)) if known else pool


def next_due(pool: LeasePool, now: datetime) -> datetime | None:
    """Give the next instant after `now` at which time alone may change something."""
    dues = [each.due_at for each in pool.leases.values() if each.due_at is not None]
    dues += [each.until for each in pool.waiting]
    dues += [each for each in (pool.others_due_at, pool.terms.next_limit(now) if pool.waiting else None) if each]
    return min(dues, default=None)
