"""Stores with one fault each, and their sound parents. None of them knows anything of the kit.

Each says in `breaks` which clauses of the contract its fault breaks: just these, and no others. `source` names the real store and
release where the fault was seen, for those that were.
"""
