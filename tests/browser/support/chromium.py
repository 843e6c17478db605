"""Chromium without a window, driven over its debugging pipe: a throw-away profile, no port."""

import base64
import contextlib
import fcntl
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 60
LOWEST_SPARE = 10

FLAGS = (
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-default-browser-check",
    "--no-first-run",
    "--remote-debugging-pipe",
)


class ChromiumError(RuntimeError):
    """Chromium refused a command or did not answer."""


class Chromium:
    """A session with one page."""

    name = "Chromium"

    def __init__(self, commands: int, answers: int, process: int) -> None:
        self.process = process
        self._commands = commands
        self._answers = answers
        self._rest = b""
        self._number = 0
        self._session: str | None = None
        self._events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Sends a command and returns its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        left = memoryview(json.dumps(message).encode() + b"\0")
        while left:
            left = left[os.write(self._commands, left):]
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            answer = self._receive(deadline)
            if answer.get("id") == self._number:
                break
            self._events.append(answer)
        if "error" in answer:
            raise ChromiumError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _receive(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            portion = os.read(self._answers, 1 << 16) if ready else b""
            if not portion:
                raise ChromiumError("Chromium does not answer")
            self._rest += portion
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _and_wait_for_page(self, act: Callable[[], object]) -> None:
        """Does something that leads to a new page, and waits until that is there."""
        self._catch_up()
        self._events = [event for event in self._events if event.get("method") != "Page.loadEventFired"]
        act()
        deadline = time.monotonic() + ANSWER_SECONDS
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._events.append(self._receive(deadline))

    def _catch_up(self) -> None:
        """Reads what the browser has said so far: an answer stands behind it in the pipe."""
        self.call("Runtime.getIsolateId")

    def open(self, url: str) -> None:
        """Goes to a page and waits for it."""
        self._and_wait_for_page(lambda: self.call("Page.navigate", url=url))

    def back(self) -> None:
        """Goes back one page."""
        self._travel(-1)

    def forward(self) -> None:
        """Goes forward one page."""
        self._travel(1)

    def _travel(self, steps: int) -> None:
        history = self.call("Page.getNavigationHistory")
        entry = history["entries"][history["currentIndex"] + steps]["id"]
        self._and_wait_for_page(lambda: self.call("Page.navigateToHistoryEntry", entryId=entry))

    @property
    def url(self) -> str:
        """The address in the address bar."""
        history = self.call("Page.getNavigationHistory")
        return history["entries"][history["currentIndex"]]["url"]

    @property
    def source(self) -> str:
        """The page as HTML, as it stands now."""
        return self.call("DOM.getOuterHTML", nodeId=self._root())["outerHTML"]

    def _root(self) -> int:
        return self.call("DOM.getDocument", depth=0)["root"]["nodeId"]

    def all(self, selector: str) -> list[int]:
        """The numbers of all elements that match."""
        return self.call("DOM.querySelectorAll", nodeId=self._root(), selector=selector)["nodeIds"]

    def one(self, selector: str) -> int:
        """The number of the first element that matches."""
        return self.all(selector)[0]

    def is_shown(self, selector: str) -> list[bool]:
        """Whether each element that matches takes room on the page."""
        return [self._middle(node) is not None for node in self.all(selector)]

    def _middle(self, node: int) -> tuple[float, float] | None:
        try:
            corners = self.call("DOM.getContentQuads", nodeId=node)["quads"][0]
        except (ChromiumError, IndexError):
            return None
        if corners[0] == corners[4] or corners[1] == corners[5]:
            return None
        return (corners[0] + corners[4]) / 2, (corners[1] + corners[5]) / 2

    def focus(self, node: int) -> None:
        """Puts the focus on an element."""
        self.call("DOM.focus", nodeId=node)

    def type(self, selector: str, text: str) -> None:
        """Types into a field."""
        self.focus(self.one(selector))
        self.call("Input.insertText", text=text)

    def choose_files(self, selector: str, *paths: Path) -> None:
        """Chooses files as the file dialog does."""
        self.call("DOM.setFileInputFiles", nodeId=self.one(selector), files=[str(path) for path in paths])

    def click(self, selector: str, *, leads_on: bool = False) -> None:
        """Clicks the first element that matches; `leads_on` waits for the page that follows."""
        node = self.one(selector)
        self.call("DOM.scrollIntoViewIfNeeded", nodeId=node)
        middle = self._middle(node)
        if middle is None:
            raise ChromiumError(f"{selector} cannot be seen")

        def press() -> None:
            for kind in ("mousePressed", "mouseReleased"):
                x, y = middle
                self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

        if leads_on:
            self._and_wait_for_page(press)
        else:
            press()

    def press_enter(self) -> None:
        """Presses Enter wherever the focus is."""
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        self.call("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    def do(self, script: str) -> None:
        """Runs a script in the page."""
        self.value(script)

    def value(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise ChromiumError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """What the browser's console said about content security policies."""
        self._catch_up()
        said = [event["params"]["entry"]["text"] for event in self._events if event.get("method") == "Log.entryAdded"]
        return [text for text in said if "Content Security Policy" in text or "CSP" in text]

    def statuses(self) -> list[int]:
        """The HTTP status of each page so far."""
        self._catch_up()
        answers = [event["params"] for event in self._events if event.get("method") == "Network.responseReceived"]
        return [answer["response"]["status"] for answer in answers if answer["type"] == "Document"]

    def resize(self, width: int, height: int, *, scale: float = 1) -> None:
        """Gives the page a size, exactly; `scale` is the pixels of a picture for each of them."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def overflow(self) -> float:
        """By how many pixels the page is wider than its window."""
        metrics = self.call("Page.getLayoutMetrics")
        return metrics["cssContentSize"]["width"] - metrics["cssLayoutViewport"]["clientWidth"]

    def picture(self, *, whole: bool) -> bytes:
        """What the window shows, or the whole page, as a PNG."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def quit(self) -> None:
        """Asks the browser to end."""
        self._session = None
        with contextlib.suppress(ChromiumError, OSError):
            self.call("Browser.close")


@contextlib.contextmanager
def chromium(folder: Path, *, javascript: bool) -> Iterator[Chromium]:
    """Starts Chromium with a profile below `folder` and ends it with the block."""
    profile = folder / f"chromium-{'on' if javascript else 'off'}"
    arguments = ["chromium", *FLAGS, f"--user-data-dir={profile}"]
    if not javascript:
        arguments.append("--blink-settings=scriptEnabled=false")
    if os.geteuid() == 0:
        # Chromium's own sandbox refuses to run for root, as continuous integration does.
        arguments.append("--no-sandbox")
    arguments.append("about:blank")
    their_commands, commands = _spare_pipe()
    answers, their_answers = _spare_pipe()
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, their_commands, 3),
        (os.POSIX_SPAWN_DUP2, their_answers, 4),
    ]
    process = os.posix_spawnp(arguments[0], arguments, os.environ, file_actions=actions, setpgroup=0)
    os.close(their_commands)
    os.close(their_answers)
    try:
        session = Chromium(commands, answers, process)
        try:
            yield session
        finally:
            session.quit()
    finally:
        os.close(commands)
        os.close(answers)
        _end(process)


def _spare_pipe() -> tuple[int, int]:
    """A pipe whose ends are out of the way of the descriptors 3 and 4."""
    ends = os.pipe()
    spare = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, LOWEST_SPARE) for end in ends]
    for end in ends:
        os.close(end)
    return spare[0], spare[1]


def _end(process: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if os.waitpid(process, os.WNOHANG)[0] == process:
            return
        time.sleep(0.05)
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
