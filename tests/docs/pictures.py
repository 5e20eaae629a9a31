"""Makes the pictures of the README: serves a copy of a demo estate, signs in as each audience, and photographs pages.

    python -m tests.docs.pictures --data COPY --out docs/pictures

`--data` is the data folder of a SQLite demo with its logins in `logins.txt` (what `lictor demo` printed); it is copied,
never changed. Without it a new demo is invented first. `--only NAME` makes one picture. `--all` photographs every page
of the console instead, in both themes, wide and narrow; `--out` then names a folder to look through.
"""

import argparse
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.docs.every_page import Logins, every_page

ROOT = Path(__file__).parents[2]
LICTOR = Path(sys.executable).with_name("lictor")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
WIDE, TALL, CARD, PHONE = (1360, 880), (1360, 1140), (1280, 860), (390, 844)
PATIENCE_MS = 60_000
COLORS = 256


@dataclass(frozen=True)
class Picture:
    """One picture: who looks, how wide, in which theme, and the way to what is shown."""

    name: str
    who: str
    way: Callable[[Page], None]
    size: tuple[int, int] = WIDE
    dark: bool = False


E5, ADOBE, QUARTER = "Microsoft 365 E5", "Adobe Creative Cloud All Apps", "License review, last quarter"


def home(page: Page) -> None:
    page.goto("/home")


def license_page(page: Page, name: str = E5) -> None:
    page.goto("/licenses")
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def refused(page: Page) -> None:
    """Three people and a full pool: one who holds a seat already, two for whom there is none."""
    license_page(page)
    page.locator("main a[href*='tab=seats']").first.click()
    holder = page.locator("main table a[href^='/people/']").first.inner_text()
    previewed(page, E5, "Sales, EMEA", "Camille Laurent", "Priya Raman", holder)
    expect(page.get_by_text("0 of 3 can be seated")).to_be_visible()


def invited(page: Page) -> None:
    """Priya is invited; what is photographed is the page that shows her invitation."""
    previewed(page, ADOBE, "Product design", "Priya Raman")
    page.get_by_role("button", name="Assign 1 seat").click()
    expect(page.get_by_text("1 seat assigned")).to_be_visible()


def previewed(page: Page, license_: str, pool: str, *people: str) -> None:
    license_page(page, license_)
    page.get_by_role("link", name="Assign seats").first.click()
    field = page.get_by_label("Pool", exact=True)
    field.wait_for()
    options = field.locator("option").all_text_contents()
    field.select_option(label=next(option for option in options if option.startswith(pool)))
    page.get_by_label("List of people").fill("\n".join(people))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("can be seated").first).to_be_visible()


def corrected(page: Page) -> None:
    license_page(page, "JetBrains All Products Pack")
    page.locator("main a[href*='tab=lots']").first.click()
    page.get_by_role("link", name="PO-82410-26").click()
    page.get_by_label("Seats").first.fill("130")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("This is what will")).to_be_visible()
    page.get_by_role("button", name="Correct the lot").click()
    page.wait_for_url("**/licenses/*")


def accepted(page: Page) -> None:
    page.goto("/my-licenses")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("You hold a seat")).to_be_visible()


def asked_to_accept(page: Page) -> None:
    page.goto("/my-licenses")
    expect(page.get_by_role("button", name="Accept")).to_be_visible()


def finding(page: Page) -> None:
    page.goto("/findings")
    page.locator("main table a[href^='/findings/']").first.click()
    expect(page.get_by_text("Needs", exact=True).first).to_be_visible()


def run(page: Page) -> None:
    """The license review as of the end of last month, as it was known then."""
    then = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    page.goto("/reports/license_review/new")
    for name in ("as_of", "known_at"):
        page.locator(f"[name={name}]").fill(f"{then:%Y-%m-%d}T23:59")
    page.get_by_role("button", name="Run", exact=True).last.click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Ready to download")).to_be_visible()


def story(page: Page) -> None:
    """The story of the seat that Priya accepted."""
    page.goto("/trail?act=seat:accept")
    page.locator("main table a[href^='/trail/']").first.click()
    page.wait_for_url("**/trail/*/*")


def activation(page: Page) -> None:
    page.goto("/activation")


