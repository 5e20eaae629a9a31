"""The graph: each room of the house has a file (or a folder) here, and all of them have these conventions.

    things.py (types)                       asking (queries)                 doing (mutations)

    @strawberry.type(description="…")       @paged("…", FieldClass.PUBLIC)   @resolved("…", FieldClass.PUBLIC)
    class Pool(Node):                       async def pools(self, info,      async def open_pool(self, info,
        row: strawberry.Private[PoolRow]        paging: Paging, filter:          input: Annotated[OpenPoolInput, GIVEN]
        visible = queries.visible_pools         Annotated[PoolFilter |       ) -> PoolOutcome:
        key = PoolRow.id                        None, WHICH] = None)             return await changed(info, Pool, input,
                                            -> Connection[Pool]:                     lambda work: open_pool(
        @resolved("…", FieldClass.PUBLIC)       return await listed(                     work, command(info, NewPool,
        def code(self) -> str: …                    info, paging, Pool,              input)))
                                                    order, narrowed=…)

- A thing with an id is a `Node`: its room's `visible_…` query and its key column make `node(id)`, `by_id`, `get`
  (an edge to one), idempotent repeats. `ownership(work)` says whose it is, for `viewer { explain }`.
- Edges to one: `await Unit.get(info, self.row.unit_id)`, null where unseen. Edges to many: `listed_of` (pages; one
  SELECT for all siblings) or `short_list` (few by nature). Edges up the story: `strawberry.lazy` with `type_named`.
- Root lists: `listed` with a filter input, an order enum (`BY_WHAT`, `Descending`), `by(column, key)` as order.
  A filter or order over a field that is not PUBLIC goes through `hold_readable` first.
- Inputs: `asked("…", of="Pool")` is an id that the command calls `pool_id`; `to=` renames, `cls=` asks for the right
  to write that class. `command(info, NewPool, input)` and `values(info, input.changes, path="changes.")` open them
  inside the verb, so that bad ones are refusals too. Partial changes default to UNSET.
- Mutations: `changed` runs the verb in one transaction, once per Idempotency-Key, and gives `Thing | Refusal`; verbs
  that own their transactions (seats) go through `answered`. Previews are queries, by `answered` and a reading desk.
- Money is `Money.of(micros, currency)` under FieldClass.MONEY. Instants and days: `datetime` and `date`.
- Enums of governance are registered once, in the file of their room: `strawberry.enum(PoolState, description="…")`.
- `XQueries` and `XMutations` stand in the tuples of schema.py; `python -m api.graphql.schema` writes schema.graphql,
  which a test holds. tests/api/graphql/conftest.py gives `door`: `await (await door.as_("admin")).ask("{ … }")`.
"""
