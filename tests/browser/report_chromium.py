#!/usr/bin/env python3
"""Chromium with JavaScript off: a report with files is accepted, one that is too large is refused on a page."""

from pathlib import Path

from support import report
from support.checks import Checks, run
from support.chromium import Chromium, chromium
from support.circuit import circuit, use_up
from support.intake import Office, serving
from support.texts import text, visible_words

SEND = "form button"
NARROWEST = 320


def test(checks: Checks, folder: Path) -> None:
    """All of it, with one start of the browser."""
    office = Office(folder)
    with chromium(folder, javascript=False) as browser:
        browser.resize(NARROWEST, 640)
        with serving(folder, office.keys) as server:
            browser.open(server.url())
            form(checks, browser)
            fits(checks, browser, "the form")
            photo, note = report.photo(folder), report.note(folder)
            browser.type("[name=story]", report.STORY)
            browser.choose_files("[name=attachments]", photo, note)
            browser.click(SEND, leads_on=True)
            checks.same("the receipt answers at the form's own address", browser.url, server.url("/report"))
            checks.that("the report is stored", text("page-receipt-heading") in visible_words(browser.source))
            fits(checks, browser, "the receipt")
            checks.same("the server has one record", server.status()["records"], 1)
            [stored] = office.read_reports(server.data)
            checks.same("the story arrived", stored["submission"]["answers"]["story"], report.STORY)
            checks.same(
                "both files arrived, byte for byte, under their names",
                [(file["name"], file["sha256"]) for file in stored["attachments"]],
                [(path.name, report.digest(path)) for path in (photo, note)],
            )
        too_large(checks, browser, office, folder)
        too_much(checks, browser, office, folder)
        checks.same("no page broke its own policy", browser.complaints(), [])


def form(checks: Checks, browser: Chromium) -> None:
    """What a visitor without JavaScript is shown."""
    checks.same("the lines about JavaScript are hidden", browser.is_shown(".js"), [False, False])
    checks.same("both Send buttons are shown", browser.is_shown(SEND), [True, True])


def fits(checks: Checks, browser: Chromium, page: str) -> None:
    """Nothing has to be scrolled sideways on a small telephone."""
    checks.same(f"{page} is not wider than a window of {NARROWEST} pixels", browser.overflow(), 0)


def too_large(checks: Checks, browser: Chromium, office: Office, folder: Path) -> None:
    """A file over the limit."""
    with serving(folder, office.keys, report_limit_mib=1) as server:
        browser.open(server.url())
        browser.type("[name=story]", "with a large file")
        browser.choose_files("[name=attachments]", report.large(folder, 40))
        browser.click(SEND, leads_on=True)
        checks.same("40 MiB where 1 is allowed: 413", browser.statuses()[-1:], [413])
        heading = text("refusal-report-too-large.title")
        checks.that("and a page that says so", heading in visible_words(browser.source), browser.source)
        fits(checks, browser, "the refusal")
        checks.same("nothing of it was stored", server.status()["records"], 0)


def too_much(checks: Checks, browser: Chromium, office: Office, folder: Path) -> None:
    """This hour's files are used up: 503; one circuit has sent too much: 429."""
    onion = folder / "onion.sock"
    with serving(folder, office.keys, files_per_hour_mib=1, onion=onion) as server, circuit(onion) as address:
        for status in (200, 503):
            browser.open(server.url())
            browser.type("[name=story]", "with a large file")
            browser.choose_files("[name=attachments]", report.large(folder, 20))
            browser.click(SEND, leads_on=True)
            checks.same("20 MiB, and again", browser.statuses()[-1:], [status])
        checks.that("a page says so", text("refusal-files-later.title") in visible_words(browser.source))
        browser.open(f"http://{address}/")
        browser.type("[name=story]", "written beside a flood")
        use_up(address)
        browser.click(SEND, leads_on=True)
        checks.same("too much by one circuit: 429", browser.statuses()[-1:], [429])
        checks.that("and a page that says so", text("refusal-too-many.title") in visible_words(browser.source))


if __name__ == "__main__":
    run(test)
