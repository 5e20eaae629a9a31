"""Brings the browser's libraries from npm into the console's own static files, each with the hash that proves it.

`python -m api.console.assets` copies from `node_modules` (after `npm ci --ignore-scripts`) to `static/vendor/` and
writes its manifest. Where nothing was copied pages leave the libraries out and stay usable.
"""

import base64
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
VENDOR: Final = STATIC / "vendor"
MANIFEST: Final = "manifest.json"
INTER: Final = "@fontsource-variable/inter"

SOURCES: Final = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "echarts.common.min.js": "echarts/dist/echarts.common.min.js",
    "inter-latin.woff2": f"{INTER}/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": f"{INTER}/files/inter-latin-ext-wght-normal.woff2",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "tabler.LICENSE": "@tabler/core/LICENSE",
    "echarts.LICENSE": "echarts/LICENSE",
    "inter.LICENSE": f"{INTER}/LICENSE",
}

FONT_SHEET: Final = "inter.css"
FONT_FACES: Final = """\
@font-face { font-family: "Inter Variable"; font-weight: 100 900; font-display: swap;
  src: url("inter-latin-ext.woff2") format("woff2-variations");
  unicode-range: U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+1E00-1E9F, U+20A0-20C0, U+2C60-2C7F; }
@font-face { font-family: "Inter Variable"; font-weight: 100 900; font-display: swap;
  src: url("inter-latin.woff2") format("woff2-variations");
  unicode-range: U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC,
    U+2122, U+2190-2193, U+2212, U+2215; }
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """One vendored file: where pages load it, and its subresource integrity."""

    href: str
    integrity: str


def integrity(content: bytes) -> str:
    """The `sha384-…` value a browser compares a file with."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def copy_assets(modules: Path, target: Path = VENDOR) -> dict[str, str]:
    """Copy every source that stands in `modules`; answers name → integrity. Raises FileNotFoundError for a library."""
    target.mkdir(parents=True, exist_ok=True)
    proofs = {}
    for name, source in SOURCES.items():
        path = modules / source
        if not path.is_file() and name.endswith(".LICENSE"):
            continue
        content = _without_source_map(path.read_bytes())
        (target / name).write_bytes(content)
        proofs[name] = integrity(content)
    (target / FONT_SHEET).write_text(FONT_FACES, "utf-8")
    proofs[FONT_SHEET] = integrity(FONT_FACES.encode())
    (target / MANIFEST).write_text(json.dumps(proofs, indent=2) + "\n", "utf-8")
    return proofs


_SOURCE_MAP: Final = re.compile(rb"\s*(?://[#@]|/\*[#@])\s*sourceMappingURL=[^\n]*\s*\Z")


def _without_source_map(content: bytes) -> bytes:
    """Without the last comment naming a map that is not served."""
    return _SOURCE_MAP.sub(b"\n", content)


@cache
def assets() -> dict[str, Asset]:
    """The vendored files by name, as the manifest lists them; empty where nothing was copied."""
    manifest = VENDOR / MANIFEST
    if not manifest.is_file():
        return {}
    proofs = json.loads(manifest.read_text("utf-8"))
    return {
        name: Asset(f"/static/vendor/{name}?v={proof[7:19].replace('+', '-').replace('/', '_')}", proof)
        for name, proof in proofs.items()
    }


@cache
def version(name: str) -> str:
    """A short hash of one of our own static files, for its address, so that browsers may keep it for good."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def main(modules: str = "node_modules") -> int:
    """Copy, and say what was copied; 1 where npm has not run."""
    if not Path(modules).is_dir():
        sys.stderr.write(f"{modules} is missing. Run `npm ci --ignore-scripts` first; pages work without it.\n")
        return 1
    proofs = copy_assets(Path(modules))
    sys.stdout.write("".join(f"{name}  {proof}\n" for name, proof in proofs.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
