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
import inspect
import pickle
import tempfile
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn, TypeAlias, TypeVar

from hypothesis import Phase, currently_in_test_context, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from conformance.awaiting import awaited, close_store, kept_loop
from conformance.clause import ClauseFailure, Need
from conformance.expectation import Outcome, Returned, gives, raises, returns
from conformance.operations import Delete, Get, Operation, Set, SetIfNotExists
from conformance.recipe import Place
from conformance.search.blame import accounts, blame
from conformance.search.minimise import minimise
from conformance.search.play import Divergence, Player
from conformance.search.pool import Pool, make_pool
from conformance.search.program import Generator
from conformance.subject import Subject
from conformance.survey import Survey, survey
from conformance.trace import Asked, Executed, Opened, Performed, Trace
from conformance.trial import Watch

T = TypeVar("T")

_REFUSED: Final = raises(ValueError, NotImplementedError)


@dataclass(frozen=True)
class OnReader:
    """A change through a read-only handle, which must refuse it (RDO-1)."""

    operation: Set | SetIfNotExists | Delete


@dataclass(frozen=True)
class Reopen:
    """Close the store, and open the same data again, which must all be there (LIF-4)."""


@dataclass(frozen=True)
class Unpickle:
    """Read everything through a pickled and unpickled handle, where pickling is offered (LIF-5)."""


Step: TypeAlias = Operation | OnReader | Reopen | Unpickle


@dataclass(frozen=True)
class Failed:
    """What failed.

    Attributes:
        steps: that were taken, in order; the last one showed it.
        asked: the operation whose outcome is not allowed.
        clause: the id of the clause that it breaks.
    """

    steps: tuple[Step, ...]
    asked: Asked
    clause: str


class _Explanation:
    """The minimal program as a script; made when Hypothesis prints it, which it does once."""

    def __init__(self, machine: StoreStateMachine) -> None:
        self._machine = machine

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002  # as IPython has it, and Hypothesis after it
        machine = self._machine
        trace = machine.explained()
        if trace is not None:
            printer.text("# the shortest program that shows it, without the kit:\n")
            printer.text(trace.script(machine.subject, machine.survey.dialect))


@cache
def _numbers(start: int, stop: int) -> st.SearchStrategy[int]:
    return st.integers(start, stop - 1)


class _Drawn:
    """Lets Hypothesis decide, with one draw for each choice: fewer draws of larger numbers are faster, and find less."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def choice(self, options: Sequence[T], /) -> T:
        """One of them."""
        return options[self._draw(_numbers(0, len(options)))]

    def random(self) -> float:
        """A sixteenth."""
        return self._draw(_numbers(0, 16)) / 16

    def randrange(self, start: int, stop: int, /) -> int:
        """A number from `start` to below `stop`."""
        return self._draw(_numbers(start, stop))


_machine = st.runner()


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Steps of the machine that runs, for its state."""
    machine: StoreStateMachine = draw(_machine)
    choices = _Drawn(draw)
    machine.generator.decided_by(choices, machine.player.model.contents)
    return choices.choice(machine.makers)()


@st.composite
def keys(draw: st.DrawFn) -> str:
    """Keys, half of them live, for the rules of a store's own."""
    machine: StoreStateMachine = draw(_machine)
    machine.generator.decided_by(_Drawn(draw), machine.player.model.contents)
    return machine.generator.key()


