"""The Hypothesis state machine over the kit's operations and model: to run as it is, and to extend with rules of a store's own.

```python
class MyStoreMachine(conformance.StoreStateMachine):
    subject = my_subject


TestMyStore = MyStoreMachine.TestCase
```

Every step is judged by the model, and a divergence names the clause that it breaks. Keys come from a small pool of related ones (a
key below another, one that another begins with, the same in another case), half of them live; the subject's own grammar is kept.
"""

from __future__ import annotations

import asyncio
import pickle
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, precondition, rule

from conformance.clause import ClauseFailure, Need
from conformance.expectation import Raised, Returned
from conformance.operations import (
    Clear,
    Delete,
    DeleteDir,
    Exists,
    Get,
    GetPartialValues,
    GetSize,
    GetSizePrefix,
    IsEmpty,
    ListAll,
    ListDir,
    ListPrefix,
    Operation,
    Set,
    SetIfNotExists,
    SetPartialValues,
)
from conformance.recipe import Place
from conformance.search.blame import blame
from conformance.search.play import Divergence, Player
from conformance.search.pool import Pool, make_pool
from conformance.subject import Subject
from conformance.survey import Survey, survey
from conformance.trial import Watch
from storeproto import ByteRequest

F = TypeVar("F", bound=Callable[..., Any])


def _drawn(field: str) -> st.SearchStrategy[Any]:
    """One of the pool's `field`; the pool is the machine's own, since its grammar is."""
    return st.runner().flatmap(lambda machine: machine.strategies[field])


_keys = Bundle("live_keys")
_any_key = st.one_of(_keys, _drawn("keys"))
_value = _drawn("values")
_prefix = _drawn("prefixes")
_request = _drawn("requests")
_maybe_request = st.one_of(st.none(), _request)


def _offering(*needs: Need) -> Callable[[F], F]:
    return precondition(lambda machine: machine.survey.offers.issuperset(needs))


