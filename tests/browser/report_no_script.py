#!/usr/bin/env python3
"""A person fills in the form in Firefox with JavaScript off; every refusal is a page that can be read."""

import contextlib
import re
import socket
from collections.abc import Callable
from pathlib import Path

from support import report
from support.checks import Checks, run
from support.circuit import circuit, use_up
from support.firefox import Firefox, MarionetteError, firefox
from support.intake import Office, Server, serving
from support.relay import answering
from support.texts import text, visible_words, words

SEND = "form button"
CODE_WORDS = 10
CODE_DIGITS = 34
PROOF_WORDS = 3
STORY_MIB = 100


def test(checks: Checks, folder: Path) -> None:
    """All of it, with one start of the browser."""
    office = Office(folder)
    with firefox(folder, javascript=False) as browser:
        with serving(folder, office.keys) as server:
            form(checks, browser, server)
            filed(checks, browser, server, office, folder)
            refusals(checks, browser, server)
            long_story(checks, browser, server)
            foreign_page(checks, browser, server)
            checks.same("no refusal stored anything", server.status()["records"], 1)
            sealed_elsewhere(checks, browser, server, office, folder)
        too_large(checks, browser, office, folder)
        too_much(checks, browser, office, folder)
        closed(checks, browser, office, folder)
        hang_up(checks, browser)


def form(checks: Checks, browser: Firefox, server: Server) -> None:
    """What a visitor without JavaScript is shown."""
    browser.open(server.url())
    checks.same("the lines about JavaScript are hidden", browser.is_shown(".js"), [False, False])
    checks.same("both Send buttons are shown", browser.is_shown(SEND), [True, True])
    checks.that("the page says what the server can see", text("seal-without-script") in browser.text("main"))
    checks.that("all questions but the story are closed", not any(browser.is_shown("details > label")))
    browser.click(SEND)
    checks.same("without a story the browser itself asks for it", browser.url, server.url())


def filed(checks: Checks, browser: Firefox, server: Server, office: Office, folder: Path) -> None:
    """Fills the form in, sends it, and reads in the console what arrived."""
    photo, note = report.photo(folder), report.note(folder)
    fill_in(browser)
    browser.type("[name=attachments]", f"{photo}\n{note}")
    browser.click("form > noscript:last-of-type button")
    receipt(checks, browser, server)
    checks.same("the server has one record", server.status()["records"], 1)
    [stored] = office.read_reports(server.data)
    answers = {name: value for name, value in stored["submission"]["answers"].items() if value not in (None, [])}
    checks.same("every answer arrived, lines ended by LF, and no other", answers, EXPECTED)
    checks.same(
        "both files arrived, byte for byte, under their names",
        [(file["name"], file["size"], file["sha256"]) for file in stored["attachments"]],
        [(path.name, path.stat().st_size, report.digest(path)) for path in (photo, note)],
    )
    checks.same("nothing about it failed to verify", stored["problems"], [])


EXPECTED = {
    "story": report.STORY,
    "in_danger_now": "soon",
    "danger_kinds": ["arrest_or_detention", "violence"],
    "act_types": ["threat", "surveillance_offline"],
    "act_when_text": "3 March, in the evening",
    "person_names": report.NAMES,
    "permission_preset": "un_experts",
    "risk_understood": True,
}


def fill_in(browser: Firefox) -> None:
    """As a person would: from the top, opening what is needed."""
    browser.type("[name=story]", report.STORY)
    for block in (1, 3, 5, 6):
        browser.click(f"details:nth-of-type({block}) summary")
    browser.click("[name=in_danger_now] option[value=soon]")
    for name in ("danger_kinds", "act_types"):
        for value in EXPECTED[name]:
            browser.click(f"[name={name}][value={value}]")
    browser.type("[name=act_when_text]", EXPECTED["act_when_text"])
    browser.type("[name=person_names]", report.NAMES)
    browser.click(f"[name=permission_preset][value={EXPECTED['permission_preset']}]")
    browser.click("[name=risk_understood]")


