"""Assignment rules at the terminal: `lictor rule --help`; each command starts only what it needs."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

rules = typer.Typer(no_args_is_help=True, help="Standing decisions who gets seats of a product: joiners follow.")
Code = Annotated[str, typer.Argument(help="The rule's code.")]
Why = Annotated[str, typer.Option("--reason", help="Why; the trail keeps it.")]
Token = Annotated[str | None, typer.Option(help="Do exactly what was shown: the token it was shown with.")]


@rules.callback()
def _rules() -> None:
    """List, apply, end and follow assignment rules."""


@rules.command("list")
def listing(
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended, too.")] = False,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """List the rules with how many people each serves, and how many it cannot.

    Example: `lictor rule list --json`
    """
    from api.cli.ruling import list_rules as start

    start(tenant, ended=ended, as_json=as_json)


@rules.command("show")
def show(rule: Code, tenant: TenantSlug = None, as_json: Json = False) -> None:
    """Tell how everybody under a rule stands, with every reason of those whom it cannot serve.

    Ends with code 4 where there is somebody.

    Example: `lictor rule show sales-e3 --json`
    """
    from api.cli.ruling import show_rule as start

    start(rule, tenant, as_json=as_json)


@rules.command("apply")
def apply(
    rule: Code,
    reason: Why,
    product: Annotated[str | None, typer.Option(help="Code of the product; needed for a new rule.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of a new rule; default: its code.")] = None,
    group: Annotated[str | None, typer.Option(help="Only members of the group of this name.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only people of this unit (code) and of those below.")] = None,
    employment: Annotated[str | None, typer.Option(help="Only this kind of employment (userType).")] = None,
    region: Annotated[str | None, typer.Option(help="Only people who work in this region, such as 150 or DE.")] = None,
    except_group: Annotated[str | None, typer.Option(help="Members of this group are left out.")] = None,
    except_person: Annotated[list[str] | None, typer.Option(help="A mail address left out; may be repeated.")] = None,
    tier: Annotated[str | None, typer.Option(help="Code of the least tier.")] = None,
    line: Annotated[str | None, typer.Option(help="Only seats of this line, license/line.")] = None,
    pool: Annotated[str | None, typer.Option(help="Only seats of this pool, license/line/pool.")] = None,
    priority: Annotated[int, typer.Option(help="0 to 9; of two rules with one tier the higher wins.")] = 0,
    leaving: Annotated[str, typer.Option(help="RECLAIM or RELEASE the seat of who falls out.")] = "RECLAIM",
    settle: Annotated[int, typer.Option(help="Minutes without any rule before it acts.")] = 60,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show whom a new rule, or a rule's next version, would give and take seats; with the token, let it hold.

    Who: all that is named has to fit. The next version says what is said here, and nothing of what the last one said.

    Example: `lictor rule apply sales-e3 --product m365 --unit sales --tier E3 --reason "sales works with it"`
    """
    from api.cli.ruling import Who
    from api.cli.ruling import apply_rule_called as start

    who = Who(group, unit, employment, region, except_group, tuple(except_person or ()))
    what = {"product": product, "name": name, "tier": tier, "line": line, "pool": pool, "leaving": leaving}
    start(rule, reason, who, what, priority, settle, token, tenant, as_json=as_json)


@rules.command("end")
def end(
    rule: Code,
    reason: Why,
    keep: Annotated[bool, typer.Option("--keep-seats", help="Who sits stays seated, as if by hand.")] = False,
    token: Token = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Show who would lose a seat if a rule ended; with the token, end it.

    Example: `lictor rule end sales-e3 --reason "sales moves to E5"`
    """
    from api.cli.ruling import end_rule_called as start

    start(rule, reason, token, tenant, keep=keep, as_json=as_json)


@rules.command("reconcile")
def follow(rule: Code, tenant: TenantSlug = None, as_json: Json = False) -> None:
    """Bring seats in line with the rules of a rule's product at once, as the worker does every minute.

    Example: `lictor rule reconcile sales-e3`
    """
    from api.cli.ruling import reconcile_now as start

    start(rule, tenant, as_json=as_json)
