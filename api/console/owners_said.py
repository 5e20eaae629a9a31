"""What somebody answers for, on pages: where each kind of thing has its page, and who may hand it over."""

from typing import Final

from api.console.context import Context
from governance.reorganization.owners import OwnedKind
from policies.access.actions import Action

PATHS: Final = {OwnedKind.LICENSE: "/licenses/", OwnedKind.AGREEMENT: "/agreements/"}


def may_hand_over(ctx: Context) -> bool:
    """Whether the reader may name other owners, somewhere."""
    return not ctx.past and (ctx.may(Action.ENTITLEMENT_CORRECT.value) or ctx.may(Action.AGREEMENT_AMEND.value))
