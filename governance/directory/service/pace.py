"""The pace of the door: an address with many failed sign-ins rests, whoever it tried to be, longer each time."""

import hashlib
import hmac
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, select

from governance.directory.errors import TooManyTries
from governance.directory.models import DoorPace
from governance.directory.rules import ADDRESS_FAILURES, ADDRESS_FORGOTTEN_AFTER, ADDRESS_REST, ADDRESS_REST_MOST, rest
from governance.kernel.database.insert import insert_new
from governance.kernel.work import Office

KEPT_FOR = timedelta(days=2)


async def check_pace(office: Office, address: str | None) -> None:
    """Let an address try, or raise TooManyTries. None is an address that cannot be told: it is never slowed down."""
    if address is None:
        return
    query = select(DoorPace.resting_until).where(DoorPace.address_hash == _key(office, address))
    async with office.database.system_read() as session:
        until = (await session.execute(query)).scalar_one_or_none()
    now = office.clock.now()
    if until is not None and now < until:
        raise TooManyTries(max(1, round((until - now).total_seconds())))


async def count_failure(office: Office, address: str | None) -> None:
    """Count a failed sign-in from an address; after each fifty it rests, a minute first, twice as long each time."""
    if address is None:
        return
    now, key = office.clock.now(), _key(office, address)
    fresh = {"id": office.ids.new(), "address_hash": key, "failures": 0, "last_at": now, "resting_until": None}
    async with office.database.system_write() as session:
        await insert_new(session, DoorPace, [fresh])
        query = select(DoorPace).where(DoorPace.address_hash == key).with_for_update(key_share=True)
        row = (await session.execute(query)).scalar_one()
        row.failures, row.resting_until = _counted(row.failures, row.last_at, now)
        row.last_at = now
        await session.execute(delete(DoorPace).where(DoorPace.last_at < now - KEPT_FOR))


def _counted(failures: int, last_at: datetime, now: datetime) -> tuple[int, datetime | None]:
    counted = 1 if now - last_at > ADDRESS_FORGOTTEN_AFTER else failures + 1
    times, left = divmod(counted, ADDRESS_FAILURES)
    return counted, now + rest(ADDRESS_REST, times, ADDRESS_REST_MOST) if times and not left else None


def _key(office: Office, address: str) -> str:
    """Give the keyed hash of an address; of IPv6 the network of 64 bits, which one subscriber has whole."""
    where = ip_address(address)
    if isinstance(where, IPv6Address) and where.ipv4_mapped is not None:
        where = where.ipv4_mapped
    told = str(ip_network((where, 64), strict=False)) if isinstance(where, IPv6Address) else str(where)
    return hmac.new(office.secret, b"lictor door pace\0" + told.encode(), hashlib.sha256).hexdigest()
