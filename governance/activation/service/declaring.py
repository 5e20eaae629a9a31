"""The tenant says what counts as value of a product, whether holders are asked, and what error codes mean."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from governance.activation.models import ErrorText, ProductJourney
from governance.catalog import queries as catalog
from governance.kernel import given
from governance.kernel.errors import BadInput, Conflict
from governance.kernel.unique import add_single
from governance.kernel.work import Change, Work
from policies.access.actions import Action
from policies.access.parties import Ownership


@dataclass(frozen=True)
class DeclareJourney:
    """`value_type` is the type of event that is the value moment, `value_feature` its data.feature where it has one.

    `survey`: ask each holder once after first use how easy it was.
    """

    product_id: UUID
    value_type: str | None = None
    value_feature: str | None = None
    survey: bool = False


@dataclass(frozen=True)
class DeclareErrorText:
    """What a code means; `expected_version` where the code has a text already."""

    product_id: UUID
    code: str
    title: str
    help: str | None = None
    expected_version: int | None = None


async def declare_journey(work: Work, asked: DeclareJourney) -> ProductJourney:
    """Say what counts as value of a product from now on. Raises NotFound, Refused, BadInput."""
    product = await catalog.product(work, asked.product_id)
    work.permit(Action.JOURNEY_EDIT, Ownership(work.tenant_id), f"product {product.code}")
    value_type = given.optional_text(asked.value_type, "value_type", most=120)
    feature = given.optional_text(asked.value_feature, "value_feature", most=120)
    if feature is not None and value_type is None:
        raise BadInput("value_feature", feature, "the type of event that brings it, in value_type")
    before = await _standing(work, product.id)
    if before is not None:
        before.superseded_at = work.now()
        await work.session.flush()
    row = ProductJourney(
        tenant_id=work.tenant_id, id=work.new_id(), product_id=product.id, value_type=value_type,
        value_feature=feature, survey=asked.survey, recorded_at=work.now(), superseded_at=None,
    )  # fmt: skip
    await add_single(work, row, field="product", has=product.code)
    was = None if before is None else _told(before)
    await work.record(Change(Action.JOURNEY_EDIT.value, "product", product.id, was, _told(row)))
    return row


async def declare_error(work: Work, asked: DeclareErrorText) -> ErrorText:
    """Say what an error code of a product means. Raises NotFound, Refused, BadInput, Conflict."""
    product = await catalog.product(work, asked.product_id)
    work.permit(Action.JOURNEY_EDIT, Ownership(work.tenant_id), f"product {product.code}")
    code = given.text(asked.code, "code", most=80)
    title = given.text(asked.title, "title", most=200)
    help_ = given.optional_text(asked.help, "help", most=2000)
    row = await _text_of(work, product.id, code)
    if (None if row is None else row.version) != asked.expected_version:
        expected, actual = str(asked.expected_version or "none"), str(row.version if row else "none")
        raise Conflict("error text", expected, actual)
    before = None if row is None else {"title": row.title, "help": row.help}
    if row is None:
        row = ErrorText(
            tenant_id=work.tenant_id, id=work.new_id(), product_id=product.id, code=code, title=title, help=help_,
            version=1,
        )  # fmt: skip
        await add_single(work, row, field="code", has=code)
    else:
        row.title, row.help, row.version = title, help_, row.version + 1
        await work.session.flush()
    after = {"code": code, "title": title, "help": help_}
    await work.record(Change(Action.JOURNEY_EDIT.value, "error_text", row.id, before, after))
    return row


async def _standing(work: Work, product_id: UUID) -> ProductJourney | None:
    query = select(ProductJourney).where(
        ProductJourney.tenant_id == work.tenant_id,
        ProductJourney.product_id == product_id,
        ProductJourney.superseded_at.is_(None),
    )
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


async def _text_of(work: Work, product_id: UUID, code: str) -> ErrorText | None:
    query = select(ErrorText).where(
        ErrorText.tenant_id == work.tenant_id, ErrorText.product_id == product_id, ErrorText.code == code
    )
    return (await work.session.execute(query.with_for_update(key_share=True))).scalar_one_or_none()


def _told(row: ProductJourney) -> dict[str, object]:
    return {"value_type": row.value_type, "value_feature": row.value_feature, "survey": row.survey}
