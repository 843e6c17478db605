"""The office at work: one vault, a stick each way, letters, and what a thread shows."""

import json
import subprocess
from pathlib import Path
from typing import Any

from support.intake import Office, call, program


class Desk:
    """The console of an office, and the server whose sticks it takes."""

    def __init__(self, office: Office, data: Path) -> None:
        self._data = data
        self._folder = office.folder / f"desk-{data.name}"
        self._folder.mkdir()
        self._sticks = 0
        self._unlock = ("--vault", self._folder / "vault", "--passphrase-file", office.file("passphrase"))
        identities = [office.file(f"identity-{role}") for role in ("intake", "account", "identity")]
        call(
            "asylia-console", "init", "--keys", office.keys, "--kdf-mib", 64, *self._unlock,
            "--signing", office.file("signing-office"), "--identity", *identities,
        )  # fmt: skip

    def fetch(self) -> dict[str, Any]:
        """Carries what the server has into the vault, and the acknowledgement back."""
        stick = self._stick("in")
        call("asylia", "export", "--data", self._data, "--out", stick)
        imported = json.loads(self._console("import", stick, "--json"))
        subprocess.run(
            [program("asylia"), "acknowledge", "--data", str(self._data)],
            input=f"{imported['acknowledge']}\n", text=True, capture_output=True, check=True,
        )  # fmt: skip
        return imported

    def send(self) -> dict[str, Any]:
        """Carries what was written to the server; letters wait for an acknowledgement that the office has seen."""
        self.fetch()
        stick = self._stick("out")
        exported = json.loads(self._console("export", "--out", stick, "--json"))
        call("asylia", "import", "--data", self._data, stick)
        return exported

    def report(self, story: str) -> str:
        """The number of the report that says this."""
        listed = json.loads(self._console("list", "--json"))
        shown = ((each["id"], json.loads(self._console("show", each["id"], "--json"))) for each in listed)
        return next(number for number, report in shown if report["submission"]["answers"]["story"] == story)

    def write(self, report: str, text: str, *, question: bool = False) -> None:
        """Writes to the submitter of a report."""
        letter = self._folder / "letter"
        letter.write_text(text, encoding="utf-8")
        self._console("reply", report, "--text-file", letter, *(["--question"] if question else []))

    def came(self, report: str) -> list[dict[str, Any]]:
        """What came back for a report."""
        thread = json.loads(self._console("thread", report, "--json"))
        return [entry for entry in thread if entry["direction"] == "in"]

    def _console(self, verb: str, *arguments: object) -> str:
        return call("asylia-console", verb, *arguments, *self._unlock)

    def _stick(self, way: str) -> Path:
        self._sticks += 1
        return self._folder / f"{way}-{self._sticks}"
