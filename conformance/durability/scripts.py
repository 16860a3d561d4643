"""Findings that need another process, or its limits, as Python source that needs the store and the standard library alone.

A process that is killed, or races, is started from a program in the script itself. Where a kill falls, and who comes first, is
chance, so that a script goes on until the fault shows, and ends without an error where it does not.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from conformance.clause import Need
from conformance.durability.elsewhere import fresh_opening
from conformance.operations import Clear, Exists, Get, GetSize, IsEmpty, ListAll, ListDir, Operation, Set
from conformance.recipe import Opening
from conformance.subject import import_path
from conformance.trace import Executed
from conformance.trial import Trial

_ROUNDS = 200
_RACES, _RACING_KEYS = 20, 20
_BEFORE, _AFTER, _CHILD = "b'before'", "b'after'", "b'child'"
_KEPT, _NEW = "b'kept'", "b'new' * 400_000"
_REPEATED = 90_000
"""How often: values of more than 1 MiB, so that most kills fall into the middle of one."""


def killed_while_it_sets(trial: Trial, *, left: bool) -> Executed:
    """The script of DUR-1, or of DUR-2 where what is `left` is the question."""
    key, kept = trial.key(), trial.key(1)
    fresh, again = fresh_opening(trial), trial.subject.reopening or fresh_opening(trial)
    appends = bool(trial.processes.remembered.get("appends"))
    stock = [_set(trial, kept, _KEPT), _set(trial, key, "made(0)"), *_publishing(trial)]
    maker = ["def made(number):", f"    return b'value %06d;' % number * {_REPEATED:_}"]
    sets = [
        *(() if appends else stock), "for number in range(1, 1000):", f"    {_set(trial, key, 'made(number)')}",
        "    print(number, flush=True)",
    ]  # fmt: skip
    judged = _what_is_left(trial, [kept, key], changes=appends) if left else _what_is_held(trial, kept, key)
    before = [_opening(fresh), *stock, *_CLOSING] if appends else []
    lines = [
        *maker,
        *_program(trial, again if appends else fresh, sets, maker),
        f"for _ in range({_ROUNDS}):  # kills, until one falls where it hurts",
        "    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as path:",
        *[f"        {line}" for line in before],
        f"        {_STARTED}",
        "            process.stdout.readline()",
        "            begun, sets = time.perf_counter(), random.randint(1, 9)",
        "            last = 1 + sum([1 for _ in range(sets) if process.stdout.readline()])",
        "            time.sleep(random.random() * (time.perf_counter() - begun) / sets)",
        "            process.kill()",
        "            last += process.stdout.read().count(b'\\n')",
        *[f"        {line}" for line in (_opening(again), *judged)],
    ]
    return Executed("\n".join(lines), _imports(trial, fresh, again))


def killed_after_close(trial: Trial, keys: Sequence[str]) -> Executed:
    """The script of DUR-4."""
    fresh, again = fresh_opening(trial), trial.subject.reopening or fresh_opening(trial)
    sets = [
        *[_set(trial, key, _KEPT) for key in keys], *_publishing(trial), *_CLOSING, "print('closed', flush=True)", "time.sleep(60)",
    ]  # fmt: skip
    lines = [
        *_program(trial, fresh, sets),
        "path = tempfile.mkdtemp()",
        _STARTED,
        "    process.stdout.readline()",
        "    process.kill()",
        _opening(again),
        f"for key in {list(keys)!r}:",
        f"    got = {_get(trial)}",
        f"    assert got == {_KEPT}, (key, got)",
    ]
    return Executed("\n".join(lines), _imports(trial, fresh, again))


def without_space(trial: Trial, key: str, other: str) -> Executed:
    """The script of DUR-3."""
    fresh = fresh_opening(trial)
    creation = _set(trial, other, _NEW).replace(".set(", ".set_if_not_exists(", 1)
    changes = ((key, _KEPT, _set(trial, key, _NEW)), (other, None, _set(trial, other, _NEW)), (other, None, creation))
    lines = [
        "path = tempfile.mkdtemp()",
        _opening(fresh),
        _set(trial, key, _KEPT),
        "limits = resource.getrlimit(resource.RLIMIT_FSIZE)",
        "async def is_refused(change):",
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))  # no file may be longer",
        "    try:",
        "        await change()",
        "    except Exception:",
        "        return True",
        "    finally:",
        "        resource.setrlimit(resource.RLIMIT_FSIZE, limits)",
        "    return False",
        "for key, before, change in (",
        *[f"    ({name!r}, {before}, lambda: {call.removeprefix('await ')})," for name, before, call in changes],
        "):",
        "    refused = await is_refused(change)",
        f"    got = {_get(trial)}",
        "    assert refused and got == before, (key, refused, got and len(got))",
    ]
    return Executed("\n".join(lines), _imports(trial, fresh))


def used_in_a_fork(trial: Trial, key: str, other: str) -> Executed:
    """The script of LIF-11."""
    fresh = fresh_opening(trial)
    lines = [
        "path = tempfile.mkdtemp()",
        _opening(fresh),
        "async def holds(key, value):",
        f"    return {_get(trial)} == value",
        "async def is_right_in_a_child():",
        f"    known = await holds({key!r}, {_BEFORE})",
        f"    {_set(trial, other, _CHILD)}",
        f"    return known and await holds({other!r}, {_CHILD})",
        _set(trial, key, _BEFORE),
        f"assert await holds({key!r}, {_BEFORE})",
        "if (child := os.fork()) == 0:",
        "    with contextlib.suppress(Exception):  # it may raise",
        "        os._exit(not asyncio.run(is_right_in_a_child()))",
        "    os._exit(0)",
        "until = time.monotonic() + 5",
        "while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < until:",
        "    time.sleep(0.01)",
        "if not ended[0]:",
        "    os.kill(child, 9)",
        "assert ended == (child, 0), 'the child hangs, died, or was answered wrongly'",
        "async with asyncio.timeout(5):",
        f"    {_set(trial, key, _AFTER)}",
        f"    assert await holds({key!r}, {_AFTER})",
    ]
    return Executed("\n".join(lines), _imports(trial, fresh))


def creators_in_threads(trial: Trial) -> Executed:
    """The script of NEW-4 where threads race, each with a handle of its own."""
    fresh, again = fresh_opening(trial), trial.subject.reopening or fresh_opening(trial)
    lines = [
        *_racing(trial),
        f"for _ in range({_RACES}):",
        "    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as path:",
        f"        {_opening(fresh)}",
        "        start, seen = threading.Barrier(3), {}",
        "        async def create(number):",
        f"            {_opening(again)}",
        "            seen[number] = []",
        "            for key in keys:",
        "                start.wait()",
        *[f"                {line}" for line in _creation(trial)],
        "                seen[number].append(read)",
        "        threads = [threading.Thread(target=asyncio.run, args=(create(number),)) for number in range(3)]",
        "        for thread in threads:",
        "            thread.start()",
        "        for thread in threads:",
        "            thread.join()",
        *[f"        {line}" for line in _winner(trial, "zip(*seen.values())")],
    ]
    return Executed("\n".join(lines), _imports(trial, fresh, again))


def creators_in_processes(trial: Trial) -> Executed:
    """The script of NEW-4 where processes race."""
    fresh, again = fresh_opening(trial), trial.subject.reopening or fresh_opening(trial)
    racing = _racing(trial)
    body = [
        "number, start = int(sys.argv[2]), float(sys.argv[3])",
        "for place, key in enumerate(keys):",
        "    while time.time() < start + place / 100:  # sleeping would take too long",
        "        pass",
        *[f"    {line}" for line in _creation(trial)],
        "    print(read, flush=True)",
    ]
    lines = [
        *racing,
        *_program(trial, again, body, racing),
        f"for wait in range(1, {_RACES}):",
        "    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as path:",
        f"        {_opening(fresh)}",
        "        start = time.time() + min(wait, 4) / 2",
        "        creators = [subprocess.Popen([*command, path, str(number), str(start)], stdout=subprocess.PIPE, env=environment)",
        "                    for number in range(2)]",
        "        seen = [creator.communicate()[0].decode().splitlines() for creator in creators]",
        *[f"        {line}" for line in _winner(trial, "zip(*seen)")],
    ]
    return Executed("\n".join(lines), _imports(trial, fresh, again))


def without_handles(trial: Trial, key: str) -> Executed:
    """The script of DUR-5 where no file can be opened."""
    fault = [
        "taken = [os.open(os.devnull, os.O_RDONLY)]",
        "limits = resource.getrlimit(resource.RLIMIT_NOFILE)",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 1, limits[1]))",
        "with contextlib.suppress(OSError):  # until there is no handle left",
        "    while True:",
        "        taken.append(os.open(os.devnull, os.O_RDONLY))",
    ]
    end = [
        "resource.setrlimit(resource.RLIMIT_NOFILE, limits)",
        "for handle in taken:",
        "    os.close(handle)",
    ]
    return _asked_meanwhile(trial, key, fault, end)


def without_permission(trial: Trial, key: str) -> Executed:
    """The script of DUR-5 where nothing in the store's directory can be read."""
    fault = [
        "found = [path]",
        "for entry in found:  # what is in a directory comes behind it",
        "    if os.path.isdir(entry):",
        "        found += [below.path for below in os.scandir(entry) if not below.is_symlink()]",
        "for entry in reversed(found):",
        "    os.chmod(entry, 0)",
        "user = os.geteuid()",
        "os.seteuid(user or 65534)  # root may read all",
    ]
    end = [
        "os.seteuid(user)",
        "for entry in found:",
        "    os.chmod(entry, 0o700)",
    ]
    return _asked_meanwhile(trial, key, fault, end)


