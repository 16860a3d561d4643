"""The compression methods of zip archives: values in, compressed data out, and back piece by piece."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final, Protocol

from reference_stores.zip_archives.records import LZMA_END_MARKER

METHODS: Final = {
    zipfile.ZIP_STORED: "ZIP_STORED",
    zipfile.ZIP_DEFLATED: "ZIP_DEFLATED",
    zipfile.ZIP_BZIP2: "ZIP_BZIP2",
    zipfile.ZIP_LZMA: "ZIP_LZMA",
}
MOST_EXPANSION: Final = 1100
"""How many times its compressed size a large member may have: deflate cannot reach it, and what does is taken for a bomb."""
NO_BOMB: Final = 64 << 20
"""Up to this size any expansion will do."""

_PIECE_SIZE: Final = 1 << 20
_RAW_DEFLATE: Final = -zlib.MAX_WBITS
# LZMA's own defaults; in zip the stream stands behind a version, the length of the properties, and these.
_LC, _LP, _PB, _DICTIONARY_SIZE = 3, 0, 2, 8 << 20
_LZMA_VERSION: Final = b"\x09\x04"
_LZMA_PROPERTIES_SIZE: Final = 5
_SMALLEST_DICTIONARY: Final = 4096


def is_bomb(size: int, compressed_size: int) -> bool:
    """Whether a member of `size` bytes from `compressed_size` is one that no reader should expand."""
    return size > NO_BOMB and size > compressed_size * MOST_EXPANSION


def compress(value: bytes, method: int) -> tuple[bytes, int, int]:
    """Return the data for `value`, the method that they are compressed with, and that method's flags.

    A large value that would look like a bomb is deflated instead: what this module writes it also reads.
    """
    data, flags = value, 0
    if method == zipfile.ZIP_DEFLATED:
        compressor = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, _RAW_DEFLATE)
        data = compressor.compress(value) + compressor.flush()
    elif method == zipfile.ZIP_BZIP2:
        import bz2

        data = bz2.compress(value)
    elif method == zipfile.ZIP_LZMA:
        import lzma

        data, flags = _lzma_properties() + lzma.compress(value, lzma.FORMAT_RAW, filters=[_lzma_filter()]), LZMA_END_MARKER
    return compress(value, zipfile.ZIP_DEFLATED) if is_bomb(len(value), len(data)) else (data, method, flags)


def _lzma_filter() -> dict[str, Any]:
    import lzma

    return {"id": lzma.FILTER_LZMA1, "lc": _LC, "lp": _LP, "pb": _PB, "dict_size": _DICTIONARY_SIZE}


def _lzma_properties() -> bytes:
    properties = bytes([(_PB * 5 + _LP) * 9 + _LC]) + _DICTIONARY_SIZE.to_bytes(4, "little")
    return _LZMA_VERSION + len(properties).to_bytes(2, "little") + properties


def expand(chunks: Iterable[bytes], method: int, size: int) -> Iterator[bytes]:
    """Give the value, which should have `size` bytes, that the data in `chunks` stand for, in pieces of bounded length.

    Raises:
        zipfile.BadZipFile: the data are broken, or the method is not one of `METHODS`.
    """
    if method == zipfile.ZIP_STORED:
        yield from chunks
        return
    # bz2 raises OSError for broken data; reading the file happens outside of the try.
    errors: tuple[type[Exception], ...] = (zlib.error, OSError, EOFError, ValueError, *_lzma_errors(method))
    decompressor: _Decompressor | None = None
    for chunk in chunks:
        data = chunk
        if decompressor is None:
            decompressor, data = _begin(method, chunk, size)
        more = True
        while more:
            try:
                piece = decompressor.decompress(data, _PIECE_SIZE)
            except errors as error:
                raise zipfile.BadZipFile(f"its data are no valid {METHODS[method]}: {error}") from error
            yield piece
            if decompressor.eof:
                return
            data, more = b"", not decompressor.needs_input


class _Decompressor(Protocol):
    """What the decompressors of bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflater:
    """zlib's decompressor in the shape of the others."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_RAW_DEFLATE)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return up to `max_length` bytes more."""
        piece = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        self.needs_input = not self._inflate.unconsumed_tail and len(piece) < max_length
        return piece


def _begin(method: int, data: bytes, size: int) -> tuple[_Decompressor, bytes]:
    """Return a decompressor and what of `data` is for it."""
    if method == zipfile.ZIP_DEFLATED:
        return _Inflater(), data
    if method == zipfile.ZIP_BZIP2:
        import bz2

        return bz2.BZ2Decompressor(), data
    if method == zipfile.ZIP_LZMA:
        import lzma

        properties_end = 4 + int.from_bytes(data[2:4], "little")
        properties = data[4:properties_end]
        if len(properties) != _LZMA_PROPERTIES_SIZE or properties[0] >= 9 * 5 * 5:
            raise zipfile.BadZipFile(f"its LZMA properties {properties!r} are not valid")
        rest, lc = divmod(properties[0], 9)
        pb, lp = divmod(rest, 5)
        # No value needs a dictionary longer than itself; the size that stands here would be allocated.
        dictionary_size = max(min(int.from_bytes(properties[1:], "little"), size), _SMALLEST_DICTIONARY)
        chain = [{"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": dictionary_size}]
        try:
            return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain), data[properties_end:]
        except lzma.LZMAError as error:
            raise zipfile.BadZipFile(f"its LZMA properties {properties!r} are not valid: {error}") from error
    raise zipfile.BadZipFile(f"its compression method {method} is not supported: {', '.join(METHODS.values())} are")


def _lzma_errors(method: int) -> tuple[type[Exception], ...]:
    if method != zipfile.ZIP_LZMA:
        return ()
    import lzma

    return (lzma.LZMAError,)
