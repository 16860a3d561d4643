"""The files that a report is written to."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance import Report, Verdict
from conformance.cli import main
from conformance.report.badge import render_badge
from conformance.report.html import render_html
from conformance.report.json import render_json
from conformance.report.junit import render_junit
from conformance.report.matrix import read_reports, render_matrix_html, render_matrix_markdown
from conformance.report.saved import SavedReportError
from conformance.report.scrub import scrubbed, scrubbed_json


def written(path, *reports: Report):
    """The reports as a file of JSON, read again."""
    path.write_text(render_json(reports), encoding="utf-8", errors="backslashreplace")
    return read_reports([path])


def schema():
    """The published schema."""
    return json.loads(files("conformance.report").joinpath("schema.json").read_text())


@pytest.mark.parametrize("count", [1, 2])
def test_json_by_the_schema(report, count):
    """One report, and several, are as the published schema says."""
    import jsonschema

    jsonschema.validate(json.loads(render_json([report] * count)), schema())


def test_schema_refuses(report):
    """A verdict that does not exist is not allowed by the schema."""
    import jsonschema

    found = json.loads(render_json([report]))
    found["clauses"][0]["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema())


def test_schema_knows_every_verdict():
    """The schema allows just the verdicts that there are."""
    assert set(schema()["$defs"]["clause"]["properties"]["verdict"]["enum"]) == {verdict.value for verdict in Verdict}


def test_junit_counts(hostile):
    """The numbers of a suite are those of its cases."""
    suite = ET.fromstring(render_junit([hostile])).find("testsuite")  # noqa: S314  # our own text
    counted = {kind: len(suite.findall(f"testcase/{kind[:-1]}")) for kind in ("failures", "errors")}
    assert {kind: int(suite.get(kind)) for kind in counted} == counted == {"failures": 2, "errors": 1}


def test_junit_strict(hostile):
    """With strict a broken SHOULD is a failure."""
    assert 'failures="4"' in render_junit([hostile], strict=True)


def test_junit_unusable(report):
    """A store that could not be judged is an error."""
    assert 'errors="1"' in render_junit([replace(report, unusable="it is no store")])


def test_badge_is_an_image(hostile):
    """The badge is well-formed SVG."""
    assert ET.fromstring(render_badge(hostile)).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # our own text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [(Verdict.FAILED, "not kept"), (Verdict.PASSED, "kept"), (Verdict.ERROR, "not judged")],
    ids=lambda value: getattr(value, "value", value),
)
def test_badge_says_the_verdict(report, verdict, words):
    """The badge says whether the contract is kept."""
    assert f": {words}" in render_badge(replace(report, results=(replace(report.results[0], verdict=verdict),)))


def test_page_escapes(hostile):
    """What a store says is text on the page."""
    assert "<script>alert" not in render_html([hostile])


def test_page_needs_no_network(report):
    """The page loads nothing."""
    assert not re.search(r"""(src|href)\s*=\s*["'](?!data:,)|url\(|@import|https?://""", render_html([report]))


@pytest.mark.parametrize("render", [render_json, render_junit, render_html], ids=lambda render: render.__name__)
def test_time_line(report, render):
    """The time line of a concurrent failure is in each report."""
    told = replace(report.results[-1], verdict=Verdict.FAILED, timeline="first  [set k]")
    assert "first  [set k]" in render([replace(report, results=(told,))])


def test_page_shows_the_clauses(report):
    """Each clause that was asked is on the page."""
    assert render_html([report]).count("<details") == len(report.results)


def test_matrix_escapes(hostile, tmp_path):
    """What a report says is text in the matrix."""
    assert "<script>alert" not in render_matrix_html(written(tmp_path / "report.json", hostile))


def test_matrix_of_several(report, tmp_path):
    """The matrix has a column for each store of each report."""
    reports = written(tmp_path / "report.json", report, replace(report, subject={**report.subject, "name": "other"}))
    assert "| clause | level | memory | other |" in render_matrix_markdown(reports)


def test_matrix_markdown_is_a_table(hostile, report, tmp_path):
    """Every row of the Markdown table has as many cells as its head."""
    rows = render_matrix_markdown(written(tmp_path / "report.json", hostile, report)).splitlines()[:-2]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 2, "clauses": [], "subject": {}}'])
def test_matrix_of_no_report(tmp_path, text):
    """A file that is no report is refused."""
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(SavedReportError):
        read_reports([path])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://key:secret@host/x", "s3://***@host/x"),
        ("password='abc'", "password='***'"),
        ("{'token': 'abc', 'a': 1}", "{'token': '***', 'a': 1}"),
        ("Authorization: Bearer abc", "Authorization: Bearer ***"),
        ("?sig=abc&x=1", "?sig=***&x=1"),
        ("expected token", "expected token"),
    ],
)  # fmt: skip
def test_no_credentials(text, expected):
    """Credentials are taken out of what is passed on, and nothing else."""
    assert scrubbed(text) == expected


def test_no_home():
    """The user's home is not named."""
    assert scrubbed(f"{Path.home()}/project {Path.home()}s") == f"~/project {Path.home()}s"


def test_home_within_another_path():
    """What is named as the home is elsewhere, is left alone."""
    assert scrubbed(f"mkdtemp() + '/a{Path.home()}'") == f"mkdtemp() + '/a{Path.home()}'"


def test_no_secret_member():
    """A JSON value whose name says that it is secret is taken out."""
    assert scrubbed_json({"a": [{"secret": "abc"}]}) == {"a": [{"secret": "***"}]}


def test_command_writes_files(tmp_path):
    """The command writes each kind of file."""
    names = {f"--{kind}": tmp_path / f"report.{kind}" for kind in ("json", "html", "junit", "badge")}
    main(["check", "memory", "--clause", "GET-1", "--operations", "0", *[str(word) for pair in names.items() for word in pair]])
    assert all(path.stat().st_size for path in names.values())


def test_command_refuses_badge_of_two(tmp_path, capsys):
    """A badge is of one target."""
    assert main(["check", "memory", "local", "--badge", str(tmp_path / "badge.svg")]) == 2


def test_command_draws_a_matrix(report, tmp_path, capsys):
    """The command prints the matrix where it is given no file."""
    written(tmp_path / "report.json", report)
    main(["matrix", str(tmp_path / "report.json")])
    assert capsys.readouterr().out.startswith("| clause | level | memory |")


def browse(page: str, probe: str, place: Path, width: int) -> str:
    """The page as it is in a browser, after the script `probe` was run."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium here")
    path = place / "report.html"
    text = page.replace("</body>", f"<script>{probe}</script></body>")
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={place / 'profile'}"]
    return subprocess.run(  # noqa: S603  # a browser of this machine, and our own page
        [*command, f"--window-size={width},900", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    ).stdout


@pytest.mark.parametrize("width", [400, 1400])
def test_page_in_a_browser(hostile, tmp_path, width):
    """In a browser the script of the page runs, and nothing is wider than the window."""
    probe = "document.title = document.documentElement.scrollWidth <= innerWidth ? 'fits' : 'is too wide'"
    found = browse(render_html([hostile]), probe, tmp_path, width)
    assert ("<title>fits</title>" in found, "10 clauses shown" in found) == (True, True)


def test_counts_are_buttons(hostile, tmp_path):
    """The count of a verdict, chosen, shows the clauses of that verdict alone."""
    assert "1 clauses shown" in browse(
        render_html([hostile]), "document.querySelector('[data-only=failed]').click()", tmp_path, 800
    )
