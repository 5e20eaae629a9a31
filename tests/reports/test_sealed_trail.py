"""Every report names the checkpoint of the trail it was made under, and counts what was not sealed by then."""

import json
from pathlib import Path

import pytest

from governance.audit.models import Checkpoint
from governance.kernel.clock import HandClock
from reports.shelf import SHELF, Format
from tests.estate import Estate
from tests.governance.audit.writing import rows, seal, write
from tests.reports.ground import built, cover_of, furnished, hashes, told


async def test_before_anything_is_sealed_everything_waits(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    manifest = await built(estate, tmp_path / "trail.xlsx", "trail")
    assert (manifest.audit_checkpoint, manifest.audit_unsealed) == (None, manifest.audit_entries)
    cover = cover_of(tmp_path / "trail.xlsx")
    assert cover["Audit trail: entries not sealed yet"] == manifest.audit_entries
    assert "Audit trail: root of that checkpoint" not in cover


@pytest.mark.parametrize("name", [report.name for report in SHELF])
async def test_a_report_names_its_checkpoint(estate: Estate, tmp_path: Path, clock: HandClock, name: str) -> None:
    await furnished(estate)
    await seal(estate.office, estate)
    await write(estate.office, estate, 3)
    path = tmp_path / "report.xlsx"
    manifest = await built(estate, path, name)
    (signed,) = await rows(estate.office, Checkpoint)
    assert manifest.audit_checkpoint is not None
    assert manifest.audit_checkpoint.root == signed.root
    assert manifest.audit_checkpoint.size + manifest.audit_unsealed == manifest.audit_entries
    cover = cover_of(path)
    assert cover["Audit trail: entries under the last checkpoint"] == signed.size
    assert cover["Audit trail: root of that checkpoint"] == signed.root.hex()
    assert cover["Audit trail: that checkpoint sealed (UTC)"] == told(clock.now())
    assert cover["Audit trail: entries not sealed yet"] == 3


async def test_sealing_changes_no_row_of_a_report(estate: Estate, tmp_path: Path) -> None:
    await furnished(estate)
    before = await built(estate, tmp_path / "before.jsonl", "trail", format=Format.JSONL)
    await seal(estate.office, estate)
    after = await built(estate, tmp_path / "after.jsonl", "trail", format=Format.JSONL)
    assert hashes(before) == hashes(after)
    said = json.loads((tmp_path / "after.jsonl").read_text().splitlines()[-1])["manifest"]
    assert said["audit_checkpoint"]["size"] == said["audit_entries"]
    assert said["audit_unsealed"] == 0
