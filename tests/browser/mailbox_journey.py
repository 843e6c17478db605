#!/usr/bin/env python3
"""Both ways, in real browsers, JavaScript on and off: report, answer with the right proof words, question, follow-up.

The console has what was written on the right report, and confirms what was taken back.
"""

import time
from pathlib import Path

from support import axe, report
from support.checks import Checks, run
from support.chromium import chromium
from support.desk import Desk
from support.firefox import Firefox, firefox
from support.intake import Office, Server, serving
from support.relay import Relay, relaying
from support.texts import text, words
from support.visitor import (
    CODE, Page, count, open_form, press, send_story, shown, until, wait_for_receipt, wait_for_words,
)  # fmt: skip

READ = "form > button"
STORY = "Two men came to the office after the session."
OTHER_STORY = "Somebody else's report, of which nothing may be seen."
QUESTION = "May the expert on this country be told? Are you safe tonight?"
ANSWER = "Yes, the expert may be told, without my name."
LATER = "They came again, and I take back what I agreed to."


def test(checks: Checks, folder: Path) -> None:
    """The same for two browsers, each at a server of its own."""
    office = Office(folder)
    for start in (lambda: chromium(folder, javascript=True), lambda: firefox(folder, javascript=True)):
        with start() as page, serving(folder, office.keys) as server, relaying(server.port) as relay:
            journey(checks, page, server, relay, Desk(office, server.data), report.note(folder))
    with firefox(folder, javascript=False) as browser, serving(folder, office.keys) as server:
        without_script(checks, browser, server, Desk(office, server.data), report.note(folder))


def journey(checks: Checks, page: Page, server: Server, relay: Relay, desk: Desk, note: Path) -> None:
    """From the report to the confirmation."""
    codes = []
    for story in (OTHER_STORY, STORY):
        open_form(page, relay.url())
        send_story(page, story)
        wait_for_receipt(page)
        codes.append((shown(page, CODE), shown(page, "#proof-words")))
    (_, other_words), (code, proof_words) = codes
    desk.fetch()
    number = desk.report(STORY)
    desk.write(number, QUESTION, question=True)
    desk.send()

    relay.clear()
    read(page, relay, code)
    seen = shown(page)
    checks.that(f"{page.name}: the first answer repeats the proof words", proof_words in seen, seen)
    checks.that(f"{page.name}: and not those of another report", other_words not in seen)
    checks.that(f"{page.name}: the question is there", QUESTION in seen and text("mailbox-kind-question") in seen, seen)
    checks.that(f"{page.name}: nothing of it passed the server in clear", all(
        said.encode() not in relay.traffic.sent + relay.traffic.answered for said in (QUESTION, proof_words, code)))  # fmt: skip
    axe.looked_at(checks, page, "answers")
    answered(checks, page, note)
    imported = desk.fetch()
    checks.same(f"{page.name}: the follow-up joins its report", imported["followed_up"], [number])
    [came] = desk.came(number)
    checks.same(f"{page.name}: the console shows what was written", came["text"], ANSWER)
    checks.that(f"{page.name}: and takes it, since the code has signed it", came.get("refused") is None, came)

    taken_back(checks, page)
    desk.fetch()
    came = desk.came(number)
    checks.same(f"{page.name}: the withdrawal is on the same report", [len(came), came[-1]["withdraw_all"]], [2, True])
    checks.that(f"{page.name}: neither was refused", all(each.get("refused") is None for each in came), came)
    desk.send()
    read(page, relay, code)
    seen = shown(page)
    checks.that(f"{page.name}: the office confirms", text("mailbox-kind-confirmation") in seen, seen)
    deleted(checks, page, relay, code)


def read(page: Page, relay: Relay, code: str) -> None:
    """Opens the mailbox of a code."""
    page.open(relay.url("/mailbox"))
    until("the button", lambda: count(page, READ))
    page.type("[name=code]", code)
    page.click(READ)
    wait_for_words(page, "mailbox-answers-heading")


