"""What a visitor with JavaScript on does, the same in every browser: waits until the page is ready, writes, sends."""

import time
from collections.abc import Callable
from pathlib import Path

from support.chromium import Chromium
from support.firefox import Firefox
from support.texts import text

Page = Firefox | Chromium

SEND = "form > button"
PATIENCE_SECONDS = 60
CODE = "#return-code"

TRACES = """
  (async () => [localStorage.length, sessionStorage.length, document.cookie,
    (await caches.keys()).length, (await indexedDB.databases()).length,
    (await navigator.serviceWorker.getRegistrations()).length])()
"""
NO_TRACES = [0, 0, "", 0, 0, 0]


def until(what: str, look: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for what takes its time; a browser without a compiler needs some."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come")
        time.sleep(0.05)


def count(page: Page, selector: str) -> int:
    """How many elements match."""
    return int(page.value(f"document.querySelectorAll('{selector}').length"))


def shown(page: Page, selector: str = "main") -> str:
    """The words of the first element that matches, as they are shown; nothing where there is none."""
    return str(page.value(f"document.querySelector('{selector}')?.innerText ?? ''"))


def open_form(page: Page, url: str) -> None:
    """Opens the form and waits until it can be sent."""
    page.open(url)
    until("the button", lambda: count(page, SEND))


def press(page: Page, message: str) -> None:
    """Presses the button that says this."""
    script = "[...document.querySelectorAll('main button')].find(each => each.textContent === '{}').click()"
    page.do(script.format(text(message)))


def wait_for_receipt(page: Page, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Waits until the receipt is there."""
    until("the receipt", lambda: count(page, CODE), seconds=seconds)


def wait_for_words(page: Page, message: str) -> None:
    """Waits until a text of the page is shown."""
    until(message, lambda: text(message) in shown(page))


def send_story(page: Page, story: str, *files: Path) -> None:
    """Writes a story, chooses files, sends."""
    page.type("[name=story]", story)
    if files:
        page.choose_files("[name=attachments]", *files)
        until("the list of files", lambda: count(page, ".files li") == len(files))
    press(page, "client-send")
