"""The pages' own words, read from the English locale, so that a new wording does not break a test."""

import html
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CONSOLE = ROOT / "crates" / "console" / "locales"
LOCALES = (ROOT / "locales" / "en.ftl", CONSOLE / "en.ftl", CONSOLE / "en-casework.ftl")


def text(message: str) -> str:
    """The text of a message without variables, or of its attribute, as in `refusal-closed.expired`."""
    found = _messages()[message]
    if "{" in found:
        raise ValueError(f"{message} has variables")
    return found


def words(message: str, **variables: object) -> str:
    """The text of a message with its variables filled in, and with the messages that it names."""
    found = _messages()[message]
    for name, value in variables.items():
        found = found.replace("{ $" + name + " }", str(value))
    return re.sub(r"\{ ([a-z][a-z0-9-]*) \}", lambda named: words(named[1]), found)


@cache
def _messages() -> dict[str, str]:
    messages: dict[str, str] = {}
    name = ""
    lines = [line for locale in LOCALES for line in locale.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if match := re.match(r"([a-z][a-z0-9-]*) = (.*)", line):
            name = match[1]
            messages[name] = match[2]
        elif match := re.match(r" +\.([a-z][a-z0-9-]*) = (.*)", line):
            messages[f"{name}.{match[1]}"] = match[2]
    return messages


def visible_words(page: str) -> str:
    """The words of an HTML page, without tags, styles and comments, white space as single spaces."""
    without = re.sub(r"<!--.*?-->|<style>.*?</style>|<style .*?</style>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", without)).split())
