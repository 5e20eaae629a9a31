"""The real server on whatever database the environment names, without background work."""

from litestar import Litestar

from api.app import create_app
from api.settings import Settings


def app() -> Litestar:
    return create_app(Settings(), working=False)
