"""What the plugin collects, and that pytest's selection applies to it."""

import time

import pytest

from conformance.contract import CONTRACT


def test_one_item_a_clause(suite):
    """Each clause is an item, named by the subject and its id."""
    suite("--collect-only", "-q").stdout.fnmatch_lines(["test_stores.py::good::GET-1"])


def test_all_kinds_of_factories(suite):
    """Plain, asynchronous, generator and asynchronous generator factories are subjects, with fixtures too."""
    suite("-k", "GET-1").assert_outcomes(passed=4, deselected=8)


PARAMETRISED = """
import conformance
import pytest
from reference_stores import MemoryStore, ZipStore

class BlindStore(MemoryStore):
    async def exists(self, key):
        return False

@pytest.fixture(params=["one", "two"])
def twice(request):
    return request.param

@pytest.fixture(scope="module", params=[MemoryStore, BlindStore])
def kind(request):
    return request.param

@conformance.subject()
@pytest.mark.parametrize("made", [MemoryStore, pytest.param(BlindStore, marks=pytest.mark.skip(reason="it is known"))])
def marked(made):
    return made()

@conformance.subject()
def fixed(kind):
    return kind()

@pytest.mark.parametrize("compression", [0, 8])
@conformance.subject()
def crossed(tmp_path, compression, twice):
    assert twice in ("one", "two")
    return ZipStore(tmp_path / "store.zip", mode="w", compression=compression)
"""


def test_parameters_have_names(suite, pytester):
    """A subject with parameters, or with a fixture that has some, is one for each set, which its name says."""
    pytester.makepyfile(test_stores=PARAMETRISED)
    result = suite("--collect-only", "-q", clauses="GET-1")
    result.stdout.fnmatch_lines_random(["test_stores.py::marked[[]MemoryStore]::GET-1", "test_stores.py::crossed[[]one-8]::GET-1"])
    assert sum(line.endswith("::GET-1") for line in result.outlines) == 8


@pytest.mark.parametrize("more", [(), ("-p", "xdist", "-n", "2"), ("-p", "asyncio", "--asyncio-mode", "auto"), ("-p", "randomly")])
def test_parameters(suite, pytester, more):
    """Each item is given the parameters of its subject, and bears their marks."""
    pytester.makepyfile(test_stores=PARAMETRISED)
    suite(*more, apart=True, clauses="EXI-1").assert_outcomes(passed=6, failed=1, skipped=1)


def test_missing_fixture(suite, pytester):
    """A fixture that there is not is an error that shows the subject, and nothing of the kit."""
    pytester.makepyfile(
        test_stores="""
        import conformance

        @conformance.subject()
        def lost(no_such_fixture):
            return no_such_fixture
        """
    )
    output = suite(apart=True, clauses="GET-1").stdout
    output.fnmatch_lines(["*def lost(no_such_fixture):", "E * fixture 'no_such_fixture' not found"])
    output.no_fnmatch_line("*pytest_items*")


def test_node_id(suite):
    """One clause of one subject runs by its node id."""
    suite("test_stores.py::good::GET-1").assert_outcomes(passed=1)


def test_keyword_of_a_level(suite):
    """The level of a clause selects it."""
    suite("-k", "good and SHOULD", clauses="LST-3,LST-4").assert_outcomes(passed=1, deselected=7)


def test_marker(suite):
    """Every item has the marker `storeproto`."""
    suite("-m", "not storeproto").assert_outcomes(deselected=12)


def test_last_failed(suite):
    """What failed last runs alone."""
    suite("-k", "EXI")
    suite("--lf").assert_outcomes(failed=1, deselected=11)


def test_stop_at_the_first(suite):
    """The run stops at the first failure where it should."""
    suite("-x", "-k", "blind and EXI or good and GET").assert_outcomes(failed=1, passed=1, deselected=10)


def test_store_on_the_command_line(suite, pytester):
    """A store on the command line needs no test file."""
    pytester.path.joinpath("test_stores.py").unlink()
    suite("--store", "memory").assert_outcomes(passed=3)


def test_selection_on_the_command_line(suite):
    """The selection applies to a store on the command line."""
    suite("--store=memory", "-k", "memory and GET-1").assert_outcomes(passed=1, deselected=14)


def test_last_failed_on_the_command_line(suite, pytester, python_path):
    """What failed last of a store on the command line runs alone."""
    pytester.makepyfile(shop="import test_stores\n\ndef make():\n    return test_stores.BlindStore()\n")
    suite("--store=shop:make", "-k", "shop")
    suite("--store=shop:make", "--lf").assert_outcomes(failed=2, deselected=13)


