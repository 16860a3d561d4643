"""The command `storeproto`."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import cli
from conformance.cli import main
from conformance.contract import CONTRACT
from storeproto import __version__

SOUND = "broken_stores.sound:SoundStore"
QUICKLY = ("--operations", "0", "--profile", "quick", "--clause", "GET")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TERM": "xterm", "COLUMNS": "200"}


def check(*arguments: str) -> int:
    """Judge the chapter GET of stores, and return the exit status."""
    return main(["check", *arguments, *QUICKLY])


PROGRAM = "import sys; sys.path[:] = filter(None, sys.path); from conformance.cli import main; sys.exit(main())"
"""What the console script does: the interpreter does not look for modules in the working directory."""


def run(*arguments: str, directory: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a program."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    settings = {**ENVIRONMENT, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=settings, timeout=120, cwd=directory)  # noqa: S603, PLW1510


def test_conforming_store():
    """A store that conforms is exit status 0."""
    assert check(SOUND) == 0


def test_version(capsys):
    """The command says which version of the package it is of."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"storeproto {__version__}\n"


def test_conclusion(capsys):
    """The last line says whether the store conforms, and to how many clauses of how many."""
    check(SOUND)
    assert re.search(rf"^{SOUND} conforms \(contract 1\.0\): \d+ of \d+ clauses passed$", capsys.readouterr().out, re.MULTILINE)


def test_broken_must():
    """A broken MUST is exit status 1."""
    assert check("broken_stores.get:MissingKeyIsEmpty") == 1


@pytest.mark.parametrize(("strict", "status"), [((), 0), (("--strict",), 1)])
def test_broken_should(strict: tuple[str, ...], status: int):
    """A broken SHOULD is exit status 1 with --strict alone."""
    assert check("unruly_stores:Nameless", "--clause", "LIF-10", *strict) == status


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what a process brings to the disk")
@pytest.mark.parametrize(("durable", "status"), [((), 0), (("--durable",), 1)])
def test_promise_of_durability(durable: tuple[str, ...], status: int):
    """A store that is said to survive a power cut, and does not, gives 1."""
    assert check("local", "--clause", "DUR-7", *durable) == status


def test_worst_of_several():
    """Of several targets the worst counts."""
    assert check(SOUND, "broken_stores.get:MissingKeyIsEmpty", "unruly_stores:raises") == 2


def test_others_are_judged_beside_an_unusable_target(tmp_path):
    """A target that cannot be opened does not take the report of the others."""
    check("unruly_stores:raises", SOUND, "--json", str(tmp_path / "report.json"))
    assert json.loads((tmp_path / "report.json").read_text())["subject"]["name"] == SOUND


