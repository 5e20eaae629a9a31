"""Canaille (https://canaille.readthedocs.io, MIT) as a process of its own: a provider that others made, with three people.

Started as `python canaille_here.py PORT`; it says `ready` once it listens, and ends with the process that started it.
"""

import logging
import sys
import threading

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import make_server

PASSWORD = "correct horse battery"
PEOPLE = {"nora": ("Nora", "Lind"), "omar": ("Omar", "Haddad"), "pia": ("Pia", "Weiss")}
GROUPS = {"license-auditors": ("nora",), "everybody": ("nora", "omar", "pia")}


def configured(port: int) -> dict[str, object]:
    return {
        "SECRET_KEY": "only for tests, thirty-two bytes long",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {
            "DATABASE": "memory",
            "JAVASCRIPT": False,
            "HTMX": False,
            "ENABLE_PASSWORD_RECOVERY": False,
            "LANGUAGE": "en",
        },
        "CANAILLE_OIDC": {"DYNAMIC_CLIENT_REGISTRATION_OPEN": True},
    }


def main(port: int) -> None:
    app = create_app(configured(port))
    with app.app_context(), Backend.instance.session():
        people = {}
        for login, (given, family) in PEOPLE.items():
            people[login] = models.User(
                user_name=login, given_name=given, family_name=family, formatted_name=f"{given} {family}",
                emails=[f"{login}@canaille.example"], password=PASSWORD,
            )  # fmt: skip
            Backend.instance.save(people[login])
        for name, members in GROUPS.items():
            Backend.instance.save(models.Group(display_name=name, members=[people[each] for each in members]))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
