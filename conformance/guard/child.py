"""The child process: it confines itself before it imports anything that is not the guard's, and then runs one job."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from conformance.guard.channel import Channel
from conformance.guard.confinement import confine
from conformance.guard.scratch import ScratchTree
from conformance.guard.values import JSON
from conformance.guard.world import GuardedWorld


def main() -> NoReturn:
    """Run the job that the parent names in the first line."""
    channel = Channel.of_standard_streams()
    settings = channel.receive()
    tree = ScratchTree.from_json(settings["tree"])
    connection = None
    if settings["watch"] is not None:
        import socket

        connection = socket.socket(fileno=settings["watch"])
    enforcement = confine(
        tree, settings["user"], settings["deadline"], connection, lambda attempt: channel.send("attempt", attempt)
    )
    channel.send("enforcement", sorted(enforcement))
    try:
        _become_importable(settings["path"])
        _run(settings["job"], settings["payload"], GuardedWorld(tree, enforcement, channel))
    except BaseException as error:  # noqa: BLE001  # whatever ends the job, a native panic too, is for the parent to report
        import traceback

        channel.send("error", "".join(traceback.format_exception(error)))
    else:
        channel.send("returned", None)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # no store's thread or exit handler keeps the process alive, or runs when nobody looks


def _become_importable(path: list[str]) -> None:
    """Do what the interpreter does at its start, with the search path of the parent: only now may foreign code run."""
    import site

    site.main()
    sys.path[:] = path


def _run(job: str, payload: JSON, world: GuardedWorld) -> None:
    from importlib import import_module

    module, _, name = job.partition(":")
    getattr(import_module(module), name)(payload, world)
