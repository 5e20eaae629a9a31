"""Vendored files carry the hash browsers check; the lock names no registry; weight stays within its budget."""

import base64
import gzip
import hashlib
import json
from pathlib import Path

import pytest

from api.console.assets import SOURCES, STATIC, VENDOR, assets, copy_assets, main

ROOT = Path(__file__).parents[3]
BUDGET_KB = {"tabler.min.css": 80, "htmx.min.js": 18, "echarts.common.min.js": 245}


@pytest.fixture
def modules(tmp_path):
    for source in SOURCES.values():
        path = tmp_path / "node_modules" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content\n/*# sourceMappingURL=x.css.map */\n")
    return tmp_path / "node_modules"


def test_every_copy_has_the_hash_of_what_is_served(modules, tmp_path):
    proofs = copy_assets(modules, tmp_path / "vendor")
    assert json.loads((tmp_path / "vendor" / "manifest.json").read_text()) == proofs
    for name, proof in proofs.items():
        digest = hashlib.sha384((tmp_path / "vendor" / name).read_bytes()).digest()
        assert proof == "sha384-" + base64.b64encode(digest).decode()


def test_no_copy_names_a_map_that_is_not_served(modules, tmp_path):
    copy_assets(modules, tmp_path / "vendor")
    assert (tmp_path / "vendor" / "tabler.min.css").read_bytes() == b"content\n"


def test_a_machine_without_node_is_told_what_to_run(tmp_path, capsys):
    assert main(str(tmp_path / "nothing")) == 1
    assert "npm ci --ignore-scripts" in capsys.readouterr().err


def test_the_lock_names_no_registry():
    lock = (ROOT / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "://registry" not in lock


def test_versions_are_pinned_exactly():
    declared = json.loads((ROOT / "package.json").read_text())
    for version in {**declared["dependencies"], **declared.get("devDependencies", {})}.values():
        assert version[0].isdigit()


@pytest.mark.skipif(not assets(), reason="npm has not run here")
def test_pages_weigh_what_was_agreed():
    for name, most in BUDGET_KB.items():
        assert len(gzip.compress((VENDOR / name).read_bytes())) <= most * 1024, name
    own = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in ("lictor.css", "lictor.js", "icons.svg"))
    assert own <= 24 * 1024
