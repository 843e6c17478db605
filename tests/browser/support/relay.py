"""A relay in front of a server that notes what passes: requests by method and path, all bytes sent, bytes of answers.

It reads no more of HTTP than where a request ends. It can change the bytes of answers, which is how the
tests see their own checks fail; answer by itself; be slow; and cut connections, as Tor does.
"""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PORTION = 1 << 16


def unchanged(portion: bytes) -> bytes:
    """What a relay does to answers unless it is told otherwise."""
    return portion


def passed_on(_line: str) -> bytes | None:
    """What a relay answers by itself unless it is told otherwise: nothing. Empty bytes hang up."""
    return None


@dataclass
class Traffic:
    """What passed since the last `clear`."""

    requests: list[str] = field(default_factory=list)
    """Request lines without the version, as in `GET /`."""
    sent: bytearray = field(default_factory=bytearray)
    """All bytes of all requests, heads included."""
    answered: bytearray = field(default_factory=bytearray)
    """All bytes of all answers, heads included."""

    @property
    def answered_bytes(self) -> int:
        """How many they are."""
        return len(self.answered)

    def posts(self) -> list[str]:
        """Those requests that are not plain reading."""
        return [line for line in self.requests if not line.startswith(("GET ", "HEAD "))]


class Relay:
    """Passes connections on to `port`, counting."""

    def __init__(self, port: int) -> None:
        self.traffic = Traffic()
        self.change: Callable[[bytes], bytes] = unchanged
        self.instead: Callable[[str], bytes | None] = passed_on
        self.pause_seconds = 0.0
        self.cut_after_bytes: int | None = None
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def url(self, path: str = "/") -> str:
        """The address of a page, through the relay."""
        return f"http://{self.address}{path}"

    def clear(self) -> None:
        """Forgets what passed."""
        self.traffic = Traffic()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self._open |= {client, server}
            _in_background(self._upwards, client, server)
            _in_background(self._downwards, server, client)

    def _upwards(self, client: socket.socket, server: socket.socket) -> None:
        counter = _RequestCounter(self)
        with _both_ended(client, server):
            while portion := client.recv(PORTION):
                answer = self.instead(portion.split(b"\r\n", 1)[0].decode("latin-1").rpartition(" ")[0])
                counter.feed(portion)
                self.traffic.sent += portion
                if answer == b"" or self._is_time_to_cut():
                    raise ConnectionAbortedError
                if answer is None:
                    server.sendall(portion)
                else:
                    client.sendall(answer)
                time.sleep(self.pause_seconds)
            server.shutdown(socket.SHUT_WR)

    def _is_time_to_cut(self) -> bool:
        if self.cut_after_bytes is None or len(self.traffic.sent) <= self.cut_after_bytes:
            return False
        self.cut_after_bytes = None
        return True

    def _downwards(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while portion := server.recv(PORTION):
                self.traffic.answered += portion
                client.sendall(self.change(portion))
            client.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        # A thread that waits in `accept` notices a shutdown, not a close.
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextlib.contextmanager
def _both_ended(client: socket.socket, server: socket.socket) -> Iterator[None]:
    """What breaks on one side breaks on the other, and at once: a socket closed with bytes unread says so."""
    try:
        yield
    except OSError:
        for each in (client, server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextlib.contextmanager
def relaying(port: int) -> Iterator[Relay]:
    """Relays to `port` until the block ends."""
    relay = Relay(port)
    _in_background(relay._accept)  # noqa: SLF001 - the other half of this module
    try:
        yield relay
    finally:
        relay._close()  # noqa: SLF001


class _RequestCounter:
    """Finds the request lines in what a client sends over one connection."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._head = b""
        self._body_left = 0

    def feed(self, portion: bytes) -> None:
        while portion:
            skipped = min(self._body_left, len(portion))
            self._body_left -= skipped
            self._head += portion[skipped:]
            head, end, portion = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = b""
            line = head.split(b"\r\n", 1)[0].decode("latin-1")
            self._relay.traffic.requests.append(line.rpartition(" ")[0])
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            self._body_left = int(length[1]) if length else 0


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serves a page of a test's own: `answer` is given each connection. Yields the address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), client:
                answer(client)

    _in_background(accept)
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _in_background(function: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()
