"""The cover of a report: what was asked, under which rights and clocks, what came out, and how to check it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from governance.metrics.answers import Freshness, Scope
from reports.ground import Table
from reports.manifest import Manifest
from reports.words import Words
from reports.workbook import Value

Facts = Iterator[tuple[str, Value]]


def cover_rows(
    manifest: Manifest, tables: Sequence[Table], words: Words, sources: Sequence[Freshness], made_at: datetime
) -> tuple[tuple[str, Value], ...]:
    """Give the cover, label by label, in the language of `words`."""
    return (
        *_asked(manifest, words, made_at),
        *((words("cover.source", source=source.source), source.last_event_at) for source in sources),
        *_sheets(manifest, {table.key: table for table in tables}, words),
        *_missing(manifest, words),
        *_checks(manifest, words),
    )


def scope_in(words: Words, scope: Scope) -> str:
    """Say whose rows the report covers."""
    if scope.everything:
        return words("scope.everything")
    parts = [
        *([words("scope.units", names=", ".join(scope.units))] if scope.units else []),
        *([words("scope.regions", names=", ".join(scope.regions))] if scope.regions else []),
        *([words("scope.own")] if scope.own else []),
    ]
    return "; ".join(parts) or words("scope.nothing")


def _asked(manifest: Manifest, words: Words, made_at: datetime) -> Facts:
    yield words("cover.report"), words(f"title.{manifest.report}")
    yield words("cover.tenant"), manifest.tenant
    yield words("cover.scope"), manifest.scope
    if manifest.unit is not None:
        yield words("cover.unit"), manifest.unit
    yield words("cover.as_of"), manifest.as_of
    yield words("cover.known_at"), manifest.known_at
    yield words("cover.made_at"), made_at
    yield words("cover.definitions"), manifest.definitions_version
    yield words("cover.policy"), manifest.policy_version


def _sheets(manifest: Manifest, tables: Mapping[str, Table], words: Words) -> Facts:
    for sheet in manifest.sheets:
        name = words(f"sheet.{sheet.title}")
        titles = {column.key: column.title for column in tables[sheet.title].columns}
        yield words("cover.rows", sheet=name), sheet.rows
        for key, total in sheet.totals.items():
            yield words("cover.total", sheet=name, column=titles[key]), total
        yield words("cover.sha256", sheet=name), sheet.sha256


def _missing(manifest: Manifest, words: Words) -> Facts:
    for key, reason in manifest.left_out.items():
        yield words("cover.left_out", sheet=words(f"sheet.{key}")), reason
    for key, columns in manifest.withheld.items():
        yield words("cover.withheld", sheet=words(f"sheet.{key}")), "; ".join(columns)


def _checks(manifest: Manifest, words: Words) -> Facts:
    if manifest.reconciled is not None:
        yield words("cover.reconciled"), manifest.reconciled
    yield words("cover.audit_entries"), manifest.audit_entries
    if manifest.audit_head is not None:
        yield words("cover.audit_head"), manifest.audit_head
    if (signed := manifest.audit_checkpoint) is not None:
        yield words("cover.audit_sealed"), signed.size
        yield words("cover.audit_root"), signed.root.hex()
        yield words("cover.audit_sealed_at"), signed.sealed_at
    yield words("cover.audit_unsealed"), manifest.audit_unsealed
    yield words("cover.names_note"), words("cover.names_how")
    yield words("cover.hash_note"), words("cover.hash_how")
