"""Takes pictures of the pages for people to look at: `python3 -m support.screenshots FOLDER` in tests/browser.

Form, receipt and refusal at the width of a small telephone and of a desktop, whole; and the top of the form
as the README shows it (`form.png`). Not a test, and not run by one.
"""

import sys
import tempfile
from pathlib import Path

from support import report
from support.chromium import Chromium, chromium
from support.intake import Office, Server, serving

WIDTHS = (320, 1200)
HEIGHT = 900
README_SCALE = 0.75
SEND = "form button"


def main() -> None:
    """Writes the pictures into the folder named on the command line."""
    if len(sys.argv) != 2:
        raise SystemExit("Usage: python3 -m support.screenshots FOLDER")
    pictures = Path(sys.argv[1])
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="asylia-pictures-") as temporary:
        folder = Path(temporary)
        office = Office(folder)
        with serving(folder, office.keys) as server, chromium(folder, javascript=False) as browser:
            browser.resize(int(1200 / README_SCALE), int(HEIGHT / README_SCALE), scale=README_SCALE)
            browser.open(server.url())
            (pictures / "form.png").write_bytes(browser.picture(whole=False))
            for width in WIDTHS:
                take_all(browser, server, pictures, width)


def take_all(browser: Chromium, server: Server, pictures: Path, width: int) -> None:
    """All pages at one width."""

    def take(name: str) -> None:
        (pictures / f"{name}-{width}.png").write_bytes(browser.picture(whole=True))

    browser.resize(width, HEIGHT)
    for path, name in (("/safety", "safety"), ("/about", "about"), ("/", "form")):
        browser.open(server.url(path))
        take(name)
    for block in range(1, 7):
        browser.click(f"details:nth-of-type({block}) summary")
    take("form-open")
    for story, name in ((report.STORY, "receipt"), (" ", "refusal")):
        browser.open(server.url())
        browser.type("[name=story]", story)
        browser.click(SEND, leads_on=True)
        take(name)


if __name__ == "__main__":
    main()
