"""What the tests of tables share: files of agreements and licenses written small, and what stands after them."""

from typing import Any

from governance.imports.models import ImportRow
from governance.imports.rules import FileFormat
from governance.kernel.work import Office
from governance.runs.models import Run
from tests.estate import Estate
from tests.governance.imports.files import every, run_of
from tests.governance.imports.people import table

AGREEMENT = {
    "number": "EA-1", "title": "Suite", "vendor": "Vendor of cad", "unit": "halden", "owner": "ada@halden.example",
    "currency": "USD", "zone": "Europe/Zurich", "first_day": "2026-01-01", "last_day": "2026-12-31",
    "auto_renews": "yes", "notice_days": "90", "payment": "paid",
}  # fmt: skip
LICENSE = {
    "agreement": "EA-1", "license": "cad-e3", "product": "cad", "tier": "E3", "unit": "sales",
    "owner": "ada@halden.example", "model": "named user", "term": "subscription", "po_number": "PO-1", "quantity": "10",
    "first_day": "2026-01-01", "last_day": "2026-12-31", "unit_price": "$12.58 ", "renewal_of": "", "pool": "sales",
    "allocated": "4", "cost_basis": "", "bands": "", "pack_size": "",
}  # fmt: skip


def file_of(base: dict[str, str], *rows: dict[str, str]) -> bytes:
    return table([list((base | row).values()) for row in rows], tuple(base))


async def agreements_of(office: Office, estate: Estate, *rows: dict[str, str], **options: Any) -> Run:
    content = file_of(AGREEMENT, *rows)
    return await run_of(office, estate.actor("admin"), FileFormat.AGREEMENTS, content, **options)


async def licenses_of(office: Office, estate: Estate, *rows: dict[str, str], **options: Any) -> Run:
    return await run_of(office, estate.actor("admin"), FileFormat.LICENSES, file_of(LICENSE, *rows), **options)


async def report_of(office: Office, estate: Estate, run: Run) -> list[tuple[int, str]]:
    rows = await every(office, estate.actor("admin"), ImportRow, ImportRow.run_id == run.id)
    return sorted((row.number, row.outcome.value) for row in rows)


async def problems_of(office: Office, estate: Estate, run: Run) -> dict[int, list[tuple[str, str, str]]]:
    rows = await every(office, estate.actor("admin"), ImportRow, ImportRow.run_id == run.id)
    return {
        row.number: [(each["field"], each["has"], each["needs"]) for each in row.problems]
        for row in rows
        if row.problems
    }
