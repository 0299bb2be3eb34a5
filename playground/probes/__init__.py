"""Probes: pure functions (experiment, data set, state) → named arrays. They know no run, no worker and no screen.

Everything is computed by the NumPy engine from a state, whichever engine trained it, so one piece of code makes every
picture. `compute(name, subject)` runs one; a new probe enters by `@probe`.

Legend: N samples, k outputs, C classes, G and g grid points a side, U units of a layer.
"""

from playground.probes.registry import Subject, compute

__all__ = ["Subject", "compute"]
