"""What people type into a form, read into typed values, or a sentence saying what to type instead."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from litestar.datastructures import FormMultiDict, UploadFile

from api.console import formats
from api.console.context import Context
from api.console.controls import Option
from api.console.declare import Field, FormPage, UploadedFile
from governance.kernel.errors import BadInput
from governance.kernel.money import parse_money

LONGEST_LIST: Final = 1000
_WHOLE: Final = re.compile(r"^[+-]?\d{1,15}$")
_BETWEEN: Final = re.compile(r"[\n,;]+")


@dataclass(slots=True)
class Answers:
    """A form as it was sent: typed values, what was typed, and sentences about what does not do."""

    values: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


class WrongError(ValueError):
    """An answer that does not do; its text is what the person reads."""


async def read_answers(
    ctx: Context, page: FormPage, form: FormMultiDict, options: Mapping[str, Sequence[Option]]
) -> Answers:
    """Every field of the form, each on its own, so that all errors are told at once."""
    answers = Answers()
    for asked in page.fields:
        if asked.kind == "file":
            await _read_file(ctx, asked, form.get(asked.name), answers)
            continue
        given = [each for each in form.getall(asked.name, []) if isinstance(each, str)]
        answers.typed[asked.name] = "" if asked.kind == "password" else _typed(asked, given)
        try:
            answers.values[asked.name] = read_field(ctx, asked, given, options.get(asked.name, ()))
        except WrongError as wrong:
            answers.errors[asked.name] = str(wrong)
    return answers


def _typed(asked: Field, given: Sequence[str]) -> Any:
    if asked.kind == "checkbox":
        return bool(given)
    if asked.kind == "select" and asked.multiple:
        return tuple(given)
    return given[0] if given else ""


def read_field(ctx: Context, asked: Field, given: Sequence[str], options: Sequence[Option]) -> Any:
    """One field's typed value. Raises WrongError with the sentence to show."""
    if asked.kind == "checkbox":
        return bool(given)
    if asked.multiple:
        return _many(ctx, asked, given, options)
    typed = given[0] if given else ""
    typed = typed if asked.kind == "password" else typed.strip()
    if not typed:
        return _nothing(ctx, asked, None)
    return _one(ctx, asked, typed, options)


def _nothing(ctx: Context, asked: Field, answer: Any) -> Any:
    if asked.required:
        key = "field.choose" if asked.kind in ("select", "choice") else "field.required"
        raise WrongError(ctx.text(key, label=ctx.text(asked.label)))
    return answer


def _many(ctx: Context, asked: Field, given: Sequence[str], options: Sequence[Option]) -> tuple[Any, ...]:
    pieces = given if asked.kind == "select" else [piece for each in given for piece in _BETWEEN.split(each)]
    chosen = [piece.strip() for piece in pieces if piece.strip()]
    if not chosen:
        return tuple(_nothing(ctx, asked, ()))
    if len(chosen) > LONGEST_LIST:
        raise WrongError(ctx.text("field.maximum", maximum=formats.number(ctx.locale, LONGEST_LIST)))
    return tuple(_one(ctx, asked, piece, options) for piece in dict.fromkeys(chosen))


def _one(ctx: Context, asked: Field, typed: str, options: Sequence[Option]) -> Any:
    match asked.kind:
        case "number":
            return _number(ctx, asked, typed)
        case "money":
            return _money(ctx, asked, typed)
        case "date" | "datetime":
            return _moment(ctx, asked, typed)
        case "select" | "choice":
            if typed not in {each.value for each in options}:
                raise WrongError(ctx.text("field.option"))
            return typed
    if len(typed) > asked.longest:
        raise WrongError(ctx.text("field.longest", longest=formats.number(ctx.locale, asked.longest)))
    return typed


def _bare(ctx: Context, typed: str) -> str:
    """A number without the grouping of the reader's language, its decimal sign a point."""
    bare = typed.replace(formats.MINUS, "-").replace("\u00a0", "").replace(" ", "")
    if ctx.locale == "de":
        return bare.replace(".", "").replace(",", ".") if "," in bare or re.search(r"\.\d{3}$", bare) else bare
    return bare.replace(",", "")


def _number(ctx: Context, asked: Field, typed: str) -> int:
    bare = _bare(ctx, typed)
    if not _WHOLE.match(bare):
        raise WrongError(ctx.text("field.number"))
    value = int(bare)
    _within(ctx, asked, value, value)
    return value


def _money(ctx: Context, asked: Field, typed: str) -> Any:
    try:
        amount = parse_money(_bare(ctx, typed), asked.currency)
    except BadInput:
        raise WrongError(ctx.text("field.money")) from None
    if abs(amount.micros) >= 10**18:
        raise WrongError(ctx.text("field.money"))
    whole = amount.decimal()
    _within(ctx, asked, whole, whole)
    return amount


def _within(ctx: Context, asked: Field, low: Any, high: Any) -> None:
    if asked.minimum is not None and low < asked.minimum:
        raise WrongError(ctx.text("field.minimum", minimum=formats.number(ctx.locale, asked.minimum)))
    if asked.maximum is not None and high > asked.maximum:
        raise WrongError(ctx.text("field.maximum", maximum=formats.number(ctx.locale, asked.maximum)))


def _moment(ctx: Context, asked: Field, typed: str) -> date | datetime:
    try:
        if asked.kind == "date":
            return date.fromisoformat(typed)
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise WrongError(ctx.text(f"field.{asked.kind}")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ctx.zone)


async def _read_file(ctx: Context, asked: Field, given: Any, answers: Answers) -> None:
    if not isinstance(given, UploadFile) or not given.filename:
        answers.values[asked.name] = None
        if asked.required:
            answers.errors[asked.name] = ctx.text("field.file")
        return
    content = await given.read(asked.longest + 1)
    if len(content) > asked.longest:
        size = f"{formats.number(ctx.locale, round(asked.longest / 1_000_000, 1))} MB"
        answers.errors[asked.name] = ctx.text("field.file_size", longest=size)
        return
    answers.values[asked.name] = UploadedFile(given.filename, given.content_type, content)
