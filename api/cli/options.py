"""What many commands take alike: the tenant that is meant, a trial run, and an answer for programs."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on standard output.")]
TenantSlug = Annotated[
    str | None, typer.Option("--tenant", help="Slug of the tenant that is meant; not needed where there is only one.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, row by row; change nothing.")]
