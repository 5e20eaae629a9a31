"""Imports in the graph: a file of people, first as a dry run, then for good, as long work."""

import base64
import binascii
from collections.abc import Awaitable
from typing import Annotated

import strawberry

from api.graphql.context import Info
from api.graphql.engine import FieldClass, Refusal, resolved
from api.graphql.inputs import GIVEN, asked, changed
from api.graphql.runs import Run
from governance.imports.service import ImportPeople, request_people_import
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.runs.models import Run as RunRow


@strawberry.input(description="A file of people; the console and `lictor import people` take larger ones.")
class ImportPeopleInput:
    name: str = asked("The file's name, as people will look for it.")
    content: str = asked("The file (CSV or XLSX) in base64.")
    dry_run: bool = asked("Whether only to say what would happen, row by row.", default=False)
    strict: bool = asked("Whether to change nothing when any row is bad.", default=False)


ImportOutcome = Annotated[
    Run | Refusal, strawberry.union("ImportOutcome", description="The run of an import, or why not.")
]


@strawberry.type(description="What can be taken in.")
class ImportMutations:
    @resolved("Enter and update people by their external id; the run's outcome names each bad row.", FieldClass.PUBLIC)
    async def import_people(self, info: Info, input: Annotated[ImportPeopleInput, GIVEN]) -> ImportOutcome:
        def verb(work: Work) -> Awaitable[RunRow]:
            content = _decoded(input.content)
            return request_people_import(
                work, ImportPeople(input.name, content, dry_run=input.dry_run, strict=input.strict)
            )

        return await changed(info, Run, input, verb)


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("content", f"{len(content)} characters", "a file in base64") from None
