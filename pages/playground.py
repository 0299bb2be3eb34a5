"""The playground: points of the plane and tables; dense networks; trained live."""

from __future__ import annotations

from playground.ui.navigation import PLAYGROUND
from playground.ui.workbench import open_form, workbench

open_form(PLAYGROUND)
workbench()
