"""License keys in the graph: that they are there, whose each is, and the verbs; what one says is revealed apart."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, field, outcome, paged, resolved
from api.graphql.entitlements import Pool
from api.graphql.inputs import GIVEN, WHICH, NodeId, asked, changed, opened, told, values
from api.graphql.nodes import Node, by, listed
from api.graphql.seats import Seat
from governance.kernel.work import Work
from governance.keys import queries
from governance.keys.models import LicenseKey as KeyRow
from governance.keys.rules import KeyKind, KeyState, NewKey, key_state
from governance.keys.service import AddKeys, KeysAdded, add_keys, bind_key, retire_key, reveal_key, reveal_own_key
from policies.access.parties import Ownership

strawberry.enum(KeyKind, description="A license key that is typed in, or a link that activates.")
strawberry.enum(KeyState, description="How a license key stands; SPENT: its seat is over and it is not reusable.")


@strawberry.type(description="A license key or activation link of a pool. What it says is shown only when revealed.")
class LicenseKey(Node):
    row: strawberry.Private[KeyRow]
    visible = queries.visible_keys
    key = KeyRow.id

    async def ownership(self, work: Work) -> Ownership:
        return await queries.key_ownership(work, self.row)

    @resolved("How it stands.", FieldClass.PUBLIC)
    def state(self) -> KeyState:
        return key_state(self.row.assignment_id, self.row.freed_at, self.row.retired_at)

    @resolved("Key or link.", FieldClass.PUBLIC)
    def kind(self) -> KeyKind:
        return self.row.kind

    @resolved("What it is called.", FieldClass.PUBLIC)
    def label(self) -> str | None:
        return self.row.label

    @resolved("Its last signs, to recognize it by; null for a short one.", FieldClass.SECRET)
    def hint(self) -> str | None:
        return self.row.hint

    @resolved("Whether it is free again when its seat is given back.", FieldClass.PUBLIC)
    def reusable(self) -> bool:
        return self.row.reusable

    @resolved("When it was taken in.", FieldClass.PUBLIC)
    def added_at(self) -> datetime:
        return self.row.added_at

    @resolved("When it was given to its seat.", FieldClass.PUBLIC)
    def bound_at(self) -> datetime | None:
        return self.row.bound_at

    @resolved("When it was taken out of use.", FieldClass.PUBLIC)
    def retired_at(self) -> datetime | None:
        return self.row.retired_at

    @resolved("When somebody last had it revealed; the trail says who and why.", FieldClass.PUBLIC)
    def revealed_at(self) -> datetime | None:
        return self.row.revealed_at

    @resolved("Of which pool.", FieldClass.PUBLIC)
    async def pool(self, info: Info) -> Pool | None:
        return await Pool.get(info, self.row.pool_id)

    @resolved("The seat it belongs to; null outside one's reach.", FieldClass.PUBLIC)
    async def seat(self, info: Info) -> Seat | None:
        return await Seat.get(info, self.row.assignment_id)


@strawberry.type(description="A license key that was just revealed.")
class RevealedLicenseKey:
    license_key: LicenseKey = field("The key.", FieldClass.PUBLIC)
    key: str | None = field("What it says; null on a repeat of the same request.", FieldClass.SECRET)


@strawberry.type(description="The license key of one's own seat, just revealed.")
class OwnLicenseKey:
    # No list or node leads here: it answers an act of the seat's own holder, from whom the class would hide it.
    key: str = field("What it says.", FieldClass.PUBLIC)
    kind: KeyKind = field("Key or link.", FieldClass.PUBLIC)
    label: str | None = field("What it is called.", FieldClass.PUBLIC)


@strawberry.type(description="What became of license keys that were taken in.")
class AddedLicenseKeys:
    added: int = field("How many are new.", FieldClass.PUBLIC)
    known: int = field("How many the pool had already.", FieldClass.PUBLIC)
    bound: int = field("How many went at once to seats that had none.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, done: KeysAdded) -> "AddedLicenseKeys":
        return cls(added=done.added, known=done.known, bound=done.bound)


@strawberry.input(description="Which license keys.")
class LicenseKeyFilter:
    pool: strawberry.ID | None = asked("Only those of this pool.", of="Pool", default=None)
    state: KeyState | None = asked("Only those that stand like this.", default=None)


@strawberry.input(description="A license key to take in.")
class NewLicenseKeyInput:
    key: str = asked("What it says; sealed at once.", cls=FieldClass.SECRET, secret=True)
    label: str | None = asked("What to call it.", default=None)
    kind: KeyKind = asked("Key or link.", default=KeyKind.KEY)
    reusable: bool = asked("Whether it is free again when its seat is given back.", default=False)


@strawberry.input(description="License keys to take in.")
class AddLicenseKeysInput:
    pool: strawberry.ID = asked("The pool.", of="Pool")
    keys: list[NewLicenseKeyInput] = asked("Up to 5000; one that the pool has already is left as it is.")


@strawberry.input(description="A license key to reveal.")
class RevealLicenseKeyInput:
    license_key: strawberry.ID = asked("The key.", of="LicenseKey", to="key_id")
    reason: str = asked("Why; the trail keeps it.")


@strawberry.input(description="One's own seat, whose license key is to be revealed.")
class RevealOwnLicenseKeyInput:
    seat: strawberry.ID = asked("One's own seat.", of="Seat", to="assignment_id")


@strawberry.input(description="A license key to give to a seat.")
class BindLicenseKeyInput:
    license_key: strawberry.ID = asked("The key.", of="LicenseKey", to="key_id")
    seat: strawberry.ID = asked("The seat.", of="Seat", to="assignment_id")


@strawberry.input(description="A license key to take out of use.")
class RetireLicenseKeyInput:
    license_key: strawberry.ID = asked("The key.", of="LicenseKey", to="key_id")
    reason: str = asked("Why; the trail keeps it.")


AddedLicenseKeysOutcome = Annotated[
    AddedLicenseKeys | Refusal,
    strawberry.union("AddedLicenseKeysOutcome", description="What became of the keys, or why not."),
]
LicenseKeyOutcome = Annotated[
    LicenseKey | Refusal, strawberry.union("LicenseKeyOutcome", description="The key, or why not.")
]
RevealedLicenseKeyOutcome = Annotated[
    RevealedLicenseKey | Refusal,
    strawberry.union("RevealedLicenseKeyOutcome", description="The key with what it says, or why not."),
]

OwnLicenseKeyOutcome = Annotated[
    OwnLicenseKey | Refusal, strawberry.union("OwnLicenseKeyOutcome", description="One's own key, or why not.")
]


@strawberry.type(description="What can be asked of license keys.")
class KeyQueries:
    @paged("The license keys within reach, the newest first; none says what it is.", FieldClass.PUBLIC)
    async def license_keys(
        self, info: Info, paging: Paging, filter: Annotated[LicenseKeyFilter | None, WHICH] = None
    ) -> Connection[LicenseKey]:
        wanted = values(info, filter or LicenseKeyFilter())

        def narrowed(work: Work) -> Select[KeyRow]:
            query = queries.visible_keys(work)
            if wanted["pool_id"] is not None:
                query = query.where(KeyRow.pool_id == wanted["pool_id"])
            return query if wanted["state"] is None else query.where(queries.stands(wanted["state"]))

        order = by(KeyRow.added_at, KeyRow.id, descending=True)
        return await listed(info, paging, LicenseKey, order, narrowed=narrowed)

    @resolved("One license key; null where there is none within reach.", FieldClass.PUBLIC)
    async def license_key(self, info: Info, id: NodeId) -> LicenseKey | None:
        return await LicenseKey.by_id(info, id)


@strawberry.type(description="What can be done with license keys.")
class KeyMutations:
    @resolved("Take license keys in: sealed at once, each once a pool.", FieldClass.PUBLIC)
    async def add_license_keys(
        self, info: Info, input: Annotated[AddLicenseKeysInput, GIVEN]
    ) -> AddedLicenseKeysOutcome:
        async def done() -> AddedLicenseKeys:
            keys = tuple(NewKey(each.key, each.label, each.kind, each.reusable) for each in input.keys)
            given, context = AddKeys(opened("Pool", input.pool, "pool"), keys), info.context
            perform = context.office.perform
            return AddedLicenseKeys.of(await perform(context.actor, lambda work: add_keys(work, given)))

        return told(await outcome(done()))

    @resolved("Show what a license key says; who did and why stays in the trail.", FieldClass.PUBLIC)
    async def reveal_license_key(
        self, info: Info, input: Annotated[RevealLicenseKeyInput, GIVEN]
    ) -> RevealedLicenseKeyOutcome:
        secrets: dict[UUID, str] = {}

        async def verb(work: Work) -> KeyRow:
            found = await reveal_key(work, **values(info, input))
            secrets[found.row.id] = found.key
            return found.row

        done = await changed(info, LicenseKey, input, verb)
        if isinstance(done, Refusal):
            return done
        return RevealedLicenseKey(license_key=done, key=secrets.get(done.row.id))

    @resolved("Show the license key of one's own seat; the trail keeps that its holder looked.", FieldClass.PUBLIC)
    async def reveal_own_license_key(
        self, info: Info, input: Annotated[RevealOwnLicenseKeyInput, GIVEN]
    ) -> OwnLicenseKeyOutcome:
        async def done() -> OwnLicenseKey:
            given, context = values(info, input), info.context
            found = await context.office.perform(
                context.actor, lambda work: reveal_own_key(work, **given), context.request_id
            )
            return OwnLicenseKey(key=found.key, kind=found.row.kind, label=found.row.label)

        return told(await outcome(done()))

    @resolved("Give a free license key to a certain seat of its pool.", FieldClass.PUBLIC)
    async def bind_license_key(self, info: Info, input: Annotated[BindLicenseKeyInput, GIVEN]) -> LicenseKeyOutcome:
        def verb(work: Work) -> Awaitable[KeyRow]:
            return bind_key(work, **values(info, input))

        return await changed(info, LicenseKey, input, verb)

    @resolved("Take a license key out of use for good.", FieldClass.PUBLIC)
    async def retire_license_key(self, info: Info, input: Annotated[RetireLicenseKeyInput, GIVEN]) -> LicenseKeyOutcome:
        def verb(work: Work) -> Awaitable[KeyRow]:
            return retire_key(work, **values(info, input))

        return await changed(info, LicenseKey, input, verb)
