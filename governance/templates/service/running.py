"""A version is applied to many licenses as a run: one transaction each, told how far, stopped and gone on with."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from governance.kernel.errors import BusinessError
from governance.kernel.work import Work
from governance.runs.desk import RunDesk
from governance.runs.models import Run
from governance.runs.rules import RunKind
from governance.runs.service import RunRequest, request_run
from governance.templates.rules import Doing
from governance.templates.service.applying import ApplyTemplate, apply_plan, check_seen, published
from governance.templates.service.planning import plan, seal_of

STEP = "licenses"


async def request_apply(work: Work, command: ApplyTemplate, key: str | None = None) -> Run:
    """Ask for a version to be applied to many licenses, by the token of the preview; each one is looked at again.

    Raises NotFound, BadInput, WrongState, TemplateUnseen, PreviewStale where the facts moved since the preview.
    """
    version = await published(work, command.version_id)
    plans = await plan(work, version, command.instance_ids, restore=command.restore)
    check_seen(work, version, plans, restore=command.restore, token=command.token)
    seals = {str(one.instance.id): seal_of(one) for one in plans}
    asked = {"version": str(version.id), "restore": command.restore, "licenses": seals}
    return await request_run(work, RunRequest(RunKind.TEMPLATE, asked, key))


async def apply_many(desk: RunDesk) -> dict[str, Any]:
    """Apply a version license by license; what moved since the preview is left as it is, and named.

    After a crash or a pause it goes on behind the last license that was done.
    """
    seals: Mapping[str, str] = desk.asked["licenses"]
    done = dict(desk.resume_at or {"applied": [], "moved": [], "refused": {}, "over": 0, "cannot": 0})
    behind = {*done["applied"], *done["moved"], *done["refused"]}
    for number, (name, seen) in enumerate(sorted(seals.items())):
        await desk.progress(STEP, number, len(seals))
        if name not in behind:
            done = await _one(desk, UUID(name), seen, done)
    await desk.progress(STEP, len(seals), len(seals))
    return {
        "licenses": len(seals), "applied": len(done["applied"]), "moved": done["moved"], "refused": done["refused"],
        "over": done["over"], "cannot": done["cannot"],
    }  # fmt: skip


async def _one(desk: RunDesk, instance_id: UUID, seen: str, done: Mapping[str, Any]) -> dict[str, Any]:
    try:
        async with desk.working() as work:
            after = await _applied(work, desk, instance_id, seen, done)
            await desk.remember(after)
    except BusinessError as no:
        after = {**done, "refused": {**done["refused"], str(instance_id): no.message()}}
        await desk.remember(after)
    return after


async def _applied(work: Work, desk: RunDesk, instance_id: UUID, seen: str, done: Mapping[str, Any]) -> dict[str, Any]:
    version = await published(work, UUID(desk.asked["version"]))
    (made,) = await plan(work, version, [instance_id], restore=desk.asked["restore"], locked=True)
    if seal_of(made) != seen:
        return {**done, "moved": [*done["moved"], str(instance_id)]}
    await apply_plan(work, made)
    over = sum(step.over for step in made.steps)
    cannot = sum(step.doing is Doing.CANNOT for step in made.steps)
    return {
        **done, "applied": [*done["applied"], str(instance_id)], "over": done["over"] + over,
        "cannot": done["cannot"] + cannot,
    }  # fmt: skip
