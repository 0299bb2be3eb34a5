"""The layer builder: templates, adding, moving, blocks, and what each layer makes and costs."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest

from playground.presets import presets
from playground.presets.templates import fitted, templates
from playground.spec import Experiment, LayerSpec
from playground.spec.image_layers import Residual
from tests.pages.conftest import Page

Open = Callable[..., Page]


def digits(opened: Open, template: str = "empty") -> Page:
    start = presets()["lenet-5"].experiment.replace("data", {"kind": "Digits8x8"})
    return opened(e=fitted(templates()[template], start).to_link())


def layers(page: Page) -> tuple[LayerSpec, ...]:
    return Experiment.from_json(page.experiment).model.layers


def kinds(page: Page) -> str:
    return " ".join(
        f"({' '.join(inner.kind for inner in layer.layers)})" if isinstance(layer, Residual) else layer.kind
        for layer in layers(page)
    )


def facts(page: Page) -> list[str]:
    found = re.findall(r'<span class="facts">(.*?)</span>', page.html)
    return [html.unescape(re.sub(r"<[^>]+>", " ", one)).strip() for one in found]


def test_a_network_is_assembled_from_an_empty_template(opened: Open) -> None:
    page = digits(opened)
    assert kinds(page) == "Flatten Linear"
    page.click("add-conv").click("add-MaxPool2d").click("add-conv").click("add-hidden").click("add-Dropout")
    assert kinds(page) == "Conv2d ReLU MaxPool2d Conv2d ReLU Flatten Linear ReLU Dropout Linear"
    assert page.said("advice-layers-0") == ""
    assert "(16, 8, 8)" in facts(page)[0]
    assert "160 params" in facts(page)[0]
    assert "18.4 k FLOP" in facts(page)[0], "2 · 9 · 16 · 64"
    page.click("step").until(lambda p: p.step == 1, "it can be trained")


def test_without_flatten_the_layer_behind_says_so_and_one_press_trains_again(opened: Open) -> None:
    whole = fitted(
        templates()["empty"], presets()["lenet-5"].experiment.replace("data", {"kind": "Digits8x8"})
    )
    page = opened(e=whole.replace("model", {"layers": [whole.model.layers[-1].plain()]}).to_link())
    assert "layer 1" in page.said("advice-0-0")
    page.click("play")
    assert "layer 1" in page.said("trouble")
    page.click("mend-0-0")
    assert kinds(page) == "Flatten Linear"
    assert page.said("trouble") == ""
    page.click("step").until(lambda p: p.step == 1, "it can be trained")


PICTURES = presets()["lenet-5"].experiment
SERIES = presets()["series-lstm"].experiment


@pytest.mark.parametrize("key", list(templates()))
def test_a_template_replaces_the_layers_and_can_be_undone(opened_before: Open, key: str) -> None:
    data = PICTURES if templates()[key].suits(PICTURES.data) else SERIES
    page = opened_before(e=data.to_link())
    before = page.experiment
    page.click(f"template-{key}")
    wanted = fitted(templates()[key], Experiment.from_json(before))
    assert Experiment.from_json(page.experiment) == wanted
    if page.experiment != before:
        page.click("undo")
    assert page.experiment == before


def test_points_are_offered_no_templates_and_layers_of_pictures(opened: Open) -> None:
    page = opened()
    shown = {str(button.key) for button in page.app.button}
    assert {"template-mlp", "add-Linear", "add-Residual"} <= shown
    assert not {"template-lenet-5", "add-conv", "add-Conv2d"} & shown


def test_every_kind_can_be_added_and_the_page_goes_on(opened: Open) -> None:
    page = digits(opened, "tutorial-28")
    before = page.experiment
    for kind in ("BatchNorm2d", "Residual", "LayerNorm", "GELU"):
        page.click(f"add-{kind}")
        assert kind in [layer.kind for layer in layers(page)]
        assert not re.search(r'data-say="advice-[^"]*"', page.html), kind
        page.click("undo")
        assert page.experiment == before


def test_layers_inside_a_block_are_edited_like_all_others(opened: Open) -> None:
    page = digits(opened, "resnet")
    block = next(index for index, layer in enumerate(layers(page)) if isinstance(layer, Residual))
    assert kinds(page).count("(Conv2d BatchNorm2d ReLU Conv2d BatchNorm2d)") == 2
    page.choose(f"kind.layers.{block}.layers.2", "Tanh")
    page.type_in(f"knob.layers.{block}.layers.0.out_channels", "24")
    assert "(Conv2d BatchNorm2d Tanh Conv2d BatchNorm2d)" in kinds(page)
    inner = layers(page)[block]
    assert isinstance(inner, Residual)
    assert inner.layers[0].model_dump()["out_channels"] == 24
    page.type_in(f"knob.layers.{block}.layers.3.out_channels", "5")
    assert page.said(f"advice-{block}-0"), "a block that does not keep the shape says so itself"


def test_what_is_wrong_inside_a_block_is_said_there(opened: Open) -> None:
    page = digits(opened, "resnet")
    block = next(index for index, layer in enumerate(layers(page)) if isinstance(layer, Residual))
    page.choose(f"kind.layers.{block}.layers.1", "BatchNorm1d")
    said = page.said(f"advice-{block}-1-0")
    assert f"layer {block + 1} · layer 2" in said