def answered(checks: Checks, page: Page, note: Path) -> None:
    """The question is answered, with a file and a permission."""
    chosen = page.value("document.querySelector('main section select').selectedOptions[0].textContent")
    checks.same(f"{page.name}: the newest question is chosen", chosen, words("client-follow-answers-number", number=2))
    page.type("main section textarea", ANSWER)
    page.choose_files("main section input[type=file]", note)
    until("the list of files", lambda: count(page, ".files li") == 1)
    page.do("""
      [...document.querySelectorAll('details select')][0].value = 'without_identity';
    """)
    press(page, "client-send")
    wait_for_words(page, "client-follow-stored")
    press(page, "mailbox-again")
    wait_for_words(page, "mailbox-answers-heading")


def taken_back(checks: Checks, page: Page) -> None:
    """Everything is taken back, in a message of its own."""
    page.type("main section textarea", LATER)
    page.do("document.querySelector('details input').click();")
    press(page, "client-send")
    wait_for_words(page, "client-follow-stored")
    checks.that(f"{page.name}: no new code is shown where none was asked for", count(page, CODE) == 0)


def deleted(checks: Checks, page: Page, relay: Relay, code: str) -> None:
    """One answer is deleted, then all; nobody gets them back."""
    before = count(page, "article")
    page.click("article button")
    wait_for_words(page, "client-mailbox-deleted")
    checks.same(f"{page.name}: one answer is gone", count(page, "article"), before - 1)
    press(page, "client-mailbox-delete-all")
    wait_for_words(page, "mailbox-empty")
    read(page, relay, code)
    checks.that(f"{page.name}: and then all, also when one asks again", text("mailbox-empty") in shown(page))


def without_script(checks: Checks, browser: Firefox, server: Server, desk: Desk, note: Path) -> None:
    """The same way with JavaScript off; the code is typed once more with each message."""
    browser.open(server.url())
    browser.type("[name=story]", STORY)
    browser.click("form button")
    code, proof_words = browser.text("#return-code"), browser.text("#proof-words")
    desk.fetch()
    number = desk.report(STORY)
    desk.write(number, QUESTION, question=True)
    desk.send()
    read_without_script(browser, server, code)
    seen = browser.text("main")
    checks.that("without JavaScript: the proof words and the question are there", proof_words in seen and QUESTION in seen,
                seen)  # fmt: skip
    browser.type("#follow-up [name=code]", code)
    browser.click("#follow-up [name=question] option:nth-of-type(2)")
    browser.type("#follow-up [name=story]", ANSWER)
    browser.type("#follow-up [name=attachments]", str(note))
    browser.click("#follow-up button")
    sent = int(time.time())
    checks.that("without JavaScript: the message is stored", text("more-sent-heading") in browser.text("main"),
                browser.text("main"))  # fmt: skip
    browser.open(server.url("/mailbox/send"))
    browser.type("#follow-up [name=code]", code)
    browser.click("#follow-up details summary")
    browser.click("#follow-up [name=withdraw_all]")
    # The counter is the second of sealing, and two of one second are one message too many.
    until("the next second", lambda: int(time.time()) > sent)
    browser.click("#follow-up button")
    imported = desk.fetch()
    checks.same("without JavaScript: both messages join their report", imported["followed_up"], [number, number])
    came = desk.came(number)
    told = [(each["text"], each["withdraw_all"], each.get("refused")) for each in came]
    checks.that("without JavaScript: and are taken", len(came) == len(("answer", "withdrawal"))
                and any(each["text"] == ANSWER for each in came) and any(each["withdraw_all"] for each in came)
                and all(each.get("refused") is None for each in came), told)  # fmt: skip
    desk.send()
    read_without_script(browser, server, code)
    checks.that("without JavaScript: the office confirms", text("mailbox-kind-confirmation") in browser.text("main"))


def read_without_script(browser: Firefox, server: Server, code: str) -> None:
    """Opens the mailbox of a code, which the server does."""
    browser.open(server.url("/mailbox"))
    browser.type("[name=code]", code)
    browser.click("form button")


if __name__ == "__main__":
    run(test)
