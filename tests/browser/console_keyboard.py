#!/usr/bin/env python3
"""An officer at the console without a mouse: from the launch page to a report, the search and the lock, by keys alone.

axe-core looks at every page of it. Then the browser is killed, and nothing that was shown or typed is found in its
profile, the home folder or the temporary folders.

With a folder on the command line, pictures of the pages are left there for people to look at.
"""

import contextlib
import sys
import time
from pathlib import Path

from support import axe
from support.checks import Checks, run
from support.chromium import chromium
from support.console import console, file_report, vault_of
from support.firefox import ENTER, Firefox, MarionetteError, firefox
from support.intake import Office, serving
from support.texts import text
from support.traces import traces, unpacked

STORY = "The-told-canary came to the office after the session in Geneva."
WARNING = "Do not mention the-warned-canary."
TYPED = "the-typed-canary"
TITLE = "the-titled-canary"
NAME = "the-named-canary"
CANARIES = ["told-canary", "warned-canary", NAME, TYPED]
TAB, SPACE, SHIFT, DOWN = "\ue004", " ", "\ue008", "\ue015"
MOST_TABS = 60
PAGE_SECONDS = 30
MENU = ("cases", "identities", "export", "import", "search", "audit", "people", "pair", "help", "passphrase", "inbox")


def test(checks: Checks, folder: Path) -> None:
    """All of it, with one start of the console's browser."""
    office = Office(folder)
    with serving(folder, office.keys) as server:
        file_report(server, story=STORY, what_could_make_it_worse=WARNING, person_names=NAME)
        vault = vault_of(folder, office, server)
    pages: dict[str, str] = {}
    with console(folder, vault) as running:
        browser = running.drive()
        at_the_console(checks, browser, office.passphrase.read_text().strip(), pages)
        running.kill_browser()
        places = (running.private, folder / "home", folder / "temporary")
        checks.that("the private folder with the profile is looked at", any((running.private / "profile").iterdir()))
        checks.same("nothing shown or typed is left of the browser", traces(CANARIES, *places), [])
        private = running.private
    checks.that("the folder is gone with the console", not private.exists())
    control(checks, folder)
    look_at(checks, folder, pages)


def at_the_console(checks: Checks, browser: Firefox, passphrase: str, pages: dict[str, str]) -> None:
    """From the launch page to the lock, without a mouse."""
    arrive(browser, "console-launch-heading")
    go(browser, text("console-launch-button"))
    arrive(browser, "console-entered-title")
    go(browser, text("console-entered-link"))
    arrive(browser, "console-unlock-heading")
    pages["unlock"] = browser.source
    checks.same("the first key leads to the link that skips the menu", tabbed(browser), text("console-skip"))
    focus(browser, "passphrase")
    browser.keys(passphrase)
    focus(browser, "date")
    browser.keys(SPACE)
    go(browser, text("console-unlock-button"))
    arrive(browser, "console-inbox-title")
    for page in MENU:
        go(browser, text(f"console-menu-{page}"))
        time.sleep(0.2)
        until_loaded(browser)
        pages[page] = browser.source
    checks.that("every page of the menu has its own words", len(set(pages.values())) == len(MENU) + 1)
    report = browser.text("td.record a")
    go(browser, report)
    arrive(browser, "console-case-heading")
    pages["report"] = browser.source
    checks.that("the report is read", STORY in browser.source and WARNING in browser.source)
    checks.that("who it is stays closed", NAME not in browser.source)
    focus(browser, "motive")
    browser.keys(DOWN)
    go(browser, text("console-identity-open"))
    wait_for(browser, NAME)
    pages["identity"] = browser.source
    go(browser, text("console-menu-search"))
    arrive(browser, "console-search-title")
    focus(browser, "words")
    browser.keys(TYPED)
    go(browser, text("console-search-button"))
    wait_for(browser, 'id="found"')
    pages["found"] = browser.source
    focus(browser, "words")
    # Typed and never sent: what a session store would keep.
    browser.keys(f" {TYPED}")
    go(browser, text("console-menu-inbox"), back=True)
    arrive(browser, "console-inbox-title")
    go(browser, text("console-lock"))
    arrive(browser, "console-unlock-heading")
    pages["locked"] = browser.source
    checks.that("the lock shows the signed head", "asylia" in browser.text("pre"))
    browser.back()
    checks.that("going back shows nothing of the vault", not any(canary in browser.source for canary in CANARIES))


def look_at(checks: Checks, folder: Path, pages: dict[str, str]) -> None:
    """The same pages as files, in a browser in which axe-core can run."""
    with chromium(folder, javascript=True) as browser:
        for name, source in pages.items():
            file = folder / f"{name}.html"
            file.write_text(source, encoding="utf-8")
            for width in (320, 1200):
                browser.resize(width, 900)
                browser.open(file.as_uri())
                wide = browser.value("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                checks.that(f"{name} fits {width} pixels", not wide)
                if len(sys.argv) > 1:
                    (Path(sys.argv[1]) / f"console-{name}-{width}.png").write_bytes(browser.picture(whole=True))
            axe.looked_at(checks, browser, f"the console's page {name}")
        axe.notices(checks, browser)


def control(checks: Checks, folder: Path) -> None:
    """An ordinary profile keeps what it showed, and the search finds it."""
    checks.same("the search reads what Firefox compresses", unpacked(bytes([0x43]) + b"abcd" + bytes([4, 0])), b"abcd" * 2 + b"abc")
    page = folder / "ordinary.html"
    page.write_text(f"<!DOCTYPE html><title>{TITLE}</title><p>ordinary</p>", encoding="utf-8")
    with firefox(folder, javascript=False) as browser:
        browser.open(page.as_uri())
        profile = folder / "firefox-off"
        checks.becomes("in an ordinary profile the search finds a page's title", lambda: traces([TITLE], profile))


def tabbed(browser: Firefox, *, back: bool = False) -> str:
    """Presses Tab, with Shift for the way back, and says where that leads."""
    browser.keys(TAB, held=SHIFT if back else "")
    return focused(browser)


def focused(browser: Firefox) -> str:
    """Where the focus is: the id of a field, or the words of what can be pressed."""
    with contextlib.suppress(MarionetteError):
        element = browser.active()
        name = browser.call("WebDriver:GetElementProperty", id=element, name="id")
        return str(name or browser.call("WebDriver:GetElementProperty", id=element, name="textContent")).strip()
    return ""


def focus(browser: Firefox, name: str, *, back: bool = False) -> None:
    """Presses Tab until the focus is there, never out of the page: keys from outside are none of the page's."""
    there = focused(browser)
    for _ in range(MOST_TABS):
        if there == name:
            return
        there = tabbed(browser, back=back)
    raise AssertionError(f"{name} cannot be reached by keys on {browser.url}")


def go(browser: Firefox, name: str, *, back: bool = False) -> None:
    """Goes to a link or button by Tab, and presses Enter."""
    focus(browser, name, back=back)
    browser.keys(ENTER)


def arrive(browser: Firefox, heading: str) -> None:
    """Waits until a page with this heading is shown."""
    wait_for(browser, f">{text(heading)}</h1>")


def wait_for(browser: Firefox, part: str) -> None:
    """Waits until the page holds this."""
    deadline = time.monotonic() + PAGE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(MarionetteError):
            if part in browser.source:
                return
        time.sleep(0.1)
    raise TimeoutError(f"{part} was not shown on {browser.url}")


def until_loaded(browser: Firefox) -> None:
    """Waits until the page is whole."""
    wait_for(browser, "</h1>")


if __name__ == "__main__":
    run(test)