class StoreStateMachine(RuleBasedStateMachine):
    """Performs operations on a store, beside a model of it.

    Attributes:
        subject: the store under test; set it in a subclass.
        deadline: seconds that one call may take.
    """

    subject: ClassVar[Subject]
    deadline: ClassVar[float] = 10.0

    _runner: ClassVar[asyncio.Runner | None] = None
    _pools: ClassVar[dict[str, dict[str, st.SearchStrategy[Any]]]] = {}

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory(prefix="storeproto-", ignore_cleanup_errors=True)
        self._place = Place(Path(self._directory.name) / "place", f"m{time.time_ns():x}")
        self._place.path.mkdir()
        self._stack = AsyncExitStack()
        self._program: list[Operation] = []
        self.store: Any = self._run(self.subject.opening.open(self._place, self._stack))
        self.survey: Survey = survey(self.subject, self.store)
        self.player = Player(self.store, self.survey.dialect, Watch())

    @property
    def strategies(self) -> dict[str, st.SearchStrategy[Any]]:
        """What keys, prefixes, values and requests are drawn from."""
        found = self._pools.get(self.subject.name)
        if found is None:
            pool: Pool = make_pool(self.subject.grammar)
            found = {field: st.sampled_from(getattr(pool, field)) for field in ("keys", "prefixes", "values", "requests")}
            self._pools[self.subject.name] = found
        return found

    def _run(self, call: Any) -> Any:
        # One loop for all machines: a store may be bound to it, and a new one for each call costs more than the call.
        if StoreStateMachine._runner is None:
            StoreStateMachine._runner = asyncio.Runner()

        async def limited() -> Any:
            async with asyncio.timeout(self.deadline):
                return await call

        return StoreStateMachine._runner.run(limited())

    def perform(self, operation: Operation) -> None:
        """Perform `operation` and judge its outcome.

        Raises:
            ClauseFailure: the contract does not allow it; the clause is named.
        """
        self._program.append(operation)
        divergence: Divergence | None = self._run(self.player.judge(operation, len(self._program) - 1))
        if divergence is not None:
            clause = blame(divergence, self._program)
            raise ClauseFailure(f"{operation}: {divergence.expectation}", str(divergence.outcome), clause)

    def teardown(self) -> None:
        """Close the store and remove its directory."""
        self.store.close()
        self._run(self._stack.aclose())
        self._directory.cleanup()

    @initialize(target=_keys, key=_drawn("keys"), value=_value)
    def first(self, key: str, value: bytes) -> str:
        """Begin with one key, where the store can be written to."""
        if Need.WRITES in self.survey.offers:
            self.perform(Set(key, value))
        return key

    @_offering(Need.WRITES)
    @rule(target=_keys, key=_any_key, value=_value)
    def set(self, key: str, value: bytes) -> str:
        """`set`."""
        self.perform(Set(key, value))
        return key

    @_offering(Need.WRITES)
    @rule(target=_keys, key=_any_key, value=_value)
    def set_if_not_exists(self, key: str, value: bytes) -> str:
        """`set_if_not_exists`."""
        self.perform(SetIfNotExists(key, value))
        return key

    @_offering(Need.PARTIAL_WRITES)
    @rule(target=_keys, key=_any_key, start=st.integers(0, 4), value=_value)
    def set_partial_values(self, key: str, start: int, value: bytes) -> str:
        """`set_partial_values`, of one part."""
        self.perform(SetPartialValues(((key, start, value[:16]),)))
        return key

    @rule(key=_any_key, byte_range=_maybe_request)
    def get(self, key: str, byte_range: ByteRequest | None) -> None:
        """`get`."""
        self.perform(Get(key, byte_range))

    @rule(key_ranges=st.lists(st.tuples(_drawn("keys"), _maybe_request), max_size=3))
    def get_partial_values(self, key_ranges: list[tuple[str, ByteRequest | None]]) -> None:
        """`get_partial_values`."""
        self.perform(GetPartialValues(tuple(key_ranges)))

    @rule(key=_any_key)
    def exists(self, key: str) -> None:
        """`exists`."""
        self.perform(Exists(key))

    @rule(key=_any_key)
    def getsize(self, key: str) -> None:
        """`getsize`."""
        self.perform(GetSize(key))

    @_offering(Need.DELETES)
    @rule(key=_any_key)
    def delete(self, key: str) -> None:
        """`delete`."""
        self.perform(Delete(key))

    @_offering(Need.DELETES, Need.LISTING)
    @rule(prefix=_prefix)
    def delete_dir(self, prefix: str) -> None:
        """`delete_dir`."""
        self.perform(DeleteDir(prefix))

    @_offering(Need.DELETES, Need.LISTING)
    @rule()
    def clear(self) -> None:
        """`clear`."""
        self.perform(Clear())

    @_offering(Need.LISTING)
    @rule()
    def list(self) -> None:
        """`list`."""
        self.perform(ListAll())

    @_offering(Need.LISTING)
    @rule(prefix=_prefix)
    def list_prefix(self, prefix: str) -> None:
        """`list_prefix`."""
        self.perform(ListPrefix(prefix))

    @_offering(Need.LISTING)
    @rule(prefix=_prefix)
    def list_dir(self, prefix: str) -> None:
        """`list_dir`."""
        self.perform(ListDir(prefix))

    @_offering(Need.LISTING)
    @rule(prefix=_prefix)
    def is_empty(self, prefix: str) -> None:
        """`is_empty`."""
        self.perform(IsEmpty(prefix))

    @_offering(Need.LISTING)
    @rule(prefix=_prefix)
    def getsize_prefix(self, prefix: str) -> None:
        """`getsize_prefix`."""
        self.perform(GetSizePrefix(prefix))

    @_offering(Need.WRITES)
    @rule(key=_any_key, value=_value)
    def set_on_a_reader(self, key: str, value: bytes) -> None:
        """`set` on a read-only handle, which must refuse it (RDO-1)."""
        try:
            reader = self.store.with_read_only(read_only=True)
        except (AttributeError, NotImplementedError):
            return
        player = Player(reader, self.survey.dialect, Watch())
        outcome = self._run(player.perform(Set(key, value)))
        if not isinstance(outcome, Raised) or not isinstance(outcome.error, (ValueError, NotImplementedError)):
            raise ClauseFailure(f"set({key!r}) on a read-only handle: ValueError raised", str(outcome), "RDO-1")
        self.perform(Get(key))

    @precondition(lambda machine: machine.subject.reopening is not None and not machine.subject.reopening_inferred)
    @rule()
    def reopen(self) -> None:
        """Close the store, and open the same data again (LIF-4)."""
        self._run(self._publish())
        self.store.close()
        self.store = self._run(self.subject.reopening.open(self._place, self._stack))  # type: ignore[union-attr]  # the precondition
        self.player.store = self.store

    async def _publish(self) -> None:
        published = self.subject.publish(self.store)
        if published is not None:
            await published

    @rule()
    def pickle(self) -> None:
        """Go on with a pickled and unpickled handle, where pickling is offered and leads to the same data (LIF-5)."""
        try:
            handle = pickle.loads(pickle.dumps(self.store))  # noqa: S301  # our own
        except Exception:  # noqa: BLE001  # not offered
            return
        if self.subject.reopening is None:
            return  # the copy may have the data that the original had, and a life of its own
        keys = Player(handle, self.survey.dialect, Watch())
        for key, value in self.player.model.contents.items():
            outcome = self._run(keys.perform(Get(key)))
            if outcome != Returned(value):
                raise ClauseFailure(f"get({key!r}) on an unpickled handle: {value!r}", str(outcome), "LIF-5")


def state_machine(subject: Subject) -> type[StoreStateMachine]:
    """Return the machine for `subject`; its `TestCase` is what pytest and HypoFuzz run."""
    return type(f"{subject.name.title().replace('.', '').replace(':', '')}Machine", (StoreStateMachine,), {"subject": subject})
