"""Takes a row of the table of agreements: a new number is signed, a known one changes by an amendment with a reason."""

from datetime import date
from typing import Any

from governance.agreements.models import Agreement
from governance.agreements.rules import ChangeReason, Payment, Side, uplift_percent
from governance.agreements.service import AmendAgreement, NewAgreement, amend_agreement, sign_agreement
from governance.imports.formats.agreements import COLUMNS
from governance.imports.names import RowRefused
from governance.imports.rules import RowOutcome
from governance.imports.taking import Taking, Took, Values, differing, seen
from governance.kernel.errors import BadInput

REMEDY = "an agreement changes by an amendment: give the import a reason, or correct the file"


def key_of_agreement(values: Values) -> str:
    """Give what rows of one agreement share."""
    return str(values["number"])


async def take_agreement(taking: Taking, row: Values) -> Took:
    """Sign or amend one agreement. Raises RowRefused and what these verbs raise."""
    work, there = taking.work, await taking.names.agreement(row["number"])
    took = Took(RowOutcome.UNCHANGED, "agreement", work.tenant_id)
    values = await _told(taking, row, took)
    if there is None or there.withdrawn_at is not None:
        signed = await sign_agreement(work, NewAgreement(**values))
        took.outcome = RowOutcome.CREATED
        took.made.add("agreement", signed.id, signed.version)
        there = signed
    else:
        there = await seen(taking, there, row["number"])
        await _amend(taking, there, {name: values[name] for name in _columns(row)}, took)
    took.subject_id, took.version_after = there.id, there.version
    return took


async def _amend(taking: Taking, there: Agreement, values: dict[str, Any], took: Took) -> None:
    before = {name: getattr(there, name) for name in values}
    differs = {name: value for name, value in values.items() if before[name] != value}
    if not differs:
        return
    if "reason" not in taking.options or "side" in differs:
        remedy = "the side is the agreement's identity and stays" if "side" in differs else REMEDY
        raise RowRefused(*differing(before, values, remedy))
    command = AmendAgreement(
        there.id, there.version, differs, reason_of(taking), _effective(taking),
        taking.options.get("reason_text"),
    )  # fmt: skip
    amendment = await amend_agreement(taking.work, command)
    took.outcome = RowOutcome.CHANGED
    took.made.add("amendment", amendment.id, there.version)


def reason_of(taking: Taking) -> ChangeReason:
    """Give the reason the import was asked for with. Raises BadInput."""
    said = taking.options["reason"].upper()
    if said not in set(ChangeReason):
        raise BadInput("reason", said, f"one of {', '.join(ChangeReason)}")
    return ChangeReason(said)


def _effective(taking: Taking) -> date:
    said = taking.options.get("effective_day")
    try:
        return taking.work.now().date() if said is None else date.fromisoformat(said)
    except ValueError:
        raise BadInput("effective_day", str(said), "a day such as 2026-12-31") from None


async def _told(taking: Taking, row: Values, took: Took) -> dict[str, Any]:
    """Give the values of an agreement as a row tells them; a blank or missing cell is the default."""
    names, last = taking.names, row.get("last_day")
    return {
        "number": row["number"], "title": row["title"], "side": Side(row.get("side") or Side.PROCURED),
        "vendor_id": await names.vendor(row["vendor"], took.made), "unit_id": await names.unit(row["unit"]),
        "owner_id": await names.person(row.get("owner"), "owner"),
        "deputy_id": await names.person(row.get("deputy"), "deputy"),
        "region": row.get("region") or "001", "currency": row["currency"], "zone": row["zone"],
        "first_day": date.fromisoformat(row["first_day"]), "last_day": date.fromisoformat(last) if last else None,
        "auto_renews": bool(row.get("auto_renews")), "notice_days": row.get("notice_days"),
        "uplift_cap": uplift_percent(row.get("uplift_cap"), "uplift_cap"),
        "payment": Payment(row.get("payment") or Payment.DUE),
    }  # fmt: skip


def _columns(row: Values) -> list[str]:
    """Name the values that the file tells: of a column that it does not have, what is known stays."""
    renamed = {name: f"{name}_id" for name in ("vendor", "unit", "owner", "deputy")}
    return [renamed.get(column.name, column.name) for column in COLUMNS if column.name in row]
