"""The GAN lab: a generator and a discriminator against each other, on points and on digits; trained live."""

from __future__ import annotations

from playground.ui.navigation import GAN
from playground.ui.workbench import open_form, workbench

open_form(GAN)
workbench()
