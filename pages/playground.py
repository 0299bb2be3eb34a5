"""The playground: points, tables and digits; dense networks; trained live."""

from __future__ import annotations

from playground.ui.workbench import open_form, workbench

open_form(default="circle")
workbench()
