"""How training pictures are changed a little every time they are seen, so that no two epochs are the same."""

from __future__ import annotations

from playground.spec.base import Spec, number


class AugmentationSpec(Spec):
    """What is done to each training picture, by chance, anew in every epoch; test pictures stay as they are.

    0 turns a change off. Data that are no pictures are left alone.
    """

    shift: int = number(0, 0, 8, step=1, unit="pixels")
    rotate: float = number(0.0, 0, 45, step=1, unit="degrees")
    noise: float = number(0.0, 0, 0.5, step=0.05)

    @property
    def active(self) -> bool:
        """Whether anything is changed."""
        return bool(self.shift or self.rotate or self.noise)
