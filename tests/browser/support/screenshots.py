"""Takes pictures of the pages for people to look at: `python3 -m support.screenshots FOLDER` in tests/browser.

Form, progress, receipt, refusal and mailbox at the width of a small telephone and of a desktop, whole, with JavaScript off and
on (`script-…`, in Chromium, and `firefox-…`); and the top of the form as the README shows it (`form.png`). Not a test, and not run by one.
"""

import sys
import tempfile
import time
from pathlib import Path

from support import report
from support.chromium import Chromium, chromium
from support.firefox import firefox
from support.intake import Office, Server, serving
from support.relay import relaying
from support.visitor import (
    CODE, Page, count, open_form, press, send_story, shown, until, wait_for_receipt, wait_for_words,
)  # fmt: skip

WIDTHS = (320, 1200)
HEIGHT = 900
README_SCALE = 0.75
SEND = "form button"
PROGRESS_SECONDS = 6
SLOW_SECONDS = 0.05


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
        with serving(folder, office.keys) as server, chromium(folder, javascript=True) as browser:
            for width in WIDTHS:
                take_sealing(browser, server, pictures / "script", width, folder)
        with serving(folder, office.keys) as server, firefox(folder, javascript=True) as browser:
            for width in WIDTHS:
                take_sealing(browser, server, pictures / "firefox", width, folder)


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


def take_sealing(browser: Page, server: Server, begin: Path, width: int, folder: Path) -> None:
    """What a visitor with JavaScript sees, at one width; the pictures' names begin as `begin` does."""

    def take(name: str) -> None:
        begin.with_name(f"{begin.name}-{name}-{width}.png").write_bytes(browser.picture(whole=True))

    browser.resize(width, HEIGHT)
    with relaying(server.port) as relay:
        open_form(browser, relay.url())
        take("form")
        browser.click("form > button")
        take("story-empty")
        browser.do("for (const each of document.querySelectorAll('details')) each.open = true;")
        browser.choose_files("[name=attachments]", report.photo(folder), report.note(folder))
        until("the list of files", lambda: count(browser, ".files li") == 2)
        take("files")
        open_form(browser, relay.url())
        relay.pause_seconds = SLOW_SECONDS
        send_story(browser, report.STORY, report.video(folder, 24))
        time.sleep(PROGRESS_SECONDS)
        take("progress")
        press(browser, "client-pause")
        take("paused")
    open_form(browser, server.url())
    send_story(browser, report.STORY)
    wait_for_receipt(browser)
    take("receipt")
    code = shown(browser, CODE)
    browser.open(server.url("/mailbox"))
    until("the button", lambda: count(browser, SEND))
    take("mailbox")
    browser.type("[name=code]", code)
    press(browser, "mailbox-read")
    wait_for_words(browser, "mailbox-empty")
    browser.do("for (const each of document.querySelectorAll('details')) each.open = true;")
    take("answers")
    browser.do("[...document.querySelectorAll('details input')].at(-1).click();")
    press(browser, "client-send")
    wait_for_words(browser, "client-follow-stored")
    take("new-code")


if __name__ == "__main__":
    main()
