"""The sequence lab: series and memory tasks; recurrent networks and their gates, trained live."""

from __future__ import annotations

from playground.ui.navigation import SEQUENCES
from playground.ui.workbench import open_form, workbench

open_form(SEQUENCES)
workbench()
