"""Values as files below a root: what the local store does, without an event loop.

Each change becomes visible in one step of the file system (a rename, a link, an unlink), taken under the token of whoever waits
for it. What is in the way of such a step because others work in the same directories is tried again, a bounded number of times.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reference_stores.commit_token import CommitToken
from reference_stores.disk_sync import sync
from reference_stores.local_files import system_calls
from reference_stores.local_files.confined_files import LIST, LOOK, READ, WRITE, ConfinedDirectory, is_absent, opened
from reference_stores.local_files.file_locks import lock_file
from reference_stores.local_files.file_ranges import Reader, Request, read_part, read_part_now, read_requests, size_of, write_at
from reference_stores.local_files.key_directories import made_parent, made_room, prune
from reference_stores.local_files.key_locks import KEY_LOCKS
from reference_stores.local_files.root import LocalRoot
from reference_stores.local_files.staging_area import new_name
from reference_stores.partial_writes import Patches
from storeproto import InvalidKeyError, resolve

_ATTEMPTS: Final = 100
_COPIED_AT_ONCE: Final = 1 << 20
_MOST_READ_NOW: Final = 128 * 1024  # above, copying takes longer than a worker thread costs
_MOST_VALUES_NOW: Final = 64
_NOT_OFFERED: Final = frozenset({errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS})


class LocalFiles:
    """Values as files below a directory, which is made at the first write; the handles of one store share an instance.

    The methods that end in `_now` are for the event loop: they answer where that needs no disk, and else raise BlockingIOError.

    Args:
        root: the directory, absolute.
        durable: what is acknowledged is on the disk.
        in_place: write parts of values into the files that hold them.
        may_hang: even what is in the cache may need to be asked for; nothing is answered at once.
    """

    __slots__ = ("_durable", "_in_place", "_reads_now", "_root")

    def __init__(self, root: Path, *, durable: bool, in_place: bool, may_hang: bool) -> None:
        self._root: Final = LocalRoot(root, durable=durable, may_hang=may_hang)
        self._durable: Final = durable
        self._in_place: Final = in_place
        self._reads_now = hasattr(os, "preadv") and hasattr(os, "RWF_NOWAIT")

    def close(self) -> None:
        """Remove what is kept for writing; what has begun still ends, and a later write makes it anew."""
        self._root.leave()

    # Reading

    def get(self, key: str, request: Request) -> bytes | None:
        """Return the part of a value that the request names; None for a missing key."""
        return self.get_many([(key, request)])[0]

    def get_now(self, key: str, request: Request) -> bytes | None:
        """Do what `get` does, for a small value in the cache."""
        path = self._root.path_of(key)
        if not self._reads_now:
            raise BlockingIOError
        handle = self._root.present_now().open_present_now(path, READ)
        if handle is None:
            return None
        try:
            size = size_of(handle)
            if size is None:
                return None
            part = resolve(request, size)
            if part.stop - part.start > _MOST_READ_NOW:
                raise BlockingIOError
            return read_part_now(handle, part.start, part.stop)
        except OSError as error:
            raise self._not_now(error) from None
        finally:
            os.close(handle)

    def get_many(self, requests: Sequence[tuple[str, Request]]) -> list[bytes | None]:
        """Return what `get` would for each key and request, in their order; each key's file is opened once."""
        root = self._root.present()
        return self._get_many(requests, None if root is None else root.open_present, read_part)

    def get_many_now(self, requests: Sequence[tuple[str, Request]]) -> list[bytes | None]:
        """Do what `get_many` does, for few values that are small together and in the cache."""
        if not self._reads_now or len(requests) > _MOST_VALUES_NOW:
            raise BlockingIOError
        left = _MOST_READ_NOW

        def read(handle: int, start: int, stop: int) -> bytes:
            nonlocal left
            left -= stop - start
            if left < 0:
                raise BlockingIOError
            return read_part_now(handle, start, stop)

        try:
            return self._get_many(requests, self._root.present_now().open_present_now, read)
        except OSError as error:
            raise self._not_now(error) from None

    def _not_now(self, error: OSError) -> BlockingIOError:
        """Return what to raise where reading at once failed: the thread that reads then finds out why."""
        if error.errno in _NOT_OFFERED:
            self._reads_now = False
        return BlockingIOError()

    def _get_many(
        self, requests: Sequence[tuple[str, Request]], open_present: Callable[[bytes, int], int | None] | None, read: Reader
    ) -> list[bytes | None]:
        places: dict[str, list[int]] = {}
        for number, (key, _) in enumerate(requests):
            places.setdefault(key, []).append(number)
        found: list[bytes | None] = [None] * len(requests)
        paths = [self._root.path_of(key) for key in places]
        if open_present is None:
            return found
        for path, numbers in zip(paths, places.values(), strict=True):
            handle = open_present(path, READ)
            if handle is None:
                continue
            with opened(handle), _naming(path):
                values = read_requests(handle, [requests[number][1] for number in numbers], read)
            if values is not None:
                for number, value in zip(numbers, values, strict=True):
                    found[number] = value
        return found

    def size(self, key: str) -> int | None:
        """Return the size of a value; None for a missing key."""
        root = self._root.present()
        path = self._root.path_of(key)
        return None if root is None else _size(root.open_present(path, LOOK))

    def size_now(self, key: str) -> int | None:
        """Do what `size` does, for a file whose status is in the cache."""
        path = self._root.path_of(key)
        return _size(self._root.present_now().open_present_now(path, LOOK))

    # Listing

    def pages(self, prefix: str) -> Iterator[list[str]]:
        """Give, in pages, the keys that begin with the string `prefix`."""
        root = self._root.present()
        if root is not None:
            yield from self._root.walk(root).keys(prefix)

    def pages_now(self, prefix: str) -> list[list[str]] | None:
        """Return what `pages` gives, for a few small directories; None where there is more, or it needs a disk."""
        try:
            return [*self._root.walk(self._root.present_now(), now=True).keys(prefix)]
        except BlockingIOError:
            return None

    def children(self, directory: str) -> list[str]:
        """Return the name of each immediate child, key or directory, of a directory."""
        root = self._root.present()
        return [] if root is None else self._root.walk(root).children(directory)

    def children_now(self, directory: str) -> list[str]:
        """Do what `children` does, for a small directory with little in it."""
        return self._root.walk(self._root.present_now(), now=True).children(directory)

    def is_empty(self, directory: str) -> bool:
        """Whether no key is below a directory."""
        root = self._root.present()
        return root is None or not self._root.walk(root).has_key(directory)

    def is_empty_now(self, directory: str) -> bool:
        """Do what `is_empty` does, for a small directory with little in it."""
        return not self._root.walk(self._root.present_now(), now=True).has_key(directory)

    def size_below(self, directory: str) -> int:
        """Return the number of bytes in all values below a directory."""
        root = self._root.present()
        return 0 if root is None else self._root.walk(root).size(directory)

    # Writing

    def set(self, token: CommitToken, key: str, value: bytes) -> None:
        """Store a value: write it elsewhere, and rename it into place."""
        path = self._root.path_of(key)
        with _naming(path):
            self._publish(token, path, lambda handle: write_at(handle, 0, value), exclusively=False)

    def set_if_not_exists(self, token: CommitToken, key: str, value: bytes) -> None:
        """Store a value unless there is one."""
        path = self._root.path_of(key)
        with _naming(path):
            if self.size(key) is None:
                self._publish(token, path, lambda handle: write_at(handle, 0, value), exclusively=True)

    def patch(self, token: CommitToken, plan: dict[str, Patches]) -> None:
        """Lay patches over values, one key after the other; each value changes in one step, unless it is written in place."""
        paths = [self._root.path_of(key) for key in plan]
        for path, patches in zip(paths, plan.values(), strict=True):
            with _naming(path):
                self._patch(token, path, patches)

    def _publish(self, token: CommitToken, path: bytes, fill: Callable[[int], object], *, exclusively: bool) -> bool:
        """Write a file and give it its place; return False where that was to be exclusive and a value has it."""
        staging = self._root.staging()  # before the root: from its name it is told which names are one to the file system
        root = self._root.made()
        name = b""
        try:
            for _ in range(_ATTEMPTS):
                try:
                    name = name or staging.write(fill, durable=self._durable)
                    with made_parent(root, path) as (directory, target), KEY_LOCKS.of(root.identity, path), token:
                        if exclusively:
                            _rename_exclusively(name, target, staging.fd, directory)
                        else:
                            os.rename(name, target, src_dir_fd=staging.fd, dst_dir_fd=directory)
                    name = b""
                    self._sync(root, path)
                    return True
                except FileNotFoundError:  # others have removed the directories, which were empty until now
                    root = self._root.made()
                    if not staging.is_usable():  # or the whole root; or this handle was closed
                        staging, name = self._root.staging(), b""
                except (FileExistsError, IsADirectoryError):
                    if not made_room(root, path):
                        return False
            raise OSError(errno.EBUSY, "others keep removing the directories of the key")
        finally:
            if name:
                staging.discard(name)
                prune(root, path)

    def _patch(self, token: CommitToken, path: bytes, patches: Patches) -> None:
        change = self._change_in_place if self._in_place else self._change_copy
        self._root.staging()  # before the root, as in _publish
        for _ in range(_ATTEMPTS):
            if change(token, self._root.made(), path, patches):
                return
            if self._publish(token, path, lambda handle: _write_patches(handle, patches), exclusively=True):
                return
        raise OSError(errno.EBUSY, "others keep replacing the value of the key")

    def _change_copy(self, token: CommitToken, root: ConfinedDirectory, path: bytes, patches: Patches) -> bool:
        """Replace a file by a copy with the patches laid over it; return False where there is none, or it was replaced meanwhile.

        The lock keeps the threads of this process from changing the key in between, the file's own those patches of others.
        """
        staging = self._root.staging()
        try:
            with KEY_LOCKS.of(root.identity, path), root.parent(path) as (directory, target):
                old = root.open_present(path, READ)
                if old is None:
                    return False
                with opened(old):
                    lock_file(old, wait=True)
                    status = os.stat(target, dir_fd=directory, follow_symlinks=False)
                    if not (stat.S_ISREG(status.st_mode) and os.path.samestat(status, os.fstat(old))):
                        return False
                    name = staging.write(lambda handle: _copy(old, handle, patches), durable=self._durable)
                    try:
                        with token:
                            os.rename(name, target, src_dir_fd=staging.fd, dst_dir_fd=directory)
                    except BaseException:
                        staging.discard(name)
                        raise
        except OSError as error:
            if is_absent(error):
                return False
            raise
        self._sync(root, path)
        return True

    def _change_in_place(self, token: CommitToken, root: ConfinedDirectory, path: bytes, patches: Patches) -> bool:
        """Write patches into the file that holds a value; return False where there is none."""
        try:
            handle = root.open_present(path, WRITE)
        except IsADirectoryError:
            return False
        if handle is None:
            return False
        with opened(handle):
            if size_of(handle) is None:
                return False
            with KEY_LOCKS.of(root.identity, path), token:
                _write_patches(handle, patches)
            if self._durable:
                sync(handle)
        return True

    def _sync(self, root: ConfinedDirectory, path: bytes) -> None:
        """With `durable`, bring the names on the way to a file to the disk: another writer may just have made any of them."""
        if not self._durable:
            return
        while path:
            path = path.rpartition(b"/")[0]
            handle = root.open_present(path, LIST)
            if handle is not None:
                with opened(handle):
                    sync(handle)

    # Deleting

    def delete(self, token: CommitToken, key: str) -> None:
        """Remove a value, and the directories that it leaves empty."""
        root = self._root.present()
        path = self._root.path_of(key)
        if root is not None:
            with _naming(path):
                self._unlink(token, root, path)
            prune(root, path)

    def _unlink(self, token: CommitToken, root: ConfinedDirectory, path: bytes) -> None:
        """Remove a file, or what else is in its place and no directory."""
        try:
            with root.parent(path) as (directory, name), KEY_LOCKS.of(root.identity, path), token:
                os.unlink(name, dir_fd=directory)
        except OSError as error:
            if is_absent(error) or isinstance(error, IsADirectoryError) or _is_directory(root, path):
                return
            raise
        self._sync(root, path)

    def delete_dir(self, token: CommitToken, directory: str) -> None:
        """Remove a directory with all that is in it: move it away in one step, and remove it then; `""` empties the root."""
        root = self._root.present()
        if directory == "":
            if root is not None:
                self._clear(token, root)
            return
        path = self._root.path_of(directory)
        if root is not None:
            with _naming(path):
                self._move_away(token, root, path)
            prune(root, path)

    def _clear(self, token: CommitToken, root: ConfinedDirectory) -> None:
        with opened(root.open(b"", LIST)) as handle, os.scandir(handle) as entries:
            found = [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries]
        for name, is_directory in found:
            if self._root.is_staging(name):
                continue
            with _naming(name):
                (self._move_away if is_directory else self._unlink)(token, root, name)

    def _move_away(self, token: CommitToken, root: ConfinedDirectory, path: bytes) -> None:
        """Remove a directory, or a link in its place; nothing else."""
        for _ in range(_ATTEMPTS):
            staging, moved = None, new_name()
            try:
                with root.parent(path) as (directory, name):
                    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        staging = self._root.staging()
                        with token:  # with the slash, a file that has come into its place is left alone
                            os.rename(name + b"/", moved, src_dir_fd=directory, dst_dir_fd=staging.fd)
                    elif stat.S_ISLNK(status.st_mode):
                        with token:
                            os.unlink(name, dir_fd=directory)
            except OSError as error:
                if not is_absent(error):
                    raise
                if staging is not None and not staging.is_usable():  # the handle was closed
                    continue
                return
            self._sync(root, path)
            if staging is not None:
                staging.remove_tree(moved)
            return
        raise OSError(errno.EBUSY, "the staging area keeps vanishing")


