"""Faults in chapter KEY."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import unicodedata
from collections.abc import AsyncIterator
from typing import Any, ClassVar
from urllib.parse import unquote, unquote_plus

from broken_stores.sound import SoundStore
from storeproto import ByteRequest


class Spelling(SoundStore):
    """Stores each key under a spelling of its own: its children have the faults."""

    def spelled(self, key: str) -> str:
        return key

    def spell(self, key: str) -> str:
        return self.spelled(key) if isinstance(key, str) else key

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return await super().get(self.spell(key), prototype, byte_range)

    async def exists(self, key: str) -> bool:
        return await super().exists(self.spell(key))

    async def getsize(self, key: str) -> int:
        return await super().getsize(self.spell(key))

    async def set(self, key: str, value: Any) -> None:
        await super().set(self.spell(key), value)

    async def delete(self, key: str) -> None:
        await super().delete(self.spell(key))


class FoldsCompatibilityForms(Spelling):
    """Normalises keys by NFKC."""

    breaks: ClassVar = frozenset({"KEY-1", "KEY-5"})

    def spelled(self, key: str) -> str:
        return unicodedata.normalize("NFKC", key)


class ListsInUcs2(SoundStore):
    """Lists a question mark for each character beyond the first 65,536."""

    breaks: ClassVar = frozenset({"KEY-1"})

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            yield re.sub("[\U00010000-\U0010ffff]", "?", key)


class PlusIsSpace(Spelling):
    """Reads keys as a web form's fields, of which only `+` is decoded."""

    breaks: ClassVar = frozenset({"KEY-2"})

    def spelled(self, key: str) -> str:
        return key.replace("+", " ")


class CutsAtFragment(Spelling):
    """Takes keys for URLs, and what is behind `#` for a fragment."""

    breaks: ClassVar = frozenset({"KEY-2"})

    def spelled(self, key: str) -> str:
        return key.partition("#")[0] or "root"


class StripsSpaces(Spelling):
    """Strips the spaces around a key."""

    breaks: ClassVar = frozenset({"KEY-2"})

    def spelled(self, key: str) -> str:
        return key.strip(" ")


class DeletesByPattern(SoundStore):
    """Deletes every key that the key, taken for a pattern, matches."""

    breaks: ClassVar = frozenset({"KEY-2", "KEY-7"})

    async def delete(self, key: str) -> None:
        await super().delete(key)
        for found in fnmatch.filter([*self.values], key):
            del self.values[found]


class DecodesPercent(Spelling):
    """Decodes percent sequences."""

    breaks: ClassVar = frozenset({"KEY-3"})

    def spelled(self, key: str) -> str:
        return unquote(key)


class DecodesForms(Spelling):
    """Decodes percent sequences and `+`."""

    breaks: ClassVar = frozenset({"KEY-2", "KEY-3"})

    def spelled(self, key: str) -> str:
        return unquote_plus(key)


class DecodesWhatItLists(SoundStore):
    """Decodes percent sequences in listings, though it encodes nothing."""

    breaks: ClassVar = frozenset({"KEY-3"})

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            yield unquote(key)


class FirstSpelling(Spelling):
    """Takes keys that `folded` makes alike for one, under the first spelling: its children have the faults."""

    def folded(self, key: str) -> str:
        return key

    def spelled(self, key: str) -> str:
        return next((held for held in self.values if self.folded(held) == self.folded(key)), key)


class IgnoresCase(FirstSpelling):
    """Keeps the case of keys, and ignores it when it looks for them."""

    breaks: ClassVar = frozenset({"KEY-4"})

    def folded(self, key: str) -> str:
        return key.lower()


class IgnoresUnicodeForm(FirstSpelling):
    """Keeps the Unicode form of keys, and ignores it when it looks for them."""

    breaks: ClassVar = frozenset({"KEY-5"})

    def folded(self, key: str) -> str:
        return unicodedata.normalize("NFC", key)


class HidesDotFiles(SoundStore):
    """Lists no key with a segment that begins with a dot."""

    breaks: ClassVar = frozenset({"KEY-6"})

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            if "/." not in f"/{key}":
                yield key


class HidesPartialFiles(SoundStore):
    """Takes keys that end like its temporary files for such."""

    breaks: ClassVar = frozenset({"KEY-6"})

    async def list(self) -> AsyncIterator[str]:
        for key in [*self.values]:
            if not key.endswith(".partial"):
                yield key


