"""The graph's real door as a server of its own, on whatever database the environment names."""

from litestar import Litestar

from api.opening import office_of
from api.settings import Settings
from governance.kernel.database import Database
from tests.api.graphql.conftest import app_of


def app() -> Litestar:
    settings = Settings()
    return app_of(office_of(settings, Database(settings.database, pool_size=4)), settings)
