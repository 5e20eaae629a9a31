"""Devices in the graph, and what was seen installed on them: registered, retired, taken in as a source saw it."""

from datetime import date, datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.catalog import Product
from api.graphql.context import Info
from api.graphql.directory import Person, Unit
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, paged, resolved
from api.graphql.inputs import GIVEN, WHICH, NodeId, asked, changed, command, values
from api.graphql.nodes import Node, by, listed, listed_of
from governance.inventory import queries
from governance.inventory.models import Device as DeviceRow
from governance.inventory.models import Installation as InstallationRow
from governance.inventory.rules import Cover, DeviceKind, cover_of
from governance.inventory.service import (
    RecordInstallations,
    RegisterDevice,
    Seen,
    record_installations,
    register_device,
    retire_device,
)
from governance.kernel.work import Work
from policies.access.parties import Ownership

strawberry.enum(DeviceKind, description="What a device is: somebody's own, a host, or a virtual machine on one.")
strawberry.enum(Cover, description="Whether a license covers an installation; BEYOND: out after maintenance ended.")


@strawberry.type(description="A machine, known again by its code, kept by a person.")
class Device(Node):
    row: strawberry.Private[DeviceRow]
    visible = queries.visible_devices
    key = DeviceRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.device_ownership(work, self.row)

    @resolved("Its code.", FieldClass.PUBLIC)
    def code(self) -> str:
        return self.row.code

    @resolved("What it is called.", FieldClass.PUBLIC)
    def name(self) -> str:
        return self.row.name

    @resolved("What it is.", FieldClass.PUBLIC)
    def kind(self) -> DeviceKind:
        return self.row.kind

    @resolved("How many cores it has.", FieldClass.PUBLIC)
    def cores(self) -> int:
        return self.row.cores

    @resolved("The cluster it belongs to; null: none.", FieldClass.PUBLIC)
    def cluster(self) -> str | None:
        return self.row.cluster

    @resolved("The region it stands in.", FieldClass.PUBLIC)
    def region(self) -> str:
        return self.row.region

    @resolved("Since when it is there no more.", FieldClass.PUBLIC)
    def retired_at(self) -> datetime | None:
        return self.row.retired_at

    @resolved("The host that a virtual machine runs on.", FieldClass.PUBLIC)
    async def host(self, info: Info) -> "Device | None":
        return await Device.get(info, self.row.host_id)

    @resolved("Who keeps it; null outside one's reach.", FieldClass.PUBLIC)
    async def keeper(self, info: Info) -> Person | None:
        return await Person.get(info, self.row.person_id)

    @resolved("The unit it belongs to.", FieldClass.PUBLIC)
    async def unit(self, info: Info) -> Unit | None:
        return await Unit.get(info, self.row.unit_id)

    @paged("What was seen installed on it, gone or not, by release.", FieldClass.PUBLIC)
    async def installations(self, info: Info, paging: Paging) -> "Connection[Installation]":
        orders = by(InstallationRow.release, InstallationRow.id)
        return await listed_of(info, paging, Installation, orders, column=InstallationRow.device_id, of=self.row.id)


@strawberry.type(description="A release of a product on a device, as a source saw it.")
class Installation(Node):
    row: strawberry.Private[InstallationRow]
    visible = queries.visible_installations
    key = InstallationRow.id

    @resolved("The release.", FieldClass.PUBLIC)
    def release(self) -> str:
        return self.row.release

    @resolved("The day on which it came out; null: nobody said.", FieldClass.PUBLIC)
    def released_on(self) -> date | None:
        return self.row.released_on

    @resolved("Who saw it.", FieldClass.PUBLIC)
    def source(self) -> str:
        return self.row.source

    @resolved("When it was seen first.", FieldClass.PUBLIC)
    def first_seen_at(self) -> datetime:
        return self.row.first_seen_at

    @resolved("When it was seen last.", FieldClass.PUBLIC)
    def last_seen_at(self) -> datetime:
        return self.row.last_seen_at

    @resolved("Since when its source names it no more.", FieldClass.PUBLIC)
    def gone_at(self) -> datetime | None:
        return self.row.gone_at

    @resolved("Whether the licenses of its product cover it now.", FieldClass.PUBLIC)
    async def cover(self, info: Info) -> Cover:
        async def load(rows: list[InstallationRow]) -> list[Cover]:
            async with info.context.reading() as work:
                rights = await queries.rights_to(work, {row.product_id for row in rows}, work.now())
            return [cover_of(row.released_on, rights.get(row.product_id, ())) for row in rows]

        found: Cover = await info.context.loader("cover of installations", load).load(self.row)
        return found

    @resolved("The device.", FieldClass.PUBLIC)
    async def device(self, info: Info) -> Device | None:
        return await Device.get(info, self.row.device_id)

    @resolved("The product.", FieldClass.PUBLIC)
    async def product(self, info: Info) -> Product | None:
        return await Product.get(info, self.row.product_id)


