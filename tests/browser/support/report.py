"""One invented report, and the file that goes with it."""

import hashlib
import random
from pathlib import Path

STORY = "بعد أن تكلّمتُ في جنيف جاء رجلان إلى مكتبي.\nقالا: «توقّفي».\n\nومنذ ذلك اليوم تقف سيارة أمام البيت."
"""Four lines in Arabic; browsers send each line's end as CR LF."""

NAMES = "Zeynep Örnek\nآمنة المثال"

PHOTO_NAME = "صورة من المكتب – 写真.bin"
NOTE_NAME = "note.txt"


def photo(folder: Path) -> Path:
    """3 MiB that look like nothing, the same every time, under a name of several scripts."""
    path = folder / PHOTO_NAME
    path.write_bytes(random.Random(116).randbytes(3 << 20))
    return path


def note(folder: Path) -> Path:
    """A short text file."""
    path = folder / NOTE_NAME
    path.write_bytes(b"An invented note.\r\nSecond line.\r\n")
    return path


def large(folder: Path, mib: int) -> Path:
    """A file of that many MiB."""
    path = folder / f"large-{mib}.bin"
    with path.open("wb") as file:
        file.truncate(mib << 20)
    return path


def video(folder: Path, mib: int) -> Path:
    """A file of that many MiB in which no two are alike, the same every time."""
    path = folder / f"video-{mib}.mp4"
    drawn = random.Random(mib)
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(drawn.randbytes(1 << 20))
    return path


def digest(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
