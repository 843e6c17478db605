"""Asks axe-core, from the client's npm packages, what a page makes hard for people who do not see or use it as most do."""

from pathlib import Path

from support.checks import Checks
from support.visitor import Page

SOURCE = Path(__file__).resolve().parents[3] / "client" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """
  axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations.map(
    each => `${each.id}: ${each.nodes.map(node => node.target.join(' ')).join(', ')}`))
"""
# A button without a name and a picture without a text.
SPOIL = """
  document.querySelector('main').append(document.createElement('button'), document.createElement('img'))
"""


def looked_at(checks: Checks, page: Page, what: str) -> None:
    """Notes that axe-core finds nothing wrong with what is shown now."""
    if not page.value("typeof axe === 'object'"):
        page.do(SOURCE.read_text(encoding="utf-8"))
    checks.same(f"{page.name}: axe-core finds nothing wrong with {what}", page.value(RUN), [])


def notices(checks: Checks, page: Page) -> None:
    """Notes that it would; the page is spoiled by that."""
    page.do(SPOIL)
    found = page.value(RUN)
    checks.that(f"{page.name}: axe-core notices what is wrong", len(found) >= len(("button", "picture")), found)
