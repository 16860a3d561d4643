"""How tests run a Hypothesis state machine."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def machine_settings(*, examples: int, steps: int) -> settings:
    """The same programs each time, however slow they are; what fails is made minimal elsewhere."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
