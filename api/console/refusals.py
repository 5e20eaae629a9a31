"""A verb's no as a form shows it: a sentence at the field it is about, and each reason as has and needs."""

from collections.abc import Sequence

from api.console.forms import Field, Refused
from api.console.objects import Claim, HasNeeds
from governance.kernel.errors import BusinessError, Reason


def refusal_of(error: BusinessError, fields: Sequence[Field] = ()) -> Refused:
    """Every business no for a person: its message at the field its path names, else at the form, and its reasons."""
    names = {each.name for each in fields}
    about = next((part for part in reversed(error.path()) if part in names), "")
    return Refused({about: error.message()}, tuple(claimed(reason) for reason in error.reasons()))


def claimed(reason: Reason) -> HasNeeds:
    """One reason as has and needs; its remedy stands with what is needed."""
    needs = " · ".join(part for part in (reason.subject, reason.remedy) if part)
    return HasNeeds(Claim(reason.has, reason.source), Claim(reason.needs, needs))
