"""The ground under everything, at the terminal: schema, settings, and what ails."""

from typing import Any

from pydantic import SecretStr

from api.cli.exits import Exit
from api.cli.ground import answer, err, run, settings_or_stop
from api.settings import Settings
from governance import migrations


def upgrade(revision: str, *, as_json: bool) -> None:
    """Bring the schema up."""
    _told(run(lambda: migrations.upgrade(_url(), revision)), as_json=as_json)


def downgrade(revision: str, *, as_json: bool) -> None:
    """Take the schema down."""
    _told(run(lambda: migrations.downgrade(_url(), revision)), as_json=as_json)


def check(*, as_json: bool) -> None:
    """Compare the database with the house; what differs ends with its own code."""
    found = run(lambda: migrations.check(_url()))
    answer({"differences": found}, as_json=as_json, said="\n".join(found) or "The schema is as expected.")
    if found:
        raise SystemExit(int(Exit.FOUND))


def settings(*, as_json: bool) -> None:
    """List every setting with its variable, value and sentence."""
    now = settings_or_stop()
    rows = {
        f"LICTOR_{name.upper()}": {"value": _shown(getattr(now, name)), "for": field.description}
        for name, field in Settings.model_fields.items()
    }
    said = "\n".join(f"{name}={row['value']}\n    {row['for']}" for name, row in rows.items())
    answer(rows, as_json=as_json, said=said)


def doctor(*, as_json: bool) -> None:
    """Look at what Lictor stands on and say what ails; each ailment with its remedy."""
    from api.cli.health import examine  # noqa: PLC0415 - heavy, and only here

    findings = run(lambda: examine(settings_or_stop()))
    ailing = [finding for finding in findings if not finding["well"]]
    for finding in findings if not as_json else ():
        err.print(f"{'ok ' if finding['well'] else 'AIL'}  {finding['what']}: {finding['has']}", markup=False)
        if not finding["well"]:
            err.print(f"     {finding['remedy']}", markup=False)
    answer({"findings": findings}, as_json=as_json, said=f"{len(findings)} looked at, {len(ailing)} ail.")
    if ailing:
        raise SystemExit(int(Exit.FOUND))


def _url() -> str:
    now = settings_or_stop()
    now.data_dir.mkdir(parents=True, exist_ok=True)
    return now.database


def _told(done: migrations.Upgraded, *, as_json: bool) -> None:
    moved = {"before": done.before, "after": done.after}
    answer(moved, as_json=as_json, said=f"{done.before or 'empty'} -> {done.after or 'empty'}")


def _shown(value: Any) -> str:
    return "" if value is None else "********" if isinstance(value, SecretStr) else str(value)
