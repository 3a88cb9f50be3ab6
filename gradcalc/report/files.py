"""Files that are written whole or not at all: beside their place first, then into it; is there a place for them?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES
from typing import IO

from gradcalc.errors import UsageError

PART = ".part"
LONGEST_END = 40  # characters of a file's name that the temporary one beside it is called by


def check_folder(option: str, path: str) -> None:
    """Raises UsageError where there is no folder for a file that `option` names."""
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise UsageError(f"{option} {path}: there is no folder {folder}")


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path`, with its mode and owner, once all of it is written; no reader sees half.

    A device or a pipe is written to as it is, and so is a file that could not get its owner back. Raises OSError, which
    names the file.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f"{begin_of_temporary(name)}{os.getpid()}{PART}")
    try:
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise PermissionError(EACCES, "Permission denied")
        if not can_be_replaced(target, folder):
            with open(target, "wb") as file:
                yield file
            return
        with suppress(FileNotFoundError):  # of a process that was killed and had this one's number
            os.unlink(temporary)
        remove_left_behind(folder, name)
        with open(temporary, "xb") as file:
            is_ours(file)
            with suppress(FileNotFoundError):
                take_over(file.fileno(), os.stat(target))
            yield file
        os.replace(temporary, target)
    except OSError as error:
        if error.errno is None:
            raise
        other = None if error.filename in (target, temporary) else error.filename
        raise OSError(error.errno, error.strerror, other or path) from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def begin_of_temporary(name: str) -> str:
    """How the temporary file of a file begins; the number of the process follows."""
    return f"{name[-LONGEST_END:]}."


def remove_left_behind(folder: str, name: str) -> None:
    """Removes temporary files of a file whose processes were killed: none on this machine has the number, and none on
    another holds the lock."""
    if not hasattr(os, "fork"):  # Windows, where asking after a process by a signal would end it
        return
    with suppress(OSError):
        for found in os.listdir(folder):
            number = found.removeprefix(begin_of_temporary(name)).removesuffix(PART)
            path = os.path.join(folder, found)
            if found == f"{begin_of_temporary(name)}{number}{PART}" and is_over(number) and os.path.isfile(path):
                with suppress(OSError), open(path, "r+b") as file:
                    if is_ours(file):
                        os.unlink(path)


def is_over(number: str) -> bool:
    """Whether the text is the number of a process that has ended."""
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OverflowError, PermissionError):  # no number of a process, or one of somebody else's
        return False
    return False


def is_ours(file: IO[bytes]) -> bool:
    """Whether no other process holds the file, which this one does from now on; where systems have no locks, yes.

    The lock is this process's own: those of --jobs do not hold it when this one is killed.
    """
    try:
        from fcntl import LOCK_EX, LOCK_NB, lockf

        lockf(file, LOCK_EX | LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except (ImportError, OSError):
        return True
    return True


def can_be_replaced(target: str, folder: str) -> bool:
    """Whether another file can stand in this one's place and be like it: it is a file, of this user's or of one of
    their groups."""
    try:
        there = os.stat(target)
    except FileNotFoundError:
        return True
    if not os.path.isfile(target) or not os.access(folder, os.W_OK):
        return False
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        return True
    return there.st_uid == os.geteuid() and there.st_gid in (os.getegid(), *os.getgroups())


def take_over(file: int, before: os.stat_result) -> None:
    """Gives a file the owner and the mode of another."""
    if not hasattr(os, "fchown"):
        return
    now = os.fstat(file)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(file, before.st_uid, before.st_gid)
    os.fchmod(file, before.st_mode & 0o7777)
