"""A throw-away office and the intake server that serves its form, from the programs in ASYLIA_BIN_DIR."""

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START_SECONDS = 20


def program(name: str) -> str:
    """The path of one of our programs."""
    folder = os.environ.get("ASYLIA_BIN_DIR")
    if not folder:
        raise SystemExit("ASYLIA_BIN_DIR must name the folder of the built programs; scripts/test browser sets it.")
    return str(Path(folder) / name)


def call(name: str, *arguments: object) -> str:
    """Runs one of our programs to its end and returns what it printed."""
    done = subprocess.run(
        [program(name), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name} {arguments[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


class Office:
    """Demo keys in a folder, and everything that tests make out of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keys = folder / "office"
        call("asylia-keys", "demo", "--out", self._keys)
        self._vaults = 0

    @property
    def keys(self) -> Path:
        """The signed key bundle, in force."""
        return self._keys / "keys.note"

    @property
    def passphrase(self) -> Path:
        """The file with the passphrase of all its key files."""
        return self._keys / "passphrase"

    @property
    def identities(self) -> list[Path]:
        """The files of its identities."""
        return [self._keys / f"identity-{role}" for role in ("intake", "account", "identity")]

    def file(self, name: str) -> Path:
        """One of the files that `asylia-keys demo` made."""
        return self._keys / name

    def expired_keys(self) -> Path:
        """A bundle of the same office whose last day is long past."""
        unsigned, signed = self.folder / "expired.unsigned", self.folder / "expired.note"
        call(
            "asylia-keys", "bundle", "build", "--previous", self.keys,
            "--not-before", "2020-01-01", "--not-after", "2020-02-01", "--out", unsigned,
        )  # fmt: skip
        call(
            "asylia-keys", "bundle", "sign", "--key", self._keys / "signing-root",
            "--passphrase-file", self.passphrase, "--out", signed, unsigned,
        )  # fmt: skip
        return signed

    def sealed_file(self, path: Path, story: str, *attachments: Path) -> Path:
        """A report that was sealed on another computer, in the file `path`."""
        answers = path.with_suffix(".json")
        answers.write_text(json.dumps({"story": story}), encoding="utf-8")
        attach = [part for attachment in attachments for part in ("--attach", attachment)]
        call("asylia-seal", "new", "--keys", self.keys, "--answers", answers, *attach, "--out", path)
        return path

    def read_reports(self, data: Path) -> list[dict[str, Any]]:
        """Carries what a server stored into a new vault and returns what the console shows of each report."""
        self._vaults += 1
        stick, vault = self.folder / f"stick-{self._vaults}", self.folder / f"vault-{self._vaults}"
        unlock = ("--vault", vault, "--passphrase-file", self.passphrase)
        call("asylia", "export", "--data", data, "--out", stick)
        call("asylia-console", "init", "--keys", self.keys, "--kdf-mib", 64, *unlock, "--identity", *self.identities)
        call("asylia-console", "import", stick, *unlock)
        listed = json.loads(call("asylia-console", "list", "--json", *unlock))
        return [json.loads(call("asylia-console", "show", entry["id"], "--json", *unlock)) for entry in listed]


class Server:
    """A running intake server."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, data: Path, log: Path) -> None:
        self._process = process
        self.address = address
        self.data = data
        self.log = log

    @property
    def port(self) -> int:
        """Its port on 127.0.0.1."""
        return int(self.address.rpartition(":")[2])

    def url(self, path: str = "/") -> str:
        """The address of a page."""
        return f"http://{self.address}{path}"

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    def stop(self) -> None:
        """Ends it before its block does, as a power cut would."""
        self._process.kill()
        self._process.wait()

    def status(self) -> dict[str, Any]:
        """What `asylia status --json` says."""
        return json.loads(call("asylia", "status", "--data", self.data, "--json"))


@contextlib.contextmanager
def serving(
    folder: Path,
    keys: Path,
    *,
    report_limit_mib: int | None = None,
    port: int = 0,
    files_per_hour_mib: int | None = None,
    onion: Path | None = None,
) -> Iterator[Server]:
    """Serves from a new data folder below `folder` until the block ends."""
    number = len(list(folder.glob("server-*.log")))
    data, log, config = (folder / f"server-{number}{end}" for end in ("", ".log", ".toml"))
    # The test machine is shared and holds nothing of anyone.
    lines = ["danger_swap = true", "danger_unlocked_memory = true"]
    if report_limit_mib is not None:
        lines.append(f"report_limit_mib = {report_limit_mib}")
    if files_per_hour_mib is not None:
        lines.append(f"files_per_hour_mib = {files_per_hour_mib}")
    if onion is not None:
        lines.append(f'onion_socket = "{onion}"')
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        program("asylia"), "serve", "--data", data, "--keys", keys,
        "--listen", f"127.0.0.1:{port}", "--config", config,
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield Server(process, _address(process, log), data, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if match := re.search(r"serving on (127\.0\.0\.1:\d+)", log.read_text(encoding="utf-8")):
            return match[1]
        time.sleep(0.02)
    raise RuntimeError(f"The server did not start: {log.read_text(encoding='utf-8')}")
