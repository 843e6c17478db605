"""A port that leads to the server's onion socket as tor would: each connection begins with the line of one circuit."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

LINE = b"PROXY TCP6 fc00:dead:beef:4dad::1:2 ::1 1 80\r\n"
PORTION = 1 << 16
# More posts than one circuit may send at once.
TOO_MANY = 40


@contextlib.contextmanager
def circuit(onion: Path) -> Iterator[str]:
    """The address of that port, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, onion), daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def use_up(address: str) -> None:
    """Posts until the circuit's budget is gone."""
    for _ in range(TOO_MANY):
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("POST", "/mailbox", b"", {"Content-Type": "multipart/form-data; boundary=b"})
        if connection.getresponse().status == http.client.TOO_MANY_REQUESTS:
            return
        connection.close()
    raise AssertionError("one circuit may send whatever it likes")


def _accept(listener: socket.socket, onion: Path) -> None:
    # Ends with the listener.
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(onion))
            server.sendall(LINE)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while portion := source.recv(PORTION):
            sink.sendall(portion)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
