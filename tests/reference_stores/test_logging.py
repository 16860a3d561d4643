"""LoggingStore: it counts and tells of each call, shows nothing that it should not, and is like the store in it for the rest."""

import logging
import pickle
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest

import reference_stores.logging as module
from reference_stores import LoggingStore, MemoryStore
from storeproto import (
    BufferPrototype,
    BytesPrototype,
    RangeByteRequest,
    ReadOnlyStoreError,
    Store,
    StoreClosedError,
    SupportsDeletes,
    SupportsDeleteSync,
    SupportsGetSync,
    SupportsListing,
    SupportsPartialWrites,
    SupportsRanges,
    SupportsSetSync,
    SupportsWrites,
    supports_writes,
)

NAME = "reference_stores.logging"


class Kept(logging.Handler):
    """A handler that keeps what it gets."""

    def __init__(self, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        return [record.getMessage() for record in self.records]


@pytest.fixture
def handler() -> Kept:
    """A handler that keeps what it gets."""
    return Kept()


@pytest.fixture
async def inner() -> MemoryStore:
    """A store with the keys d/k and a."""
    store = MemoryStore()
    await store.set("d/k", b"value")
    await store.set("a", b"v")
    return store


@pytest.fixture
def store(inner: MemoryStore, handler: Kept) -> LoggingStore:
    """A logging store of it, with the handler."""
    return LoggingStore(inner, log_handler=handler)


class Reader:
    """A store that can be read, and no more: not even its documented calls for the rest are there."""

    supports_writes = False
    supports_deletes = False
    supports_partial_writes = False
    supports_listing = False
    read_only = True

    def with_read_only(self, read_only: bool = False) -> "Reader":
        return self

    async def get(self, key: str, prototype: BufferPrototype[bytes], byte_range: Any = None) -> bytes | None:
        return b"v"

    async def get_partial_values(self, prototype: BufferPrototype[bytes], key_ranges: Any) -> list[bytes | None]:
        return [b"v" for _ in key_ranges]

    async def exists(self, key: str) -> bool:
        return True

    async def getsize(self, key: str) -> int:
        return 1

    def close(self) -> None: ...


class Ranger(Reader):
    """A store that offers get_ranges too."""

    async def get_ranges(
        self, key: str, byte_ranges: Sequence[Any], *, prototype: BufferPrototype[bytes]
    ) -> AsyncIterator[Sequence[tuple[int, bytes | None]]]:
        yield [(index, b"v") for index, _ in enumerate(byte_ranges)]


async def consume(listing: AsyncIterator[Any]) -> list[Any]:
    """What a listing gives, sorted."""
    return sorted([item async for item in listing])


CALLS: dict[str, tuple[str, Any]] = {
    "get": ("MemoryStore.get('d/k')", lambda store: store.get("d/k")),
    "get_partial_values": (
        "MemoryStore.get_partial_values('a', 'd/k')",
        lambda store: store.get_partial_values(None, iter([("a", None), ("d/k", None)])),
    ),
    "exists": ("MemoryStore.exists('a')", lambda store: store.exists("a")),
    "getsize": ("MemoryStore.getsize('a')", lambda store: store.getsize("a")),
    "set": ("MemoryStore.set('new')", lambda store: store.set("new", b"v")),
    "set_if_not_exists": ("MemoryStore.set_if_not_exists('a')", lambda store: store.set_if_not_exists("a", b"v")),
    "set_partial_values": (
        "MemoryStore.set_partial_values('a', 'd/k')",
        lambda store: store.set_partial_values(iter([("a", 0, b"x"), ("d/k", 0, b"y")])),
    ),
    "delete": ("MemoryStore.delete('a')", lambda store: store.delete("a")),
    "delete_dir": ("MemoryStore.delete_dir('d')", lambda store: store.delete_dir("d")),
    "clear": ("MemoryStore.clear()", lambda store: store.clear()),
    "is_empty": ("MemoryStore.is_empty('d')", lambda store: store.is_empty("d")),
    "getsize_prefix": ("MemoryStore.getsize_prefix('d')", lambda store: store.getsize_prefix("d")),
    "list": ("MemoryStore.list()", lambda store: consume(store.list())),
    "list_prefix": ("MemoryStore.list_prefix('d')", lambda store: consume(store.list_prefix("d"))),
    "list_dir": ("MemoryStore.list_dir('d')", lambda store: consume(store.list_dir("d"))),
    "list_pages": ("MemoryStore.list_pages('d')", lambda store: consume(store.list_pages("d"))),
}


@pytest.mark.parametrize(("line", "call"), CALLS.values(), ids=CALLS.keys())
async def test_a_call_is_told(store: LoggingStore, handler: Kept, line: str, call: Any):
    """Each call gives one record, with the store's class, the operation, the key, and the time it took."""
    await call(store)
    assert [told.rpartition(" [")[0] for told in handler.lines] == [line]


@pytest.mark.parametrize(("operation", "call"), [(name, call) for name, (_, call) in CALLS.items()], ids=CALLS.keys())
async def test_a_call_is_counted(store: LoggingStore, operation: str, call: Any):
    """Each call is counted once."""
    await call(store)
    assert store.counter == {operation: 1}


@pytest.mark.parametrize(("operation", "call"), [(name, call) for name, (_, call) in CALLS.items()], ids=CALLS.keys())
async def test_a_call_that_nobody_hears_is_counted(inner: MemoryStore, operation: str, call: Any):
    """Each call is counted once where nothing is logged, too."""
    store = LoggingStore(inner)
    await call(store)
    assert store.counter == {operation: 1}


@pytest.mark.parametrize("call", [call for _, call in CALLS.values()], ids=CALLS.keys())
async def test_a_call_does_what_the_store_does(store: LoggingStore, call: Any):
    """Each call gives what the store in it gives."""
    same = MemoryStore({"d/k": b"value", "a": b"v"})
    assert await call(store) == await call(same)


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("MemoryStore.get_sync('a')", lambda store: store.get_sync("a", byte_range=RangeByteRequest(0, 1))),
        ("MemoryStore.set_sync('a')", lambda store: store.set_sync("a", b"v")),
        ("MemoryStore.delete_sync('a')", lambda store: store.delete_sync("a")),
        ("MemoryStore.with_read_only()", lambda store: store.with_read_only(read_only=True)),
        ("MemoryStore.close()", lambda store: store.close()),
    ],
)
def test_a_synchronous_call_is_told(store: LoggingStore, handler: Kept, line: str, call: Any):
    """Each synchronous call gives one record."""
    call(store)
    assert [told.rpartition(" [")[0] for told in handler.lines] == [line]


