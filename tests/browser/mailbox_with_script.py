#!/usr/bin/env python3
"""With JavaScript on, a return code stays on the device: the mailbox is opened there, and follow-ups are sealed there."""

import re
from pathlib import Path

from support import axe, report
from support.checks import Checks, run
from support.chromium import chromium
from support.firefox import firefox
from support.intake import Office, Server, serving
from support.memory import content
from support.relay import Relay, relaying, unchanged
from support.texts import text, words
from support.visitor import (
    CODE, NO_TRACES, TRACES, Page, count, open_form, press, send_story, shown, until, wait_for_receipt, wait_for_words,
)  # fmt: skip

READ = "form > button"
STORY = "Told once, before the mailbox was opened."
MORE = "They came again on Sunday, at night."
SMALL, LARGE = (320, 640), (1200, 900)
PERSISTED = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
ASKED_FOR = {"GET /mailbox", "GET /static/SCRIPT", "GET /api/v1/intake", "GET /keys"}
TOKEN_BYTES = 32


def test(checks: Checks, folder: Path) -> None:
    """The same for two browsers, each at a server of its own."""
    office = Office(folder)
    for start in (lambda: chromium(folder, javascript=True), lambda: firefox(folder, javascript=True)):
        with start() as page, serving(folder, office.keys) as server, relaying(server.port) as relay:
            filed(checks, page, server, relay, folder)


def filed(checks: Checks, page: Page, server: Server, relay: Relay, folder: Path) -> None:
    """A report is filed; its code is tried at once, and used."""
    open_form(page, relay.url())
    send_story(page, STORY)
    wait_for_receipt(page)
    code = shown(page, CODE), shown(page, "#return-digits")
    links = page.value("[...document.querySelectorAll('main a')].map(each => each.getAttribute('href') + each.target)")
    checks.same(f"{page.name}: the receipt leads to the mailbox, in a second window, and nowhere else", links,
                ["/mailbox_blank", "/mailbox_blank"])  # fmt: skip
    open_mailbox(checks, page, relay)
    slips(checks, page, relay, code)
    empty(checks, page, relay, code)
    written(checks, page, server, relay, code, report.note(folder))
    left(checks, page, relay, server, code)


def open_mailbox(checks: Checks, page: Page, relay: Relay) -> None:
    """The page before anything is typed."""
    relay.clear()
    page.open(relay.url("/mailbox"))
    until("the button", lambda: count(page, READ))
    checks.same(f"{page.name}: one line says who opens the answers", shown(page, "#mailbox-note"),
                text("client-mailbox-ready"))  # fmt: skip
    checks.same(f"{page.name}: there is one button", count(page, "main button"), 1)
    asked = {re.sub(r"asylia-mailbox-[0-9a-f]+\.js", "SCRIPT", line) for line in relay.traffic.requests}
    checks.same(f"{page.name}: the page asks for its script and the keys, and not for what seals", asked, ASKED_FOR)
    axe.looked_at(checks, page, "the form for a code")


def slips(checks: Checks, page: Page, relay: Relay, code: tuple[str, str]) -> None:
    """A slip of the pen is named, and nothing is asked of the server."""
    relay.clear()
    ten = code[0].split()
    for what, typed, told in (
        ("nine words", " ".join(ten[1:]), text("mailbox-wrong-length")),
        ("a word that is none", " ".join([*ten[:3], "perhaps", *ten[4:]]), words("client-mailbox-wrong-word", place=4)),
        ("two words exchanged", " ".join([*ten[5:], *ten[:5]]), text("mailbox-wrong-check")),
    ):
        type_code(page, typed)
        page.click(READ)
        until(what, lambda told=told: told in shown(page))
        checks.that(f"{page.name}: {what}: the page says so", told in shown(page))
        checks.same(f"{page.name}: {what}: and one can go on typing", page.value("document.activeElement.name"), "code")
    page.do("document.querySelector('[name=code]').focus()")
    page.press_enter()
    checks.same(f"{page.name}: nothing was sent", relay.traffic.requests, [])


def type_code(page: Page, code: str) -> None:
    """Types a code into the empty field."""
    page.do("document.querySelector('[name=code]').value = '';")
    page.type("[name=code]", code)


def empty(checks: Checks, page: Page, relay: Relay, code: tuple[str, str]) -> None:
    """The code is right, and there is no answer yet."""
    relay.clear()
    type_code(page, code[1])
    page.click(READ)
    wait_for_words(page, "mailbox-empty")
    checks.same(f"{page.name}: the server was asked once", relay.traffic.requests, ["POST /api/v1/mailbox"])
    body = bytes(relay.traffic.sent).partition(b"\r\n\r\n")[2]
    checks.same(f"{page.name}: with the lookup token alone", len(body), TOKEN_BYTES)
    checks.that(f"{page.name}: the page says when the office came", words("mailbox-collected-never") in shown(page))
    axe.looked_at(checks, page, "the answers")
    fits(checks, page, "the answers")