def dashboard(page: Page) -> None:
    page.goto("/dashboard")


def review(page: Page) -> None:
    page.goto("/reviews")
    page.get_by_role("link", name=QUARTER).click()
    expect(page.get_by_text("Hash to sign", exact=True)).to_be_visible()


def signed(page: Page) -> None:
    review(page)
    page.get_by_role("link", name="Sign", exact=True).click()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("Signed by Camille Laurent")).to_be_visible()


PICTURES: tuple[Picture, ...] = (
    Picture("home", "dana", home),
    Picture("home-phone", "dana", home, PHONE),
    Picture("license", "dana", license_page),
    Picture("license-dark", "dana", license_page, dark=True),
    Picture("assign", "dana", refused, TALL),
    Picture("", "dana", invited),
    Picture("", "dana", corrected),
    Picture("invitation-phone", "priya", asked_to_accept, PHONE),
    Picture("", "priya", accepted),
    Picture("findings", "dana", finding),
    Picture("report", "ingrid", run),
    Picture("story", "ingrid", story),
    Picture("activation", "camille", activation, CARD),
    Picture("dashboard", "camille", dashboard),
    Picture("review", "camille", review, TALL),
    Picture("", "camille", signed),
)
"""In the order of the tour; what has no name is a step on the way."""


def signed_in(page: Page, login: tuple[str, str]) -> None:
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(login[0])
    page.locator("input[name=password]").fill(login[1])
    page.locator("form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")


@contextmanager
def served(data: Path | None) -> Iterator[tuple[str, Logins]]:
    """Serve a copy of a demo estate, or a new one; give its address and its logins by first name."""
    with tempfile.TemporaryDirectory(prefix="lictor-pictures-") as folder:
        copy = Path(folder) / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "LICTOR_DATA_DIR": str(copy), "LICTOR_DATABASE_URL": ""}
        if data is None:
            made = subprocess.run([LICTOR, "demo", "--json"], env=environment, stdout=subprocess.PIPE, check=True)
            logins = {login["mail"]: login["password"] for login in json.loads(made.stdout)["logins"]}
        else:
            shutil.copytree(data, copy)
            lines = [line.split() for line in (copy / "logins.txt").read_text("utf-8").splitlines() if "@" in line]
            logins = {line[-2]: line[-1] for line in lines}
        server = subprocess.Popen([LICTOR, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
        try:
            yield _awaited(port), {mail.partition(".")[0]: (mail, password) for mail, password in logins.items()}
        finally:
            server.terminate()
            server.wait(30)


def _awaited(port: int) -> str:
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return address
    raise SystemExit("The server did not start.")


def photographed(browser: Browser, address: str, picture: Picture, login: tuple[str, str]) -> bytes:
    """Give the picture as PNG of 256 colors: text and lines need no more, and it stays light."""
    width, height = picture.size
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": height}, device_scale_factor=1.5, locale="en-US",
        timezone_id="Europe/Zurich", color_scheme="dark" if picture.dark else "light", reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    signed_in(page, login)
    picture.way(page)
    page.wait_for_load_state("networkidle")
    raw = page.screenshot(animations="disabled", caret="hide")
    context.close()
    kept = io.BytesIO()
    Image.open(io.BytesIO(raw)).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(
        kept, "PNG", optimize=True
    )
    return kept.getvalue()


def main() -> None:
    given = argparse.ArgumentParser(description="Make the pictures of the README.")
    given.add_argument("--data", type=Path, help="data folder of a demo, with logins.txt; copied, never changed")
    given.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    given.add_argument("--only", nargs="*", default=[])
    given.add_argument("--all", action="store_true", help="every page, in both themes, wide and narrow")
    asked = given.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with served(asked.data) as (address, logins), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in every_page(browser, address, logins, asked.out) if asked.all else ():
            print(name, flush=True)
        for picture in () if asked.all else PICTURES:
            if picture.name and asked.only and picture.name not in asked.only:
                continue
            png = photographed(browser, address, picture, logins[picture.who])
            if picture.name:
                (asked.out / f"{picture.name}.png").write_bytes(png)
                print(f"{picture.name}.png  {len(png) // 1024} KB", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
