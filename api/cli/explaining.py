"""Explanations at the terminal: `lictor explain --help` names what can be explained; each starts only what it needs."""

from typing import Annotated

import typer

from api.cli.options import Json, TenantSlug

explanations = typer.Typer(no_args_is_help=True, help="Why something is so: every candidate, with every reason.")


@explanations.callback()
def _explanations() -> None:
    """Explain a decision."""


@explanations.command("entitlement")
def entitlement(
    person: Annotated[str, typer.Option("--person", help="Mail address of who would use it.")],
    product: Annotated[str, typer.Option("--product", help="Code of the product in the catalog.")],
    feature: Annotated[
        list[str] | None, typer.Option("--feature", help="Code of a feature that is needed; may be repeated.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="From where; default: the country where they worked then.")] = None,
    as_of: Annotated[str | None, typer.Option(help="An instant, a day, or snapshot:FY2026-Q3.")] = None,
    known_at: Annotated[str | None, typer.Option(help="What was known at this instant; default: all of today.")] = None,
    tenant: TenantSlug = None,
    as_json: Json = False,
) -> None:
    """Tell which right a person would consume, and why each other one not; the same inputs hash is the same verdict.

    Ends with code 4 where there is none.

    Example: `lictor explain entitlement --person ada@halden.example --product m365 --json`
    """
    from api.cli.choosing import explain as start

    start(person, product, feature or [], region, as_of, known_at, tenant, as_json=as_json)
