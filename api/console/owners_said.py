"""What somebody answers for, on pages: where each kind of thing has its page, and who may hand it over."""

from typing import Final

from api.console.context import Context
from api.console.values import Link
from governance.reorganization.owners import Owned, OwnedKind
from policies.access.actions import Action

PATHS: Final = {
    OwnedKind.LICENSE: "/licenses/", OwnedKind.AGREEMENT: "/agreements/", OwnedKind.ACTION: "/actions/",
}  # fmt: skip


def thing_link(thing: Owned) -> Link | str:
    """What it is, leading to its page; a next step is read on its renewal's, and names its agreement here."""
    if thing.kind not in PATHS:
        return f"{thing.code} · {thing.name}"
    return Link(thing.name, f"{PATHS[thing.kind]}{thing.id}")


def may_hand_over(ctx: Context) -> bool:
    """Whether the reader may name other owners, somewhere."""
    ways = (Action.ENTITLEMENT_CORRECT, Action.AGREEMENT_AMEND, Action.REVIEW_DECIDE, Action.REVIEW_PREPARE)
    return not ctx.past and any(ctx.may(way.value) for way in ways)
