"""What a type checker says of a store's class: each member of the protocols that its flags claim, called as callers may call it.

A *candidate* is the class; *probes* are the calls, written as a file; a *checker* reads the file; what it says comes back as
*findings*, member by member, in its own words.
"""

from conformance.typing_check.candidate import CAPABILITIES, Candidate, CandidateError
from conformance.typing_check.checkers import CHECKERS, Checker, CheckerError
from conformance.typing_check.findings import Finding, find, find_once
from conformance.typing_check.scripts import script_of

__all__ = [
    "CAPABILITIES",
    "CHECKERS",
    "Candidate",
    "CandidateError",
    "Checker",
    "CheckerError",
    "Finding",
    "find",
    "find_once",
    "script_of",
]
