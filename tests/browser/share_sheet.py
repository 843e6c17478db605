#!/usr/bin/env python3
"""Share sheets as paper: each prints on one A4 page, whole, with words and a code that are large enough.

With a folder on the command line, the PDFs of this run are left there for people to look at.
"""

import base64
import re
import subprocess
import sys
from pathlib import Path

from support.checks import Checks, run
from support.chromium import Chromium, chromium
from support.intake import call, program

PASSPHRASE = "six random words of a list\n"
WORDS = 33
# What fits a page of these holds for every other: the longest facts, and the shortest.
SCHEMES = (
    ("seed-period", ("--threshold", "3", "--shares", "5")),
    ("seed-identity", ("--threshold", "2", "--groups", "2of3,1of1,3of5,2of2")),
)
A4_POINTS = (595, 842)
MILLIMETRES_OF_CODE = 40
# CSS: 96 pixels are an inch.
PIXELS_A_MILLIMETRE = 96 / 25.4

MEASURE = """(() => {
  const page = document.documentElement;
  const words = [...document.querySelectorAll(".words li")];
  const code = document.querySelector(".code svg").getBoundingClientRect();
  const box = document.querySelector(".secret").getBoundingClientRect();
  const inside = part => { const at = part.getBoundingClientRect(); return at.right <= box.right && at.bottom <= box.bottom; };
  return {
    words: words.map(word => word.lastChild.textContent),
    numbers: words.map(word => Number(word.querySelector("b").textContent)),
    inside: words.every(inside) && inside(document.querySelector(".code")),
    smallest: Math.min(...words.map(word => parseFloat(getComputedStyle(word).fontSize))),
    code: Math.min(code.width, code.height),
    wide: page.scrollWidth > page.clientWidth,
  };
})()"""


def test(checks: Checks, folder: Path) -> None:
    """Splits two seeds and prints the sheets."""
    passphrase = folder / "passphrase"
    passphrase.write_text(PASSPHRASE)
    period = folder / "period"
    call("asylia-keys", "period", "new", "--keep-seeds", "--out", period, "--passphrase-file", passphrase)
    with chromium(folder, javascript=False) as browser:
        # The width that paper leaves between its margins.
        browser.resize(round(178 * PIXELS_A_MILLIMETRE), 1000)
        browser.call("Emulation.setEmulatedMedia", media="print")
        for seed, scheme in SCHEMES:
            pages = folder / f"{seed}-pages"
            # A throw-away seed may lie on the disk of the machine that tests.
            call(
                "asylia-keys", "split", "--seed", period / seed, "--passphrase-file", passphrase, *scheme,
                "--out", folder / f"{seed}-set", "--sheets", pages, "--danger-sheets-on-disk",
            )  # fmt: skip
            sheets = sorted(pages.iterdir())
            for sheet in (sheets[0], sheets[-1]):
                prints(checks, browser, sheet, f"{seed}, {sheet.stem}")
        checks.same("no sheet broke its own policy", browser.complaints(), [])


def prints(checks: Checks, browser: Chromium, sheet: Path, name: str) -> None:
    """One sheet on paper."""
    browser.open(sheet.as_uri())
    found = browser.value(MEASURE)
    checks.same(f"{name}: the words are numbered", found["numbers"], list(range(1, WORDS + 1)))
    checks.that(f"{name}: words and code stand in their frame", found["inside"] and not found["wide"], found)
    checks.that(f"{name}: words are at least 11 points high", found["smallest"] >= 11 / 72 * 96, found["smallest"])
    millimetres = found["code"] / PIXELS_A_MILLIMETRE
    checks.that(f"{name}: the code is large enough to be scanned", millimetres >= MILLIMETRES_OF_CODE, millimetres)
    pdf = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    checks.same(f"{name}: it prints on one page", len(re.findall(rb"/Type\s*/Page\b", pdf)), 1)
    sizes = [tuple(round(float(edge)) for edge in box) for box in re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)]
    checks.same(f"{name}: the page is A4", sizes, [A4_POINTS])
    reads_back(checks, sheet, found["words"], name)
    if len(sys.argv) > 1:
        (Path(sys.argv[1]) / f"{sheet.parent.name}-{sheet.stem}.pdf").write_bytes(pdf)


def reads_back(checks: Checks, sheet: Path, words: list[str], name: str) -> None:
    """The words as the browser shows them are a share of the set."""
    note = sheet.parent.with_name(sheet.parent.name.replace("-pages", "-set")) / "share-set.note"
    answer = drill(note, " ".join(words))
    holder = sheet.stem.removeprefix("sheet-")
    checks.that(f"{name}: the words shown are the share of its holder", f"\nholder: {holder}\n" in answer, answer)


def drill(note: Path, words: str) -> str:
    """The answer to a drill, signed by these words."""
    done = subprocess.run(
        [program("asylia-keys"), "drill", "--set", str(note)], input=words, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


if __name__ == "__main__":
    run(test)
