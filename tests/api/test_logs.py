"""What a process tells: one line an event on standard error, JSON where asked, tracebacks without the values in them."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import logging, structlog
from api.logs import set_up_logs
from api.settings import Settings
for _ in range(2):
    set_up_logs(Settings())
structlog.get_logger("lictor.graphql").error("graphql.bug", path="assignSeats")
logging.getLogger("lictor.worker").info("a library's line", extra={"run": "r1"})
logging.getLogger("alembic.runtime").info("quiet")
password = "a password in a frame"
try:
    {}["missing"]
except KeyError:
    logging.getLogger("lictor").exception("it broke")
"""


def told(form: str, level: str = "INFO") -> tuple[str, str]:
    variables = {**os.environ, "LICTOR_LOG_FORMAT": form, "LICTOR_LOG_LEVEL": level}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=variables, capture_output=True, text=True, check=True, timeout=60
    )
    return ran.stdout, ran.stderr


def test_collectors_get_one_json_object_a_line_and_nothing_on_standard_output() -> None:
    out, err = told("json")
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["event"] for line in lines] == ["graphql.bug", "a library's line", "it broke"]
    assert all(line["timestamp"].endswith("Z") and line["level"] and line["logger"] for line in lines)
    assert (lines[0]["path"], lines[1]["run"]) == ("assignSeats", "r1")
    assert "KeyError: 'missing'" in lines[2]["exception"]
    assert "a password in a frame" not in err


@pytest.mark.parametrize(("level", "events"), [("INFO", 3), ("ERROR", 2)])
def test_people_get_text_at_the_level_they_set(level: str, events: int) -> None:
    out, err = told("text", level)
    assert out == ""
    assert sum(line.startswith("20") for line in err.splitlines()) == events
    assert "KeyError: 'missing'" in err
    assert "a password in a frame" not in err
