"""The image lab: pictures; networks with convolutions, or without; trained live."""

from __future__ import annotations

from playground.ui.navigation import IMAGES
from playground.ui.workbench import open_form, workbench

open_form(IMAGES)
workbench()
