"""Folders of results that appear whole: filled under a hidden name, then moved into place in one step.

A run that is killed leaves the wanted folder as it was: absent, or with the former results. What it may leave is a
hidden folder whose name says which process made it; the next run to the same place clears it away once that is gone.

Where the folder is a file system of its own, as containers mount it, or what lies above it may not be written, nothing
can take its place. Then the hidden folder lies inside, and its files are moved out of it: it first gets a name that
only one run can have, so that a kill leaves a whole set of files, which the next run brings to its end.
"""

import errno
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from VSSegmentationLib.atomic import note_finished
from VSSegmentationLib.errors import UsageError
from VSSegmentationLib.formats import RESULT_NAMES
from VSSegmentationLib.process_mark import maker_is_gone, own_mark

_MARK = ".vs-segmentation"
_COMPLETE = f"{_MARK}.complete"
_TOLD = ".names.json"
_CANT_BE_MOVED = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS)
_TRIES, _PAUSE_SECONDS = 200, 0.05
_LONGEST_NAME = 100


def check_output_folder(folder: Path, *, force: bool = False, names: Collection[str] = RESULT_NAMES) -> None:
    """See that results can be written there, before any long computation; nothing is left behind.

    Args:
        folder: May be absent.
        force: Whether the results of a former run may be replaced.
        names: What files of such a run are called; a folder that holds any other is never touched.

    Raises:
        UsageError: If the folder holds something and `force` is off, holds other files than results, is a file, or
            cannot be made.
    """
    try:
        folder = folder.resolve()
        _check_may_replace(folder, force, names)
        parent = folder if _is_written_inside(folder) else folder.parent
        while not parent.exists():
            parent = parent.parent
        Path(tempfile.mkdtemp(prefix=_temporary_prefix(folder), dir=parent)).rmdir()
    except OSError as error:
        raise UsageError(_not_writable(error)) from error


