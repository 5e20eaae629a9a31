"""Leases and devices at the terminal: what is asked is named by codes and mail addresses, and answered as said."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from api.cli.exits import Exit
from api.cli.ground import answer, ground, run, stop
from api.cli.naming import called, pool_called
from governance.catalog.models import Feature, Product
from governance.directory.models import Person
from governance.directory.rules import same_mail
from governance.inventory.queries import devices_by_code
from governance.inventory.rules import DeviceKind
from governance.inventory.service import RegisterDevice, register_device
from governance.kernel.errors import BadInput, NotFound, Reason
from governance.kernel.work import Work
from governance.seats.models import Lease
from governance.seats.service import heartbeat_leases, release_lease
from governance.seats.service.devices import AssignDevices, assign_devices, preview_devices
from governance.seats.service.lease import Leased
from governance.seats.service.lease_choice import LeaseByProduct, lease_by_product


def acquire_one(
    product: str, person: str, client: str, quantity: int, features: Sequence[str], waits: int | None,
    tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Lend a client seats of a product."""

    async def command() -> Leased:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                needed = tuple(
                    [await called(work, Feature, Feature.code == each, "feature", each) for each in features]
                )
                asked = LeaseByProduct(
                    await called(work, Product, Product.code == product, "product", product),
                    await called(work, Person, Person.mail_key == same_mail(person), "person", person),
                    client, quantity, needed or None, waits_s=waits,
                )  # fmt: skip
            return await lease_by_product(on.desk, on.actor, asked)

    told = run(command)
    if told.lease is None:
        value = {"said": told.said.value, "place": told.place}
        answer(value, as_json=as_json, said=f"Nothing is free; {client} is number {told.place} in line.")
        return
    value = {"said": told.said.value, **_document(told.lease)}
    ends = told.lease.expires_at
    until = "until it is given back" if ends is None else f"until {ends:%Y-%m-%d %H:%M} UTC"
    answer(value, as_json=as_json, said=f"{told.lease.id} token {told.lease.token}, {until}")


def renew_one(lease: str, token: int, tenant: str | None, *, as_json: bool) -> None:
    """Renew a lease; a lost one ends with its own code."""
    lease_id = _uuid("lease", lease)

    async def command() -> Any:
        async with ground(tenant) as on:
            (told,) = await heartbeat_leases(on.desk, on.actor, [(lease_id, token)])
            return told.answer

    told = run(command)
    why = None if told.reason is None else f"{told.reason.subject}: has {told.reason.has}; needs {told.reason.needs}"
    said = f"{lease} is renewed." if why is None else f"{lease} is lost: {why}"
    answer({"said": told.said.value, "lease": lease, "why": why}, as_json=as_json, said=said)
    if why is not None:
        raise SystemExit(int(Exit.REFUSED))


def release_one(lease: str, token: int | None, tenant: str | None, *, as_json: bool) -> None:
    """Give a lease back."""
    lease_id = _uuid("lease", lease)

    async def command() -> Lease:
        async with ground(tenant) as on:
            return await release_lease(on.desk, on.actor, lease_id, token)

    answer(_document(run(command)), as_json=as_json, said=f"{lease} is given back.")


def register_one(
    code: str, name: str, keeper: str, kind: str, cores: int, host: str | None, cluster: str | None,
    tenant: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Register a device in its keeper's unit."""

    async def verb(work: Work) -> dict[str, Any]:
        if kind not in set(DeviceKind):
            raise BadInput("kind", kind[:40], "WORKSTATION, PORTABLE, HOST or VM")
        keeper_id = await called(work, Person, Person.mail_key == same_mail(keeper), "person", keeper)
        who = await work.session.get_one(Person, (work.tenant_id, keeper_id))
        host_id = None if host is None else (await _devices(work, (host,)))[0]
        new = RegisterDevice(code, name, DeviceKind(kind), who.id, who.unit_id, cores, host_id, cluster)
        row = await register_device(work, new)
        return {"device": str(row.id), "code": row.code, "version": row.version}

    async def command() -> dict[str, Any]:
        async with ground(tenant) as on:
            return await on.office.perform(on.actor, verb)

    answer(run(command), as_json=as_json, said=f"Device {code} is registered.")


def assign_many(codes: Sequence[str], pool: str, tenant: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Give devices seats of a pool, or say what each would take."""

    async def command() -> list[dict[str, Any]]:
        async with ground(tenant) as on:
            async with on.office.reading(on.actor) as work:
                asked = AssignDevices(await pool_called(work, pool), await _devices(work, codes))
                if dry_run:
                    seen = await preview_devices(work, asked)
                    return [_told(one.row.code, one.taken.quantity, one.reasons) for one in seen]
            told = await assign_devices(on.desk, on.actor, asked)
            return [
                _told(code, 0 if one.lease is None else one.lease.quantity, one.reasons)
                for code, one in zip(codes, told, strict=True)
            ]

    rows = run(command)
    lines = [f"{row['device']}: {row['quantity']}" if not row["reasons"] else _why(row) for row in rows]
    answer({"devices": rows, "dry_run": dry_run}, as_json=as_json, said="\n".join(lines))
    if any(row["reasons"] for row in rows):
        raise SystemExit(int(Exit.REFUSED))


def _told(code: str, quantity: int, reasons: Sequence[Reason]) -> dict[str, Any]:
    said = [{"code": each.code.value, "has": each.has, "needs": each.needs} for each in reasons]
    return {"device": code, "quantity": 0 if reasons else quantity, "reasons": said}


def _why(row: dict[str, Any]) -> str:
    said = "; ".join(f"has {each['has']}, needs {each['needs']}" for each in row["reasons"])
    return f"{row['device']}: refused, {said}"


def _document(row: Lease) -> dict[str, Any]:
    return {
        "lease": str(row.id), "token": row.token, "pool": str(row.pool_id), "quantity": row.quantity,
        "state": row.state.value, "expires_at": None if row.expires_at is None else row.expires_at.isoformat(),
    }  # fmt: skip


async def _devices(work: Work, codes: Sequence[str]) -> tuple[UUID, ...]:
    found = await devices_by_code(work, codes)
    for code in codes:
        if code not in found:
            raise NotFound("device", code)
    return tuple(found[code].id for code in codes)


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        stop(Exit.BAD_INPUT, f"{name}: {text[:40]!r} is no id such as `lictor lease acquire` prints.")
