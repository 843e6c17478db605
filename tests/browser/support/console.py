"""The console as its users start it: a vault with reports, the program, and the private browser that it opens itself."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from support.firefox import Firefox
from support.intake import Office, Server, call, program

START_SECONDS = 60
BOUNDARY = "asylia-console-boundary"


def file_report(server: Server, **fields: str) -> None:
    """Files a report as a browser without JavaScript does."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()
    connection = http.client.HTTPConnection(server.address)
    head = {"Origin": server.url("").rstrip("/"), "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection.request("POST", "/report", body, head)
    status = connection.getresponse().status
    connection.close()
    if status != http.HTTPStatus.OK:
        raise RuntimeError(f"The report was answered with {status}.")


class Console:
    """A running console and the browser that it started."""

    def __init__(self, browser: int, private: Path) -> None:
        self._browser = browser
        self.private = private
        """Launch page, profile, cache and temporary files."""

    def drive(self) -> Firefox:
        """The browser, over Marionette."""
        noted = self.private / "profile" / "MarionetteActivePort"
        port = _wait("the browser's port", lambda: noted.exists() and noted.read_text(encoding="ascii").strip())
        return Firefox(int(port), "the console's Firefox", self._browser)

    def kill_browser(self) -> None:
        """Ends the browser with all its processes at once, as a crash would."""
        os.killpg(self._browser, signal.SIGKILL)
        _wait("the browser's end", lambda: not (Path("/proc") / str(self._browser) / "maps").exists() or _dead(self._browser))


def vault_of(folder: Path, office: Office, server: Server) -> Path:
    """A vault with everything that the server stored."""
    stick, vault = folder / "stick", folder / "vault"
    unlock = ("--vault", vault, "--passphrase-file", office.passphrase)
    call("asylia", "export", "--data", server.data, "--out", stick)
    call("asylia-console", "init", "--keys", office.keys, "--kdf-mib", 19, *unlock, "--identity", *office.identities)
    call("asylia-console", "import", stick, *unlock)
    return vault


@contextlib.contextmanager
def console(folder: Path, vault: Path) -> Iterator[Console]:
    """Starts the console with a home and a temporary folder of its own, and ends it with the block."""
    home, temporary = folder / "home", folder / "temporary"
    home.mkdir()
    temporary.mkdir()
    environment = {
        "HOME": str(home), "TMPDIR": str(temporary), "PATH": os.environ["PATH"],
        # The browser gets the console's environment: without a window, and open to this test alone.
        "MOZ_HEADLESS": "1", "MOZ_MARIONETTE": "1",
        "MOZ_MARIONETTE_PREF_STATE_ACROSS_RESTARTS": json.dumps({"marionette.port": 0}),
    }  # fmt: skip
    command = [program("asylia-console"), "browser", "--vault", str(vault), "--sticks", str(folder)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment)
    try:
        helper, private = _wait("the helper", lambda: _helper(process.pid))
        [browser] = _wait("the browser", lambda: _children(helper))
        yield Console(browser, private)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _helper(console: int) -> tuple[int, Path] | None:
    """The helper of this console, and the private folder that it was given."""
    for child in _children(console):
        # Between fork and exec a child still has its parent's arguments.
        match (Path("/proc") / str(child) / "cmdline").read_bytes().split(b"\0"):
            case [_, b"open-browser", folder, *_]:
                return child, Path(os.fsdecode(folder))
    return None


def _children(process: int) -> list[int]:
    tasks = Path("/proc") / str(process) / "task"
    with contextlib.suppress(OSError):
        return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    return []


def _dead(process: int) -> bool:
    with contextlib.suppress(OSError):
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def _wait(what: str, look):  # noqa: ANN001, ANN202 - whatever is looked for
    deadline = time.monotonic() + START_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come")
        time.sleep(0.05)
    return found
