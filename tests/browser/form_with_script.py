#!/usr/bin/env python3
"""With JavaScript on, the form cannot send a word in clear: not by a button, not by Enter, in two browsers.

Nor can it before its script is there, or when the script never comes, fails, or finds other keys.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

from support.checks import Checks, run
from support.chromium import ChromiumError, chromium
from support.firefox import MarionetteError, firefox
from support.intake import Office, serving
from support.relay import Relay, passed_on, relaying, unchanged
from support.texts import text
from support.visitor import NO_TRACES, TRACES, Page, count, open_form, shown, until

FORM_BYTES = 24_000
SETTLE_SECONDS = 0.5
NARROWEST = 320

FIELDS = "form textarea, form select, form input:not([type=hidden])"

# Notes at each field that it was given the key, since an open list would swallow it.
PREPARE = """
  for (const each of document.querySelectorAll('details')) each.open = true;
  for (const each of document.querySelectorAll('[data-enter]')) each.removeAttribute('data-enter');
  document.addEventListener('keydown', event => {
    if (event.key === 'Enter') event.target.setAttribute('data-enter', '');
  }, true);
"""

SUBMIT_CONTROLS = """
  [...document.querySelectorAll('button, input'), ...document.forms[0].elements].filter(
    each => ['submit', 'image'].includes(each.type)).length
"""

# What the page asks for by itself; the Worker may ask for the script again, or take it from the cache.
ASKED_FOR = {"GET /", "GET /static/SCRIPT", "GET /api/v1/intake", "GET /keys"}
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
ANOTHER_SCRIPT = b"HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\nContent-Length: 7\r\n\r\nthrow 1"
OTHER_KEYS = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nkeys\n"
DELAY_SECONDS = 3
CANARY = "Written before anything was ready."

# What holds for a field, whether it says so itself or its form does.
HELPERS = """
  [...document.querySelectorAll('textarea')].map(field => ({
    name: field.name,
    autocomplete: field.autocomplete || field.form.autocomplete,
    spellcheck: field.spellcheck,
    autocapitalize: ['none', 'off'].includes(field.autocapitalize),
    autocorrect: 'autocorrect' in field ? field.autocorrect : field.form.getAttribute('autocorrect') !== 'off',
  }))
