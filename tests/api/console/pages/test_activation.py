"""Activation: figures with interval and n, the curve and its table, small groups kept back; definitions by name."""

from datetime import timedelta

from sqlalchemy import select

from governance.catalog.models import Product
from tests.governance.holding import seat


async def used(console, count, uses=lambda number: number % 4):
    built = await console.estate.license("m365", quantity=50)
    now = console.desk.office.clock.now()
    for number in range(count):
        first = now + timedelta(days=1 + number % 4) if uses(number) else None
        await seat(console.estate, built, f"holder {number}", first_use_at=first, first_use_recorded_at=first)
    console.desk.office.clock.advance(timedelta(days=20))
    return built


async def test_the_curve_stands_with_its_figures_and_table(console):
    await used(console, 20)
    board = await console.browser("board-sales")
    answer = await board.get("/activation")
    assert 'class="l-svg l-curve"' in answer.text
    assert "had a first use within" in answer.text
    shown = await board.page("/activation")
    assert "Median time to first use 3 days" in shown
    assert "n 20 · 5 not yet" in shown
    assert "Kaplan–Meier, version 2" in shown
    german = await console.browser("auditor", language="de")
    assert "n 20 · 5 noch nicht" in await german.page("/activation?cohort=FY2026-Q1")


async def test_a_median_that_is_not_reached_is_no_median_and_the_curve_is_a_file(console):
    await used(console, 25, lambda number: number < 5)
    board = await console.browser("board-sales")
    shown = await board.get("/activation")
    assert "Half within" not in shown.text
    assert "data-median" not in shown.text
    lines = (await board.get("/activation.csv?table=first-use")).text.splitlines()
    assert lines[0].removeprefix("\ufeff").startswith("Day")
    assert lines[-1].split(",")[1] == "20.0"


async def test_a_small_group_is_kept_back(console):
    await used(console, 3)
    board = await console.browser("board-sales")
    shown = await board.page("/activation")
    assert "fewer than 5" in shown
    assert "Kept back to protect people" in shown


async def test_nothing_to_follow_says_so_and_a_definition_is_told_by_its_name(console):
    board = await console.browser("board-sales")
    assert "No seat to follow" in await board.page("/activation")
    told = await board.page("/metrics/time_to_first_use")
    assert "time_to_first_use/2" in told
    assert "Kaplan–Meier of first use" in told
    assert (await board.get("/metrics/nothing")).status_code == 404
    assert (await board.get("/activation?product=no-id")).status_code == 404


async def test_the_funnel_stands_with_what_is_not_observed_and_its_file(console):
    await used(console, 20)
    board = await console.browser("board-sales")
    page = await board.page("/activation")
    assert "From invitation to value 20 seats" in page
    assert "no source tells of it: Invited, Accepted, Installed, Registered, Validated, Value moment" in page
    assert "First use 15 75.0%" in page
    file = (await board.get("/activation.csv?table=funnel")).text
    assert "First use,20,15,75.0," in file


async def test_a_group_too_small_tells_no_funnel(console):
    await used(console, 3)
    board = await console.browser("board-sales")
    page = await board.page("/activation")
    assert "Kept back to protect people" in page
    assert "First use 2" not in page


async def test_a_product_is_told_by_unit_and_by_region_and_the_wait_between_steps(console):
    await used(console, 20)
    async with console.estate.office.database.read(console.estate.tenant_id) as session:
        product_id = (await session.execute(select(Product.id))).scalar_one()
    board = await console.browser("board-sales")
    product = f"/activation?product={product_id}"
    for by, head in (("unit", "Sales 20 100.0% 75.0%"), ("region", "001 20 100.0% 75.0%")):
        page = await board.page(f"{product}&by={by}")
        assert f"The product by {by.title()}" in page
        assert head in page
    told = (await board.get(f"{product}&by=unit&table=funnel-groups".replace("/activation", "/activation.csv"))).text
    assert "Sales,20,100.0,75.0" in told
    assert "Days, median" in page
    assert "75.0% 53.1% 88.8% 5 0 3" in page
    assert "The product by" not in await board.page("/activation?by=unit")