def test_fault_of_the_kit(monkeypatch):
    """A fault of the kit is exit status 3, with its traceback."""

    def fail(*arguments: object, **options: object) -> None:
        raise LookupError("a fault")

    monkeypatch.setattr("conformance.runner.check", fail)
    assert check(SOUND) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nothing"], "there is no target 'nothing'"),
        (["check", "no_such_package:Store"], "is its package installed here?"),
        (["check", "unruly_stores:NoSuchStore"], "there is no 'NoSuchStore'"),
        (["check", "unruly_stores:LazyModule.store"], "'store' of 'unruly_stores:LazyModule' raised LookupError: no driver"),
        (["check", "unruly_stores:raises"], "raised RuntimeError: no server at this address"),
        (["check", "unruly_stores:PanicsWhenOpened"], "raised NativePanicError: no driver"),
        (["check", "unruly_stores:no_store"], "gave a dict, which is no store"),
        (["check", "unruly_stores:NeedsAName"], "its arguments are name, number: --arg NAME=VALUE"),
        (["check", "unruly_stores.py:Hangs"], "give unruly_stores"),
        (["check", "ends_when_imported:Store"], "it ends the program (SystemExit: 3)"),
        (["check", "broken_stores.pre:NotEmpty"], "--disposable"),
        (["check", "broken_stores.pre:PerhapsNotEmpty"], "--disposable"),
        (["check", "memory", "--clause", "GET-99"], "there is no clause or chapter 'GET-99'"),
        (["check", "memory", "--contract", "0.9"], "no version '0.9' of the contract; this kit decides 1.0"),
        (["check", "memory", "--arg", "root"], "give NAME=VALUE"),
        (["check", "memory", "--arg", "root:=x"], "is not JSON"),
        (["check", "memory", "--arg", "root=x"], "takes no arguments"),
        (["check", "memory", "--arg", "root=x", "--arg", "root=y"], "'root' was given before"),
        (["check", "memory", "--arg", "root={tmp_pth}"], "is it {tmp_path}?"),
        (["compare", "memory", "local", "--arg", "root=x"], "no target takes an argument 'root'"),
        (["check", "memory", "--timeout", "abc"], "'abc' is not a number of seconds"),
        (["check", "memory", "--timeout", "0"], "'0' is not a number of seconds"),
        (["check", "memory", "--operations", "-1"], "'-1' is not a number of operations"),
        (["check", "memory", "--profile", "slow"], "invalid choice: 'slow'"),
        (["check", "memory", "--colour"], "unrecognized arguments: --colour"),
        (["check", "memory", "--expect", "no/such/file.toml"], "cannot read the expectations file"),
        (["check", "memory", "--json", "no/such/directory/report.json"], "there is no directory"),
        (["check", "memory", "--json", "."], "it is a directory"),
        (["check", "memory", "--json", "a" * 300], "File name too long"),
        (["check", "memory", "--clause", "GET-1", "--operations", "0", "--json", "/dev/full"], "No space left on device"),
        (["check"], "the following arguments are required: TARGET"),
        (["contract", "XYZ"], "there is no clause or chapter 'XYZ'"),
        (["replay", "no/such/report.json", "memory"], "cannot read the report 'no/such/report.json': No such file"),
        (["matrix", "no/such/report.json"], "cannot read the report 'no/such/report.json': No such file"),
        ([], "the following arguments are required: COMMAND"),
        (["judge"], "invalid choice: 'judge'"),
    ],
    ids=" ".join,
)
def test_unusable_arguments(arguments: list[str], words: str, capsys):
    """What cannot be used is exit status 2, and one line that says what."""
    try:
        status: object = main(arguments)
    except SystemExit as stopped:
        status = stopped.code
    lines = capsys.readouterr().err.splitlines()
    assert (status, len(lines), [line for line in lines if words not in line]) == (2, 1, [])


@pytest.mark.parametrize(("name", "words"), [("old.json", "it may not be written to"), ("new.json", "nothing may be made in")])
def test_file_that_may_not_be_written(name: str, words: str, tmp_path: Path, monkeypatch, capsys):
    """A file that cannot be written is refused before the store is opened, and not after."""
    (tmp_path / "old.json").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may do everything
    status = main(["check", "unruly_stores:raises", "--json", str(tmp_path / name)])
    assert (status, words in capsys.readouterr().err) == (2, True)


def test_other_files_are_written(tmp_path: Path):
    """A file that cannot be written does not take the others."""
    path = tmp_path / "report.html"
    check(SOUND, "--json", "/dev/full", "--html", str(path))
    assert path.stat().st_size


