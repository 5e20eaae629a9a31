"""Imports in the graph: files tried and taken in as long work, told row by row, and taken back after a preview."""

import base64
import binascii
from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import Select

from api.graphql.context import Info
from api.graphql.engine import Connection, FieldClass, Paging, Refusal, encode_node_id, field, paged, resolved
from api.graphql.inputs import GIVEN, WHICH, NodeId, answered, asked, changed, opened
from api.graphql.nodes import Node, by, listed
from api.graphql.runs import Run
from api.links import template_path
from governance.imports.filed import ImportFile, request_file_import
from governance.imports.models import ImportRow as ImportRowRow
from governance.imports.models import ImportUndone as UndoneRow
from governance.imports.row_report import visible_import_rows, visible_undone
from governance.imports.rules import FileFormat, RowOutcome
from governance.imports.service import ImportPeople, request_people_import
from governance.imports.templates import TEMPLATES
from governance.imports.trials import import_tried
from governance.imports.undo_plan import Kept
from governance.imports.undoing import UndoPreview as Foreseen
from governance.imports.undoing import preview_undo, undo_import
from governance.kernel.errors import BadInput
from governance.kernel.work import Work
from governance.runs.models import Run as RunRow

strawberry.enum(FileFormat, description="What files are taken in.")
strawberry.enum(RowOutcome, description="What became of a row of an import; of a trial's, what would.")


@strawberry.type(description="One field of a refused row: what it has and what it needs.")
class ImportProblem:
    column: str = field("The column as the file calls it, or what the row is about.", FieldClass.PUBLIC)
    has: str = field("What stands there.", FieldClass.PERSONAL)
    needs: str = field("What would be right, or what to do.", FieldClass.PERSONAL)


@strawberry.type(description="What became of one row of an import of agreements or licenses.")
class ImportRow(Node):
    row: strawberry.Private[ImportRowRow]
    visible = visible_import_rows
    key = ImportRowRow.id

    @resolved("Its number, as a spreadsheet shows it.", FieldClass.PUBLIC)
    def number(self) -> int:
        return self.row.number

    @resolved("Its agreement's number, or its agreement, license, line and purchase order.", FieldClass.PUBLIC)
    def name(self) -> str | None:
        return self.row.name

    @resolved("What became of it.", FieldClass.PUBLIC)
    def outcome(self) -> RowOutcome:
        return self.row.outcome

    @resolved("Of a refused row each field that is wrong, all at once.", FieldClass.PUBLIC)
    def problems(self) -> list[ImportProblem]:
        return [ImportProblem(column=each["field"], has=each["has"], needs=each["needs"]) for each in self.row.problems]

    @resolved("The agreement or lot it came to; null where it was refused.", FieldClass.PUBLIC)
    def subject(self) -> strawberry.ID | None:
        kind = None if self.row.subject_type is None else self.row.subject_type.title()
        return None if kind is None or self.row.subject_id is None else encode_node_id(kind, self.row.subject_id)

    @resolved("The version of its subject after it, where that has one.", FieldClass.PUBLIC)
    def version_after(self) -> int | None:
        return self.row.version_after


