"""What it costs to ask whether something is a store, beside the same question to a protocol of typing's own.

The table of each group gives the ratios in brackets; a time is compared with nothing but the others of the same run.
"""

import types
import typing

import pytest
from typing_extensions import get_protocol_members

from reference_stores import MemoryStore
from storeproto import Store, is_store


class AllButClose:
    """Has each member of a store but one: the dearest kind of no."""


for member in get_protocol_members(Store) - {"close"}:
    setattr(AllButClose, member, getattr(MemoryStore, member))


def made_with_typing(protocol):
    """A protocol with the same members, made with the Protocol of typing."""
    members = {name: vars(base)[name] for base in protocol.__mro__ for name in get_protocol_members(protocol) if name in vars(base)}
    return typing.runtime_checkable(types.new_class(protocol.__name__, (typing.Protocol,), {}, lambda body: body.update(members)))


StoreOfTyping = made_with_typing(Store)
QUESTIONS = {
    "storeproto": lambda candidate: isinstance(candidate, Store),
    "typing": lambda candidate: isinstance(candidate, StoreOfTyping),
    "is_store": is_store,
}
each_question = pytest.mark.parametrize("question", QUESTIONS)


@pytest.mark.benchmark(group="a store")
@each_question
def test_a_store(benchmark, question):
    """Say yes to a store."""
    assert benchmark(QUESTIONS[question], MemoryStore())


@pytest.mark.benchmark(group="no store")
@each_question
@pytest.mark.parametrize("candidate", [{}, AllButClose()], ids=type)
def test_no_store(benchmark, question, candidate):
    """Say no to what lacks all members or one."""
    assert not benchmark(QUESTIONS[question], candidate)