def receipt(checks: Checks, browser: Firefox, server: Server) -> None:
    """The page that answers, shown once."""
    checks.same("the receipt answers at the form's own address", browser.url, server.url("/report"))
    checks.same("the receipt says that the report is stored", browser.text("h1"), text("page-receipt-heading"))
    words = browser.call("WebDriver:GetElementProperty", id=browser.one("#return-code"), name="textContent").split()
    checks.same("the return code has ten words", len(words), CODE_WORDS)
    checks.that("they are words", all(re.fullmatch("[a-z]+", word) for word in words))
    digits = browser.text("output#return-digits")
    checks.that("the digits are of the same length as the code", len(re.sub(r"\s", "", digits)) == CODE_DIGITS)
    checks.that("they stand in groups of four", re.fullmatch(r"(\d{4} )+\d{1,4}", digits))
    checks.same("there are three proof words", len(browser.text("output#proof-words").split()), PROOF_WORDS)
    shown = visible_words(browser.source)
    sent = [*report.STORY.split("\n"), *report.NAMES.split("\n"), report.PHOTO_NAME, report.NOTE_NAME]
    checks.that("nothing of what was sent is on it", not any(part and part in browser.source for part in sent))
    checks.that("the receipt asks to keep the code now", text("page-receipt-code-now") in shown)
    checks.same("it has no form", browser.all("form, button"), [])
    leads = [browser.call("WebDriver:GetElementProperty", id=link, name="href") for link in browser.all("a")]
    mailbox = [server.url("/mailbox"), server.url("/mailbox/send")]
    checks.same("it leads to the mailbox alone, to try the code and to add files", leads, mailbox)


def refused(checks: Checks, browser: Firefox, sentence: str, message: str) -> None:
    """The page in the browser is the one of this refusal."""
    try:
        heading = browser.text("h1")
    except MarionetteError as error:
        heading = str(error)
    checks.same(sentence, heading, text(message))


def attempt(act: Callable[[], None]) -> None:
    """Does what may end on the browser's own error page, which the driver reports as an error."""
    with contextlib.suppress(MarionetteError):
        act()


def refusals(checks: Checks, browser: Firefox, server: Server) -> None:
    """White space, wrong addresses, wrong method."""
    browser.open(server.url())
    browser.type("[name=story]", " \n   \n")
    attempt(lambda: browser.click(SEND))
    refused(checks, browser, "a story of white space: the page says so", "refusal-empty-story.title")
    checks.that("it says what became of the text", text("page-refusal-not-kept") in browser.text("main"))
    attempt(lambda: browser.open(server.url("/nothing-here")))
    refused(checks, browser, "an unknown address: the page says so", "refusal-not-found.title")
    attempt(lambda: browser.open(server.url("/report")))
    refused(checks, browser, "opening the address of the report: the page says so", "refusal-method-not-allowed.title")


def sealed_elsewhere(checks: Checks, browser: Firefox, server: Server, office: Office, folder: Path) -> None:
    """Files that were sealed on another computer are handed in, several at once, without JavaScript."""
    note = report.note(folder)
    files = [office.sealed_file(folder / f"sealed-{number}", f"Sealed elsewhere, {number}.", note) for number in (1, 2)]
    browser.open(server.url("/sealed"))
    browser.type("[name=sealed]", "\n".join(map(str, files)))
    browser.click(SEND)
    told = browser.text("main")
    for number in (1, 2):
        checks.that(f"sealed file {number} is stored", words("sealed-file-stored", number=number) in told, told)
    stored = [each for each in office.read_reports(server.data) if each["path"] == "sealed-file"]
    checks.same("the console reads both", {each["submission"]["answers"]["story"] for each in stored},
                {f"Sealed elsewhere, {number}." for number in (1, 2)})  # fmt: skip
    digests = [file["sha256"] for each in stored for file in each["attachments"]]
    checks.same("and their attachments byte for byte", digests, [report.digest(note)] * 2)


def long_story(checks: Checks, browser: Firefox, server: Server) -> None:
    """A story far over its limit, which nobody can type: the browser's own sandbox puts it there."""
    browser.open(server.url())
    script = "const [story, mib] = [document.querySelector('[name=story]'), arguments[0]];"
    # Laying it out would take minutes.
    script += "story.style.display = 'none'; story.value = 'x'.repeat(mib << 20);"
    browser.do(script, STORY_MIB, with_javascript_off=True)
    attempt(lambda: browser.click(SEND))
    refused(checks, browser, f"a story of {STORY_MIB} MiB: the page says so", "refusal-field-too-large.title")


def foreign_page(checks: Checks, browser: Firefox, server: Server) -> None:
    """A page of another site whose form posts to us."""
    page = (
        f'<!DOCTYPE html><form method=post enctype="multipart/form-data" action="{server.url("/report")}">'
        "<textarea name=story>from elsewhere</textarea><button>Send</button></form>"
    ).encode()

    def answer(client: socket.socket) -> None:
        client.recv(1 << 16)
        client.sendall(page_with_head("200 OK", page))

    with answering(answer) as address:
        browser.open(f"http://{address}/")
        attempt(lambda: browser.click(SEND))
    refused(checks, browser, "a form on another site: the page says so", "refusal-foreign-origin.title")


