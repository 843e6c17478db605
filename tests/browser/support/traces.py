"""Looks for words in everything below some folders, in the encodings in which browsers keep text."""

from collections.abc import Iterator
from pathlib import Path

MOZ_LZ4 = b"mozLz40\0"
HEAD_BYTES = len(MOZ_LZ4) + 4


def traces(words: list[str], *folders: Path) -> list[str]:
    """Which of the words stand in which files."""
    found = []
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            texts = list(_readings(file.read_bytes()))
            found += [
                f"{word} in {file}"
                for word in words
                if any(word.encode(how) in text for text in texts for how in ("utf-8", "utf-16-le", "utf-16-be"))
            ]
    return found


def _readings(content: bytes) -> Iterator[bytes]:
    """A file as it is, and what Firefox compressed."""
    yield content
    if content.startswith(MOZ_LZ4):
        yield unpacked(content[HEAD_BYTES:])


def unpacked(block: bytes) -> bytes:
    """One block of LZ4, as its format's description has it."""
    out, at = bytearray(), 0

    def longer(length: int) -> int:
        nonlocal at
        if length == 15:
            while True:
                more = block[at]
                at += 1
                length += more
                if more < 255:
                    break
        return length

    while at < len(block):
        token = block[at]
        at += 1
        literals = longer(token >> 4)
        out += block[at : at + literals]
        at += literals
        if at >= len(block):
            break
        back = int.from_bytes(block[at : at + 2], "little")
        at += 2
        for _ in range(longer(token & 15) + 4):
            out.append(out[-back])
    return bytes(out)
