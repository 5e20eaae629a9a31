"""Asks axe about a page: which rules of WCAG 2.2 AA and of good practice it breaks, where, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Page, ViewportSize

SCRIPT: Final = Path(__file__).resolve().parents[3] / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SIZES: Final[tuple[ViewportSize, ...]] = ({"width": 1360, "height": 900}, {"width": 390, "height": 844})
COLORS: Final = ("color-contrast", "link-in-text-block")
"""The rules of these standards that look at colors: the others say the same of a page in every theme."""

ASKED_IN: Final[dict[Literal["light", "dark"], Mapping[str, object]]] = {
    "light": {"type": "tag", "values": list(STANDARDS)}, "dark": {"type": "rule", "values": list(COLORS)},
}  # fmt: skip
ASKED: Final = """async only => {
  const told = await axe.run(document, {runOnly: only, resultTypes: ["violations"], preload: false, iframes: false});
  return told.violations.flatMap(rule => rule.nodes.map(node => (
    {rule: rule.id, where: node.target.flat().join(" "), why: node.failureSummary})));
}"""


@dataclass(frozen=True)
class Violation:
    """One rule that one element of one page breaks."""

    page: str
    rule: str
    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.page}: {self.rule} at {self.where}: {self.why}"


async def violations(page: Page, name: str, *, again: bool = False) -> list[Violation]:
    """Everything that axe holds against a page that was loaded once: wide and narrow, in light and in dark.

    That a page never scrolls sideways is asked besides. `again`: another reader saw its kind so; wide is then asked in
    light alone, narrow in dark alone, each by every rule.
    """
    assert await page.locator("iframe").count() == 0
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(SCRIPT.read_text("utf-8"))
    found = []
    for size, only_theme in zip(SIZES, ASKED_IN, strict=True):
        await page.set_viewport_size(size)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            found.append(Violation(f"{name} ({size['width']} px)", "no-sideways", "html", f"is {wide} px wide"))
        for theme, only in ASKED_IN.items():
            if again and theme != only_theme:
                continue
            await page.emulate_media(color_scheme=theme)
            told: list[Mapping[str, str]] = await page.evaluate(ASKED, ASKED_IN["light"] if again else only)
            looks = f"{name} ({theme}, {size['width']} px)"
            found += [Violation(looks, each["rule"], each["where"], " ".join(each["why"].split())) for each in told]
    return found
