#!/usr/bin/env python3
"""A very large file, sealed and sent by two browsers: neither they nor the server hold more than a part of it."""

import os
import time
from pathlib import Path

from support import report
from support.checks import Checks, run
from support.chromium import chromium
from support.firefox import firefox
from support.intake import Office, Server, serving
from support.memory import highest_kib, now_kib, tree_kib, watching
from support.visitor import Page, open_form, send_story, wait_for_receipt

MIB = 1024
LARGE_MIB = 1000 if os.environ.get("ASYLIA_LONG") else 200
BROWSER_MIB = 400
SERVER_MIB = 8
SETTLE_SECONDS = 2
PATIENCE_SECONDS = 900
KEEP = "globalThis.kept = Array.from({length: 420}, () => new Uint8Array(1 << 20).fill(1)); void 0"


def test(checks: Checks, folder: Path) -> None:
    """One browser after the other, each at a server of its own."""
    office = Office(folder)
    file = report.video(folder, LARGE_MIB)
    for start in (lambda: chromium(folder, javascript=True), lambda: firefox(folder, javascript=True)):
        with serving(folder, office.keys) as server:
            with start() as page:
                sent(checks, page, server, folder, file)
            [_, stored] = sorted(office.read_reports(server.data), key=lambda each: each["attachments"][0]["size"])
            found = [(each["name"], each["sha256"]) for each in stored["attachments"]]
            checks.same(f"{page.name}: it arrived byte for byte", found, [(file.name, report.digest(file))])


def sent(checks: Checks, page: Page, server: Server, folder: Path, file: Path) -> None:
    """Files a small report, so that the server has what it keeps for good; then the large one."""
    open_form(page, server.url())
    time.sleep(SETTLE_SECONDS)
    idle = tree_kib(page.process)
    checks.that(f"{page.name}: its memory can be seen", idle > 50 * MIB, idle)
    send_story(page, "A small report.", report.photo(folder))
    wait_for_receipt(page)
    open_form(page, server.url())
    before = now_kib(server.process)
    began = time.monotonic()
    with watching(page.process) as peak:
        send_story(page, "With a film.", file)
        wait_for_receipt(page, seconds=PATIENCE_SECONDS)
    took = time.monotonic() - began
    grown = highest_kib(server.process) - before
    print(f"        {page.name}: {LARGE_MIB} MiB in {took:.0f} s; the browser held {(peak.kib - idle) // MIB} MiB more than "
          f"its idle page ({idle // MIB} MiB), the server {grown // MIB} MiB more than before")  # fmt: skip
    checks.that(f"{page.name}: it was looked at while it sealed", peak.looks > took, peak.looks)
    checks.that(f"{page.name}: the browser holds at most {BROWSER_MIB} MiB more", peak.kib - idle <= BROWSER_MIB * MIB,
                peak.kib - idle)  # fmt: skip
    checks.that(f"{page.name}: the server grows by at most {SERVER_MIB} MiB", grown <= SERVER_MIB * MIB, grown)
    page.do(KEEP)
    kept = tree_kib(page.process) - idle
    checks.that(f"{page.name}: a page that kept more would be noticed", kept > BROWSER_MIB * MIB, kept)


if __name__ == "__main__":
    run(test)
