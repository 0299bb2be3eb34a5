"""The text lab: words and characters as sequences; recurrent networks that read and write, trained live."""

from __future__ import annotations

from playground.ui.navigation import TEXT
from playground.ui.workbench import open_form, workbench

open_form(TEXT)
workbench()
