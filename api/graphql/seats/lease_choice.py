"""Leases of a product in the graph: the pool is chosen, as it is for seats."""

from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, idempotency_key, mutation_path, outcome, resolved
from api.graphql.inputs import GIVEN, asked, command, told
from api.graphql.seats.leases import AcquiredLease
from api.graphql.seats.lending import AcquireOutcome
from governance.seats.service.lease_choice import LeaseByProduct, lease_by_product


@strawberry.input(description="Seats of a product for a client; the pool is chosen.")
class AcquireLeaseByProductInput:
    product: strawberry.ID = asked("The product.", of="Product")
    person: strawberry.ID = asked("For whom.", of="Person")
    client: str = asked("What the client calls itself, the same each time.")
    quantity: int = asked("How many seats.", default=1)
    features: list[strawberry.ID] | None = asked(
        "The features that are needed; null: any tier will do.", of="Feature", to="feature_ids", default=None
    )
    tier: strawberry.ID | None = asked("The least tier that will do.", of="Tier", default=None)
    waits_s: int | None = asked(
        "For how many seconds it would stand in line of the pool that goes first where all are full; null: not at all.",
        default=None,
    )


@strawberry.type(description="What can be done with leases of products.")
class LeaseChoiceMutations:
    @resolved(
        "Lend a client seats of the pool of a product that goes first and has room, or give it the lease it has.",
        FieldClass.PUBLIC,
    )
    async def acquire_lease_by_product(
        self, info: Info, input: Annotated[AcquireLeaseByProductInput, GIVEN]
    ) -> AcquireOutcome:
        async def done() -> AcquiredLease:
            key, context = idempotency_key(info.context), info.context
            scoped = None if key is None else f"{key}:{mutation_path(info)}"
            asked_for = command(info, LeaseByProduct, input, key=scoped)
            return AcquiredLease.of(await lease_by_product(context.desk, context.actor, asked_for, context.request_id))

        return told(await outcome(done()))
