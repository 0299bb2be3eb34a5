"""What the user asked for: layers, losses, optimizers, schedules, data, model, experiment.

Specifications know no engine, no data and no screen. They are frozen, JSON-plain and validated at construction.
"""

from playground.spec.adversary import Adversary, GanLoss
from playground.spec.advice import Advice
from playground.spec.base import Kind, Knob, Shape, Spec, knobs
from playground.spec.data import DataSpec, Target
from playground.spec.errors import SpecError
from playground.spec.experiment import Experiment, TrainingSpec
from playground.spec.fit import Coding, advise, check, coding
from playground.spec.layers import LayerSpec
from playground.spec.limits import Cost, Limits, enforce, estimate
from playground.spec.losses import LossSpec
from playground.spec.model import ModelSpec, State
from playground.spec.optimizers import OptimizerSpec
from playground.spec.schedules import ScheduleSpec

__all__ = [
    "Adversary",
    "Advice",
    "Coding",
    "Cost",
    "DataSpec",
    "Experiment",
    "GanLoss",
    "Kind",
    "Knob",
    "LayerSpec",
    "Limits",
    "LossSpec",
    "ModelSpec",
    "OptimizerSpec",
    "ScheduleSpec",
    "Shape",
    "Spec",
    "SpecError",
    "State",
    "Target",
    "TrainingSpec",
    "advise",
    "check",
    "coding",
    "enforce",
    "estimate",
    "knobs",
]