async def test_the_time_is_told(store: LoggingStore, handler: Kept):
    """A record ends with the seconds that the call took."""
    await store.get("a")
    number, _, unit = handler.lines[0].rpartition(" [")[2].partition(" ")
    assert (float(number) >= 0, unit) == (True, "s]")


async def test_a_failure_is_told(store: LoggingStore, handler: Kept):
    """A call that raises is told with the class of its error."""
    with pytest.raises(FileNotFoundError):
        await store.getsize("missing")
    assert handler.lines[0].startswith("MemoryStore.getsize('missing') raised FileNotFoundError [")


async def test_a_failure_is_counted(store: LoggingStore):
    """A call that raises is counted."""
    with pytest.raises(FileNotFoundError):
        await store.getsize("missing")
    assert store.counter == {"getsize": 1}


async def test_a_listing_is_told_when_it_has_been_consumed(store: LoggingStore, handler: Kept):
    """A listing that has begun is not told of yet."""
    listing = store.list()
    await anext(listing)
    begun = len(handler.lines)
    await consume(listing)
    assert (begun, len(handler.lines)) == (0, 1)


async def test_a_listing_that_is_left_is_told(store: LoggingStore, handler: Kept):
    """A listing that is left early is told of, and is no failure."""
    listing: Any = store.list()
    await anext(listing)
    await listing.aclose()
    assert [told.rpartition(" [")[0] for told in handler.lines] == ["MemoryStore.list()"]


def test_flags_are_not_told(store: LoggingStore, handler: Kept):
    """Neither isinstance nor the flags nor a comparison are logged or counted."""
    seen = (isinstance(store, Store), store.supports_writes, store.read_only, store == store, repr(store))
    assert (len(seen), handler.lines, store.counter) == (5, [], {})


async def test_a_block_is_told(store: LoggingStore, handler: Kept):
    """What is done within log(hint) is told and counted as one call, with the hint."""
    with store.log("warm up"):
        await store.get("a")
    assert [told.rpartition(" [")[0] for told in handler.lines] == ["MemoryStore.get('a')", "MemoryStore.log('warm up')"]


async def test_a_block_is_counted(store: LoggingStore):
    """A block is counted under `log`."""
    with store.log():
        pass
    assert store.counter == {"log": 1}


# What shows, and what does not


async def test_no_value_shows(store: LoggingStore, handler: Kept):
    """No record has a value, nor has one any arguments with it."""
    await store.set("k", b"secret-value")
    await store.set_partial_values([("k", 0, b"SECRET")])
    assert "secret" not in repr([vars(record) for record in handler.records]).lower()


async def test_no_text_of_an_error_shows(handler: Kept):
    """The text of an error, which may hold anything, is in no record."""

    class Failing(Reader):
        async def exists(self, key: str) -> bool:
            raise OSError("password=hunter2")

    with pytest.raises(OSError, match="hunter2"):
        await LoggingStore(Failing(), log_handler=handler).exists("k")
    assert "hunter2" not in repr([vars(record) for record in handler.records])


