"""The cap on taking seats back: seen, set and raised with a reason on its page, by who publishes policy alone."""

from policies.access.parties import Role


async def test_a_cap_is_seen_set_and_raised_with_a_reason(console):
    built = await console.estate.license("m365", quantity=60)
    await console.seated(built, "ada")
    admin = await console.browser("admin")
    here = f"/licenses/{built.entitlement_id}"
    form = f"{here}/lines/{built.line_id}/cap"
    assert f'href="{here}/caps"' in (await admin.get(here)).text
    shown = await admin.page(f"{here}/caps")
    assert "5 %" in shown
    assert "Unless somebody sets it" in shown
    wrong = await admin.send(form, percent="five", where="line", reason="agreed")
    assert (wrong.status_code, "percent-error" in wrong.text) == (422, True)
    assert (await admin.send(form, percent="10", where="tenant", reason="agreed for all")).status_code == 303
    assert (await admin.send(form, percent="2.5", where="line", reason="but not here")).status_code == 303
    assert (await admin.send(f"{form}/raise", seats="4", reason="the office closes")).status_code == 303
    shown = await admin.page(f"{here}/caps")
    for said in (
        "2.5 %",
        "Set for the line",
        "4 of it raised",
        "Set to 10 %",
        "Every line of the tenant",
        "but not here",
    ):
        assert said in shown, said
    assert (await admin.send(form, percent="", where="line", reason="as elsewhere")).status_code == 303
    assert "Set for every line" in await admin.page(f"{here}/caps")
    await console.estate.grant("ben", Role.LICENSE_OWNER)
    owner = await console.browser("ben")
    assert form not in (await owner.get(f"{here}/caps")).text
    assert (await owner.send(form, percent="100", where="line", reason="mine")).status_code in {403, 404}