def too_large(checks: Checks, browser: Firefox, office: Office, folder: Path) -> None:
    """A file over the limit: the browser sends all of it before it reads the answer."""
    with serving(folder, office.keys, report_limit_mib=1) as server:
        for mib in (2, 40):
            browser.open(server.url())
            browser.type("[name=story]", "with a large file")
            browser.type("[name=attachments]", str(report.large(folder, mib)))
            attempt(lambda: browser.click(SEND))
            refused(checks, browser, f"{mib} MiB where 1 is allowed: a page", "refusal-report-too-large.title")
        checks.same("nothing of it was stored", server.status()["records"], 0)


def too_much(checks: Checks, browser: Firefox, office: Office, folder: Path) -> None:
    """This hour's files are used up: 503, to its end; one circuit has sent too much: 429."""
    onion = folder / "onion.sock"
    with serving(folder, office.keys, files_per_hour_mib=1, onion=onion) as server, circuit(onion) as address:
        for heading in ("page-receipt-heading", "refusal-files-later.title"):
            browser.open(server.url())
            browser.type("[name=story]", "with a large file")
            browser.type("[name=attachments]", str(report.large(folder, 20)))
            attempt(lambda: browser.click(SEND))
            refused(checks, browser, f"20 MiB, and again: {heading}", heading)
        checks.that("it says when to come back", "an hour" in browser.text("main"))
        browser.open(f"http://{address}/")
        browser.type("[name=story]", "written beside a flood")
        use_up(address)
        attempt(lambda: browser.click(SEND))
        refused(checks, browser, "too much by one circuit: a page", "refusal-too-many.title")
        checks.that("it says what became of the text", text("page-refusal-not-kept") in browser.text("main"))
        checks.same("nothing refused was stored", server.status()["records"], 1)


def closed(checks: Checks, browser: Firefox, office: Office, folder: Path) -> None:
    """Without keys, and after their last day, there is no form; one opened before is refused."""
    with serving(folder, office.keys) as server:
        port = server.port
        browser.open(server.url())
        browser.type("[name=story]", "written while it closed")
    with serving(folder, folder / "no-such.note", port=port) as server:
        attempt(lambda: browser.click(SEND))
        refused(checks, browser, "closed while somebody wrote: the page says so", "refusal-closed")
        attempt(lambda: browser.open(server.url()))
        refused(checks, browser, "without keys the first page says so", "refusal-closed")
        checks.that("and why", text("refusal-closed.no-keys") in browser.text("main"))
        checks.same("there is nothing to fill in", browser.all("form, textarea, input"), [])
    with serving(folder, office.expired_keys()) as server:
        attempt(lambda: browser.open(server.url()))
        refused(checks, browser, "with keys that have run out the first page says so", "refusal-closed")
        checks.that("and why", text("refusal-closed.expired") in browser.text("main"))


def hang_up(checks: Checks, browser: Firefox) -> None:
    """The checks above can fail: a server that hangs up on a large upload leaves no page to read."""
    form_page = b"<!DOCTYPE html><form method=post><textarea name=story></textarea><button>Send</button></form>"
    refusal_page = b"<!DOCTYPE html><h1>Too large</h1>"
    posts = []

    def answer(client: socket.socket) -> None:
        posted = client.recv(1 << 12).startswith(b"POST")
        posts.extend([1] * posted)
        status, page = ("413 Payload Too Large", refusal_page) if posted else ("200 OK", form_page)
        client.sendall(page_with_head(status, page))

    with answering(answer) as address:
        for length, is_read in ((10, True), (40 << 20, False)):
            browser.open(f"http://{address}/")
            script = "document.querySelector('textarea').value = 'x'.repeat(arguments[0]);"
            browser.do(script, length, with_javascript_off=True)
            attempt(lambda: browser.click(SEND))
            checks.same(
                f"a server that hangs up after {length} bytes leaves {'a' if is_read else 'no'} page",
                ("Too large" in browser.source, bool(posts)),
                (is_read, True),
            )


def page_with_head(status: str, page: bytes) -> bytes:
    """An HTTP answer that ends its connection."""
    fields = f"Content-Type: text/html\r\nContent-Length: {len(page)}\r\nConnection: close"
    return f"HTTP/1.1 {status}\r\n{fields}\r\n\r\n".encode() + page


if __name__ == "__main__":
    run(test)
