"""Which medium serves which file system."""

from __future__ import annotations

import os
from typing import Any

from reference_stores.remote_media.directory_files import DirectoryFiles
from reference_stores.remote_media.file_systems import FileSystems, inner, kind_of
from reference_stores.remote_media.files import Files, refuse_whole_computer
from reference_stores.remote_media.http_resources import HttpResources
from reference_stores.remote_media.medium import Medium, Readable
from reference_stores.remote_media.memory_files import MemoryFiles
from reference_stores.remote_media.s3_objects import S3Objects


def medium_for(systems: FileSystems[Any], path: str) -> tuple[Readable, Medium | None]:
    """Return what reads the values below `path`, and the same again where it does all the rest too.

    A subclass of fsspec's memory or local file system is taken for what it has changed: through its calls alone.

    Raises:
        ValueError: `path` is no root that the file system can have.
    """
    own = inner(systems.fs)
    if _is_http(own):
        return HttpResources(systems, path), None
    medium: Medium
    if hasattr(own, "_call_s3"):
        medium = S3Objects(systems, path)
    elif _is_exactly(own, "fsspec.implementations.memory", "MemoryFileSystem"):
        medium = MemoryFiles(systems, path)
    elif _is_exactly(own, "fsspec.implementations.local", "LocalFileSystem") and os.open in os.supports_dir_fd:
        root: str = own._strip_protocol(path)
        refuse_whole_computer(own, root.rstrip("/"))
        medium = DirectoryFiles(systems, root)
    else:
        medium = Files(systems, path)
    return medium, medium


def _is_http(fs: Any) -> bool:
    return any(_names(kind) == ("fsspec.implementations.http", "HTTPFileSystem") for kind in kind_of(fs).__mro__)


def _is_exactly(fs: Any, module: str, name: str) -> bool:
    return _names(kind_of(fs)) == (module, name)


def _names(kind: type[object]) -> tuple[str, str]:
    return kind.__module__, kind.__name__