@strawberry.input(description="Which devices.")
class DeviceFilter:
    keeper: strawberry.ID | None = asked("Only this person's.", of="Person", to="person_id", default=strawberry.UNSET)
    there: bool | None = asked("Only those that are there, or only retired ones.", default=None)


@strawberry.input(description="A device by its code: a new one, or what a known one is now.")
class RegisterDeviceInput:
    code: str = asked("Its code, unique in the tenant.")
    name: str = asked("What it is called.")
    kind: DeviceKind = asked("What it is.")
    keeper: strawberry.ID = asked("Who keeps it.", of="Person", to="person_id")
    unit: strawberry.ID = asked("The unit it belongs to.", of="Unit")
    cores: int = asked("How many cores it has.", default=1)
    host: strawberry.ID | None = asked("The host that a virtual machine runs on.", of="Device", default=None)
    cluster: str | None = asked("The cluster it belongs to.", default=None)
    region: str | None = asked("Where it stands; null: in its keeper's country.", default=None)


@strawberry.input(description="A device that is there no more.")
class RetireDeviceInput:
    device: strawberry.ID = asked("The device.", of="Device")


@strawberry.input(description="A release of a product as a source saw it.")
class SeenInput:
    product: strawberry.ID = asked("The product.", of="Product")
    release: str = asked("The release.")
    released_on: date | None = asked("The day on which it came out.", default=None)


@strawberry.input(description="All that a source saw on a device: what it names no more is gone.")
class RecordInstallationsInput:
    device: strawberry.ID = asked("The device.", of="Device")
    source: str = asked("Who saw it.")
    seen: list[SeenInput] = asked("Each release once; 1,000 at the most.")


DeviceOutcome = Annotated[Device | Refusal, strawberry.union("DeviceOutcome", description="The device, or why not.")]


@strawberry.type(description="What can be asked of devices.")
class InventoryQueries:
    @paged("The devices within reach, by code.", FieldClass.PUBLIC)
    async def devices(
        self, info: Info, paging: Paging, filter: Annotated[DeviceFilter | None, WHICH] = None
    ) -> Connection[Device]:
        wanted = values(info, filter or DeviceFilter())

        def narrowed(work: Work) -> Select[DeviceRow]:
            query = queries.visible_devices(work)
            if wanted.get("person_id") is not None:
                query = query.where(DeviceRow.person_id == wanted["person_id"])
            if wanted.get("there") is not None:
                there = DeviceRow.retired_at.is_(None)
                query = query.where(there if wanted["there"] else ~there)
            return query

        return await listed(info, paging, Device, by(DeviceRow.code, DeviceRow.id), narrowed=narrowed)

    @resolved("One device; null where there is none within reach.", FieldClass.PUBLIC)
    async def device(self, info: Info, id: NodeId) -> Device | None:
        return await Device.by_id(info, id)


@strawberry.type(description="What can be done with devices.")
class InventoryMutations:
    @resolved("Register a device, or say anew what it is.", FieldClass.PUBLIC)
    async def register_device(self, info: Info, input: Annotated[RegisterDeviceInput, GIVEN]) -> DeviceOutcome:
        return await changed(
            info, Device, input, lambda work: register_device(work, command(info, RegisterDevice, input))
        )

    @resolved("Let a device be there no more; what it holds stays taken until it is released.", FieldClass.PUBLIC)
    async def retire_device(self, info: Info, input: Annotated[RetireDeviceInput, GIVEN]) -> DeviceOutcome:
        return await changed(info, Device, input, lambda work: retire_device(work, values(info, input)["device_id"]))

    @resolved("Take in what a source saw installed on a device.", FieldClass.PUBLIC)
    async def record_installations(
        self, info: Info, input: Annotated[RecordInstallationsInput, GIVEN]
    ) -> DeviceOutcome:
        async def verb(work: Work) -> DeviceRow:
            seen = tuple(Seen(**values(info, each, path=f"seen.{index}.")) for index, each in enumerate(input.seen))
            asked_for = command(info, RecordInstallations, input, seen=seen)
            await record_installations(work, asked_for)
            return await queries.device(work, asked_for.device_id)

        return await changed(info, Device, input, verb)
