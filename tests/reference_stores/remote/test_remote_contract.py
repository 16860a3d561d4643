"""The contract over each kind of file system that the remote store is used on, but memory: that is the kit's own subject `remote`.

Over HTTP a request takes milliseconds, and each clause makes connections of its own: of the contract, what a medium has a say in is
asked there. With `STOREPROTO_WHOLE_CONTRACT=1` in the environment all of it is, which takes some minutes for each server.
"""

import os
from dataclasses import replace
from typing import Any

import conformance
from conformance.contract import CONTRACT
from conformance.profile import QUICK

WHOLE = "STOREPROTO_WHOLE_CONTRACT" in os.environ
SMALL = replace(QUICK, deadline=30.0, largest=1 << 16, many=100, programs=5, rounds=10, kills=1)
OVER_HTTP = (
    *("GET-1", "RNG-2", "RNG-4", "RNG-8", "RNG-12", "PAR-2", "SET-1", "SET-5", "NEW-2", "NEW-4"),
    *("DEL-3", "DEL-6", "EXI-3", "LST-1", "LST-5", "LIF-4"),
)

# Where no request can be conditional, of several creators each may store, or only one: which it is, is chance.
RACING = ("NEW-4",)


def opening(url: str, options: dict[str, Any] | None = None) -> conformance.Recipe:
    """How the store at `url` is opened."""
    return conformance.Recipe(
        "reference_stores:RemoteStore.from_url", {"url": url, "storage_options": options or {}, "read_only": "{read_only}"}
    )


def failures(url: str, options: dict[str, Any] | None = None, *, over_http: bool, but: tuple[str, ...] = ()) -> list[str]:
    """The clauses, SHOULD included and without those in `but`, that the store at `url` breaks, with what came back."""
    recipe = opening(url, options)
    subject = conformance.Subject(name="remote", opening=recipe, reopening=recipe)
    asked = [clause for clause in CONTRACT if clause.id not in but and (WHOLE or not over_http or clause.id in OVER_HTTP)]
    report = conformance.check(subject, clauses=asked, profile=SMALL, guard=False, operations=0 if over_http else 500)
    fine = {"passed", "not-applicable", "not-decided", "noted"}
    return [f"{result.clause.id}: {result.actual}" for result in report.results if result.verdict.value not in fine]


def test_local_files():
    """The whole contract holds over fsspec's local files."""
    assert failures("file://{tmp_path}/store", over_http=False) == []


def test_s3(s3_options):
    """The contract holds over S3."""
    assert failures("s3://bucket/{unique}", s3_options, over_http=True) == []


def test_s3_without_ranges(rangeless_s3_options):
    """The contract holds over a server that answers a request for a part of a value with all of it."""
    assert failures("s3://bucket/{unique}", rangeless_s3_options, over_http=True, but=RACING) == []


def test_azure(azure_options):
    """The contract holds over Azure's blobs."""
    assert failures("abfs://container/{unique}", azure_options, over_http=True, but=RACING) == []
