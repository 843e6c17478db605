#!/usr/bin/env python3
"""A report on its way: the connection breaks, the server starts again, the person pauses, cancels, goes back."""

import re
import time
from pathlib import Path

from support import axe, report
from support.checks import Checks, run
from support.chromium import Chromium, chromium
from support.firefox import Firefox, firefox
from support.intake import Office, Server, serving
from support.memory import content
from support.relay import Relay, relaying
from support.texts import text, words
from support.visitor import (
    CODE, Page, count, open_form, press, send_story, shown, until, wait_for_receipt, wait_for_words,
)  # fmt: skip

FILE_MIB = 10
CUT_AFTER_BYTES = 6 << 20
SLOW_SECONDS = 0.05
STORY = "Written while the connection was bad."
PERSISTED = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
SMALL, LARGE = (320, 640), (1200, 900)
VERY_LARGE_MIB = 700
VERY_LARGE_MINUTES = 7
SLOW_MINUTES = 20
CRAWLING_SECONDS = 0.2
FAILING = b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{\"error\":\"too_large\"}"


def test(checks: Checks, folder: Path) -> None:
    """The broken connections in one browser and the rest in both."""
    office = Office(folder)
    large = report.large(folder, FILE_MIB)
    with chromium(folder, javascript=True) as page:
        with serving(folder, office.keys) as server, relaying(server.port) as relay:
            cut(checks, page, server, relay, office, large)
            paused(checks, page, server, relay, large)
            cancelled(checks, page, server, relay, large)
            very_large(checks, page, server, relay, folder)
            refused(checks, page, relay)
            sealed_elsewhere(checks, page, server, office, folder)
        restarted(checks, page, office, folder, large)
    with firefox(folder, javascript=True) as page, serving(folder, office.keys) as server:
        with relaying(server.port) as relay:
            cut(checks, page, server, relay, office, large)
            gone_back(checks, page, server, relay)
    with chromium(folder, javascript=True) as page, serving(folder, office.keys) as server:
        with relaying(server.port) as relay:
            gone_back(checks, page, server, relay)


def cut(checks: Checks, page: Page, server: Server, relay: Relay, office: Office, large: Path) -> None:
    """A connection that is cut in the middle of a part costs that part's time and nothing else."""
    before = server.status()["records"]
    open_form(page, relay.url())
    relay.clear()
    relay.cut_after_bytes = CUT_AFTER_BYTES
    send_story(page, STORY, large)
    wait_for_receipt(page)
    checks.same(f"{page.name}: the connection was cut", relay.cut_after_bytes, None)
    numbers = [line.rpartition("/")[2] for line in relay.traffic.requests if line.startswith("PUT ")]
    checks.same(f"{page.name}: the part that was cut was sent again, the others once", sorted(numbers),
                ["0", "1", "1", "2"])  # fmt: skip
    tokens = {re.findall("[0-9a-f]{32}", line)[0] for line in relay.traffic.requests}
    checks.same(f"{page.name}: by one upload", len(tokens), 1)
    checks.same(f"{page.name}: and stored once", server.status()["records"], before + 1)
    newest = [stored for stored in office.read_reports(server.data) if stored["submission"]["answers"]["story"] == STORY]
    checks.same(f"{page.name}: the file arrived byte for byte", newest[0]["attachments"][0]["sha256"],
                report.digest(large))  # fmt: skip


def paused(checks: Checks, page: Chromium, server: Server, relay: Relay, large: Path) -> None:
    """Pause stops what is on its way, Continue goes on; the person sees what is happening."""
    before = server.status()["records"]
    axe_form(checks, page, relay, large)
    relay.pause_seconds = SLOW_SECONDS
    press(page, "client-send")
    wait_for_words(page, "client-phase-sending")
    until("some progress", lambda: page.value("document.querySelector('progress').value") > 0)
    checks.that("the report is still in the page", STORY in page.value("document.querySelector('[name=story]').value"))
    axe.looked_at(checks, page, "the progress")
    fits(checks, page, "the progress")
    press(page, "client-pause")
    wait_for_words(page, "client-phase-paused")
    relay.pause_seconds = 0
    until("what was on its way", lambda: settled(relay))
    at = len(relay.traffic.sent)
    until("a while", lambda: settled(relay))
    checks.same("while it is paused nothing is sent", len(relay.traffic.sent), at)
    memory = content(server.process)
    checks.that("half of the report is in the server", len(memory) > 0 and server.status()["records"] == before)
    checks.that("and nothing readable of it in its memory", STORY.encode() not in memory)
    checks.same("and nothing is stored", server.status()["records"], before)
    press(page, "client-continue")
    wait_for_receipt(page)
    checks.same("after Continue it is stored, once", server.status()["records"], before + 1)
    axe.looked_at(checks, page, "the receipt")
    fits(checks, page, "the receipt")
    axe.notices(checks, page)


def axe_form(checks: Checks, page: Chromium, relay: Relay, large: Path) -> None:
    """The form, ready, and with a file chosen, all questions open."""
    open_form(page, relay.url())
    page.do("for (const each of document.querySelectorAll('details')) each.open = true;")
    axe.looked_at(checks, page, "the form")
    page.type("[name=story]", STORY)
    page.choose_files("[name=attachments]", large)
    until("the file", lambda: count(page, ".files li") == 1)
    axe.looked_at(checks, page, "the chosen files")
    fits(checks, page, "the list of chosen files")


def fits(checks: Checks, page: Chromium, what: str) -> None:
    """Notes that nothing is wider than the window of a small telephone."""
    page.resize(*SMALL)
    checks.same(f"{what} fits into a window of {SMALL[0]} pixels", page.overflow(), 0)
    page.resize(*LARGE)


def settled(relay: Relay) -> bool:
    """Whether nothing more has passed for half a second."""
    at = len(relay.traffic.sent)
    time.sleep(0.5)
    return len(relay.traffic.sent) == at


def cancelled(checks: Checks, page: Chromium, server: Server, relay: Relay, large: Path) -> None:
    """Cancel leads back to everything that was written, and the server forgets what it had."""
    before = server.status()["records"]
    open_form(page, relay.url())
    relay.clear()
    relay.pause_seconds = SLOW_SECONDS
    send_story(page, STORY, large)
    until("some progress", lambda: page.value("document.querySelector('progress').value") > 0)
    press(page, "client-cancel")
    relay.pause_seconds = 0
    checks.same("after Cancel the story is there", page.value("document.querySelector('[name=story]').value"), STORY)
    checks.same("and so is the file", count(page, ".files li"), 1)
    until("the word to the server", lambda: any(line.startswith("DELETE ") for line in relay.traffic.requests))
    checks.same("nothing is stored", server.status()["records"], before)
    press(page, "client-send")
    wait_for_receipt(page)
    checks.same("sent again, it is stored", server.status()["records"], before + 1)


def very_large(checks: Checks, page: Chromium, server: Server, relay: Relay, folder: Path) -> None:
    """A file that will take long: the page says so before it is sent, says how long, and names the other way."""
    before = server.status()["records"]
    open_form(page, relay.url())
    relay.pause_seconds = CRAWLING_SECONDS
    page.type("[name=story]", STORY)
    page.choose_files("[name=attachments]", report.large(folder, VERY_LARGE_MIB))
    until("the file", lambda: count(page, ".files li") == 1)
    minutes = words("client-files-slow", minutes=VERY_LARGE_MINUTES)
    checks.that("a very large file is said to take long before it is sent", minutes in shown(page), shown(page))
    press(page, "client-send")
    until("the other way", lambda: words("client-progress-slow") in shown(page))
    told = re.search(words("client-progress-minutes", minutes=r"(\d+)"), shown(page))
    checks.that("it says how many minutes are left", told and int(told[1]) > SLOW_MINUTES, shown(page))
    axe.looked_at(checks, page, "the progress of a very large file")
    press(page, "client-cancel")
    relay.pause_seconds = 0
    checks.same("cancelled, nothing of it is stored", server.status()["records"], before)


def refused(checks: Checks, page: Chromium, relay: Relay) -> None:
    """A report that the server will not have: the person is asked, and nothing is sent in another way."""
    open_form(page, relay.url())
    relay.clear()
    relay.instead = lambda line: FAILING if line.startswith("PUT ") else None
    send_story(page, STORY)
    wait_for_words(page, "client-stopped-heading")
    relay.instead = lambda _: None
    checks.that("the page says why it was not stored", text("client-failed-large") in shown(page), shown(page))
    checks.that("and that the text is still there", text("client-stopped-kept") in shown(page))
    axe.looked_at(checks, page, "the question what to do")
    checks.that("nothing was sent in clear", STORY.encode() not in relay.traffic.sent)
    checks.same("and no form was posted", [line for line in relay.traffic.requests if line.startswith("POST ")], [])
    press(page, "client-back")
    checks.same("Back leads to the text", page.value("document.querySelector('[name=story]').value"), STORY)
    press(page, "client-send")
    wait_for_receipt(page)
    checks.that("and it can be sent after all", shown(page, CODE))


def sealed_elsewhere(checks: Checks, page: Chromium, server: Server, office: Office, folder: Path) -> None:
    """The page for sealed files, as a person with JavaScript on sees it; a file is handed in there."""
    page.open(server.url("/sealed"))
    axe.looked_at(checks, page, "the page for sealed files")
    checks.same("it has no script", count(page, "script"), 0)
    before = server.status()["records"]
    page.choose_files("[name=sealed]", office.sealed_file(folder / "from-a-stick", STORY))
    page.click("form button", leads_on=True)
    checks.that("a sealed file is handed in", words("sealed-file-stored", number=1) in shown(page), shown(page))
    axe.looked_at(checks, page, "what became of a sealed file")
    checks.same("and stored", server.status()["records"], before + 1)


def restarted(checks: Checks, page: Chromium, office: Office, folder: Path, large: Path) -> None:
    """A server that starts again has forgotten the upload: it is sealed and sent anew, and one code is shown."""
    with serving(folder, office.keys) as server:
        port = server.port
        with relaying(port) as relay:
            open_form(page, relay.url())
            relay.pause_seconds = SLOW_SECONDS
            send_story(page, STORY, large)
            until("the second part", lambda: any(line.endswith("/1") for line in relay.traffic.requests))
            server.stop()
            wait_for_words(page, "client-phase-broken")
            axe.looked_at(checks, page, "the broken connection")
            relay.pause_seconds = 0
            with serving(folder, office.keys, port=port) as again:
                wait_for_receipt(page)
                checks.same("after the server started again the report is stored once", again.status()["records"], 1)
                [stored] = office.read_reports(again.data)
                checks.same("and can be read", stored["submission"]["answers"]["story"], STORY)
                tokens = {each for line in relay.traffic.requests for each in re.findall("[0-9a-f]{32}", line)}
                checks.same("by a second upload", len(tokens), 2)


def gone_back(checks: Checks, page: Firefox | Chromium, server: Server, relay: Relay) -> None:
    """Leaving and coming back shows neither what was written nor the receipt, and sends nothing."""
    before = server.status()["records"]
    open_form(page, relay.url())
    page.type("[name=story]", STORY)
    relay.clear()
    page.open(relay.url("/about"))
    page.back()
    until("the button", lambda: count(page, "form > button"))
    checks.same(f"{page.name}: after going away and back the form is empty",
                page.value("document.querySelector('[name=story]').value"), "")  # fmt: skip
    page.forward()
    page.back()
    until("the button", lambda: count(page, "form > button"))
    checks.that(f"{page.name}: nothing was sent in clear", STORY.encode() not in relay.traffic.sent)
    writes = [line for line in relay.traffic.requests if not line.startswith("GET ")]
    checks.same(f"{page.name}: and nothing at all but pages was asked for", writes, [])
    send_story(page, STORY)
    wait_for_receipt(page)
    code = shown(page, CODE)
    page.open(relay.url("/about"))
    page.back()
    until("the button", lambda: count(page, "form > button"))
    checks.that(f"{page.name}: going back after the receipt shows no receipt", code not in str(page.source))
    page.type("[name=story]", STORY)
    page.do(PERSISTED)
    until("a new page", lambda: page.value("document.querySelector('[name=story]')?.value") == "")
    until("the button", lambda: count(page, "form > button"))
    checks.same(f"{page.name}: a page that comes back from memory is emptied", shown(page, CODE), "")
    checks.same(f"{page.name}: one report was stored", server.status()["records"], before + 1)


if __name__ == "__main__":
    run(test)