class StoreStateMachine(RuleBasedStateMachine):
    """Performs operations on a store, beside a model of it.

    What the subject expects to fail is passed over: the model then follows the store. Where a machine has no rules of its own,
    Hypothesis's shrinking is off: the steps are made minimal on the trace, in a fraction of the time, and noted as a script.

    Attributes:
        subject: the store under test; set it in a subclass.
        deadline: seconds that one call may take.
        watch: is told what goes on.
        failed: what failed, once something has.
    """

    subject: ClassVar[Subject]
    deadline: ClassVar[float] = 10.0
    watch: ClassVar[Watch] = Watch()

    _pool: ClassVar[Pool]

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "subject" in vars(cls):
            cls._pool = make_pool(cls.subject.grammar)
            # Made here, and not at its first use, it has the settings of where the class is defined, and not of a test that runs.
            test: Any = cls.TestCase
            if not _has_rules(cls):
                phases = [phase for phase in test.settings.phases if phase not in (Phase.shrink, Phase.explain)]
                test.settings = settings(test.settings, phases=phases)

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory(prefix="storeproto-", ignore_cleanup_errors=True)
        self._place = Place(Path(self._directory.name) / "place", f"m{time.time_ns():x}")
        self._place.path.mkdir()
        self._stack = AsyncExitStack()
        self._program: list[Operation] = []
        self._steps: list[Step] = []
        self._followed = True
        self._explains = True
        self.failed: Failed | None = None
        self.store: Any = self.run(self.subject.opening.open(self._place, self._stack))
        self.survey: Survey = survey(self.subject, self.store)
        self.player = Player(self.store, self.survey.dialect, self.watch)
        self._prepare()

    @property
    def known(self) -> Collection[str]:
        """The clauses whose divergences are passed over."""
        return self.subject.expect

    @property
    def program(self) -> tuple[Operation, ...]:
        """The operations performed so far."""
        return tuple(self._program)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what `call` returns, within the deadline."""
        return kept_loop().run_until_complete(self.limited(call))

    async def limited(self, call: Coroutine[Any, Any, T]) -> T:
        """Return what `call` returns.

        Raises:
            TimeoutError: it takes longer than the deadline.
        """
        async with asyncio.timeout(self.deadline):
            return await call

    def _prepare(self) -> None:
        """Find out what steps the store can take."""
        offers = self.survey.offers
        self.generator = Generator(self._pool, offers, 0)
        self.makers: list[Callable[[], Step]] = [*self.generator.weighted]
        if Need.WRITES in offers and callable(getattr(self.store, "with_read_only", None)):
            self.makers += [lambda: OnReader(Set(self.generator.key(), self.generator.value()))] * 2
            self.makers += [lambda: OnReader(SetIfNotExists(self.generator.key(), self.generator.value()))]
            if Need.DELETES in offers:
                self.makers += [lambda: OnReader(Delete(self.generator.key()))]
        if self.subject.reopening is not None and not self.subject.reopening_inferred:
            self.makers += [Reopen, Unpickle]  # a copy that is not of the same data has a life of its own

    @rule(step=steps())
    def take(self, step: Step) -> None:
        """Take one step."""
        if not self._followed:
            return  # a divergence that is known left contents that cannot be found out
        match step:
            case OnReader(operation):
                self.change_on_reader(operation)
            case Reopen():
                self.reopen()
            case Unpickle():
                self.unpickle()
            case _:
                self.perform(step)

    def perform(self, operation: Operation) -> None:
        """Perform `operation` and judge its outcome.

        Raises:
            ClauseFailure: the contract does not allow it; the clause is named.
        """
        self._steps.append(operation)
        self._judge(operation)

    def _judge(self, operation: Operation) -> None:
        self._program.append(operation)
        divergence = self.run(self.player.judge(operation, len(self._program) - 1))
        if divergence is not None:
            if accounts(divergence, self._program).isdisjoint(self.known):
                self.diverge(divergence)
            self._followed = self.run(self.player.follow())

    def diverge(self, divergence: Divergence) -> None:
        """Say what the contract does not allow."""
        operation, expectation = divergence.operation, divergence.expectation
        asked = Asked("store", operation, "", expectation)
        self._raise(f"{operation}: {expectation}", divergence.outcome, blame(divergence, self._program), asked)

    def change_on_reader(self, operation: Set | SetIfNotExists | Delete) -> None:
        """Take the step `OnReader`."""
        try:
            reader = self.store.with_read_only(read_only=True)
        except (AttributeError, NotImplementedError):
            return
        self._steps.append(OnReader(operation))
        outcome = self.run(Player(reader, self.survey.dialect, self.watch).perform(operation))
        changes = not isinstance(operation, Delete) or operation.key in self.player.model.contents
        expectation = _REFUSED if changes else _REFUSED | returns
        if not expectation.allows(outcome):
            asked = Asked("reader", operation, "", expectation)
            self._fail("RDO-1", f"{operation} on a read-only handle: ValueError raised", outcome, asked)
        self._judge(Get(operation.key))

    def reopen(self) -> None:
        """Take the step `Reopen`."""
        self._steps.append(Reopen())
        self.run(self._reopened())
        self._read_all(self.store, "LIF-4", "after a re-opening", "store")

    async def _reopened(self) -> None:
        assert self.subject.reopening is not None  # noqa: S101  # for the type checker: else there is no such step
        await awaited(self.subject.publish(self.store))
        await close_store(self.store)
        self.store = self.player.store = await self.subject.reopening.open(self._place, self._stack)
        # One that was re-opened for reading takes no more changes.
        self.survey = survey(self.subject, self.store)
        self._prepare()

    def unpickle(self) -> None:
        """Take the step `Unpickle`."""
        try:
            handle = pickle.loads(pickle.dumps(self.store))  # noqa: S301  # our own
        except Exception:  # noqa: BLE001  # not offered
            return
        self._steps.append(Unpickle())
        self._read_all(handle, "LIF-5", "on an unpickled handle", "unpickled")
        with suppress(Exception):
            self.run(close_store(handle))

    def _read_all(self, handle: Any, clause: str, where: str, variable: str) -> None:
        reader = Player(handle, self.survey.dialect, self.watch)
        for key, value in self.player.model.contents.items():
            outcome = self.run(reader.perform(Get(key)))
            if outcome != Returned(value):
                asked = Asked(variable, Get(key), "", gives(value))
                self._fail(clause, f"get({key!r}) {where}: {value!r}", outcome, asked)
                return

    def _fail(self, clause: str, expected: str, outcome: Outcome, asked: Asked) -> None:
        if clause not in self.known:
            self._raise(expected, outcome, clause, asked)
        self._followed = self.run(self.player.follow())

    def _raise(self, expected: str, outcome: Outcome, clause: str, asked: Asked) -> NoReturn:
        self.failed = Failed(tuple(self._steps), asked, clause)
        if self._explains:
            self.explain()
        raise ClauseFailure(expected, str(outcome), clause)

    def explain(self) -> None:
        """Have the minimal program printed, if this is the example that Hypothesis prints."""
        if currently_in_test_context():
            note(_Explanation(self))

    def explained(self) -> Trace | None:
        """Return the minimal trace that shows what failed, after it has; None where the steps alone do not show it again."""
        found = self.failed
        if found is None or self._shown_by(found.steps) is None:
            return None  # a rule of the author's own has to do with it

        async def shows(steps: tuple[Step, ...]) -> bool:
            again = self._shown_by(steps)
            return again is not None and again.clause == found.clause and again.steps == steps

        minimal = minimise(found.steps, shows)
        try:
            minimal.send(None)  # what it awaits is here at once
        except StopIteration as end:
            shortest = self._shown_by(end.value)
            return None if shortest is None else self._trace_of(shortest)
        raise AssertionError("a machine awaits nothing")

    def _shown_by(self, steps: tuple[Step, ...]) -> Failed | None:
        """What fails when a new machine takes these steps."""
        other = type(self)()
        other._explains = False
        try:
            for step in steps:
                other.take(step)
        except ClauseFailure:
            return other.failed
        except Exception:  # noqa: BLE001  # something else
            return None
        finally:
            other.teardown()
        return None

    def _trace_of(self, failed: Failed) -> Trace:
        dialect = self.survey.dialect
        trace = Trace([Opened("store", "store_path")], minimal=True)
        for step in failed.steps:
            match step:
                case OnReader(operation):
                    trace.steps.append(Executed("reader = store.with_read_only(read_only=True)"))
                    if failed.asked.operation != operation:
                        refused = "with contextlib.suppress(ValueError, NotImplementedError): "
                        trace.steps.append(Executed(refused + operation.call("reader", dialect)))
                case Reopen():
                    closing = "await store.close()" if inspect.iscoroutinefunction(self.store.close) else "store.close()"
                    trace.steps += [Executed(closing), Opened("store", "store_path", again=True)]
                case Unpickle():
                    trace.steps.append(Executed("unpickled = pickle.loads(pickle.dumps(store))"))
                case _ if step is not failed.steps[-1]:
                    trace.steps.append(Performed("store", step))
                case _:
                    pass  # asked at the end
        trace.steps.append(failed.asked)
        return trace

    def teardown(self) -> None:
        """Close the store and remove its directory."""
        with suppress(Exception):
            self.run(self._closed())
        self._directory.cleanup()

    async def _closed(self) -> None:
        try:
            await close_store(self.store)
        finally:
            await self._stack.aclose()


def _has_rules(machine: type[StoreStateMachine]) -> bool:
    """Whether it has rules, or invariants, that the kit's machine does not have: Hypothesis leaves a mark on each."""
    own = machine.__mro__[: machine.__mro__.index(StoreStateMachine)]
    functions = [value for kind in own for value in vars(kind).values() if callable(value)]
    return any(name.startswith("hypothesis_stateful") for function in functions for name in getattr(function, "__dict__", {}))


def state_machine(subject: Subject) -> type[StoreStateMachine]:
    """Return the machine for `subject`; its `TestCase` is what pytest and HypoFuzz run."""
    name = "".join([character for character in subject.name.title() if character.isalnum()])
    return type(f"{name}Machine", (StoreStateMachine,), {"subject": subject})
