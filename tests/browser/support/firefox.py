"""Firefox ESR without a window, driven over Marionette: a throw-away profile, a port of its own choosing."""

import base64
import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START_SECONDS = 60
ANSWER_SECONDS = 60
ENTER = "\ue007"
NARROWEST_WINDOW = 500
ELEMENT_KEY = "element-6066-11e4-a52e-4f735466cecf"

PREFERENCES: dict[str, Any] = {
    "marionette.port": 0,
    "remote.prefs.recommended": True,
    # No request but the test's.
    "app.update.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "startup.homepage_welcome_url": "about:blank",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}

# What Tor Browser's level "Safer" turns off.
SAFER: dict[str, Any] = {
    f"javascript.options.{name}": False for name in ("wasm", "ion", "baselinejit", "asmjs", "native_regexp")
}


class MarionetteError(RuntimeError):
    """Firefox refused a command."""


class Firefox:
    """A session with one window."""

    def __init__(self, port: int, name: str, process: int) -> None:
        self.name = name
        self.process = process
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        self._rest = b""
        self._number = 0
        self._receive()
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {"unhandledPromptBehavior": "dismiss"}})

    def call(self, command: str, **parameters: Any) -> Any:
        """Sends a command and returns its value."""
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self._receive()
        if error:
            raise MarionetteError(f"{command}: {error['error']}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    def _receive(self) -> Any:
        while b":" not in self._rest:
            self._rest += self._portion()
        length, _, rest = self._rest.partition(b":")
        parts = [rest]
        missing = int(length) - len(rest)
        while missing > 0:
            parts.append(self._portion())
            missing -= len(parts[-1])
        whole = b"".join(parts)
        self._rest = whole[int(length):]
        return json.loads(whole[: int(length)])

    def _portion(self) -> bytes:
        portion = self._socket.recv(1 << 16)
        if not portion:
            raise MarionetteError("Firefox closed the connection")
        return portion

    def open(self, url: str) -> None:
        """Goes to a page and waits for it."""
        self.call("WebDriver:Navigate", url=url)

    @property
    def url(self) -> str:
        """The address in the address bar."""
        return self.call("WebDriver:GetCurrentURL")

    @property
    def source(self) -> str:
        """The page as HTML, as it stands now."""
        return self.call("WebDriver:GetPageSource")

    def all(self, selector: str) -> list[str]:
        """The ids of all elements that match."""
        found = self.call("WebDriver:FindElements", using="css selector", value=selector)
        return [element[ELEMENT_KEY] for element in found]

    def one(self, selector: str) -> str:
        """The id of the first element that matches."""
        return self.call("WebDriver:FindElement", using="css selector", value=selector)[ELEMENT_KEY]

    def text(self, selector: str) -> str:
        """The words of an element as they are shown."""
        return self.call("WebDriver:GetElementText", id=self.one(selector))

    def is_shown(self, selector: str) -> list[bool]:
        """Whether each element that matches can be seen."""
        return [self.call("WebDriver:IsElementDisplayed", id=element) for element in self.all(selector)]

    def click(self, selector: str) -> None:
        """Clicks the first element that matches, and waits for the page that follows, if any."""
        self.call("WebDriver:ElementClick", id=self.one(selector))

    def type(self, selector: str, text: str) -> None:
        """Types into a field; for a file field, paths, one a line."""
        self.call("WebDriver:ElementSendKeys", id=self.one(selector), text=text)

    def choose_files(self, selector: str, *paths: Path) -> None:
        """Chooses files as the file dialog does."""
        self.type(selector, "\n".join(map(str, paths)))

    def back(self) -> None:
        """Goes back one page."""
        self.call("WebDriver:Back")

    def forward(self) -> None:
        """Goes forward one page."""
        self.call("WebDriver:Forward")

    def press_enter(self) -> None:
        """Presses Enter wherever the focus is."""
        self.keys(ENTER)

    def keys(self, text: str, *, held: str = "") -> None:
        """Presses keys one after the other wherever the focus is, while others are held down."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        keys = [{"type": "keyDown", "value": key} for key in held] + keys
        keys += [{"type": "keyUp", "value": key} for key in held]
        self.call("WebDriver:PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    def active(self) -> str:
        """The id of the element that has the focus."""
        return self.call("WebDriver:GetActiveElement")[ELEMENT_KEY]

    def do(self, script: str, *arguments: Any, with_javascript_off: bool = False) -> Any:
        """Runs a function body in the page; where pages may run none, in a sandbox of the browser's own."""
        sandbox = "system" if with_javascript_off else None
        return self.call("WebDriver:ExecuteScript", script=script, args=list(arguments), sandbox=sandbox)

    def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.do(f"return {expression.strip()};")

    def complaints(self) -> list[str]:
        """What the browser's console holds about content security policies."""
        self.call("Marionette:SetContext", value="chrome")
        script = "return Services.console.getMessageArray().map(m => `${m.category ?? ''} ${m.message}`);"
        messages = self.do(script)
        self.call("Marionette:SetContext", value="content")
        return [message for message in messages if "content-security-policy" in message.lower() or "CSP" in message]

    def resize(self, width: int, height: int) -> None:
        """Gives the page a size; its window cannot be as narrow as a telephone, so the page is laid out in a part of it."""
        self.call("WebDriver:SetWindowRect", width=max(width, NARROWEST_WINDOW), height=height)
        self.call("Marionette:SetContext", value="chrome")
        self.do("gBrowser.tabbox.style.maxWidth = arguments[0];", f"{width}px")
        self.call("Marionette:SetContext", value="content")

    def overflow(self) -> float:
        """By how many pixels the page is wider than its window."""
        return self.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def picture(self, *, whole: bool) -> bytes:
        """What the window shows, or the whole page, as a PNG."""
        return base64.b64decode(self.call("WebDriver:TakeScreenshot", full=whole))

    def quit(self) -> None:
        """Ends the session and the browser."""
        with contextlib.suppress(MarionetteError, OSError):
            self.call("Marionette:Quit", flags=["eForceQuit"])
        self._socket.close()


@contextlib.contextmanager
def firefox(folder: Path, *, javascript: bool, safer: bool = False) -> Iterator[Firefox]:
    """Starts Firefox with a profile below `folder`, if wanted as Tor Browser's "Safer", and ends it with the block."""
    profile = folder / f"firefox-{'safer' if safer else 'on' if javascript else 'off'}"
    profile.mkdir()
    preferences = {**PREFERENCES, "javascript.enabled": javascript, **(SAFER if safer else {})}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        "firefox-esr", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote",
        "--profile", str(profile), "about:blank",
    ]  # fmt: skip
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        session = Firefox(_port(process, profile), "Firefox, safer" if safer else "Firefox", process.pid)
        try:
            yield session
        finally:
            session.quit()
    finally:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], profile: Path) -> int:
    noted = profile / "MarionetteActivePort"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if noted.exists() and (port := noted.read_text(encoding="ascii").strip()):
            return int(port)
        time.sleep(0.05)
    raise RuntimeError("Firefox did not start")
