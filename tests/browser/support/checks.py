"""One line a check, a closing line, and an exit status that cannot be green when nothing was checked."""

import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 10


class Checks:
    """Counts what held and what did not, and says so as it goes."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def that(self, sentence: str, holds: object, found: object = "") -> None:
        """Notes whether `sentence` holds; `found` is printed where it does not."""
        if holds:
            self.passed += 1
            print(f"ok      {sentence}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {sentence}" + (f"\n        found: {str(found)[:2000]}" if found != "" else ""), flush=True)

    def becomes(self, sentence: str, look: Callable[[], object]) -> None:
        """Notes whether `look` finds something within ten seconds: for what a busy machine makes late, never for an absence."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.that(sentence, found, found)

    def same(self, sentence: str, found: object, expected: object) -> None:
        """Notes whether what was found is what was expected."""
        self.that(sentence, found == expected, f"{found!r}\n        expected: {expected!r}")


def run(test: Callable[[Checks, Path], None]) -> None:
    """Runs a test in a temporary folder, prints the closing line and ends the program."""
    checks = Checks()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="asylia-browser-") as folder:
        try:
            test(checks, Path(folder))
        except Exception:  # noqa: BLE001 - whatever stopped the test is its failure
            checks.failed += 1
            traceback.print_exc(file=sys.stdout)
    print(f"{time.monotonic() - start:.1f} s")
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(0 if checks.failed == 0 and checks.passed > 0 else 1)
