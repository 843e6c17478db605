#!/usr/bin/env python3
"""With JavaScript on, the browser seals: what a person wrote reaches the console, and nothing else of it anywhere."""

import base64
import re
import urllib.parse
from pathlib import Path

from support import report
from support.checks import Checks, run
from support.chromium import chromium
from support.firefox import firefox
from support.intake import Office, Server, serving
from support.memory import content
from support.relay import Relay, relaying
from support.texts import text
from support.visitor import (
    CODE, NO_TRACES, SEND, TRACES, Page, count, open_form, press, shown, until, wait_for_receipt,
)  # fmt: skip

CANARY_BYTES = 16
EXPECTED = {
    "story": report.STORY,
    "in_danger_now": "soon",
    "danger_kinds": ["arrest_or_detention", "violence"],
    "act_when_text": "3 March, in the evening",
    "person_names": report.NAMES,
    "permission_preset": "un_experts",
    "risk_understood": True,
}
MARKS = """
  for (const [name, values] of [['danger_kinds', ['arrest_or_detention', 'violence']],
                                ['permission_preset', ['un_experts']], ['risk_understood', ['yes']]])
    for (const value of values) document.querySelector(`[name=${name}][value=${value}]`).click();
  document.querySelector('[name=in_danger_now]').value = 'soon';
  for (const each of document.querySelectorAll('details')) each.open = true;
"""


def test(checks: Checks, folder: Path) -> None:
    """Three browsers, one start each, every one at a server of its own."""
    office = Office(folder)
    for start in (
        lambda: chromium(folder, javascript=True),
        lambda: firefox(folder, javascript=True),
        lambda: firefox(folder, javascript=True, safer=True),
    ):
        with start() as page, serving(folder, office.keys) as server, relaying(server.port) as relay:
            filed(checks, page, server, relay, office, folder)


def filed(checks: Checks, page: Page, server: Server, relay: Relay, office: Office, folder: Path) -> None:
    """A whole report with two files."""
    name = page.name
    files = report.photo(folder), report.note(folder)
    open_form(page, relay.url())
    checks.same(f"{name}: before anything is typed, one line says who locks it", shown(page, "#script-note"),
                text("client-path-ready"))  # fmt: skip
    has_wasm = page.value("typeof WebAssembly") != "undefined"
    checks.same(f"{name}: it has WebAssembly unless that is turned off", has_wasm, "safer" not in name)
    checks.same(f"{name}: only the script's buttons are there", count(page, "button"), 2)
    before_sending(checks, page, relay, files)
    press(page, "client-send")
    wait_for_receipt(page)
    code = receipt(checks, page)
    nothing_left(checks, page, relay, server)
    hidden(checks, page, relay, server, files, code)
    arrived(checks, page, server, office, files)


def before_sending(checks: Checks, page: Page, relay: Relay, files: tuple[Path, Path]) -> None:
    """Refuses an empty story in words; then everything is filled in, and each file is shown with its warning."""
    relay.clear()
    page.click(SEND)
    checks.that(f"{page.name}: an empty story is asked for in words", text("client-story-empty") in shown(page))
    focused = page.value("document.activeElement.name")
    checks.same(f"{page.name}: and is where one writes next", focused, "story")
    page.type("[name=story]", report.STORY)
    checks.that(f"{page.name}: the words go when it is written", text("client-story-empty") not in shown(page))
    page.do(MARKS)
    page.type("[name=act_when_text]", EXPECTED["act_when_text"])
    page.type("[name=person_names]", report.NAMES)
    page.choose_files("[name=attachments]", *files)
    until("the files", lambda: count(page, ".files li") == len(files))
    page.choose_files("[name=attachments]", files[1])
    listed = shown(page, ".files")
    checks.same(f"{page.name}: a file that is chosen twice is listed once", count(page, ".files li"), len(files))
    for path, size, kind, warning in (
        (files[0], "3.0 MB", "application/octet-stream", "client-file-other"),
        (files[1], "1 KB", "text/plain", "client-file-other"),
    ):
        told = all(part in listed for part in (path.name, size, kind, text(warning)))
        checks.that(f"{page.name}: {size}: name, size, type and warning are shown", told, listed)
    page.do("document.querySelectorAll('.files input')[1].click()")
    checks.same(f"{page.name}: nothing of this was sent", relay.traffic.requests, [])


