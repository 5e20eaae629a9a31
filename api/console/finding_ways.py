"""What mends a finding and what one may do with it: ways that close it at the next scan, taking it on, waiving it."""

from api.console.declare import Action, Buttons, Context, Part, Remedies, Remedy
from governance.compliance.models import Finding
from governance.compliance.rules import FindingState
from governance.entitlements.models import Entitlement


def remedies(ctx: Context, row: Finding, state: FindingState, license_: Entitlement | None) -> tuple[Part, ...]:
    """What closes it at the next scan; nothing to mend once it is resolved or where one may not."""
    if state is FindingState.RESOLVED:
        return ()
    ways: list[Remedy] = []
    if row.subject_type == "assignment":
        ways += _seat_ways(ctx, row) if license_ is not None else []  # everybody may release a seat: their own
    elif row.check_id == "ownerless":
        owned = "/agreements/" if row.subject_type == "agreement" else "/licenses/"
        right = "agreement:read" if row.subject_type == "agreement" else "entitlement:read"
        if row.owner_id is not None:
            mends = "agreement:amend" if row.subject_type == "agreement" else "entitlement:correct"
            ways.append(_way("hand_over", f"/people/{row.owner_id}/hand-over", ctx, mends, primary=True))
        ways.append(_way("owner", f"{owned}{row.subject_id}", ctx, right, primary=row.owner_id is None))
    elif row.check_id == "unserved-by-rule":
        rule = f"/assignment-rules/{row.facts.get('rule_id')}"
        ways.append(_way("rule", rule, ctx, "seat:assign", primary=True))
    elif row.check_id == "unapproved-in-use" and license_ is not None:
        ways.append(_way("decide", f"/catalog/{license_.product_id}", ctx, "catalog:read", primary=True))
        ways.append(_way("free", f"/seats?license={license_.id}", ctx, "seat:read"))
    elif license_ is not None:
        pool = f"&pool={row.subject_id}" if row.subject_type == "pool" else ""
        ways.append(_way("free", f"/seats?license={license_.id}{pool}", ctx, "seat:read", primary=True))
        if row.subject_type == "pool":
            ways.append(_way("allocate", f"/licenses/{license_.id}", ctx, "pool:allocate"))
        ways.append(_way("buy", f"/licenses/{license_.id}/lots/new", ctx, "lot:create", dialog=True))
    usable = tuple(way for way in ways if ctx.may(way.action.action))
    if not usable:
        return ()
    return (Remedies(usable, ctx.text("findings.mend"), ctx.text("findings.mend_text", count=len(usable))),)


def _seat_ways(ctx: Context, row: Finding) -> list[Remedy]:
    """What mends a seat: giving it back, or moving its holder to a pool that covers where they are."""
    moves = row.check_id == "region-mismatch"
    release = _way("release", f"/seats/{row.subject_id}/release", ctx, "seat:release", dialog=True, primary=not moves)
    if not moves:
        return [release]
    move = f"/seats/{row.subject_id}/transfer"
    return [_way("move", move, ctx, "seat:transfer", dialog=True, primary=True), release]


def _way(name: str, href: str, ctx: Context, right: str, *, dialog: bool = False, primary: bool = False) -> Remedy:
    action = Action(f"findings.{name}_act", href, action=right, dialog=dialog, primary=primary)
    return Remedy(ctx.text(f"findings.{name}"), ctx.text(f"findings.{name}_text"), action)


def acts(ctx: Context, row: Finding, state: FindingState) -> tuple[Part, ...]:
    """Taking it on and waiving it, where its state and the reader's rights allow it."""
    here = f"/findings/{row.id}"
    offered = []
    if state is FindingState.OPEN:
        offered.append(
            Action("findings.acknowledge", f"{here}/acknowledge", action="finding:acknowledge", dialog=True)
        )  # fmt: skip
    if state in (FindingState.OPEN, FindingState.ACKNOWLEDGED):
        offered.append(Action("findings.waive", f"{here}/waive", action="finding:waive", dialog=True))
    usable = [each for each in offered if ctx.may(each.action)]
    return (Buttons(tuple(usable)),) if usable and not ctx.past else ()
