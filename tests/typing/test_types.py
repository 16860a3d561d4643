"""The types as their users see them, under mypy --strict --warn-unreachable and pyright strict.

`users/` holds what people write: right uses with `assert_type`, and wrong ones with an ignore comment that names the error. A
comment that ignores nothing is an error too, so each wrong use is known to be refused, and for that reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from documented_examples import ROOT, blocks

HERE = Path(__file__).parent
PAGES = ("types.md", "tutorial_library.md")


class Finding(NamedTuple):
    """What a type checker says of a line."""

    line: int
    severity: str
    text: str


def run(arguments, folder, packages):
    """Run a Python module in a folder, and return what it prints."""
    environment = os.environ | {"MYPYPATH": str(packages), "PYTHONPATH": str(packages), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)  # noqa: S603  # our own command


def mypy(folder, cache, packages=ROOT):
    """What mypy finds in the files of a folder."""
    # From mypy 2 on a bytearray is no bytes under --strict; older ones are told so.
    rules = ["--config-file=", "--strict", "--warn-unreachable", "--disable-bytearray-promotion"]
    done = run(["mypy", *rules, "--follow-imports=silent", "--output=json", f"--cache-dir={cache}", "."], folder, packages)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line]
    return [
        Finding(one["line"], one["severity"], f"{one['file']}:{one['line']}: {one['message']} [{one['code']}]") for one in found
    ]


def pyright(folder, _cache, packages=ROOT):
    """What pyright finds in the files of a folder."""
    settings = {
        "include": ["."],
        "extraPaths": [str(packages)],
        "typeCheckingMode": "strict",
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    done = run(["pyright", "--outputjson", "--pythonpath", sys.executable], folder, packages)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    findings = []
    for one in json.loads(done.stdout[done.stdout.index("{") :])["generalDiagnostics"]:
        line = one["range"]["start"]["line"] + 1
        findings.append(Finding(line, one["severity"], f"{one['file']}:{line}: {one['message']} [{one.get('rule')}]"))
    return findings


CHECKERS = {"mypy": mypy, "pyright": pyright}
each_checker = pytest.mark.parametrize("checker", CHECKERS)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Where mypy keeps what it knows of other packages from one run to the next."""
    return tmp_path_factory.mktemp("mypy_cache")


def errors(findings):
    """What is wrong, in words."""
    return [finding.text for finding in findings if finding.severity in ("error", "warning")]


def narrowings(which, folder):
    """Write the orders of narrowing into a folder, and return how many branches there are."""
    command = [sys.executable, str(HERE / "narrowing_permutations.py"), which]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  # our own command
    (folder / "narrowings.py").write_text(text)
    return int(text.splitlines()[-1].removeprefix("# "))


def reached(findings):
    """The lines on which the type of a store was revealed, and is not Never."""
    revealed = [finding for finding in findings if re.search(r'Revealed type is|Type of "s" is', finding.text)]
    return {finding.line for finding in revealed if not re.search(r'is "Never"', finding.text)}


def documented():
    """The examples of the pages about types, as files."""
    shown = [block for page in PAGES for block in blocks(ROOT / "docs" / page) if block.language == "python"]
    return {block.file or f"example_{number}.py": block.text for number, block in enumerate(shown) if "test_" not in block.file}


@each_checker
def test_what_users_write_is_understood(checker, tmp_path, cache):
    """Right uses have the types that they should, wrong ones are refused, in each file of `users` and each documented example."""
    shutil.copytree(HERE / "users", tmp_path, dirs_exist_ok=True)
    for name, text in documented().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert errors(CHECKERS[checker](tmp_path, cache)) == []


def test_each_corner_has_an_example():
    """The page about types has an example of flags, of methods without one, of zarr's buffers, and of each awkward corner."""
    assert len([name for name in documented() if name.startswith("example_")]) == 8


@each_checker
@pytest.mark.parametrize("which", ["flags", "mixed"])
def test_every_order_of_narrowing_is_understood(checker, which, tmp_path, cache):
    """A store narrowed by its flags, in any order, on any kind of variable, has all its members; every branch is checked."""
    count = narrowings(which, tmp_path)
    findings = CHECKERS[checker](tmp_path, cache)
    assert (errors(findings), len(reached(findings))) == ([], count)


@pytest.mark.parametrize(
    ("checker", "right", "wrong"),
    [
        ("pyright", "class SupportsDeletes(HasDeletesFlag, Protocol)", "class SupportsDeletes(Protocol)"),
        ("mypy", "class SupportsWrites(HasWritesFlag, ", "class SupportsWrites(PrototypeStore[bytes, Never, Never], "),
    ],
    ids=["flags without a shared base", "a capability that is a store"],
)
def test_another_layout_of_the_protocols_is_found_out(checker, right, wrong, tmp_path):
    """The test of the orders of narrowing fails on layouts of the protocols that do not narrow."""
    packages, folder = tmp_path / "packages", tmp_path / "files"
    shutil.copytree(ROOT / "storeproto", packages / "storeproto", ignore=shutil.ignore_patterns("__pycache__"))
    protocols = packages / "storeproto" / "protocols.py"
    protocols.write_text(protocols.read_text().replace(right, wrong))
    folder.mkdir()
    count = narrowings("few", folder)
    findings = CHECKERS[checker](folder, tmp_path / "cache", packages)
    assert (errors(findings), len(reached(findings))) != ([], count)


MISTAKES = """\
from typing import assert_type
from storeproto import Store, supports_writes

async def use(store: Store) -> None:
    assert_type(await store.get("k"), str)
    await store.get(3)
    await store.get("k")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await store.set("k", b"v")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    if supports_writes(store):
        await store.set("k", b"v")
"""


@each_checker
def test_a_mistake_is_found_out(checker, tmp_path, cache):
    """A wrong assertion, an error, a comment that ignores nothing and one that names another error are each reported."""
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    assert {finding.line for finding in CHECKERS[checker](tmp_path, cache) if finding.severity == "error"} == {5, 6, 7, 8}


def test_every_public_type_is_known(tmp_path):
    """The type of everything that the package offers is written down or can be inferred: pyright's score is 100 %."""
    done = run(["pyright", "--verifytypes", "storeproto", "--ignoreexternal", "--outputjson"], tmp_path, ROOT)
    report = json.loads(done.stdout[done.stdout.index("{") :])["typeCompleteness"]
    unknown = [(symbol["name"], symbol["diagnostics"]) for symbol in report["symbols"] if not symbol["isTypeKnown"]]
    judged = Path(report["packageRootDirectory"]).resolve()
    assert (report["completenessScore"], judged, unknown) == (1, (ROOT / "storeproto").resolve(), [])
