"""What a check works with: it opens stores and performs operations, and keeps the trace of what it did."""

from __future__ import annotations

import ast
import asyncio
import inspect
import time
from collections.abc import AsyncGenerator, Collection, Generator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.admission import admit
from conformance.awaiting import awaited, close_store
from conformance.clause import Clause, ClauseFailure, Need, NotApplicable
from conformance.expectation import Expectation, Outcome, Raised, Returned, gives, gives_names, raises, returns
from conformance.operations import Clear, Delete, Exists, Get, GetSize, ListAll, Operation, Set, SetEach
from conformance.profile import Profile
from conformance.recipe import Opening, Place, TargetError
from conformance.rendering import brief_error, brief_source
from conformance.subject import Subject
from conformance.survey import Survey
from conformance.trace import Asked, Executed, Opened, Performed, Trace, limited, namespace

if TYPE_CHECKING:
    from conformance.durability.processes import Processes
    from conformance.guard import GuardedWorld

_SERIAL = count()
_WHATEVER = returns | raises()
_SHOWN = 987654321
"""The number by which a name is turned into a template of names."""


@dataclass(frozen=True)
class Unsound:
    """A store that no longer answered correctly after an error.

    Attributes:
        clause: the clause whose check came to the error.
        failure: what it should have answered, and what it did.
        trace: the steps that lead there.
    """

    clause: str
    failure: ClauseFailure
    trace: Trace


@dataclass
class Watch:
    """What is going on at this moment, for those who look from another thread, and what took too long."""

    operation: object = ""
    method: str = ""
    """The method that it calls, where it is a call of one."""
    until: float = float("inf")
    """When it is overdue, on the monotonic clock."""
    overdue: list[str] = field(default_factory=list[str])
    """The methods that did not return within their deadline, in order (ERR-3)."""
    unsound: list[Unsound] = field(default_factory=list[Unsound])
    """The stores that no longer answered correctly after an error (ERR-2)."""

    def patience(self, method: str, deadline: float) -> float:
        """Seconds to wait for `method`: fewer where it has been waited for in vain."""
        return min(deadline, 1.0) if method in self.overdue else deadline