@pytest.mark.parametrize("command", [["replay", "{}", "memory"], ["matrix", "{}"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "is no report of schema 1"),
        ('{"schema": 1, "reports": [5]}', "is no report of schema 1"),
        ('{"schema": 2, "reports": []}', "of schema 2, and this version reads schema 1: install a newer storeproto"),
    ],
)
def test_no_report(command: list[str], text: str, words: str, tmp_path: Path, capsys):
    """A file that is no report, or one of a newer schema, is named with what to do."""
    path = tmp_path / "report.json"
    path.write_text(text)
    status = main([word.format(path) for word in command])
    assert (status, words in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize("option", ["--html", "--markdown"])
def test_matrix_that_cannot_be_written(option: str, tmp_path: Path, capsys):
    """A matrix whose file takes nothing is exit status 2, and one line."""
    check(SOUND, "--json", str(tmp_path / "report.json"))
    capsys.readouterr()
    status = main(["matrix", str(tmp_path / "report.json"), option, "/dev/full"])
    assert (status, capsys.readouterr().err) == (2, "storeproto: cannot write '/dev/full': No space left on device\n")


def test_module_of_the_working_directory(tmp_path: Path):
    """A target may be a module of the working directory that nothing installed."""
    (tmp_path / "my_stores.py").write_text("from broken_stores.sound import SoundStore\n")
    done = run("check", "my_stores:SoundStore", *QUICKLY, directory=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_safe_path(tmp_path: Path):
    """Where Python was told to keep the working directory out of its search path, it is kept out."""
    (tmp_path / "my_stores.py").write_text("from broken_stores.sound import SoundStore\n")
    assert "there is no module 'my_stores'" in run("check", "my_stores:SoundStore", directory=tmp_path, PYTHONSAFEPATH="1").stderr


def test_without_the_extra(monkeypatch, capsys):
    """Without the extra's packages the command says which to install."""
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name == "rich" else object())
    assert (main(["check", "memory"]), capsys.readouterr().err) == (
        2,
        "storeproto: the kit needs rich: pip install 'storeproto[conformance]'\n",
    )


def test_without_any_package():
    """In a bare Python the command does not fail in an import."""
    command = [sys.executable, "-S", "-m", "conformance", "check", "memory"]
    root = str(Path(cli.__file__).parents[1])
    done = subprocess.run(command, capture_output=True, text=True, env={**ENVIRONMENT, "PYTHONPATH": root})  # noqa: S603, PLW1510
    assert done.stderr == "storeproto: the kit needs hypothesis, pytest, rich: pip install 'storeproto[conformance]'\n"


def test_module():
    """`python -m conformance` is the same command."""
    command = [sys.executable, "-m", "conformance", "contract", "GET-1"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)  # noqa: S603, PLW1510
    assert done.stdout == run("contract", "GET-1").stdout


def test_pipe_shows_no_progress():
    """In a pipe there is nothing on standard error."""
    assert run("check", SOUND, *QUICKLY).stderr == ""


def test_pipe_shows_no_colour():
    """In a pipe the report is plain text."""
    assert "\x1b" not in run("check", "broken_stores.get:MissingKeyIsEmpty", *QUICKLY).stdout


def test_terminal_shows_progress():
    """On a terminal a line says which clause was decided last."""
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "conformance", "check", SOUND, "--operations", "0", "--profile", "quick", "--clause", "SET"]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=ENVIRONMENT):  # noqa: S603
        os.close(terminal)
        shown = b""
        while piece := _read(controller):
            shown += piece
    os.close(controller)
    assert re.search(rb"\d+ clauses, [A-Z]+-\d+", shown)


def _read(controller: int) -> bytes:
    """What the terminal shows next; nothing when the program has ended."""
    try:
        return os.read(controller, 65_536)
    except OSError:  # Linux says so that the other end is closed
        return b""


@pytest.mark.parametrize(("checker", "said"), [("none", "no type checker was asked for"), ("pyright", "pyright is not installed")])
def test_type_checker_is_chosen(checker, said, monkeypatch, capsys):
    """--type-checker says which is asked about the store's class, and whether one is."""
    monkeypatch.setattr("conformance.typing_check.checkers.find_spec", lambda _: None)
    check(SOUND, "--clause", "TYP-4", "--type-checker", checker)
    assert f"not applicable: TYP-4: {said}" in capsys.readouterr().out


def test_interrupt_keeps_the_report(tmp_path):
    """Ctrl-C writes the report of what was answered, and is exit status 3."""
    path = tmp_path / "report.json"
    arguments = ("--clause", "EXI-1", "--clause", "EXI-2", "--json", str(path))
    done = run("check", "unruly_stores:InterruptsItsProcess", *arguments)
    verdicts = {entry["id"]: entry["verdict"] for entry in json.loads(path.read_text())["clauses"]}
    assert (done.returncode, verdicts["EXI-1"], verdicts["EXI-2"]) == (3, "passed", "inconclusive")


def test_interrupt_before_the_report():
    """Ctrl-C before there is anything to report shows no traceback."""
    command = [sys.executable, "-m", "conformance", "check", "unruly_stores:interrupts_when_opened"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)  # noqa: S603, PLW1510
    assert (done.returncode, done.stderr) == (3, "storeproto: interrupted\n")


