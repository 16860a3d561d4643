"""One value for each call on a store: applied to a store, admitted, and written as Python."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from conformance.admission import admit
from conformance.dialect import Dialect
from conformance.rendering import python_bytes
from storeproto import ByteRequest


@dataclass(frozen=True)
class Operation:
    """A call of one method. Values are bytes and byte requests are storeproto's; the dialect translates."""

    method: ClassVar[str]
    changes: ClassVar[bool] = False
    """Whether it may change what is stored."""
    removes: ClassVar[bool] = False
    """Whether it may remove what it was not told the name of: a key that goes astray here is the most dangerous."""

    def names(self) -> Iterable[str]:
        """The keys and prefixes that the store is given."""
        return ()

    def admit(self, *, guarded: bool = False) -> None:
        """Return if the store may be given the names.

        Args:
            guarded: whether this is the guard's child process.

        Raises:
            NotAdmittedError: one of them could lead out of a store.
        """
        for name in self.names():
            admit(name, operation=self.method, destructive=self.changes, guarded=guarded)

    async def apply(self, store: Any, dialect: Dialect) -> Any:
        """Make the call and return its result in the kit's terms."""
        raise NotImplementedError

    def call(self, store: str, dialect: Dialect) -> str:
        """The call as a Python expression, on the variable `store`."""
        raise NotImplementedError

    def question(self, store: str, dialect: Dialect) -> str:
        """The call as an expression whose value is in the kit's terms."""
        return self.call(store, dialect)

    def __str__(self) -> str:
        return f"{self.method}({', '.join([repr(name) for name in self.names()])})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002  # as IPython has it, and Hypothesis after it
        """Print it as it is made, shortly: what they print of a dataclass by themselves cannot be run."""
        given = [getattr(self, field.name) for field in fields(self)]
        while given and (given[-1] is None or given[-1] is False):  # which are defaults
            given.pop()
        written = [python_bytes(value) if isinstance(value, bytes) else repr(value) for value in given]
        printer.text(f"{type(self).__name__}({', '.join(written)})")


