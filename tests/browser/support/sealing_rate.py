"""How fast browsers seal: `python3 -m support.sealing_rate [MIB…]` in tests/browser, after `npm ci` in client.

Chromium with files of 15, 100 and 200 MiB unless others are named, Firefox with the smallest of them, and Firefox as Tor
Browser's "Safer" with 8 MiB; each three times, and the best counts. Beside it, in the same run, what bounds it: age alone
and one digest alone, each in one thread. Not a test, and not run by one.
"""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from support import report
from support.chromium import chromium
from support.firefox import firefox
from support.relay import answering
from support.visitor import Page, until

CLIENT = Path(__file__).resolve().parents[3] / "client"
SIZES_MIB = (15, 100, 200)
SAFER_MIB = 8
ROUNDS = 3
MEASURES = ("sealing", "sealing, digests in place", "age alone", "one digest alone")
# As src/headers.rs has it, but for the style.
POLICY = (
    b"default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    b"require-trusted-types-for 'script'; trusted-types asylia"
)
PAGE = b'<!DOCTYPE html><meta charset="utf-8"><title>Rates</title><input type="file"><script type="module" src="/script.js"></script>'


def main() -> None:
    """Prints one line a size and a measure."""
    sizes = tuple(map(int, sys.argv[1:])) or SIZES_MIB
    script = subprocess.run(["node", "bench/browser/bundle.mjs"], cwd=CLIENT, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory(prefix="asylia-rate-") as temporary, answering(pages(script)) as address:
        folder = Path(temporary)
        with chromium(folder, javascript=True) as page:
            rates(page, address, folder, sizes)
        with firefox(folder, javascript=True) as page:
            rates(page, address, folder, sizes[:1])
        with firefox(folder, javascript=True, safer=True) as page:
            rates(page, address, folder, (SAFER_MIB,))


def rates(page: Page, address: str, folder: Path, sizes: tuple[int, ...]) -> None:
    """Measures one browser."""
    for mib in sizes:
        page.open(f"http://{address}/")
        until("the script", lambda: page.value("typeof measured") == "function")
        page.choose_files("input", report.large(folder, mib))
        for measure in MEASURES:
            found = [page.value(f"measured('{measure}')") for _ in range(ROUNDS)]
            print(f"{page.name:14} {mib:5} MiB  {measure:26} {max(found):6.1f} MiB/s  (worst {min(found):.1f})", flush=True)


def pages(script: bytes):
    """Answers with the page or its script."""

    def answer(connection: socket.socket) -> None:
        asked = connection.recv(1 << 16)
        kind, body = (b"text/javascript", script) if asked.startswith(b"GET /script.js ") else (b"text/html", PAGE)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (kind, len(body))
        connection.sendall(head + b"Content-Security-Policy: %s\r\nConnection: close\r\n\r\n" % POLICY + body)

    return answer


if __name__ == "__main__":
    main()