def test_reader_that_goes_away():
    """A reader that has seen enough, like `head`, makes no traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "conformance", "contract"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)  # noqa: S603, PLW1510
    os.close(writing)
    assert (done.returncode, done.stderr) == (3, "")


def test_reader_that_goes_away_loses_no_file(tmp_path: Path):
    """The files of a report are written though nobody reads what is printed."""
    path = tmp_path / "report.json"
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "conformance", "check", SOUND, *QUICKLY, "--json", str(path)]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)  # noqa: S603, PLW1510
    os.close(writing)
    assert (done.returncode, done.stderr, path.exists()) == (3, "", True)


def test_output_that_takes_nothing():
    """Where standard output is full, one line says so."""
    command = [sys.executable, "-m", "conformance", "contract"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)  # noqa: S603, PLW1510
    assert (done.returncode, done.stderr) == (3, "storeproto: cannot write to standard output: No space left on device\n")


def test_expected_failure(tmp_path):
    """A failure that the file of expectations names does not count."""
    path = tmp_path / "expect.toml"
    path.write_text('[expect]\n"GET-1" = "it is known"\n"GET-2" = "it is known"\n')
    assert check("broken_stores.get:MissingKeyIsEmpty", "--expect", str(path)) == 0


def test_timeout():
    """--timeout is the deadline of a call."""
    assert check("unruly_stores:Hangs", "--clause", "EXI-1", "--timeout", "1") == 1


def test_clause():
    """--clause takes chapters and clauses, in either case."""
    assert check("broken_stores.get:MissingKeyIsEmpty", "--clause", "get-1") == 1


def test_compare_of_stores_that_agree(capsys):
    """Two stores that do the same are exit status 0, and the line says how much was compared, and by which seed."""
    status = main(["compare", SOUND, "memory", "--operations", "77", "--seed", "3"])
    line = capsys.readouterr().out
    assert (status, line) == (0, f"{SOUND} and memory agree on 77 operations (--seed 3)\n")


def test_compare_of_stores_that_differ(capsys):
    """Two stores that differ are exit status 1; the program that shows it is printed, and what each made of it."""
    broken = "broken_stores.get:MissingKeyIsEmpty"
    status = main(["compare", SOUND, broken, "--operations", "2000"])
    text = capsys.readouterr().out
    form = (
        rf"{SOUND} and {broken} differ:\n(    get.*\n)+{SOUND}: .*None.*\n{broken}: .*b''.*\n"
        rf"a script that demands of {broken} what {SOUND} does:\n(    .*\n)+"
    )
    assert (status, re.fullmatch(form, text) is not None) == (1, True)


@pytest.mark.parametrize(
    ("target", "status", "verdict"), [("broken_stores.get:MissingKeyIsEmpty", 1, "fails"), (SOUND, 0, "holds")]
)
def test_replay(target: str, status: int, verdict: str, tmp_path: Path, capsys):
    """A trace of a report is performed on the store that is named, and is exit status 1 where it fails there."""
    report = tmp_path / "report.json"
    check("broken_stores.get:MissingKeyIsEmpty", "--json", str(report))
    capsys.readouterr()
    assert main(["replay", str(report), target, "--clause", "GET-1"]) == status
    assert capsys.readouterr().out.startswith(f"GET-1  {verdict}: ")


def test_replay_of_statements(tmp_path: Path, capsys):
    """A trace with statements is not performed: a file is data."""
    report = tmp_path / "report.json"
    main(["check", "broken_stores.set:KeepsTheCallersBuffer", "--clause", "SET-8", "--operations", "0", "--json", str(report)])
    capsys.readouterr()
    assert main(["replay", str(report), SOUND, "--clause", "SET-8"]) == 0
    assert capsys.readouterr().out == "SET-8  not performed: its statements are not executed; run its script\n"


def test_contract_lists_every_clause(capsys):
    """`contract` prints every clause."""
    main(["contract"])
    assert set(re.findall(r"^  ([A-Z]{3}-\d+a?) ", capsys.readouterr().out, re.MULTILINE)) == {clause.id for clause in CONTRACT}


def test_contract_of_one_clause(capsys):
    """`contract GET-1` prints that clause and no other."""
    main(["contract", "GET-1"])
    assert re.findall(r"^  (\S+)", capsys.readouterr().out, re.MULTILINE) == ["GET-1"]


def test_reference(capsys):
    """`reference` lists the reference stores."""
    main(["reference"])
    assert "memory" in capsys.readouterr().out


def test_help(capsys):
    """--help says the exit statuses."""
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert "exit status: 0 conforms" in capsys.readouterr().out
