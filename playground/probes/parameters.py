"""Probes of the numbers a network holds."""

from __future__ import annotations

from playground.probes.registry import Arrays, Subject, probe


@probe
def weights(subject: Subject) -> Arrays:
    """Every tensor of the network as `w/<name>`, float32, in torch's layout."""
    return {f"w/{name}": value.astype("f4", copy=False) for name, value in subject.state.items()}
