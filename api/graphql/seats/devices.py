"""Seats of devices in the graph: given, looked at before, moved to another pool; released as leases are."""

from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Reason, Refusal, field, outcome, resolved
from api.graphql.inputs import GIVEN, answered, asked, command, told
from api.graphql.inventory import Device
from api.graphql.seats.leases import Lease
from api.graphql.seats.things import reason_of
from governance.seats.service.device_moves import MoveDevice, move_device
from governance.seats.service.devices import AssignDevices, DeviceAnswer, DeviceCase, assign_devices, preview_devices


@strawberry.input(description="Devices that shall have a seat, or their cores, of a pool.")
class AssignDevicesInput:
    pool: strawberry.ID = asked("The pool, of a DEVICE, NODE_LOCKED or CORE line.", of="Pool")
    devices: list[strawberry.ID] = asked("Which, each once; 1,000 at the most.", of="Device", to="device_ids")


@strawberry.input(
    description="Where the seat of a device shall be; with neither another pool nor device, with who keeps it now."
)
class MoveDeviceInput:
    device: strawberry.ID = asked("The device.", of="Device")
    from_pool: strawberry.ID = asked("Where it has a seat.", of="Pool", to="from_pool_id")
    to_pool: strawberry.ID | None = asked(
        "The pool it shall be of; the same one by default.", of="Pool", to="to_pool_id", default=None
    )
    to_device: strawberry.ID | None = asked(
        "The device that shall have it; the same one by default.", of="Device", to="to_device_id", default=None
    )


@strawberry.type(description="What became of one device.")
class DeviceSeatAnswer:
    told: strawberry.Private[DeviceAnswer]

    @resolved("The device.", FieldClass.PUBLIC)
    async def device(self, info: Info) -> Device | None:
        return await Device.get(info, self.told.device_id)

    @resolved("What it holds; of a virtual machine that its host counts, what the host holds.", FieldClass.PUBLIC)
    def lease(self) -> Lease | None:
        return None if self.told.lease is None else Lease.of(self.told.lease)

    @resolved("Every reason why it has none.", FieldClass.PUBLIC)
    def reasons(self) -> list[Reason]:
        return [reason_of(each) for each in self.told.reasons]


@strawberry.type(description="What became of devices, in the order asked.")
class DeviceSeatAnswers:
    answers: list[DeviceSeatAnswer] = field("One for each device.", FieldClass.PUBLIC)


@strawberry.type(description="What one device would take, and what stands against it.")
class DeviceSeatPreview:
    case: strawberry.Private[DeviceCase]

    @resolved("The device.", FieldClass.PUBLIC)
    def device(self) -> Device:
        return Device.of(self.case.row)

    @resolved("How many seats, or cores, it would take.", FieldClass.PUBLIC)
    def quantity(self) -> int:
        return self.case.taken.quantity

    @resolved("The code of the device that counts it: itself, or its host.", FieldClass.PUBLIC)
    def counted_by(self) -> str:
        return self.case.taken.by.code

    @resolved("Every reason against it; none: it would be given.", FieldClass.PUBLIC)
    def reasons(self) -> list[Reason]:
        return [reason_of(each) for each in self.case.reasons]


@strawberry.type(description="What devices would take of a pool, in the order asked.")
class DeviceSeatPreviews:
    devices: list[DeviceSeatPreview] = field("One for each device.", FieldClass.PUBLIC)


AssignDevicesOutcome = Annotated[
    DeviceSeatAnswers | Refusal,
    strawberry.union("AssignDevicesOutcome", description="What became of each device, or why not."),
]
PreviewDevicesOutcome = Annotated[
    DeviceSeatPreviews | Refusal,
    strawberry.union("PreviewDevicesOutcome", description="What would become of each, or why not."),
]
MoveDeviceOutcome = Annotated[
    Lease | Refusal, strawberry.union("MoveDeviceOutcome", description="The new holding, or why not.")
]


@strawberry.type(description="What can be asked of seats of devices.")
class DeviceSeatQueries:
    @resolved("What devices would take of a pool, and every reason against each; nothing changes.", FieldClass.PUBLIC)
    async def preview_devices(self, info: Info, input: Annotated[AssignDevicesInput, GIVEN]) -> PreviewDevicesOutcome:
        async def look() -> DeviceSeatPreviews:
            async with info.context.reading() as work:
                found = await preview_devices(work, command(info, AssignDevices, input))
            return DeviceSeatPreviews(devices=[DeviceSeatPreview(case=each) for each in found])

        return await answered(look())


@strawberry.type(description="What can be done with seats of devices.")
class DeviceSeatMutations:
    @resolved("Give devices a seat, or their cores, of a pool; each is answered by itself.", FieldClass.PUBLIC)
    async def assign_devices(self, info: Info, input: Annotated[AssignDevicesInput, GIVEN]) -> AssignDevicesOutcome:
        async def done() -> DeviceSeatAnswers:
            context, asked_for = info.context, command(info, AssignDevices, input)
            found = await assign_devices(context.desk, context.actor, asked_for, context.request_id)
            return DeviceSeatAnswers(answers=[DeviceSeatAnswer(told=each) for each in found])

        return told(await outcome(done()))

    @resolved(
        "Let the seat of a device go on to another pool, device or keeper, in one step: nobody has it in between.",
        FieldClass.PUBLIC,
    )
    async def move_device(self, info: Info, input: Annotated[MoveDeviceInput, GIVEN]) -> MoveDeviceOutcome:
        async def done() -> Lease:
            context, asked_for = info.context, command(info, MoveDevice, input)
            return Lease.of(await move_device(context.desk, context.actor, asked_for, context.request_id))

        return told(await outcome(done()))