def receipt(checks: Checks, page: Page) -> list[str]:
    """The receipt in the page; returns everything on it that is secret."""
    words = shown(page, CODE)
    digits = shown(page, "#return-digits")
    proof = shown(page, "#proof-words")
    checks.that(f"{page.name}: the return code has ten words", re.fullmatch("([a-z]+ ){9}[a-z]+", words), words)
    checks.that(f"{page.name}: and 34 digits in fours", re.fullmatch(r"(\d{4} ){8}\d{2}", digits), digits)
    checks.that(f"{page.name}: there are three proof words", re.fullmatch("([a-z]+ ){2}[a-z]+", proof), proof)
    seen = shown(page)
    for message in ("page-receipt-heading", "page-receipt-code-now", "page-receipt-safe-paper", "page-receipt-close"):
        checks.that(f"{page.name}: the receipt says {message}", text(message) in seen, seen)
    checks.that(f"{page.name}: it does not speak of a way without JavaScript", "JavaScript" not in seen, seen)
    return [words, digits.replace(" ", ""), digits, proof]


def nothing_left(checks: Checks, page: Page, relay: Relay, server: Server) -> None:
    """The page has forgotten the form, and kept nothing in the browser."""
    checks.same(f"{page.name}: form and buttons are gone", count(page, "form, textarea, input, nav, button"), 0)
    checks.that(f"{page.name}: nothing of the story is in it", "جنيف" not in str(page.source))
    checks.same(f"{page.name}: it left nothing in the browser", page.value(TRACES), NO_TRACES)
    checks.same(f"{page.name}: the address is the form's", page.url, relay.url())
    checks.same(f"{page.name}: there is no new entry in the history", page.value("history.length"), 2)
    checks.same(f"{page.name}: the page broke no policy of its own", page.complaints(), [])
    checks.same(f"{page.name}: the server has one record", server.status()["records"], 1)
    lines = {re.sub("[0-9a-f]{32}", "TOKEN", line) for line in relay.traffic.requests}
    puts = {"PUT /api/v1/uploads/TOKEN/0"}
    checks.same(f"{page.name}: it was sent in parts, and by nothing else", lines, puts)


def hidden(
    checks: Checks, page: Page, relay: Relay, server: Server, files: tuple[Path, Path], code: list[str]
) -> None:
    """No word, no name, no content of a file and no code: not on the wire, in the data folder, the log, the memory."""
    sent = bytes(relay.traffic.sent)
    checks.that(f"{page.name}: everything that was sent was seen", b"asylia sealed submission v1\n" in sent)
    kept = b"".join(path.read_bytes() for path in sorted(server.data.rglob("*")) if path.is_file())
    checks.that(f"{page.name}: everything that was kept was seen", b"SQLite format 3" in kept)
    log = server.log.read_bytes()
    checks.that(f"{page.name}: everything that was logged was seen", b"serving on" in log)
    memory = content(server.process)
    checks.that(f"{page.name}: the server's memory was seen", b"asylia sealed submission v1\n" in memory, len(memory))
    canaries = [*report.STORY.split("\n"), *report.NAMES.split("\n"), *code, EXPECTED["act_when_text"]]
    canaries += [path.name for path in files]
    contents = [piece for path in files for piece in slices(path)]
    for where, found in (
        ("no request", sent), ("nothing that is kept", kept), ("no line of the log", log), ("nothing in memory", memory),
    ):  # fmt: skip
        leaks = [canary for canary in canaries if canary and any(form in found for form in spellings(canary))]
        leaks += [piece.hex() for piece in contents if piece in found]
        checks.same(f"{page.name}: {where} holds a word, a name, a file or the code", leaks, [])
    control = f"{report.STORY}{code[0]}".encode()
    checks.that(f"{page.name}: the same search would find them", any(form in control for form in spellings(code[0])))


def spellings(canary: str) -> list[bytes]:
    """Ways in which a text may travel."""
    utf8 = canary.encode()
    return [
        utf8, canary.encode("utf-16-le"), urllib.parse.quote(canary).encode(), urllib.parse.quote_plus(canary).encode(),
        base64.b64encode(utf8)[: 4 * (len(utf8) // 3)], canary.encode("unicode_escape"),
    ]  # fmt: skip


def slices(path: Path) -> list[bytes]:
    """Some places of a file."""
    content = path.read_bytes()
    return [content[at : at + CANARY_BYTES] for at in range(0, len(content) - CANARY_BYTES, max(16, len(content) // 50))]


def arrived(checks: Checks, page: Page, server: Server, office: Office, files: tuple[Path, Path]) -> None:
    """The console shows all of it."""
    [stored] = office.read_reports(server.data)
    answers = {name: value for name, value in stored["submission"]["answers"].items() if value not in (None, [], False)}
    checks.same(f"{page.name}: every answer arrived, and no other", answers, EXPECTED)
    checks.same(
        f"{page.name}: both files arrived, byte for byte, under their names",
        [(file["name"], file["size"], file["sha256"]) for file in stored["attachments"]],
        [(path.name, path.stat().st_size, report.digest(path)) for path in files],
    )
    checks.same(f"{page.name}: the record says that a browser sealed it", stored["path"], "browser")
    checks.same(f"{page.name}: nothing about it failed to verify", stored["problems"], [])


if __name__ == "__main__":
    run(test)
