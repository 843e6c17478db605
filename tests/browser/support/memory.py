"""What memory processes hold, and how much, from /proc; all figures in KiB."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

EVERY_SECONDS = 0.1


def tree_kib(process: int) -> int:
    """What a process and everything below it hold (PSS: what several share is divided among them)."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name in parentheses may itself hold some.
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    total, left = 0, [process]
    while left:
        each = left.pop()
        left += children.get(each, [])
        total += _kib(each, "smaps_rollup", "Pss")
    return total


def now_kib(process: int) -> int:
    """What one process holds at this moment."""
    return _kib(process, "status", "VmRSS")


def highest_kib(process: int) -> int:
    """The most that one process has held."""
    return _kib(process, "status", "VmHWM")


def content(process: int) -> bytes:
    """Everything readable in a process that keeps still; only root may look into one of ours."""
    found = []
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if not rights.startswith("r") or line.endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            start, end = (int(bound, 16) for bound in span.split("-"))
            # What is reserved and was never touched cannot be read, and holds nothing.
            with contextlib.suppress(OSError):
                memory.seek(start)
                while start < end and (portion := memory.read(end - start)):
                    found.append(portion)
                    start += len(portion)
    return b"".join(found)


def _kib(process: int, file: str, name: str) -> int:
    """A line of a file; nothing for a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


class Peak:
    """The most that a tree of processes held, as far as one sees who looks ten times a second."""

    kib = 0
    looks = 0


@contextlib.contextmanager
def watching(process: int) -> Iterator[Peak]:
    """Looks until the block ends."""
    peak, ended = Peak(), threading.Event()

    def look() -> None:
        while not ended.is_set():
            peak.kib = max(peak.kib, tree_kib(process))
            peak.looks += 1
            time.sleep(EVERY_SECONDS)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()
