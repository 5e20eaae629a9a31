"""An identity provider at the door of a tenant."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.scim.asking import Provider, provider_of
from tests.estate import Estate


@pytest.fixture
async def idp(estate: Estate, tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider_of(estate, tmp_path) as provider:
        yield provider
