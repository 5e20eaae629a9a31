"""Devices are registered and retired; what a source saw installed on one is taken in, and what it misses is gone."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from governance.audit.entries import difference
from governance.catalog import queries as catalog
from governance.directory import queries as directory
from governance.directory.rules import PersonStatus
from governance.directory.standing import unit_there
from governance.inventory import queries
from governance.inventory.errors import DeviceRetired
from governance.inventory.models import Device, Installation
from governance.inventory.rules import DeviceKind
from governance.kernel import given
from governance.kernel.errors import BadInput
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from policies.access.actions import Action

MOST_CORES = 4_096
AT_MOST = 1_000


@dataclass(frozen=True)
class RegisterDevice:
    """A device by its code: a new one is added, a known one takes these values. `region` None: the keeper's country."""

    code: str
    name: str
    kind: DeviceKind
    person_id: UUID
    unit_id: UUID
    cores: int = 1
    host_id: UUID | None = None
    cluster: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Seen:
    """A release of a product as a source saw it; `released_on` None: nobody says when it came out."""

    product_id: UUID
    release: str
    released_on: date | None = None


@dataclass(frozen=True)
class RecordInstallations:
    """All that a source saw on a device: what it saw before and names no more is gone from now on."""

    device_id: UUID
    source: str
    seen: tuple[Seen, ...]


async def register_device(work: Work, new: RegisterDevice) -> Device:
    """Register a device, or say anew what it is. Raises NotFound, Refused, BadInput, DeviceRetired."""
    keeper = await directory.person(work, new.person_id)
    if keeper.status is PersonStatus.LEFT:
        raise BadInput("person_id", keeper.name, "a person who has not left")
    await unit_there(work, new.unit_id)
    values = {
        "name": given.text(new.name, "name", most=200),
        "kind": given.word(new.kind, "kind", DeviceKind),
        "cores": given.whole(new.cores, "cores", least=1, most=MOST_CORES),
        "host_id": await _host(work, new),
        "cluster": given.optional_text(new.cluster, "cluster", most=120),
        "person_id": keeper.id,
        "unit_id": new.unit_id,
        "region": given.region(new.region or keeper.country, work.office.regions),
    }
    code = given.text(new.code, "code", most=120)
    owned = await directory.ownership(work, unit_id=new.unit_id, region=str(values["region"]), people=(keeper.id,))
    work.permit(Action.SEAT_ASSIGN, owned, f"device {code}")
    row = (await queries.devices_by_code(work, (code,))).get(code)
    if row is None:
        key = {"tenant_id": work.tenant_id, "id": work.new_id(), "code": code, "recorded_at": work.now()}
        row = Device(**key, **values, version=1)
        await add_single(work, row, field="code", has=code)
        await work.record(Change("device:register", "device", row.id, after={"code": code, **values}))
        return row
    work.permit(Action.SEAT_ASSIGN, await queries.device_ownership(work, row), f"device {code}")
    if row.retired_at is not None:
        raise DeviceRetired(code)
    before, after = difference(row, values)
    for name, value in after.items():
        setattr(row, name, value)
    if after:
        row.version += 1
        await work.session.flush()
        await work.record(Change("device:register", "device", row.id, before=before, after=after))
    return row


async def retire_device(work: Work, device_id: UUID) -> Device:
    """Let a device be there no more; what it holds stays taken until it is released. Raises NotFound, Refused."""
    row = await queries.device(work, device_id)
    work.permit(Action.SEAT_ASSIGN, await queries.device_ownership(work, row), f"device {row.code}")
    if row.retired_at is None:
        row.retired_at, row.version = work.now(), row.version + 1
        await work.session.flush()
        await work.record(Change("device:retire", "device", row.id, after={"retired_at": row.retired_at}))
    return row


async def record_installations(work: Work, command: RecordInstallations) -> tuple[Installation, ...]:
    """Take in what a source saw on a device. Raises NotFound, Refused, BadInput."""
    row = await queries.device(work, command.device_id)
    work.permit(Action.SEAT_ASSIGN, await queries.device_ownership(work, row), f"device {row.code}")
    source = given.text(command.source, "source", most=80)
    if len(command.seen) > AT_MOST:
        raise BadInput("seen", f"{len(command.seen)} installations", f"at most {AT_MOST}")
    query = select(Installation).where(
        Installation.tenant_id == work.tenant_id, Installation.device_id == row.id, Installation.source == source,
        Installation.gone_at.is_(None),
    )  # fmt: skip
    standing = {(one.product_id, one.release): one for one in (await work.session.execute(query)).scalars()}
    now, named = work.now(), set[tuple[UUID, str]]()
    new: list[Installation] = []
    for index, seen in enumerate(command.seen):
        product = await catalog.product(work, seen.product_id)
        release = given.text(seen.release, f"seen.{index}.release", most=80)
        key = (product.id, release)
        if key in named:
            raise BadInput(f"seen.{index}", f"{product.code} {release} twice", "each release once")
        named.add(key)
        if (known := standing.get(key)) is not None:
            known.last_seen_at, known.released_on = now, seen.released_on or known.released_on
            continue
        new.append(
            Installation(
                tenant_id=work.tenant_id, id=work.new_id(), device_id=row.id, product_id=product.id, release=release,
                released_on=seen.released_on, source=source, first_seen_at=now, last_seen_at=now,
            )
        )  # fmt: skip
    gone = [known for key, known in standing.items() if key not in named]
    for known in gone:
        known.gone_at = now
    work.session.add_all(new)
    await work.session.flush()
    if new or gone:
        after = {"source": source, "seen": len(named), "new": len(new), "gone": len(gone)}
        await work.record(Change("device:installed", "device", row.id, after=after))
    return (*new, *(standing[key] for key in named if key in standing))


async def _host(work: Work, new: RegisterDevice) -> UUID | None:
    """Let pass the host of a virtual machine, and none of another device. Raises NotFound, BadInput."""
    if new.host_id is None:
        return None
    if new.kind is not DeviceKind.VM:
        raise BadInput("host_id", new.kind.value, "none: only a VM runs on a host")
    host = await queries.device(work, new.host_id)
    if host.kind is not DeviceKind.HOST:
        raise BadInput("host_id", f"{host.code}, a {host.kind.value}", "a device that is a HOST")
    return host.id
