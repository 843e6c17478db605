#!/usr/bin/env python3
"""A report over the onion service, as `packaging/torrc` makes it, in a Tor network of this machine's own.

Files a report with curl, reads a page on a second circuit, and lets one circuit send too much: it is told so, and the
others are not concerned. Needs Debian's `tor` and `curl`; ASYLIA_BIN_DIR names the folder of the programs.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from network import Network

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 180
TRIES = 2
STORY = "They came back after the meeting in Geneva."
# More than one circuit may send at once (`limits::PEER_BURST`).
TOO_MUCH = 40


class Intake:
    """The server on tor's socket alone."""

    def __init__(self, folder: Path):
        self.programs = Path(os.environ["ASYLIA_BIN_DIR"])
        self.folder = folder
        self.socket = folder / "onion.sock"
        self.log = folder / "log"

    def __enter__(self) -> "Intake":
        office = self.folder / "office"
        subprocess.run([self.programs / "asylia-keys", "demo", "--out", office], check=True, capture_output=True)
        configuration = self.folder / "asylia.toml"
        configuration.write_text("danger_swap = true\ndanger_unlocked_memory = true\n")
        self.process = subprocess.Popen(
            [
                self.programs / "asylia", "serve", "--listen", "none", "--onion-socket", self.socket,
                "--data", self.folder / "data", "--keys", office / "keys.note", "--config", configuration,
            ],
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            env={**os.environ, "ASYLIA_LOG": "trace"},
        )  # fmt: skip
        while not self.socket.exists():
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        assert self.process.wait(60) == 0, self.log.read_text()

    def records(self) -> int:
        status = [self.programs / "asylia", "status", "--json", "--data", self.folder / "data"]
        said = subprocess.run(status, check=True, capture_output=True, text=True).stdout
        return int(json.loads(said)["records"])


class Visitor:
    """A SOCKS user of its own, and so a circuit of its own."""

    def __init__(self, network: Network, name: str):
        self.proxy = f"socks5h://{name}:x@127.0.0.1:{network.socks}"
        self.site = f"http://{network.onion}"

    def ask(self, path: str, *form: str) -> tuple[int, str]:
        """Status and answer, head included; 0 for none."""
        fields = [word for field in form for word in ("--form", field)]
        command = ["curl", "--silent", "--include", "--max-time", "60", "--proxy", self.proxy, *fields]
        answer = subprocess.run([*command, self.site + path], capture_output=True, text=True).stdout
        status = re.match(r"HTTP/1\.1 (\d+)", answer)
        return (int(status[1]) if status else 0, answer)


def main() -> None:
    for attempt in range(1, TRIES + 1):
        with tempfile.TemporaryDirectory(prefix="asylia-tor-") as folder, Intake(Path(folder)) as intake:
            lines = (PROJECT / "packaging" / "torrc").read_text()
            lines = lines.replace("/run/asylia/onion.sock", str(intake.socket))
            begin = time.monotonic()
            with Network(Path(folder) / "tor", lines) as network:
                try:
                    network.wait(begin + PATIENCE_S)
                    first = Visitor(network, "first")
                    page = fetch_first(first, begin + PATIENCE_S)
                except TimeoutError as late:
                    print(f"attempt {attempt}: {late}", flush=True)
                    continue
                print(f"the first page came after {time.monotonic() - begin:.0f} s", flush=True)
                check(intake, network, first, page)
                return
    sys.exit("The private Tor network did not come up.")


def fetch_first(visitor: Visitor, until: float) -> str:
    """A service's descriptor takes a while to be found."""
    while True:
        status, page = visitor.ask("/")
        if status == 200:
            return page
        if time.monotonic() > until:
            raise TimeoutError(f"the onion service answered {status}")
        time.sleep(1)


def check(intake: Intake, network: Network, first: Visitor, page: str) -> None:
    assert "formaction=/report" in page, "the form can be posted without JavaScript"
    status, receipt = first.ask("/report", f"story={STORY}", "attachments=@/usr/bin/env")
    assert status == 200 and 'id="return-code"' in receipt, receipt
    assert intake.records() == 1

    floods = [first.ask("/mailbox", "code=not one") for _ in range(TOO_MUCH)]
    refused = [answer for status, answer in floods if status == 429]
    assert refused, "one circuit's excess is refused"
    assert all("retry-after: 30" in answer.lower() and "<h1>" in answer for answer in refused)
    assert first.ask("/")[0] == 200, "reading pages is never refused"
    status, receipt = Visitor(network, "second").ask("/report", f"story={STORY}")
    assert status == 200, f"another circuit is not concerned: {status}"
    assert intake.records() == 2

    log = intake.log.read_text()
    assert STORY not in log and "fc00" not in log and "circuit" not in log, log


if __name__ == "__main__":
    main()