"""
HELPERS_OFF = {"autocomplete": "off", "spellcheck": False, "autocapitalize": True, "autocorrect": False}

def test(checks: Checks, folder: Path) -> None:
    """The same for both browsers, one after the other."""
    office = Office(folder)
    with serving(folder, office.keys) as server, relaying(server.port) as relay:
        with firefox(folder, javascript=True) as browser:
            one_browser(checks, browser, relay)
        with chromium(folder, javascript=True) as browser:
            one_browser(checks, browser, relay)
            browser.resize(NARROWEST, 640)
            browser.open(relay.url())
            checks.same(f"Chromium: nothing is wider than a window of {NARROWEST} pixels", browser.overflow(), 0)
        checks.same("the server has the reports of the two negative controls alone", server.status()["records"], 2)


def one_browser(checks: Checks, page: Page, relay: Relay) -> None:
    """What one browser makes of the form."""
    name = page.name
    without_script(checks, page, relay)
    open_form(page, relay.url())
    checks.same(f"{name}: the line about JavaScript is shown", page.is_shown(".js"), [True])
    checks.same(f"{name}: it says that this device locks the report", shown(page, "#script-note"),
                text("client-path-ready"))  # fmt: skip
    checks.same(f"{name}: there is nothing that submits", page.value(SUBMIT_CONTROLS), 0)
    helpers = page.value(HELPERS)
    checks.that(f"{name}: there are text fields", len(helpers) > 10, helpers)
    helped = [field for field in helpers if {**field, **HELPERS_OFF} != field]
    checks.same(f"{name}: no field is completed, corrected or checked by the browser", helped, [])
    enter_everywhere(checks, page, relay)
    checks.same(f"{name}: the page broke no policy of its own", page.complaints(), [])
    checks.same(f"{name}: it left nothing in the browser", page.value(TRACES), NO_TRACES)
    relay.change = with_another_style
    page.open(relay.url())
    relay.change = unchanged
    checks.becomes(f"{name}: a page that breaks its policy is noticed", page.complaints)


def without_script(checks: Checks, page: Page, relay: Relay) -> None:
    """The script fails, is blocked, is another, comes late, or finds keys that are none; it is in no cache at first."""
    relay.instead = answering({"/static/": BROKEN})
    relay.clear()
    page.open(relay.url())
    time.sleep(SETTLE_SECONDS)
    size = relay.traffic.answered_bytes
    checks.that(f"{page.name}: the form has at most {FORM_BYTES} bytes, head included", 0 < size <= FORM_BYTES, size)
    for what, answers in (
        ("a script that fails", {"/static/": BROKEN}),
        ("a script that is blocked", {"/static/": b""}),
        ("a script that breaks", {"/static/": ANOTHER_SCRIPT}),
    ):
        never_ready(checks, page, relay, what, answers, "seal-script-on")
    ready_late(checks, page, relay)
    for what, answers, note in (
        ("keys that are none", {"/keys": OTHER_KEYS}, "client-path-keys"),
        ("no keys", {"/keys": BROKEN}, "client-path-connection"),
    ):
        never_ready(checks, page, relay, what, answers, note)
    relay.instead = passed_on


def never_ready(checks: Checks, page: Page, relay: Relay, what: str, answers: dict[str, bytes], note: str) -> None:
    """The page says so, has no button, and sends nothing."""
    relay.instead = answering(answers)
    relay.clear()
    page.open(relay.url())
    told = text(note)
    checks.becomes(f"{page.name}: {what}: the page says what to do", lambda: shown(page, "#script-note") == told)
    checks.same(f"{page.name}: {what}: and has no button", count(page, "button"), 0)
    line = shown(page, "form .js")
    checks.same(f"{page.name}: {what}: but a line that says so", line, text("seal-no-button"))
    nothing_posted(checks, page, relay, what)


def ready_late(checks: Checks, page: Page, relay: Relay) -> None:
    """Somebody writes, and presses Enter, before the script is there."""
    what = "a script that comes late"
    relay.instead = late
    relay.clear()
    # Not `open`, which waits for the script.
    page.do("document.querySelector('main').remove(); setTimeout(() => location.reload(), 0)")
    until("the form", lambda: is_loading(page))
    checks.same(f"{page.name}: {what}: at first there is no button", count(page, "button"), 0)
    nothing_posted(checks, page, relay, what)
    checks.same(f"{page.name}: {what}: and still there is none", count(page, "button"), 0)
    until("the late script", lambda: count(page, "form > button"))
    story = page.value("document.querySelector('[name=story]').value")
    checks.that(f"{page.name}: {what}: what was written is still there", CANARY in story, story)
    asked = {re.sub(r"asylia-[0-9a-f]+\.js", "SCRIPT", line) for line in relay.traffic.requests}
    checks.same(f"{page.name}: the page asks for its script, the keys, and nothing else", asked, ASKED_FOR)


def is_loading(page: Page) -> bool:
    """Whether the new page is there; between two pages a browser answers nothing."""
    try:
        return count(page, "form [name=story]") > 0
    except (ChromiumError, MarionetteError):
        return False


def answering(answers: dict[str, bytes]) -> Callable[[str], bytes | None]:
    """Answers requests below these paths itself."""
    return lambda line: next((answer for path, answer in answers.items() if line.startswith(f"GET {path}")), None)


def late(line: str) -> None:
    """A script that takes its time."""
    if line.startswith("GET /static/"):
        time.sleep(DELAY_SECONDS)


def nothing_posted(checks: Checks, page: Page, relay: Relay, what: str) -> None:
    """Writes, and presses Enter in every kind of field."""
    page.type("[name=story]", CANARY)
    page.do(f"for (const each of document.querySelectorAll('{FIELDS}')) each.closest('details')?.setAttribute('open', '');")
    for field in ("[name=story]", "[name=danger_kinds]", "[name=in_danger_now]", "[name=permission_preset]"):
        page.do(f"document.querySelector('{field}').focus()")
        page.press_enter()
    time.sleep(SETTLE_SECONDS)
    writes = [line for line in relay.traffic.requests if not line.startswith("GET ")]
    checks.same(f"{page.name}: {what}: Enter sends nothing", writes, [])
    checks.that(f"{page.name}: {what}: no request holds what was written", CANARY.encode() not in relay.traffic.sent)
    checks.same(f"{page.name}: {what}: and the page stays", page.value("location.href"), relay.url())


def enter_everywhere(checks: Checks, page: Page, relay: Relay) -> None:
    """Enter in every field sends nothing; on a form that could post, the same keys do."""
    fields = int(page.value(f"document.querySelectorAll('{FIELDS}').length"))
    checks.that(f"{page.name}: there are fields of every kind", fields > 100, fields)
    relay.clear()
    reached = [press_enter_in_all(page, fields)]
    page.type("[name=story]", "It happened on the third of March.")
    reached.append(press_enter_in_all(page, fields))
    checks.same(f"{page.name}: Enter reaches each of them, story empty and not", reached, [fields, fields])
    time.sleep(SETTLE_SECONDS)
    checks.same(f"{page.name}: Enter in each of them sends nothing at all", relay.traffic.requests, [])
    checks.same(f"{page.name}: and the page stays", page.value("location.href"), relay.url())
    story = page.value("document.querySelector('[name=story]').value")
    checks.that(f"{page.name}: with what was written in it", "third of March" in story, story)

    relay.change = with_buttons
    page.open(relay.url())
    page.type("[name=story]", "negative control")
    relay.clear()
    page.do("document.querySelector('[name=in_danger_now]').closest('details').open = true;")
    page.do("document.querySelector('[name=danger_kinds]').focus();")
    page.press_enter()
    checks.becomes(f"{page.name}: from a form that can post, Enter is noticed", lambda: relay.traffic.posts())
    relay.change = unchanged
    page.open(relay.url())


def with_buttons(portion: bytes) -> bytes:
    """The mistake that must not be made: Send buttons outside `<noscript>`. The length stays."""
    portion = portion.replace(b"<noscript><button", b"          <button")
    return portion.replace(b"</button></noscript>", b"</button>           ")


def with_another_style(portion: bytes) -> bytes:
    """A page whose style is not the one that its policy names."""
    return portion.replace(b"box-sizing", b"BOX-SIZING")


def press_enter_in_all(page: Page, fields: int) -> object:
    """Opens all questions and presses Enter in one field after the other; returns how many got the key."""
    page.do(PREPARE)
    for number in range(fields):
        page.do(f"document.querySelectorAll('{FIELDS}')[{number}].focus();")
        page.press_enter()
    return page.value("document.querySelectorAll('[data-enter]').length")


if __name__ == "__main__":
    run(test)
