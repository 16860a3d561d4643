"""What `import storeproto` brings with it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST_MODULES = "import sys; before = set(sys.modules); {}; print('\\n'.join(set(sys.modules) - before))"


def modules_after(statement):
    """The modules that a fresh interpreter loads for `statement`."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {LIST_MODULES.format(statement)}"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())  # noqa: S603  # our own command


def test_typing_extensions_is_the_only_dependency():
    """Beyond the standard library only typing_extensions is loaded."""
    loaded = {name.partition(".")[0] for name in modules_after("import storeproto")}
    assert loaded - sys.stdlib_module_names == {"storeproto", "typing_extensions"}


def test_nothing_heavy_is_loaded():
    """No module of the standard library that is slow to import is loaded either."""
    heavy = {"asyncio", "concurrent.futures", "dataclasses", "json", "logging", "pathlib", "socket", "subprocess", "tempfile"}
    assert modules_after("import storeproto") & heavy == set()


def test_hardly_anything_is_loaded_that_typing_extensions_does_not_load():
    """Of the modules of the standard library only the small one for weak references is loaded beside those of typing_extensions."""
    loaded = modules_after("import storeproto") - modules_after("import __future__, typing_extensions")
    assert {name for name in loaded if name.partition(".")[0] != "storeproto"} <= {"weakref", "_weakrefset"}


def test_the_public_names_are_there():
    """Each name in __all__ can be imported."""
    import storeproto

    assert [name for name in storeproto.__all__ if not hasattr(storeproto, name)] == []