@dataclass(frozen=True)
class _OfKey(Operation):
    key: str

    def names(self) -> Iterable[str]:
        """The key."""
        return (self.key,)

    async def apply(self, store: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # as in the base
        """Make the call with the key alone."""
        return await getattr(store, self.method)(self.key)

    def call(self, store: str, dialect: Dialect) -> str:  # noqa: ARG002  # as in the base
        """The call with the key alone."""
        return f"await {store}.{self.method}({self.key!r})"


@dataclass(frozen=True)
class _OfPrefix(Operation):
    prefix: str

    def names(self) -> Iterable[str]:
        """The prefix."""
        return (self.prefix,)

    async def apply(self, store: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # as in the base
        """Make the call with the prefix alone."""
        return await getattr(store, self.method)(self.prefix)

    def call(self, store: str, dialect: Dialect) -> str:  # noqa: ARG002  # as in the base
        """The call with the prefix alone."""
        return f"await {store}.{self.method}({self.prefix!r})"


@dataclass(frozen=True)
class Get(_OfKey):
    """`get`, of the whole value or a part."""

    method = "get"
    byte_range: ByteRequest | None = None

    async def apply(self, store: Any, dialect: Dialect) -> Any:
        """Return bytes or None."""
        given = {} if self.byte_range is None else {"byte_range": dialect.byte_range(self.byte_range)}
        return dialect.data(await store.get(self.key, *dialect.prototype_for(store), **given))

    def call(self, store: str, dialect: Dialect) -> str:
        """The call."""
        arguments = [repr(self.key), dialect.python_prototype()]
        if self.byte_range is not None:
            arguments.append(dialect.python_byte_range(self.byte_range))
        elif dialect.name == "native":
            arguments.pop()
        return f"await {store}.get({', '.join(arguments)})"

    def question(self, store: str, dialect: Dialect) -> str:
        """The buffer's bytes."""
        return dialect.python_data(self.call(store, dialect))

    def __str__(self) -> str:
        return f"get({self.key!r}{'' if self.byte_range is None else f', {self.byte_range!r}'})"


@dataclass(frozen=True)
class GetPartialValues(Operation):
    """`get_partial_values`."""

    method = "get_partial_values"
    key_ranges: tuple[tuple[str, ByteRequest | None], ...]
    one_shot: bool = False
    """Give the requests as an iterator that can be gone through once."""

    def names(self) -> Iterable[str]:
        """The keys."""
        return [key for key, _ in self.key_ranges]

    async def apply(self, store: Any, dialect: Dialect) -> Any:
        """Return a list of bytes and None."""
        requests = [(key, request and dialect.byte_range(request)) for key, request in self.key_ranges]
        got = await store.get_partial_values(dialect.prototype(), iter(requests) if self.one_shot else requests)
        return [dialect.data(value) for value in got]

    def call(self, store: str, dialect: Dialect) -> str:
        """The call."""
        pairs = ", ".join(
            [f"({key!r}, {'None' if request is None else dialect.python_byte_range(request)})" for key, request in self.key_ranges]
        )
        requests = f"iter([{pairs}])" if self.one_shot else f"[{pairs}]"
        return f"await {store}.get_partial_values({dialect.python_prototype()}, {requests})"

    def question(self, store: str, dialect: Dialect) -> str:
        """The buffers' bytes."""
        return f"[{dialect.python_data('value')} for value in {self.call(store, dialect)}]"

    def __str__(self) -> str:
        return f"get_partial_values({list(self.key_ranges)})"


@dataclass(frozen=True)
class Exists(_OfKey):
    """`exists`."""

    method = "exists"


@dataclass(frozen=True)
class GetSize(_OfKey):
    """`getsize`."""

    method = "getsize"


@dataclass(frozen=True)
class _Writing(_OfKey):
    changes = True
    value: bytes = b""

    async def apply(self, store: Any, dialect: Dialect) -> Any:
        """Make the call with a value of the store's own."""
        return await getattr(store, self.method)(self.key, dialect.value(self.value))

    def call(self, store: str, dialect: Dialect) -> str:
        """The call."""
        return f"await {store}.{self.method}({self.key!r}, {dialect.python_value(self.value)})"


@dataclass(frozen=True)
class Set(_Writing):
    """`set`, of a whole value."""

    method = "set"


@dataclass(frozen=True)
class SetIfNotExists(_Writing):
    """`set_if_not_exists`."""

    method = "set_if_not_exists"


@dataclass(frozen=True)
class SetRange(_Writing):
    """`set` with a byte range: `(start, length)` of the value."""

    method = "set"
    start: int = 0

    async def apply(self, store: Any, dialect: Dialect) -> Any:
        """Make the call with the range as a keyword."""
        return await store.set(self.key, dialect.value(self.value), byte_range=(self.start, len(self.value)))

    def call(self, store: str, dialect: Dialect) -> str:
        """The call."""
        value = dialect.python_value(self.value)
        return f"await {store}.set({self.key!r}, {value}, byte_range=({self.start}, {len(self.value)}))"

    def __str__(self) -> str:
        return f"set({self.key!r}, byte_range=({self.start}, {len(self.value)}))"


@dataclass(frozen=True)
class SetEach(Operation):
    """Many sets of one value, with keys that a number tells apart: a loop in a script."""

    method = "set"
    changes = True
    template: str
    """The keys, with `{}` in the number's place."""
    count: int
    value: bytes = b"v"

    @property
    def keys(self) -> builtins.list[str]:
        """The keys."""
        return [self.template.format(i) for i in range(self.count)]

    @property
    def source(self) -> str:
        """Python for the sorted list of the keys."""
        return f"sorted([{self.template!r}.format(i) for i in range({self.count})])"

    def names(self) -> Iterable[str]:
        """The keys."""
        return self.keys

    async def apply(self, store: Any, dialect: Dialect) -> Any:
        """Make the calls, one after the other."""
        for key in self.keys:
            await store.set(key, dialect.value(self.value))

    def call(self, store: str, dialect: Dialect) -> str:
        """A comprehension of the calls."""
        value = dialect.python_value(self.value)
        return f"[await {store}.set({self.template!r}.format(i), {value}) for i in range({self.count})]"

    def __str__(self) -> str:
        return f"set({self.template!r}.format(i), ...) for i in range({self.count})"


@dataclass(frozen=True)
class SetPartialValues(Operation):
    """`set_partial_values`."""

    method = "set_partial_values"
    changes = True
    key_start_values: tuple[tuple[str, int, bytes], ...]

    def names(self) -> Iterable[str]:
        """The keys."""
        return [key for key, _, _ in self.key_start_values]

    async def apply(self, store: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # takes bytes in every dialect, as documented
        """Make the call."""
        return await store.set_partial_values(builtins.list(self.key_start_values))

    def call(self, store: str, dialect: Dialect) -> str:  # noqa: ARG002  # as above
        """The call."""
        triples = ", ".join([f"({key!r}, {start}, {python_bytes(value)})" for key, start, value in self.key_start_values])
        return f"await {store}.set_partial_values([{triples}])"


@dataclass(frozen=True)
class Delete(_OfKey):
    """`delete`."""

    method = "delete"
    changes = True


@dataclass(frozen=True)
class DeleteDir(_OfPrefix):
    """`delete_dir`."""

    method = "delete_dir"
    changes = True
    removes = True


@dataclass(frozen=True)
class Clear(Operation):
    """`clear`."""

    method = "clear"
    changes = True
    removes = True

    async def apply(self, store: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # as in the base
        """Make the call."""
        return await store.clear()

    def call(self, store: str, dialect: Dialect) -> str:  # noqa: ARG002  # as in the base
        """The call."""
        return f"await {store}.clear()"


@dataclass(frozen=True)
class ListAll(Operation):
    """`list`, gone through to its end."""

    method = "list"

    async def apply(self, store: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # as in the base
        """Return the keys, as they came."""
        return [key async for key in store.list()]

    def call(self, store: str, dialect: Dialect) -> str:  # noqa: ARG002  # as in the base
        """A comprehension over the listing."""
        return f"[key async for key in {store}.list()]"


@dataclass(frozen=True)
class _ListBelow(_OfPrefix):
    async def apply(self, store: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # as in the base
        """Return the names, as they came."""
        return [name async for name in getattr(store, self.method)(self.prefix)]

    def call(self, store: str, dialect: Dialect) -> str:  # noqa: ARG002  # as in the base
        """A comprehension over the listing."""
        return f"[name async for name in {store}.{self.method}({self.prefix!r})]"


@dataclass(frozen=True)
class ListPrefix(_ListBelow):
    """`list_prefix`, gone through to its end."""

    method = "list_prefix"


@dataclass(frozen=True)
class ListPages(ListPrefix):
    """`list_pages`, which some stores have: what `list_prefix` gives, in lists; gone through to its end."""

    method = "list_pages"

    async def apply(self, store: Any, dialect: Dialect) -> Any:  # noqa: ARG002  # as in the base
        """Return the names, as they came."""
        return [name async for page in store.list_pages(self.prefix) for name in page]

    def call(self, store: str, dialect: Dialect) -> str:  # noqa: ARG002  # as in the base
        """A comprehension over the listing."""
        return f"[name async for page in {store}.list_pages({self.prefix!r}) for name in page]"


@dataclass(frozen=True)
class ListDir(_ListBelow):
    """`list_dir`, gone through to its end."""

    method = "list_dir"


@dataclass(frozen=True)
class IsEmpty(_OfPrefix):
    """`is_empty`."""

    method = "is_empty"


@dataclass(frozen=True)
class GetSizePrefix(_OfPrefix):
    """`getsize_prefix`."""

    method = "getsize_prefix"


OPERATIONS: tuple[type[Operation], ...] = (
    Get, GetPartialValues, Exists, GetSize, Set, SetIfNotExists, SetRange, SetEach, SetPartialValues,
    Delete, DeleteDir, Clear, ListAll, ListPrefix, ListDir, IsEmpty, GetSizePrefix,
)  # fmt: skip
"""Every kind of operation."""

LISTINGS = (ListAll, ListPrefix, ListDir)
"""Those that give names one by one, in any order."""