def test_counts_what_it_adds(suite):
    """A store on the command line is among what pytest says it collected."""
    suite("--store", "memory").stdout.fnmatch_lines(["collected 15 items"])


def test_node_id_on_the_command_line(suite):
    """The items of a store on the command line have node ids that begin with the target."""
    suite("--store", "memory", "--collect-only", "-q").stdout.fnmatch_lines(["memory::GET-1"])


def test_arguments_on_the_command_line(suite):
    """A store on the command line takes arguments."""
    result = suite("--store", "reference_stores:LocalStore", "--store-arg", "root={tmp_path}", "-k", "LocalStore")
    result.assert_outcomes(passed=3, deselected=12)


def test_store_of_the_working_directory(suite, pytester):
    """A store on the command line may be of a module of the working directory, as for the command `storeproto`."""
    pytester.path.joinpath("test_stores.py").unlink()
    pytester.path.joinpath("own_store.py").write_text("from reference_stores import MemoryStore as Own\n")
    suite("--store", "own_store:Own", clauses="GET-1").assert_outcomes(passed=1)


def test_unknown_target(suite):
    """A target that is none is a usage error of one line."""
    suite("--store", "nothing").stderr.fnmatch_lines(["ERROR: *there is no target 'nothing'*"])


@pytest.mark.parametrize("owner", ["plugin", "conftest"])
def test_survives_another_store_option(suite, pytester, python_path, owner):
    """Another plugin's `--store`, or that of a conftest.py, is left alone."""
    option = "def pytest_addoption(parser):\n    parser.addoption('--store', dest='other')\n"
    more = []
    if owner == "plugin":
        pytester.makepyfile(other_plugin=option)
        more = ["-p", "other_plugin"]
    else:
        pytester.makeconftest(option)
    found = suite("--store", "x", "--storeproto-store", "memory", "-k", "memory", *more, apart=True)
    found.assert_outcomes(passed=3, deselected=12)


@pytest.mark.parametrize("plugins", ["randomly", "anyio", "xdist randomly"])
def test_beside_other_plugins(suite, plugins):
    """The verdicts are the same beside plugins for processes, order and asynchronous tests."""
    more = [word for name in plugins.split() for word in ("-p", name)] + (["-n", "2"] if "xdist" in plugins else [])
    suite(*more, apart=True).assert_outcomes(passed=10, failed=2)


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_asyncio_modes(suite, mode):
    """The mode of pytest-asyncio does not matter."""
    suite("-p", "asyncio", "--asyncio-mode", mode, apart=True).assert_outcomes(passed=10, failed=2)


def test_imports_nothing_without_a_subject(suite, pytester):
    """Where there is no subject, nothing of the kit is imported."""
    pytester.path.joinpath("test_stores.py").unlink()
    pytester.makepyfile(
        test_other="""
        import sys
        def test_modules():
            ours = ("conformance", "reference_stores", "storeproto", "hypothesis")
            allowed = {"conformance", "conformance.pytest_plugin", "conformance.pytest_fixtures"}
            assert {name for name in sys.modules if name.startswith(ours)} == allowed
        """
    )
    suite(apart=True).assert_outcomes(passed=1)


class Clock:
    """Takes the time of a collection."""

    started = seconds = 0.0

    def pytest_collection(self):
        self.started = time.process_time()

    def pytest_collection_finish(self):
        self.seconds = time.process_time() - self.started


def seconds_to_collect(pytester, arguments):
    """The shortest of three collections in this process, where all is imported."""
    clocks = [Clock() for _ in range(3)]
    for clock in clocks:
        pytester.inline_run("--collect-only", "-q", "-p", "conformance.pytest_plugin", *arguments, plugins=[clock])
    return min(clock.seconds for clock in clocks)


def test_whole_contract_is_collected_fast(pytester, monkeypatch):
    """To collect the whole contract costs at most three times what as many plain tests cost: some hundredths of a second."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.mkdir("empty")
    plain = pytester.makepyfile(test_plain="\n".join([f"def test_{number}(): pass" for number in range(len(CONTRACT))]))
    assert seconds_to_collect(pytester, ["--store=memory", "empty"]) < 3 * seconds_to_collect(pytester, [str(plain)])


def test_without_the_extra(suite, pytester):
    """Where the kit's dependencies are missing, a subject is an error that says what to install."""
    pytester.makeconftest(
        """
        import importlib.util
        real = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *more: None if name == "hypothesis" else real(name, *more)
        """
    )
    suite(apart=True).stdout.fnmatch_lines(["*pip install 'storeproto?conformance?'*"])