@pytest.mark.parametrize("key", ["a\nINFO forged", "a\rb", "a\x85b", "a\u2028b", "a\x1b[2Jb", "a\u202eb"], ids=ascii)
@pytest.mark.parametrize("operation", ["get", "exists", "list_prefix", "log"])
async def test_no_key_forges_a_line(store: LoggingStore, handler: Kept, key: str, operation: str):
    """A key stands in one line, with what is not printable escaped."""
    if operation == "list_prefix":
        await consume(store.list_prefix(key))
    elif operation == "log":
        with store.log(key):
            pass
    else:
        await getattr(store, operation)(key)
    assert handler.lines[0].isprintable()


async def test_no_key_of_many_forges_a_line(store: LoggingStore, handler: Kept):
    """The keys of get_partial_values are escaped too."""
    await store.get_partial_values(None, [("a\nb", None)])
    assert "('a\\nb')" in handler.lines[0]


async def test_what_is_no_key_is_not_shown(store: LoggingStore, handler: Kept):
    """Of a key that is no str only the class shows: it may be a value by mistake."""
    no_key: Any = b"secret"
    with pytest.raises(TypeError):
        await store.exists(no_key)
    assert handler.lines[0].startswith("MemoryStore.exists(<bytes>) raised TypeError")


# Where records go


async def test_records_go_to_the_logger_of_the_module(inner: MemoryStore, caplog: pytest.LogCaptureFixture):
    """Without a handler, records go to the module's logger, at the level asked for."""
    with caplog.at_level("INFO", logger=NAME):
        await LoggingStore(inner, "INFO").get("a")
    assert [(record.name, record.levelname) for record in caplog.records] == [(NAME, "INFO")]


async def test_below_the_logger_s_level_nothing_is_told(inner: MemoryStore, caplog: pytest.LogCaptureFixture):
    """Records of a level that the logger leaves out are not made."""
    with caplog.at_level("INFO", logger=NAME):
        await LoggingStore(inner, "DEBUG").get("a")
    assert caplog.records == []


async def test_a_handler_gets_the_records_of_its_store_only(inner: MemoryStore, store: LoggingStore, handler: Kept):
    """A handler gets no record of another store."""
    await LoggingStore(inner, log_handler=Kept()).get("a")
    assert handler.lines == []


async def test_a_handler_is_asked_for_its_level(inner: MemoryStore):
    """A handler gets no record below its own level."""
    handler = Kept(logging.WARNING)
    await LoggingStore(inner, "INFO", handler).get("a")
    assert handler.lines == []


async def test_logging_that_is_disabled(store: LoggingStore, handler: Kept):
    """logging.disable silences a handler too."""
    logging.disable(logging.DEBUG)
    try:
        await store.get("a")
    finally:
        logging.disable(logging.NOTSET)
    assert handler.lines == []


async def test_a_handler_is_let_go_with_close(store: LoggingStore, handler: Kept):
    """After close the handler gets nothing more."""
    store.close()
    with pytest.raises(StoreClosedError):
        await store.get("a")
    assert (store.log_handler, len(handler.lines)) == (None, 1)


def test_nothing_is_left_behind_for_each_store(inner: MemoryStore):
    """Many stores leave neither loggers nor handlers behind."""
    before = (set(logging.root.manager.loggerDict), list(module._LOGGER.handlers))
    for _ in range(5):
        LoggingStore(inner, log_handler=Kept()).close()
    assert (set(logging.root.manager.loggerDict), module._LOGGER.handlers) == before


@pytest.mark.parametrize("level", ["LOUD", "debug", ""])
def test_an_unknown_level_is_refused(inner: MemoryStore, level: str):
    """A level that logging does not know raises ValueError."""
    with pytest.raises(ValueError, match="DEBUG"):
        LoggingStore(inner, level)


def test_the_documented_attributes(inner: MemoryStore, handler: Kept):
    """A store has a counter, its log_level and its log_handler."""
    store = LoggingStore(inner, "INFO", handler)
    assert (store.counter, type(store.counter), store.log_level, store.log_handler) == ({}, defaultdict, "INFO", handler)


def test_the_documented_defaults(inner: MemoryStore):
    """The level is DEBUG, and there is no handler."""
    assert (LoggingStore(inner).log_level, LoggingStore(inner).log_handler) == ("DEBUG", None)


# Like the store in it


PROTOCOLS = [
    *(Store, SupportsWrites, SupportsDeletes, SupportsListing, SupportsPartialWrites),
    *(SupportsRanges, SupportsGetSync, SupportsSetSync, SupportsDeleteSync),
]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", [MemoryStore, Reader, Ranger])
def test_the_protocols_are_those_of_the_store(kind: type[Any], protocol: type[Any]):
    """The store is an instance of a protocol exactly where the one in it is."""
    assert isinstance(LoggingStore(kind()), protocol) is isinstance(kind(), protocol)


