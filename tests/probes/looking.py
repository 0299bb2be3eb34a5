"""Scenes to look into: small networks for pictures, with random numbers everywhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.data import load
from playground.presets import preset
from playground.probes.asks import Scene
from playground.probes.registry import Array, Subject
from playground.spec import Experiment

LAYERS = (
    {"kind": "Conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1},
    {"kind": "BatchNorm2d"},
    {"kind": "ReLU"},
    {"kind": "MaxPool2d"},
    {"kind": "Conv2d", "out_channels": 6, "kernel_size": 3, "stride": 2, "padding": 1, "groups": 2},
    {"kind": "Tanh"},
    {"kind": "AvgPool2d"},
    {"kind": "Flatten"},
    {"kind": "Linear", "out_features": 9},
    {"kind": "ReLU"},
    {"kind": "Linear", "out_features": 10},
)


def experiment(*layers: Mapping[str, object]) -> Experiment:
    """Return an experiment on the 8 × 8 digits with these layers."""
    plain = preset("digits-mlp").experiment.replace("data", {"kind": "Digits8x8"})
    return plain.replace("model", {"layers": list(layers or LAYERS)})


def scene(*layers: Mapping[str, object], seed: int = 3) -> Scene:
    """Return such a network with random weights, biases and running statistics."""
    found = experiment(*layers)
    dataset = load(found.data)
    rng = np.random.default_rng(seed)
    state: dict[str, Array] = {}
    for name, value in found.model.init(dataset.input_shape, seed).items():
        if value.dtype.kind != "f":
            state[name] = value
        elif name.endswith("running_var"):
            state[name] = rng.uniform(0.5, 2, value.shape).astype(np.float32)
        else:
            state[name] = (value + rng.normal(0, 0.1, value.shape)).astype(np.float32)
    return Scene(Subject(found, dataset, state), step=7)


def pixels(values: Array) -> str:
    """Return bytes as a page sends them."""
    return base64.b64encode(np.ascontiguousarray(values, np.uint8).tobytes()).decode()


def torch_twin(at: Scene) -> Any:
    """Return the same network in torch, in evaluation mode and float64."""
    import torch
    from torch import nn

    makers: dict[str, Any] = {
        "Conv2d": lambda n, c: nn.Conv2d(
            n,
            c.out_channels,
            c.kernel_size,
            c.stride,
            c.padding,
            groups=c.groups,
        ),
        "BatchNorm2d": lambda n, c: nn.BatchNorm2d(n),
        "MaxPool2d": lambda n, c: nn.MaxPool2d(c.kernel_size),
        "AvgPool2d": lambda n, c: nn.AvgPool2d(c.kernel_size),
        "Linear": lambda n, c: nn.Linear(n, c.out_features),
    }
    model, shape = at.subject.experiment.model, at.subject.dataset.input_shape
    made = [
        makers[spec.kind](before[0], spec) if spec.kind in makers else getattr(nn, spec.kind)()
        for spec, before in zip(model.layers, model.inputs(shape), strict=False)
    ]
    net = nn.Sequential(*made).double().eval()
    net.load_state_dict({name: torch.as_tensor(np.array(value)) for name, value in at.subject.state.items()})
    return net