@contextmanager
def _naming(path: bytes) -> Generator[None, None, None]:
    """Raise errors of the system as such of a key."""
    try:
        yield
    except OSError as error:
        key = os.fsdecode(path)
        if error.errno == errno.ENAMETOOLONG:
            raise InvalidKeyError(f"the key {key!r} is not allowed: a segment is longer than this file system's names") from error
        raise OSError(error.errno, error.strerror, key) from error


def _size(handle: int | None) -> int | None:
    """Return the size of a file that was opened, and close it."""
    if handle is None:
        return None
    try:
        return size_of(handle)
    finally:
        os.close(handle)


def _is_directory(root: ConfinedDirectory, path: bytes) -> bool:
    handle = root.open_present(path, LIST)
    if handle is not None:
        os.close(handle)
    return handle is not None


def _rename_exclusively(source: bytes, target: bytes, source_directory: int, target_directory: int) -> None:
    """Rename a file, unless something of the new name is there.

    Raises:
        FileExistsError: something of the new name is there.
    """
    if system_calls.has_renameat2():
        try:
            system_calls.rename_exclusively(source, target, source_directory=source_directory, target_directory=target_directory)
        except OSError as error:
            if error.errno not in _NOT_OFFERED:
                raise
        else:
            return
    os.link(source, target, src_dir_fd=source_directory, dst_dir_fd=target_directory, follow_symlinks=False)
    os.unlink(source, dir_fd=source_directory)


def _write_patches(handle: int, patches: Patches) -> None:
    for start, value in patches:
        write_at(handle, start, value)


def _copy(source: int, target: int, patches: Patches) -> None:
    """Write the contents of a file to another one, and the patches over them."""
    start = 0
    while block := os.pread(source, _COPIED_AT_ONCE, start):
        write_at(target, start, block)
        start += len(block)
    _write_patches(target, patches)