CALLABLE = [
    *("set", "set_if_not_exists", "set_partial_values", "delete", "delete_dir", "clear", "list", "list_prefix", "list_dir"),
    *("is_empty", "getsize_prefix", "get_sync", "set_sync", "delete_sync", "get_ranges", "list_pages", "__aenter__"),
]


@pytest.mark.parametrize("name", CALLABLE)
@pytest.mark.parametrize("kind", [MemoryStore, Reader, Ranger])
def test_a_call_is_there_where_the_store_has_it(kind: type[Any], name: str):
    """A call that the store in it does not have is not there."""
    assert hasattr(LoggingStore(kind()), name) is hasattr(kind(), name)


async def test_ranges_are_told(handler: Kept):
    """get_ranges is passed on and told where the store offers it."""
    store: Any = LoggingStore(Ranger(), log_handler=handler)
    batches = [batch async for batch in store.get_ranges("k", [None, None], prototype=BytesPrototype())]
    assert (batches, handler.lines[0].rpartition(" [")[0]) == ([[(0, b"v"), (1, b"v")]], "Ranger.get_ranges('k')")


async def test_a_store_that_wants_a_prototype_gets_none_made_up():
    """Where the store requires a prototype, a get without one fails as it does there."""
    with pytest.raises(TypeError, match="prototype"):
        await LoggingStore(Reader()).get("k")


@pytest.mark.parametrize(
    "flag", ["supports_writes", "supports_deletes", "supports_partial_writes", "supports_listing", "read_only"]
)
@pytest.mark.parametrize("kind", [MemoryStore, Reader])
def test_the_flags_are_those_of_the_store(kind: type[Any], flag: str):
    """Each flag, and read_only, says what the store in it says."""
    assert getattr(LoggingStore(kind()), flag) is getattr(kind(), flag)


def test_the_functions_narrow(inner: MemoryStore):
    """The supports functions take a logging store."""
    assert supports_writes(LoggingStore(inner))


async def test_a_read_only_handle(store: LoggingStore, handler: Kept):
    """with_read_only gives a logging store of the store's own handle, with a counter of its own."""
    other = store.with_read_only(read_only=True)
    with pytest.raises(ReadOnlyStoreError):
        await other.set("a", b"w")
    assert (other.read_only, other.counter, other.log_handler) == (True, {"set": 1}, handler)


def test_equal_where_the_stores_are(inner: MemoryStore):
    """Two are equal where the stores in them are, with one hash; another store, or the store itself, is not."""
    one, other = LoggingStore(inner), LoggingStore(inner, "INFO")
    assert (one == other, hash(one) == hash(other), one == LoggingStore(MemoryStore()), one == inner) == (True, True, False, False)


async def test_a_pickled_store(tmp_path):
    """An unpickled one logs an equal store, at the same level."""
    from reference_stores import LocalStore

    store = LoggingStore(LocalStore(tmp_path), "INFO", Kept())
    again = pickle.loads(pickle.dumps(store))  # noqa: S301  # just made
    assert (again, again.log_level, again.log_handler) == (store, "INFO", None)


def test_a_store_that_cannot_be_pickled(store: LoggingStore):
    """Pickling raises what pickling the store in it raises."""
    with pytest.raises(TypeError, match="MemoryStore"):
        pickle.dumps(store)


def test_a_class_of_one_s_own(inner: MemoryStore):
    """A subclass stays what it is, through with_read_only too."""

    class Own(LoggingStore):
        pass

    assert isinstance(Own(inner).with_read_only(), Own)


def test_it_names_the_store(store: LoggingStore, inner: MemoryStore):
    """Repr and str name the store in it."""
    assert (repr(store), str(store)) == (f"LoggingStore({inner!r}, log_level='DEBUG')", f"logging-{inner}")


@pytest.fixture
def entered(inner: MemoryStore) -> Iterator[LoggingStore]:
    """A store that is entered."""
    with LoggingStore(inner) as store:
        yield store


async def test_it_is_closed_when_it_is_left(inner: MemoryStore):
    """Leaving a with block closes the store in it."""
    async with LoggingStore(inner):
        pass
    with pytest.raises(StoreClosedError):
        await inner.get("a")


async def test_it_works_when_it_is_entered(entered: LoggingStore):
    """Within a with block the store works."""
    assert await entered.get("a") == b"v"


async def test_the_class_of_a_value(store: LoggingStore):
    """A value comes in the class that the prototype names."""
    from zarr.core.buffer import Buffer, default_buffer_prototype

    assert isinstance(await store.get("a", default_buffer_prototype()), Buffer)
