"""A verb's no as a form shows it: a sentence at the field it is about, and each reason as has and needs."""

from collections.abc import Sequence

from api.console.forms import Field, Refused
from api.console.objects import Claim, HasNeeds
from api.console.phrases import spoken
from governance.kernel.errors import BusinessError, Reason


def refusal_of(error: BusinessError, fields: Sequence[Field] = (), locale: str = "en") -> Refused:
    """Every business no in the reader's language: its message at the field its path names or the form, its reasons."""
    names = {each.name for each in fields}
    about = next((part for part in reversed(error.path()) if part in names), "")
    said = spoken(locale, error.message())
    return Refused({about: said}, tuple(claimed(reason, locale) for reason in error.reasons()))


def claimed(reason: Reason, locale: str = "en") -> HasNeeds:
    """One reason as has and needs; its remedy stands with what is needed."""
    said = told(reason, locale)
    needs = " · ".join(part for part in (said.subject, said.remedy) if part)
    return HasNeeds(Claim(said.has, said.source), Claim(said.needs, needs))


def told(reason: Reason, locale: str) -> Reason:
    """A reason with every word of it in the reader's language."""
    words = (spoken(locale, each) for each in (reason.subject, reason.has, reason.needs, reason.source, reason.remedy))
    return Reason(reason.code, *words)