def _asked_meanwhile(trial: Trial, key: str, fault: Sequence[str], end: Sequence[str]) -> Executed:
    """A script that asks the same before a fault and while it lasts."""
    fresh = fresh_opening(trial)
    questions: list[Operation] = [Get(key), Exists(key), GetSize(key)]
    if trial.offers(Need.LISTING):
        directory = key.partition("/")[0]
        questions += [ListAll(), ListDir(directory), IsEmpty(directory)]
    lines = [
        "path = tempfile.mkdtemp()",
        _opening(fresh),
        _set(trial, key, _KEPT),
        "async def answer(question):",
        "    try:",
    ]
    for question in questions:
        lines += [f"        if question == {str(question)!r}:", f"            return {question.question('store', trial.dialect)}"]
    lines += [
        "    except Exception as error:",
        "        return error",
        f"questions = {[str(question) for question in questions]!r}",
        "right = [await answer(question) for question in questions]",
        *fault,
        "meanwhile = [await answer(question) for question in questions]",
        *end,
        "for question, before, now in zip(questions, right, meanwhile):",
        "    assert isinstance(now, Exception) or now == before, f'{question} is {before}, and was {now} meanwhile'",
    ]
    return Executed("\n".join(lines), _imports(trial, fresh))


def _racing(trial: Trial) -> list[str]:
    """Statements that make the keys, and the function by which values are told apart."""
    keys = [trial.key(number) for number in range(_RACING_KEYS)]
    return [
        f"keys = {keys!r}",
        "def told(value):",
        "    return str(value and f'{len(value)} bytes, of {sorted({*value})}')",
    ]


