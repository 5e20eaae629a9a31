"""The seal of the trail on its pages: what is sealed, what waits, and the way to the files an auditor takes away."""

from tests.governance.audit.writing import seal, write


async def test_the_trail_says_how_far_it_is_sealed_and_leads_to_the_proofs(console):
    office, auditor = console.estate.office, await console.browser("auditor")
    await write(office, console.estate, 3)
    assert "for their seal" in await auditor.page("/trail")
    assert "Nothing is sealed yet" in await auditor.page("/trail/seal")
    await seal(office, console.estate)
    shown = (await auditor.get("/trail")).text
    assert "all sealed" in shown
    assert 'href="/trail-files/proofs/' in shown
    assert 'href="/trail/seal"' in shown
    sealed = (await auditor.get("/trail/seal")).text
    assert "only by whoever holds an earlier checkpoint" in sealed
    for file in ("checkpoints/", "key", "verifier"):
        assert f'href="/trail-files/{file}' in sealed


async def test_the_seal_in_german_and_not_for_who_has_no_trail(console):
    await write(console.estate.office, console.estate, 1)
    await seal(console.estate.office, console.estate)
    german = await (await console.browser("auditor", language="de")).page("/trail/seal")
    assert "Eigenständiges Prüfprogramm" in german
    assert (await (await console.browser("admin")).get("/trail/seal")).status_code == 404