class WritesThroughDotTmp(SoundStore):
    """Writes a value under its key with `.tmp` behind it, then renames."""

    breaks: ClassVar = frozenset({"KEY-6"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        self.values.pop(f"{key}.tmp", None)


class TrimsTrailingDots(Spelling):
    """Trims the dots at the end of a segment."""

    breaks: ClassVar = frozenset({"KEY-6"})

    def spelled(self, key: str) -> str:
        return re.sub(r"(?<=[^./])\.+(?=/|\Z)", "", key)


class JoinsDots(Spelling):
    """Takes two dots in a name for one."""

    breaks: ClassVar = frozenset({"KEY-6"})

    def spelled(self, key: str) -> str:
        return key.replace("a..b", "a.b")


class BackslashSeparates(Spelling):
    """Takes a backslash for a slash."""

    breaks: ClassVar = frozenset({"KEY-7"})

    def spelled(self, key: str) -> str:
        return key.replace("\\", "/")


class ColonSeparatesStreams(Spelling):
    """Takes what is behind a colon for a stream of the file before it."""

    breaks: ClassVar = frozenset({"KEY-7"})

    def spelled(self, key: str) -> str:
        return key.partition(":")[0]


class CutsAtQuestionMark(Spelling):
    """Takes keys for URLs, and what is behind `?` for a query."""

    breaks: ClassVar = frozenset({"KEY-7"})

    def spelled(self, key: str) -> str:
        return key.partition("?")[0]


class ExpandsVariables(Spelling):
    """Replaces variables, of which none is set."""

    breaks: ClassVar = frozenset({"KEY-7"})

    def spelled(self, key: str) -> str:
        return re.sub(r"\$(HOME|\{\w+\})", "", key)


class DropsControlCharacters(Spelling):
    """Leaves control characters out."""

    breaks: ClassVar = frozenset({"KEY-7"})

    def spelled(self, key: str) -> str:
        return re.sub("[\x01-\x1f\x7f]", "", key)


class ExistsByPattern(SoundStore):
    """Answers `exists` for a pattern of `*` and `?`."""

    breaks: ClassVar = frozenset({"KEY-7"})

    async def exists(self, key: str) -> bool:
        return await super().exists(key) or bool(fnmatch.filter(self.values, key.replace("[", "[[]")))


class CutsLongKeys(Spelling):
    """Cuts a key after 1,000 bytes."""

    breaks: ClassVar = frozenset({"KEY-8"})

    def spelled(self, key: str) -> str:
        return key[:1000]


class CutsLongNames(Spelling):
    """Cuts a segment after 200 characters."""

    breaks: ClassVar = frozenset({"KEY-8"})

    def spelled(self, key: str) -> str:
        return "/".join([segment[:200] for segment in key.split("/")])


class StoresThenRefuses(SoundStore):
    """Refuses a long key when it is stored already."""

    breaks: ClassVar = frozenset({"KEY-8"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        if len(key) > 255:
            raise OSError(f"the file name is too long: {key!r}")


class MakesFewParents(SoundStore):
    """Makes no more than four directories for a key."""

    breaks: ClassVar = frozenset({"KEY-9"})

    async def set(self, key: str, value: Any) -> None:
        if str(key).count("/") > 4:
            raise FileNotFoundError(f"no directory for {key!r}")
        await super().set(key, value)


class KeyReplacesDirectory(SoundStore):
    """Removes what is below a key when the key is set."""

    breaks: ClassVar = frozenset({"KEY-10"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        for below in self.keys_below(key):
            del self.values[below]


class DirectoryReplacesKey(SoundStore):
    """Removes a key when one below it is set."""

    breaks: ClassVar = frozenset({"KEY-10"})

    async def set(self, key: str, value: Any) -> None:
        await super().set(key, value)
        for end in [match.start() for match in re.finditer("/", key)]:
            self.values.pop(key[:end], None)


class NormalisesPaths(Spelling):
    """Takes keys for paths, and normalises them."""

    breaks: ClassVar = frozenset({"KEY-11", "KEY-12", "EXI-1"})
    guarded: ClassVar = True
    source: ClassVar = "zarr 3.1.6 LocalStore"

    def spelled(self, key: str) -> str:
        return posixpath.normpath(key).strip("/") if key else key


class DropsEmptySegments(Spelling):
    """Takes doubled slashes for one."""

    breaks: ClassVar = frozenset({"KEY-11", "KEY-12"})
    guarded: ClassVar = True

    def spelled(self, key: str) -> str:
        return re.sub("/+", "/", key)


class CutsAtNul(Spelling):
    """Cuts a key at a NUL."""

    breaks: ClassVar = frozenset({"KEY-11", "KEY-12"})
    guarded: ClassVar = True
    source: ClassVar = "zarr 3.1.6 ZipStore"

    def spelled(self, key: str) -> str:
        return key.partition("\0")[0]


class ReplacesSurrogates(Spelling):
    """Puts a question mark for what cannot be encoded."""

    breaks: ClassVar = frozenset({"KEY-11", "KEY-12"})
    guarded: ClassVar = True

    def spelled(self, key: str) -> str:
        return key.encode(errors="replace").decode()


class ReadsIllegalKeys(SoundStore):
    """Checks the keys of changes alone."""

    breaks: ClassVar = frozenset({"KEY-12"})
    guarded: ClassVar = True

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        return await super().get(key, prototype, byte_range) if key in self.values or not isinstance(key, str) else None


class DeletesIllegalKeys(SoundStore):
    """Takes the deletion of an illegal key for that of a missing one."""

    breaks: ClassVar = frozenset({"KEY-12"})
    guarded: ClassVar = True

    async def delete(self, key: str) -> None:
        if key in self.values or self.read_only or not isinstance(key, str):
            await super().delete(key)


class AssertsStr(SoundStore):
    """Asserts that a key is a `str`."""

    breaks: ClassVar = frozenset({"KEY-13"})
    source: ClassVar = "zarr 3.1.6 MemoryStore"

    async def get(self, key: str, prototype: Any = None, byte_range: ByteRequest | None = None) -> Any:
        if not isinstance(key, str):
            raise AssertionError
        return await super().get(key, prototype, byte_range)


class DecodesBytes(Spelling):
    """Takes bytes for the key that they encode."""

    breaks: ClassVar = frozenset({"KEY-13", "KEY-13a"})

    def spell(self, key: str) -> str:
        return key.decode() if isinstance(key, bytes) else key


class NamesWhatIsNoStr(Spelling):
    """Takes what is no `str` for the key that it prints as."""

    breaks: ClassVar = frozenset({"KEY-13", "KEY-13a"})

    def spell(self, key: str) -> str:
        return str(key)