@strawberry.type(description="Something an import brought that an undo leaves, and why.")
class ImportKept:
    number: int = field("The row that brought it.", FieldClass.PUBLIC)
    name: str = field("What that row is about.", FieldClass.PUBLIC)
    kind: str = field("What stays: a lot, an allocation, a pool, a line, an entitlement, …", FieldClass.PUBLIC)
    why: str = field("Why it stays, and what to do.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, kept: Kept) -> "ImportKept":
        return cls(number=kept.number, name=kept.name, kind=kept.kind, why=kept.why)


@strawberry.type(description="How many things of one kind.")
class ImportCount:
    kind: str = field("The kind.", FieldClass.PUBLIC)
    count: int = field("How many.", FieldClass.PUBLIC)


@strawberry.type(description="What an undo of an import would take back, what stays and why.")
class ImportUndoPreview:
    taken_back: list[ImportCount] = field("What goes, counted by kind.", FieldClass.PUBLIC)
    kept: list[ImportKept] = field("What stays, at most the first 200.", FieldClass.PUBLIC)
    kept_count: int = field("How much stays in all.", FieldClass.PUBLIC)
    token: str = field("The token by which exactly this is done, good for 15 minutes.", FieldClass.PUBLIC)

    @classmethod
    def of(cls, seen: Foreseen) -> "ImportUndoPreview":
        counts = [ImportCount(kind=kind, count=count) for kind, count in seen.taken_back.items()]
        kept = [ImportKept.of(each) for each in seen.kept[:200]]
        return cls(taken_back=counts, kept=kept, kept_count=len(seen.kept), token=seen.token)


@strawberry.type(description="That an import was taken back.")
class ImportUndone(Node):
    row: strawberry.Private[UndoneRow]
    visible = visible_undone
    key = UndoneRow.id

    @resolved("The run that was undone.", FieldClass.PUBLIC)
    async def run(self, info: Info) -> Run | None:
        return await Run.get(info, self.row.run_id)

    @resolved("How many things were taken back.", FieldClass.PUBLIC)
    def taken_back(self) -> int:
        return self.row.taken_back

    @resolved("How many things stayed.", FieldClass.PUBLIC)
    def kept(self) -> int:
        return self.row.kept

    @resolved("When.", FieldClass.PUBLIC)
    def recorded_at(self) -> datetime:
        return self.row.recorded_at


@strawberry.type(description="An empty table to fill in.")
class ImportTemplate:
    name: str = field("The table.", FieldClass.PUBLIC)
    csv: str = field("Where the CSV with its headers is fetched.", FieldClass.PUBLIC)
    xlsx: str = field("Where the workbook with an example and explanations is fetched.", FieldClass.PUBLIC)
    columns: list[str] = field("Its columns.", FieldClass.PUBLIC)


UndoPreviewOutcome = Annotated[
    ImportUndoPreview | Refusal,
    strawberry.union("ImportUndoPreviewOutcome", description="What an undo would do, or why it cannot be."),
]
UndoOutcome = Annotated[
    ImportUndone | Refusal, strawberry.union("ImportUndoOutcome", description="An undo, or why there is none.")
]


@strawberry.input(description="Which rows of an import.")
class ImportRowFilter:
    outcome: RowOutcome | None = asked("Only with this outcome.", default=None)


@strawberry.type(description="What can be asked of imports.")
class ImportQueries:
    @paged("The rows of an import of agreements or licenses, in the order of the file.", FieldClass.PUBLIC)
    async def import_rows(
        self, info: Info, paging: Paging, run: NodeId, filter: Annotated[ImportRowFilter | None, WHICH] = None
    ) -> Connection[ImportRow]:
        run_id, outcome = opened("Run", run, "run"), None if filter is None else filter.outcome

        def narrowed(work: Work) -> Select[ImportRowRow]:
            query = visible_import_rows(work).where(ImportRowRow.run_id == run_id)
            return query if outcome is None else query.where(ImportRowRow.outcome == outcome)

        return await listed(info, paging, ImportRow, by(ImportRowRow.number, ImportRowRow.id), narrowed=narrowed)

    @resolved("What the undo of an import would take back, and what stays and why.", FieldClass.PUBLIC)
    async def import_undo_preview(self, info: Info, run: NodeId) -> UndoPreviewOutcome:
        async def seen() -> ImportUndoPreview:
            async with info.context.reading() as work:
                return ImportUndoPreview.of(await preview_undo(work, opened("Run", run, "run")))

        return await answered(seen())

    @resolved("The empty tables to fill in.", FieldClass.PUBLIC)
    def import_templates(self) -> list[ImportTemplate]:
        return [
            ImportTemplate(
                name=name, csv=template_path(name, "csv"), xlsx=template_path(name, "xlsx"),
                columns=[column.name for column in columns],
            )
            for name, columns in sorted(TEMPLATES.items())
        ]  # fmt: skip


@strawberry.input(description="An option of an import, such as create or reason.")
class ImportOptionInput:
    name: str = asked("Its name, as the command of the terminal calls it.")
    value: str = asked("Its value; yes where it has none.")


@strawberry.input(description="A file of any format but people; the console and the terminal take larger ones.")
class ImportFileInput:
    format: FileFormat = asked("What it is.")
    name: str = asked("The file's name, as people will look for it.")
    content: str = asked("The file in base64.")
    dry_run: bool = asked("Whether only to say what would happen, row by row.", default=False)
    options: list[ImportOptionInput] = asked("The format's own options.", default=())


@strawberry.input(description="A trial to be followed by its import.")
class ImportTriedInput:
    run: strawberry.ID = asked("The run of the trial.", of="Run")


@strawberry.input(description="An import to take back, by the token of its preview.")
class UndoImportInput:
    run: strawberry.ID = asked("The run of the import.", of="Run")
    token: str = asked("The token of its preview.")


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

    @resolved("Take in a file of any other format; the run's rows or outcome name each bad row.", FieldClass.PUBLIC)
    async def import_file(self, info: Info, input: Annotated[ImportFileInput, GIVEN]) -> ImportOutcome:
        def verb(work: Work) -> Awaitable[RunRow]:
            options = {each.name: each.value for each in input.options}
            file = ImportFile(input.format, input.name, _decoded(input.content), input.dry_run, options)
            return request_file_import(work, file)

        return await changed(info, Run, input, verb)

    @resolved("Import what one tried, without handing the file in again; it is kept for a day.", FieldClass.PUBLIC)
    async def import_tried(self, info: Info, input: Annotated[ImportTriedInput, GIVEN]) -> ImportOutcome:
        return await changed(info, Run, input, lambda work: import_tried(work, opened("Run", input.run, "run")))

    @resolved("Take an import back; as known before, everything is still there.", FieldClass.PUBLIC)
    async def undo_import(self, info: Info, input: Annotated[UndoImportInput, GIVEN]) -> UndoOutcome:
        def verb(work: Work) -> Awaitable[UndoneRow]:
            return undo_import(work, opened("Run", input.run, "run"), input.token)

        return await changed(info, ImportUndone, input, verb)


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("content", f"{len(content)} characters", "a file in base64") from None