def fits(checks: Checks, page: Page, what: str) -> None:
    """Notes that nothing is wider than the window of a small telephone."""
    page.resize(*SMALL)
    checks.same(f"{page.name}: {what} fit into a window of {SMALL[0]} pixels", page.overflow(), 0)
    page.resize(*LARGE)


def written(checks: Checks, page: Page, server: Server, relay: Relay, code: tuple[str, str], note: Path) -> None:
    """More is told: nothing readable leaves, the server stores one record more, and a new code is shown."""
    before = server.status()["records"]
    relay.clear()
    press(page, "client-send")
    wait_for_words(page, "client-follow-empty")
    checks.that(f"{page.name}: a message that says nothing is not sent", not relay.traffic.posts())
    page.type("main section textarea", MORE)
    page.choose_files("main section input[type=file]", note)
    until("the list of files", lambda: count(page, ".files li") == 1)
    page.do("for (const each of document.querySelectorAll('details')) each.open = true;")
    axe.looked_at(checks, page, "what can be written")
    fits(checks, page, "the fields")
    page.do("""
      const [government, public_] = [...document.querySelectorAll('details select')].filter(
        each => /Government|Public/.test(each.closest('label').textContent));
      government.value = 'no';
      public_.value = 'ask_first';
      [...document.querySelectorAll('details input')].at(-1).click();
    """)
    press(page, "client-send")
    wait_for_words(page, "client-follow-stored")
    puts = [line for line in relay.traffic.requests if not line.startswith("GET ")]
    checks.that(f"{page.name}: it was sent in parts, as a report is", puts and all(
        re.fullmatch("PUT /api/v1/uploads/[0-9a-f]{32}/0", line) for line in puts), puts)  # fmt: skip
    checks.same(f"{page.name}: the server has one record more", server.status()["records"], before + 1)
    new = shown(page, CODE)
    checks.that(f"{page.name}: a new code is shown", re.fullmatch("([a-z]+ ){9}[a-z]+", new) and new != code[0], new)
    axe.looked_at(checks, page, "the new code")
    fits(checks, page, "the new code")
    sent = bytes(relay.traffic.sent)
    checks.that(f"{page.name}: everything that was sent was seen", b"asylia sealed submission v1\n" in sent)
    memory = content(server.process)
    secrets = [*code, code[1].replace(" ", ""), new, MORE, note.name]
    for where, found in (("no request", sent), ("nothing in the server's memory", memory)):
        leaks = [secret for secret in secrets if secret.encode() in found]
        checks.same(f"{page.name}: {where} holds a code or a word", leaks, [])
    press(page, "mailbox-again")
    wait_for_words(page, "mailbox-empty")
    checks.that(f"{page.name}: the new code is not shown again", new not in str(page.source))


def left(checks: Checks, page: Page, relay: Relay, server: Server, code: tuple[str, str]) -> None:
    """Nothing stays in the browser; leaving and coming back shows nothing."""
    checks.same(f"{page.name}: no address holds anything", page.value("location.href"), relay.url("/mailbox"))
    checks.same(f"{page.name}: it left nothing in the browser", page.value(TRACES), NO_TRACES)
    checks.same(f"{page.name}: the page broke no policy of its own", page.complaints(), [])
    page.open(relay.url("/about"))
    page.back()
    until("the button", lambda: count(page, READ))
    checks.that(f"{page.name}: going back shows neither code nor answers", text("mailbox-answers-heading") not in shown(page)
                and code[0] not in str(page.source))  # fmt: skip
    type_code(page, code[0])
    page.do(PERSISTED)
    until("a new page", lambda: page.value("document.querySelector('[name=code]')?.value") == "")
    log = server.log.read_bytes()
    checks.that(f"{page.name}: no line of the log holds a code", code[0].encode() not in log and b"serving on" in log)
    until("the button", lambda: count(page, READ))
    relay.change = other_slots
    type_code(page, code[0])
    page.click(READ)
    until("a word", lambda: shown(page, "#code-wrong"))
    checks.that(f"{page.name}: an answer that is none is not shown", text("client-failed-connection") in shown(page))
    relay.change = unchanged


def other_slots(portion: bytes) -> bytes:
    """An answer that is cut short."""
    return portion[:600]


if __name__ == "__main__":
    run(test)
