#!/usr/bin/env python3
"""With JavaScript on, the form cannot send a word in clear: not by a button, not by Enter, in two browsers."""

import time
from pathlib import Path

from support.checks import Checks, run
from support.chromium import Chromium, chromium
from support.firefox import Firefox, firefox
from support.intake import Office, serving
from support.relay import Relay, relaying, unchanged
from support.texts import text

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
  [...document.querySelectorAll('button, input[type=submit], input[type=image]')].length
    + [...document.forms[0].elements].filter(each => ['submit', 'image'].includes(each.type)).length
"""

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

TRACES = """
  (async () => [localStorage.length, sessionStorage.length, document.cookie,
    (await caches.keys()).length, (await indexedDB.databases()).length,
    (await navigator.serviceWorker.getRegistrations()).length])()
"""
NO_TRACES = [0, 0, "", 0, 0, 0]


Page = Firefox | Chromium


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
    relay.clear()
    page.open(relay.url())
    time.sleep(SETTLE_SECONDS)
    checks.same(f"{name}: the form comes in one request", relay.traffic.requests, ["GET /"])
    size = relay.traffic.answered_bytes
    checks.that(f"{name}: of at most {FORM_BYTES} bytes, head included", 0 < size <= FORM_BYTES, size)
    checks.same(f"{name}: the lines about JavaScript are shown", page.is_shown(".js"), [True, True])
    shown = page.value("document.querySelector('#script-note').innerText")
    checks.same(f"{name}: one says how to turn it off", shown, text("seal-script-on"))
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