def _creation(trial: Trial) -> list[str]:
    """Statements that create the key as one of the creators, and read it."""
    key = trial.key()
    call = _set(trial, key, "bytes([number]) * 65_536").replace(repr(key), "key").replace(".set(", ".set_if_not_exists(", 1)
    return [
        "try:",
        f"    {call}",
        "except Exception:",
        "    pass  # who is refused has not won",
        f"read = told({_get(trial)})",
    ]


def _winner(trial: Trial, seen: str) -> list[str]:
    """Statements that demand one winner."""
    return [
        f"for key, reads in zip(keys, {seen}):",
        f"    left = told({_get(trial)})",
        "    assert {*reads} == {left}, f'{key}: the creators read {reads}, and in the end there is {left}'",
    ]


_STARTED = "with subprocess.Popen([*command, path], stdout=subprocess.PIPE, env=environment) as process:"
_CLOSING = ("closed = store.close()", "if closed is not None:", "    await closed")


def _program(trial: Trial, opening: Opening, body: Sequence[str], functions: Sequence[str] = ()) -> list[str]:
    """Statements that make the command and the environment of a process that opens the store, and does what the body says."""
    return [
        'writer = """',
        "import asyncio, sys, time",
        *_imports(trial, opening),
        *functions,
        "async def main(path):",
        *[f"    {line}" for line in (_opening(opening), *body)],
        "asyncio.run(main(sys.argv[1]))",
        '"""',
        "command = [sys.executable, '-c', textwrap.dedent(writer)]",
        "environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}",
    ]


