"""The life of a tenant at the terminal: made, suspended, resumed, exported, deleted with a certificate that holds."""

import json
import zipfile

from api.cli.exits import Exit
from tests.api.cli.conftest import Terminal, create


def test_a_tenant_goes_and_its_certificate_stays(up: Terminal) -> None:
    create(up, "halden")
    create(up, "solheim")
    export, certificate = up.folder / "halden.zip", up.folder / "halden.deleted.json"
    delete = ("tenant", "delete", "halden", "--by", "R. Weiss", "--reason", "ended", "-o", str(certificate))
    at_work = up(*delete, "--confirm", "halden")
    assert at_work.code == Exit.REFUSED
    assert "Suspend it first" in at_work.err.replace("\n", " ")
    assert up("tenant", "suspend", "halden", "--reason", "ended", "--json").json["suspended_at"]
    assert up("tenant", "resume", "halden", "--reason", "back", "--json").json["suspended_at"] is None
    up("tenant", "suspend", "halden", "--reason", "ended")
    listed = {row["tenant"]: row["suspended_at"] for row in up("tenant", "list", "--json").json["tenants"]}
    assert listed["halden"] is not None
    assert listed["solheim"] is None
    made = up("tenant", "export", "halden", "-o", str(export), "--json").json
    with zipfile.ZipFile(export) as file:
        assert json.loads(file.read("manifest.json"))["rows"] == made["rows"] > 0
    assert up(*delete, "--confirm", "solheim").code == Exit.BAD_INPUT
    assert not certificate.exists()
    done = up(*delete, "--confirm", "halden", "--export", str(export), "--json").json
    assert done["certificate"]["export_sha256"] == made["sha256"]
    assert [row["tenant"] for row in up("tenant", "list", "--json").json["tenants"]] == ["solheim"]
    assert up("tenant", "certificate", str(certificate), "--json").json["holds"] is True
    certificate.write_text(certificate.read_text().replace('"slug": "halden"', '"slug": "solheim"'))
    forged = up("tenant", "certificate", str(certificate))
    assert forged.code == Exit.BAD_INPUT
    assert "signature" in forged.err


def test_what_is_not_there_is_said(up: Terminal) -> None:
    for command in (("suspend", "no", "--reason", "x"), ("export", "no")):
        assert up("tenant", *command).code == Exit.NOT_FOUND
    assert up("tenant", "certificate", str(up.folder / "no.json")).code == Exit.BAD_INPUT
    assert up("tenant", "list").out.strip() == "No tenant yet."