class Trial:
    """The trial of one store by one clause.

    Args:
        subject: the store under test.
        survey: what it says of itself.
        clause: what is to be decided.
        profile: how much to ask.
        workspace: an empty directory.
        watch: is told what goes on.
        world: the guard's, in its child process, where illegal keys may be given.
        processes: start jobs in other processes.
        cache: the folder of what helps the next run; None for a run that keeps nothing.
    """

    def __init__(
        self,
        subject: Subject,
        survey: Survey,
        clause: Clause,
        profile: Profile,
        workspace: Path,
        watch: Watch,
        world: GuardedWorld | None = None,
        processes: Processes | None = None,
        cache: Path | None = None,
    ) -> None:
        self.subject = subject
        self.survey = survey
        self.clause = clause
        self.profile = profile
        self.dialect = survey.dialect
        self.cache = cache
        self.trace = Trace()
        self.handles: list[Handle] = []
        self.errors = 0
        """How many calls raised (ERR-2)."""
        self.note = ""
        """How it was decided that the clause holds, where that says more than the clause."""
        self.timeline = ""
        """What concurrent clients did, drawn, where that is the finding."""
        self._workspace = workspace
        self._others = 0
        self.watch = watch
        self._world = world
        self._processes = processes
        self._stack = AsyncExitStack()
        self._variables: dict[str, Any] = {}

    def anew(self) -> Trial:
        """Return another trial of the same, with new stores."""
        self._others += 1
        workspace = self._workspace / f"anew{self._others}"
        return Trial(self.subject, self.survey, self.clause, self.profile, workspace, self.watch)

    # Stores

    async def open(self, variable: str = "store") -> Handle:
        """Open a new, empty store; in scripts it is called `variable`.

        Disposable data that it holds nevertheless is deleted.
        """
        handle = await self._open(variable, self.place(), self.subject.opening)
        if self.subject.disposable and self.offers(Need.LISTING) and self.offers(Need.DELETES):
            found = await handle.do(ListAll())
            if isinstance(found, Returned) and found.value:
                await handle.do(Clear())
        return handle

    async def open_unmade(self, variable: str = "reader") -> tuple[Handle | None, str]:
        """Open read-only where nothing was ever made; return the handle, None where that raises, and the variable of the path.

        Raises:
            NotApplicable: the subject cannot do that, or there is no path to look at.
        """
        opening = self.subject.reopening
        if opening is None:
            raise NotApplicable(Need.REOPENING.lack)
        if not opening.takes_read_only:
            raise NotApplicable("the subject opens no read-only handle: no argument of its re-opening is {read_only}")
        if not opening.takes_path:
            raise NotApplicable("the store does not live in a directory that the kit could look at")
        made = self.place()
        place = Place(made.path / "unmade", made.unique)
        with suppress(ClauseFailure):
            return await self._open(variable, place, opening, read_only=True, unmade=True), f"{variable}_path"
        return None, f"{variable}_path"

    def place(self) -> Place:
        """Make a place for a store."""
        number = next(_SERIAL)
        return Place(self._new_place(number), f"k{number}x{time.time_ns():x}")

    async def visit(self, place: Place, opening: Opening, variable: str = "again") -> Handle:
        """Open what another process has at `place`."""
        return await self._open(variable, place, opening)

    async def visit_again(self, handle: Handle, variable: str = "again") -> Handle:
        """Open the data of `handle` again, without publishing it first."""
        if self.subject.reopening is None:
            raise NotApplicable(Need.REOPENING.lack)
        return await self._open(variable, handle.place, self.subject.reopening, again=True)

    @property
    def processes(self) -> Processes:
        """Where jobs are started in other processes.

        Raises:
            NotApplicable: no other process can open the store.
        """
        self.require(Need.RECIPE)
        if self._processes is None:
            raise NotApplicable("no other processes are started from here")
        return self._processes

    @property
    def world(self) -> GuardedWorld:
        """The guard's scratch tree and decoys, for a clause that is guarded."""
        assert self._world is not None  # noqa: S101  # for the type checker: guarded clauses run in the guard
        return self._world

    def _new_place(self, number: int) -> Path:
        if self._world is not None:
            root: Path = self._world.new_root()
            return root
        path = self._workspace / f"place{number}"
        # Not its parents: a thread that blocked, and was left behind, makes no directory again that is gone.
        self._workspace.mkdir(exist_ok=True)
        path.mkdir()
        return path

    async def reopen(self, handle: Handle, variable: str = "again", *, read_only: bool = False) -> Handle:
        """Open the data of `handle` again, after publishing it."""
        if self.subject.reopening is None:
            raise NotApplicable(Need.REOPENING.lack)
        await self.publish(handle)
        return await self._open(variable, handle.place, self.subject.reopening, again=True, read_only=read_only)

    async def publish(self, handle: Handle) -> None:
        """Publish what `handle` was given, as the subject does it (a commit, where the store has one)."""
        if self.subject.publishes:
            self.trace.steps.append(Executed(f"# here the subject publishes what {handle.variable} was given"))
        try:
            async with self._limited(f"publishing {handle.variable}", self.profile.deadline):
                await awaited(self.subject.publish(handle.store))
        except Exception as error:
            raise _unless_judged(error, "the subject's publish() returns") from error

    async def _open(
        self,
        variable: str,
        place: Place,
        opening: Opening,
        *,
        again: bool = False,
        read_only: bool = False,
        unmade: bool = False,
    ) -> Handle:
        name = f"{variable}_path" if not again else next(h.place_variable for h in self.handles if h.place is place)
        self.trace.opened(Opened(variable, name, again, read_only, unmade, deep=self._world is not None))
        self._variables[name] = str(place.path)
        try:
            async with self._limited(f"opening {variable}", self.profile.deadline):
                store = await opening.open(place, self._stack, read_only=read_only)
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:  # a native panic too
            raise _unless_judged(error, f"opening {variable} gives a store") from error
        return self._keep(Handle(self, variable, store, place, name))

    def _keep(self, handle: Handle) -> Handle:
        self.handles.append(handle)
        self._variables[handle.variable] = handle.store
        return handle

    async def derive(self, handle: Handle, source: str, variable: str) -> Handle:
        """Return the handle that the expression `source` makes of `handle`, by whose variable it names it."""
        await self.execute(f"{variable} = {source}")
        return self._keep(Handle(self, variable, self._variables[variable], handle.place, handle.place_variable))

    async def derive_if_offered(self, handle: Handle, source: str, variable: str) -> Handle | None:
        """Do what `derive` does, or return None where that raises NotImplementedError."""
        outcome = await self.outcome_of(f"({variable} := {source})")
        if isinstance(outcome, Raised) and isinstance(outcome.error, NotImplementedError):
            return None
        self.trace.steps.append(Executed(f"{variable} = {source}"))
        store = self._judge(outcome, returns, "", source)
        return self._keep(Handle(self, variable, store, handle.place, handle.place_variable))

    async def read_only(self, handle: Handle, variable: str = "reader") -> Handle:
        """Return a read-only handle on the data of `handle`.

        Raises:
            NotApplicable: there is no way to one.
        """
        if self.survey.read_only:
            return handle
        if callable(getattr(handle.store, "with_read_only", None)):
            derived = await self.derive_if_offered(handle, f"{handle.variable}.with_read_only(True)", variable)
            if derived is not None:
                return derived
        if self.subject.reopening is None:
            raise NotApplicable("the store offers no with_read_only, and the subject cannot open the same data again")
        reader = await self.reopen(handle, variable, read_only=True)
        if not reader.store.read_only:
            raise NotApplicable("the store offers no with_read_only, and the subject opens no read-only handle")
        return reader

    async def stocked(self, contents: Mapping[str, bytes], variable: str = "store") -> tuple[Handle, dict[str, bytes]]:
        """Return a store that holds `contents`; what it holds as well, where it cannot be written to."""
        handle = await self.open(variable)
        if Need.WRITES in self.survey.offers:
            for key, value in contents.items():
                await handle.set(self.legal(key), self.legal_value(value))
            return handle, dict(contents)
        return handle, dict(self.subject.contents or {})

    async def storing(self, value: bytes, variable: str = "store") -> tuple[Handle, str, bytes]:
        """Return a store, a key that is set in it, and its value: `value`, or one no shorter where it cannot be written to.

        Raises:
            NotApplicable: it cannot be written to, and holds no such value.
        """
        handle, contents = await self.stocked({self.key(): value}, variable)
        for key, found in contents.items():
            if found == value or (value and len(found) >= len(value)):
                return handle, key, found
        raise NotApplicable(f"the store cannot be written to, and holds no value of {len(value):,} bytes")

    async def aftermath(self) -> None:
        """After calls that raised, ask whether the store that was opened last still answers correctly (ERR-2)."""
        usable = [handle for handle in self.handles if not handle.closed]
        if not self.errors or not usable or self.watch.overdue:
            return
        handle = usable[-1]
        self._keep_question()
        try:
            if self.offers(Need.WRITES) and not getattr(handle.store, "read_only", False):
                key = self.key(97)
                await handle.set(key, b"after")
                await handle.expect(Get(key), gives(b"after"))
            else:
                await handle.run(Get(self.key(96)))  # what it should give is for chapter GET to say
        except NotApplicable:
            return  # the subject's grammar leaves out what would be asked with
        except ClauseFailure as failure:
            self.watch.unsound.append(Unsound(self.clause.id, failure, self.trace))

    def _keep_question(self) -> None:
        """Let the script ask once more what was asked last, since that may have been the error."""
        match self.trace.steps:
            case [*_, Asked(variable=variable, operation=operation, source=source)]:
                call = source if operation is None else operation.call(variable, self.dialect)
                self.trace.steps[-1] = Executed(f"with contextlib.suppress(Exception): {call}")
            case _:
                pass

    async def close(self) -> None:
        """Close every handle, and delete the kit's own keys where they would outlive it."""
        if not self.subject.opening.scratch and {Need.WRITES, Need.DELETES} <= self.survey.offers:
            await self._remove_own_keys()
        for handle in self.handles:
            with whatever_it_raises():
                async with self._limited(f"{handle.variable}.close()", self.profile.deadline, "close"):
                    await handle.close()
        with whatever_it_raises():
            async with self._limited("leaving what the store was opened in", self.profile.deadline):
                await self._stack.aclose()

    async def _remove_own_keys(self) -> None:
        for handle in self.handles:
            seconds = self.watch.patience("delete", self.profile.deadline) * (1 + len(handle.written) / 100)
            with whatever_it_raises():
                await asyncio.wait_for(self._delete_each(handle), seconds)

    async def _delete_each(self, handle: Handle) -> None:
        for key in handle.written:
            with whatever_it_raises():
                await handle.store.delete(key)

    # Keys and values

    def key(self, number: int = 0, below: str = "") -> str:
        """Return a legal key: another for each number, below the directory `below`."""
        name = self.subject.grammar.name(number)
        return f"{below}/{name}" if below else name

    def directory(self, number: int = 0, below: str = "") -> str:
        """Return the path of a directory that may hold keys: another for each number, below the directory `below`."""
        name = self.subject.grammar.directory(number)
        return f"{below}/{name}" if below else name

    def template(self, below: str = "") -> str:
        """Return keys below the directory `below` as `SetEach` takes them: with `{}` in the number's place.

        Raises:
            NotApplicable: the names of the subject's grammar do not show their numbers.
        """
        return self._template(self.key(_SHOWN, below))

    def directory_template(self) -> str:
        """Return directories as a template of keys is: with `{}` in the number's place.

        Raises:
            NotApplicable: the names of the subject's grammar do not show their numbers.
        """
        return self._template(self.directory(_SHOWN))

    def _template(self, name: str) -> str:
        before, shown, after = name.partition(str(_SHOWN))
        if not shown or "{" in name:
            raise NotApplicable("the names of the subject's key grammar do not show their numbers")
        return f"{before}{{}}{after}"

    def legal_among(self, keys: Iterable[str]) -> list[str]:
        """Return those of `keys` that the subject's own grammar takes."""
        return [key for key in keys if self.subject.grammar.legal(key)]

    def legal(self, key: str) -> str:
        """Return `key`.

        Raises:
            NotApplicable: the subject's own grammar leaves it out.
        """
        if not self.subject.grammar.legal(key):
            raise NotApplicable(f"the subject's key grammar leaves out {key!r}")
        return key

    def legal_value(self, value: bytes) -> bytes:
        """Return `value`.

        Raises:
            NotApplicable: the subject's own grammar leaves it out.
        """
        if not self.subject.grammar.value(value):
            raise NotApplicable(f"the subject takes no value of these {len(value):,} bytes")
        return value

    def require(self, *needs: Need) -> None:
        """Go on only where the store offers `needs`.

        Raises:
            NotApplicable: it does not.
        """
        for need in needs:
            if need not in self.survey.offers:
                raise NotApplicable(need.lack)

    def offers(self, need: Need) -> bool:
        """Whether the store offers `need`."""
        return need in self.survey.offers

    # Calls

    @contextmanager
    def apart(self) -> Generator[None, None, None]:
        """What is done within has no bearing on what follows: the script leaves it out, once all of it was right."""
        before = len(self.trace.steps)
        yield
        del self.trace.steps[before:]

    async def perform(self, handle: Handle, operation: Operation) -> Outcome:
        """Perform `operation`: the one place where a key meets a store."""
        operation.admit(guarded=self._world is not None)
        if operation.changes:
            handle.written.update(dict.fromkeys(operation.names()))
        deadline = self.profile.deadline * (1 + operation.count / 100 if isinstance(operation, SetEach) else 1)
        asked = Asked(handle.variable, operation, "", _WHATEVER)
        return await self._attempt(operation.apply(handle.store, self.dialect), asked, str(operation), operation.method, deadline)

    async def _attempt(self, call: Any, step: Executed | Asked, what: str, method: str, deadline: float) -> Outcome:
        try:
            async with self._limited(what, deadline, method):
                return Returned(await call)
        except ClauseFailure:
            self._show_overdue(step, deadline)
            raise
        except (NotApplicable, KeyboardInterrupt, asyncio.CancelledError):
            raise
        except BaseException as error:  # noqa: BLE001  # a native panic is an outcome too
            self.errors += 1
            return Raised(error)

    def _show_overdue(self, step: Executed | Asked, seconds: float) -> None:
        """Let the script end with what did not return, and wait no longer for it than was waited here."""
        match self.trace.steps:
            case [*_, Executed(source=source) as last] if isinstance(step, Executed) and source == step.source:
                self.trace.steps[-1] = replace(last, source="\n".join(limited(source.splitlines(), seconds)))
            case [*_, Asked(operation=operation, source=source) as last] if isinstance(step, Asked) and (operation, source) == (
                step.operation,
                step.source,
            ):
                self.trace.steps[-1] = replace(last, within=seconds)
            case steps:
                steps.append(replace(step, within=seconds) if isinstance(step, Asked) else step)

    @asynccontextmanager
    async def _limited(self, what: str, deadline: float, method: str = "") -> AsyncGenerator[None, None]:
        seconds = self.watch.patience(method, deadline)
        self.watch.operation, self.watch.method, self.watch.until = what, method, time.monotonic() + seconds
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            self.watch.overdue.append(method or what)
            raise ClauseFailure(
                f"{what} returns or raises within its deadline", f"it had not returned after {seconds:g} s", "ERR-3"
            ) from None
        finally:
            self.watch.until = float("inf")

    def within(self, what: str, seconds: float) -> AbstractAsyncContextManager[None]:
        """Demand that what is done within ends in time, like a call.

        Raises:
            ClauseFailure: it does not.
        """
        return self._limited(what, seconds)

    async def execute(self, source: str, **names: str) -> None:
        """Execute Python statements whose variables are the handles; `$name` stands for a key, which is admitted first.

        Raises:
            ClauseFailure: a statement raises.
        """
        text = self._filled(source, names)
        self.trace.steps.append(Executed(text))
        outcome = await self._attempt(self._evaluate(text, "exec"), Executed(text), text, text, self.profile.deadline)
        self._judge(outcome, returns, "", brief_source(text))

    async def outcome_of(self, source: str, *, scripted: str = "", **names: str) -> Outcome:
        """Return what a Python expression comes to; its variables are those of `execute`.

        A script in which it hangs has `scripted` in its place, if that is given.
        """
        asked = Asked("", None, scripted or source, _WHATEVER)
        return await self._attempt(
            self._evaluate(self._filled(source, names), "eval"), asked, source, source, self.profile.deadline
        )

    async def ask(self, source: str, expectation: Expectation, because: str = "", *, shown: str = "", **names: str) -> Any:
        """Demand that a Python expression comes to what is expected, and return its value, or the error.

        Args:
            source: the expression; `$name` stands for a key, as in `execute`.
            expectation: what it comes to.
            because: why that is right.
            shown: what the report calls the expression; by default its source, cut where it is long.
            names: the keys.
        """
        text = self._filled(source, names)
        asked = Asked("", None, text, expectation)
        self.trace.steps.append(asked)
        outcome = await self._attempt(self._evaluate(text, "eval"), asked, text, text, self.profile.deadline)
        return self._judge(outcome, expectation, because, shown or brief_source(text))

    def _filled(self, source: str, names: Mapping[str, str]) -> str:
        for name in names.values():
            admit(name, operation=source, destructive=True, guarded=self._world is not None)
        for handle in self.handles:
            handle.written.update(dict.fromkeys(names.values()))
        return Template(source).substitute({word: repr(name) for word, name in names.items()}) if names else source

    async def _evaluate(self, source: str, mode: str) -> Any:
        self._variables.update(namespace(source, self.dialect))
        code = compile(source, "<script>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, self._variables)  # noqa: S307  # the clause's own text, which the script shows
        return await result if code.co_flags & inspect.CO_COROUTINE else result

    def _judge(self, outcome: Outcome, expectation: Expectation, because: str, what: str) -> Any:
        if isinstance(outcome, Raised) and not isinstance(outcome.error, Exception):
            raise ClauseFailure(str(expectation), f"{outcome}, which is no Exception", because)
        if not expectation.allows(outcome):
            raise ClauseFailure(f"{what}: {expectation}", str(outcome), because)
        return outcome.value if isinstance(outcome, Returned) else outcome.error

    def fail(self, expected: str, actual: str, because: str = "") -> NoReturn:
        """Say that the clause does not hold; the script is that of the trace so far."""
        raise ClauseFailure(expected, actual, because)

    def script(self) -> str:
        """The trace so far as a program."""
        return self.trace.script(self.subject, self.dialect)


class Handle:
    """One opened store, in a trial.

    Attributes:
        variable: what scripts call it.
        store: the store itself.
        place: where it lives.
        written: the keys and prefixes that changing operations were given.
        closed: whether the kit closed it.
    """

    def __init__(self, trial: Trial, variable: str, store: Any, place: Place, place_variable: str) -> None:
        self.variable = variable
        self.store = store
        self.place = place
        self.place_variable = place_variable
        self.written: dict[str, None] = {}
        self.closed = False
        self._trial = trial

    async def do(self, operation: Operation) -> Outcome:
        """Perform `operation`, whatever it comes to."""
        outcome = await self._trial.perform(self, operation)
        self._trial.trace.steps.append(Performed(self.variable, operation, isinstance(outcome, Raised)))
        return outcome

    async def expect(self, operation: Operation, expectation: Expectation, because: str = "") -> Any:
        """Perform `operation`, demand what is expected, and return the value, or the error."""
        self._trial.trace.steps.append(Asked(self.variable, operation, "", expectation))
        outcome = await self._trial.perform(self, operation)
        value = self._trial._judge(outcome, expectation, because, str(operation))  # pyright: ignore[reportPrivateUsage]  # its other half
        if operation.changes:  # what follows builds on it
            self._trial.trace.steps[-1] = Performed(self.variable, operation, isinstance(outcome, Raised))
        return value

    async def run(self, operation: Operation) -> Any:
        """Perform `operation`, which must return, and return its value."""
        return await self.expect(operation, returns)

    async def set(self, key: str, value: bytes) -> None:
        """Set `key`, which must succeed.

        Raises:
            NotApplicable: the subject's own grammar leaves the value out.
        """
        await self.run(Set(key, self._trial.legal_value(value)))

    async def get(self, key: str) -> Any:
        """Get the whole value of `key`, which must succeed."""
        return await self.run(Get(key))

    async def delete(self, key: str) -> None:
        """Delete `key`, which must succeed."""
        await self.run(Delete(key))

    async def holds(self, contents: Mapping[str, bytes], because: str = "", *, absent: Collection[str] = ()) -> None:
        """Demand, by reading everything back, that the store holds `contents` and nothing else; `absent` are asked one by one."""
        if self._trial.offers(Need.LISTING):
            await self.expect(ListAll(), gives_names(contents), because)
        for key, value in contents.items():
            await self.expect(Get(key), gives(value), because)
            await self.expect(Exists(key), gives(value=True), because)
            await self.expect(GetSize(key), gives(len(value)), because)
        for key in absent:
            await self.expect(Get(key), gives(None), because)
            await self.expect(Exists(key), gives(value=False), because)

    async def close(self) -> None:
        """Close the store; a close that must be awaited is awaited."""
        self.closed = True
        async with asyncio.timeout(self._trial.profile.deadline):
            await close_store(self.store)


@contextmanager
def whatever_it_raises() -> Generator[None, None, None]:
    """Go on after any error of a store, a native panic too."""
    try:
        yield
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise
    except BaseException:  # noqa: BLE001, S110  # what it does at the end is for other clauses to say
        pass


def _unless_judged(error: BaseException, expected: str) -> BaseException:
    """What to raise for `error`: itself where it says what went wrong, else that `expected` does not hold."""
    if isinstance(error, (ClauseFailure, NotApplicable, TargetError)):
        return error
    return ClauseFailure(expected, brief_error(error))
