"""Names that must be single: a row is added, or its name is said to be taken; two who race get one row and one no."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from governance.kernel.errors import BadInput
from governance.kernel.work import Work


async def add_single(work: Work, row: Any, *, field: str, has: str) -> None:
    """Add and flush `row`, whose unique name is `has` in `field`. Raises BadInput where the name is taken."""
    try:
        async with work.session.begin_nested():
            work.session.add(row)
            await work.session.flush()
    except IntegrityError as error:
        if "unique" not in str(error.orig).lower():
            raise
        raise BadInput(field, has, "a value that is not taken yet") from None