@contextmanager
def folder_written_at_once(
    folder: Path, *, force: bool = False, names: Collection[str] = RESULT_NAMES, private: bool = False
) -> Iterator[Path]:
    """Give an empty folder to fill; it takes the place of `folder` when the block ends well, and goes when it does not.

    Args:
        folder: As for `check_output_folder`; made, with its parents, if it is not there.
        force: Whether the results of a former run may be replaced.
        names: What files of such a run are called.
        private: Whether only this user may read the files.

    Raises:
        UsageError: As for `check_output_folder`, also if another run wrote the folder meanwhile.
    """
    made: list[Path] = []
    try:
        folder = folder.resolve()
        made += (each for each in folder.parents if not each.exists())
        folder.parent.mkdir(parents=True, exist_ok=True)
        _clear_up_after_killed_runs(folder, names)
        _check_may_replace(folder, force, names)
        inside = _is_written_inside(folder)
        place = folder / _MARK if inside else folder.with_name(_temporary_prefix(folder))
        fresh = place.with_name(f"{place.name}-{own_mark()}-{secrets.token_hex(4)}.partial")
        fresh.mkdir(mode=0o700 if private else 0o777)
    except OSError as error:
        _remove_empty(made)
        raise UsageError(_not_writable(error)) from error
    try:
        yield fresh
        for path in fresh.iterdir():
            if private:
                path.chmod(0o600)
            _flush_to_disk(path)
        _flush_to_disk(fresh)
        if inside:
            _move_files_out(fresh, folder, force, names)
        else:
            _move_into_place(fresh, folder, force, names)
        note_finished()
        _flush_to_disk(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        _remove_empty(made)


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders that hold nothing: those that a run made, in vain, for results to lie in; the innermost first."""
    for each in folders:
        with suppress(OSError):
            each.rmdir()


def _move_into_place(fresh: Path, folder: Path, force: bool, names: Collection[str]) -> None:
    aside: list[Path] = []
    try:
        while not _has_taken(fresh, folder):
            _check_may_replace(folder, force, names)
            if not _moved_aside(folder, aside):
                _move_files_out(_copied_into(folder, fresh), folder, force, names)
                return
    except BaseException:
        if aside and not folder.exists():
            aside.pop().rename(folder)
        raise
    finally:
        for each in aside:
            shutil.rmtree(each, ignore_errors=True)


def _has_taken(fresh: Path, folder: Path) -> bool:
    """Put a folder in the place of nothing, or of an empty folder; return False where another one is in the way."""
    try:
        fresh.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
        return False
    return True


def _moved_aside(folder: Path, aside: list[Path]) -> bool:
    """Put what is there under a hidden name; return False where it is held in its place, as a mount is."""
    with suppress(OSError):
        folder.rmdir()  # an empty one: Windows renames nothing onto it
        return True
    replaced = folder.with_name(f"{_temporary_prefix(folder)}-{own_mark()}-{secrets.token_hex(4)}.replaced")
    try:
        folder.rename(replaced)
    except FileNotFoundError:  # another run was faster
        return True
    except OSError as error:
        if error.errno not in _CANT_BE_MOVED or os.name == "nt":
            raise
        return False
    aside.append(replaced)
    if len(aside) >= _TRIES:
        msg = "other runs keep writing the same output folder; choose another one"
        raise UsageError(msg)
    return True


def _copied_into(folder: Path, fresh: Path) -> Path:
    inside = folder / f"{_MARK}-{own_mark()}-{secrets.token_hex(4)}.partial"
    shutil.copytree(fresh, inside)
    for path in inside.iterdir():
        _flush_to_disk(path)
    return inside


def _move_files_out(fresh: Path, folder: Path, force: bool, names: Collection[str]) -> None:
    """Move the files of a hidden folder into the one that holds it."""
    complete = folder / _COMPLETE
    told = {"maker": own_mark(), "names": sorted(path.name for path in fresh.iterdir())}
    (fresh / _TOLD).write_text(json.dumps(told), encoding="utf-8")
    try:
        for attempt in range(_TRIES):
            try:
                fresh.rename(complete)
                break
            except OSError:
                if attempt == _TRIES - 1 or not complete.exists():
                    raise
                _bring_to_an_end(folder, names)
                time.sleep(_PAUSE_SECONDS)
        try:
            _check_may_replace(folder, force, names)
        except UsageError:
            complete.rename(fresh)
            raise
        _finish(complete, folder, names)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _finish(complete: Path, folder: Path, names: Collection[str]) -> None:
    wanted = set(json.loads((complete / _TOLD).read_text(encoding="utf-8"))["names"])
    for name in sorted(wanted):
        with suppress(FileNotFoundError):  # moved before a kill
            (complete / name).replace(folder / name)
    for former in set(names) - wanted:
        (folder / former).unlink(missing_ok=True)
    shutil.rmtree(complete)


def _bring_to_an_end(folder: Path, names: Collection[str]) -> None:
    """Finish what a killed run had complete."""
    complete = folder / _COMPLETE
    with suppress(FileNotFoundError, ValueError, KeyError):
        maker = json.loads((complete / _TOLD).read_text(encoding="utf-8"))["maker"]
        if maker_is_gone(maker, complete):
            _finish(complete, folder, names)


def _clear_up_after_killed_runs(folder: Path, names: Collection[str]) -> None:
    prefix = _temporary_prefix(folder)
    for leftover in sorted(folder.parent.iterdir()):
        if not leftover.name.startswith(prefix) or not maker_is_gone(leftover.name[len(prefix) :], leftover):
            continue
        if leftover.name.endswith("replaced") and not folder.exists():
            leftover.rename(folder)  # killed between the two renames: the former results go back to their place
        elif leftover.name.endswith(("replaced", ".partial")):
            shutil.rmtree(leftover, ignore_errors=True)
    if not folder.is_dir():
        return
    _bring_to_an_end(folder, names)
    for leftover in folder.glob(f"{_MARK}-*.partial"):
        if maker_is_gone(leftover.name.removeprefix(_MARK), leftover):
            shutil.rmtree(leftover, ignore_errors=True)


def _is_written_inside(folder: Path) -> bool:
    """Return whether nothing can take the place of a folder that is there."""
    if not folder.is_dir():
        return False
    return os.path.ismount(folder) or not os.access(folder.parent, os.W_OK | os.X_OK)


def _check_may_replace(folder: Path, force: bool, names: Collection[str]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        msg = "the output folder is a file; name a folder that does not exist yet"
        raise UsageError(msg)
    held = {path.name for path in folder.iterdir() if not path.name.startswith(_MARK)}
    if held and not force:
        msg = "the output folder exists and is not empty; choose another one, or replace the results in it with --force"
        raise UsageError(msg)
    foreign = held.difference(names)
    if foreign:
        msg = (
            f"the output folder holds {len(foreign)} files that are not results of this command, and --force would "
            "remove them; choose another folder"
        )
        raise UsageError(msg)


def _temporary_prefix(folder: Path) -> str:
    name = folder.name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f"{name[:20]}~{sum(os.fsencode(name)) % 9973}"
    return f".{name}{_MARK}"


def _not_writable(error: OSError) -> str:
    return f"the output folder cannot be written ({error.strerror}); choose another one"


def _flush_to_disk(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows opens no folders; its renames are journaled
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