def _opening(opening: Opening) -> str:
    """The statement that opens the store in the directory `path`."""
    return f"store = {opening.python('path')[1]}"


def _imports(trial: Trial, *openings: Opening) -> tuple[str, ...]:
    """What opening the store, publishing, and its dialect need."""
    found = {line for opening in openings for line in opening.python("path")[0].values()}
    calls = f"{trial.dialect.python_value(b'x')} {_get(trial)}"
    found |= {line for name, line in trial.dialect.imports.items() if name in calls}
    path = import_path(trial.subject.publish) if trial.subject.publishes else None
    if path is not None:
        module, _, name = path.partition(":")
        found.add(f"from {module} import {name.partition('.')[0]}")
    return tuple(sorted(found))


def _publishing(trial: Trial) -> list[str]:
    """Statements that publish what was set, where the subject publishes."""
    publish = trial.subject.publish
    path = import_path(publish) if trial.subject.publishes else None
    if path is None:
        return []
    awaits = "await " if inspect.iscoroutinefunction(publish) else ""
    return [f"{awaits}{path.partition(':')[2]}(store)"]


def _set(trial: Trial, key: str, value: str) -> str:
    """The statement that sets `key` to what the expression `value` gives."""
    operation = Set(key, b"x")
    operation.admit()
    return operation.call("store", trial.dialect).replace("b'x'", value)


def _get(trial: Trial) -> str:
    """The expression for what the variable `key` names, as bytes."""
    return Get("$key").question("store", trial.dialect).replace("'$key'", "key")


def _what_is_held(trial: Trial, kept: str, key: str) -> list[str]:
    allowed = "[made(number) for number in range(last + 2)]" if trial.subject.publishes else "[made(last), made(last + 1)]"
    return [
        f"for key, allowed in (({kept!r}, [{_KEPT}]), ({key!r}, {allowed})):",
        f"    got = {_get(trial)}",
        "    assert got in allowed, f'{key} holds {got and len(got)} bytes, no value that was set: {(got or b\"\")[:40]}'",
    ]


def _what_is_left(trial: Trial, keys: Sequence[str], *, changes: bool) -> list[str]:
    lines: list[str] = []
    if trial.offers(Need.LISTING):
        lines += [
            "names = {name async for name in store.list()}",
            f"assert names <= {{{', '.join(map(repr, keys))}}}, names",
        ]
    if changes:
        lines.append(_set(trial, keys[1], _AFTER))
        if {Need.DELETES, Need.LISTING} <= trial.survey.offers:
            lines += [Clear().call("store", trial.dialect), "assert not [name async for name in store.list()]"]
    return lines
