"""Templates fit whatever data they are offered for, and what they say they are."""

from __future__ import annotations

from contextlib import suppress

import pytest

from playground.i18n import LANGUAGES, has
from playground.presets.templates import fitted, templates
from playground.spec import DataSpec, Experiment, SpecError, check, enforce
from playground.spec.data import Blobs, Circles, Plane
from playground.spec.image_data import Mnist5k
from playground.spec.image_layers import Conv2d, Residual
from playground.spec.layers import Dropout, Linear
from playground.spec.losses import BCEWithLogits, CrossEntropy, Huber
from playground.spec.memory_data import Echo
from playground.spec.sequence_layers import Embedding
from playground.spec.series_data import Series
from playground.spec.text_data import Names


def shaped() -> list[DataSpec]:
    """Every kind of data with pictures or sequences that needs nothing to be said about it."""
    found: list[DataSpec] = []
    for kind in DataSpec.catalogue().values():
        with suppress(SpecError):
            found.append(kind.parse({}))
    return [data for data in found if data.nature != "points"]


DATA = (*shaped(), Circles(), Blobs(), Plane())


@pytest.mark.parametrize("key", list(templates()))
@pytest.mark.parametrize("data", DATA, ids=lambda data: data.kind)
def test_a_template_fits_all_data_that_suit_it(key: str, data: DataSpec) -> None:
    template, before = templates()[key], Experiment(data=data, loss=Huber())
    if not template.suits(data):
        with pytest.raises(SpecError):
            fitted(template, before)
        return
    found = fitted(template, before)
    assert check(found) == []
    enforce(found.replace("training.batch_size", 32))
    assert (found.data, found.optimizer, found.training) == (before.data, before.optimizer, before.training)
    target = data.target()
    *steps, only = found.model.output_shape(data.input_shape())
    assert steps == ([target.steps] if target.steps else [])
    width = (only,)
    if target.kind == "regression":
        assert (width, found.loss) == ((target.size,), before.loss)
    elif target.size == 2 and len(data.input_shape()) == 1:
        assert (width, found.loss) == ((1,), BCEWithLogits())
    else:
        assert (width, found.loss) == ((target.size,), CrossEntropy())


def test_the_templates_are_the_networks_they_are_called_after() -> None:
    digits = Experiment(data=Mnist5k())
    suiting = {key: one for key, one in templates().items() if one.suits(digits.data)}
    found = {key: fitted(template, digits).model for key, template in suiting.items()}
    shape = (1, 28, 28)
    assert [layer.out_channels for layer in found["tutorial-28"].layers if isinstance(layer, Conv2d)] == [32]
    assert found["tutorial-28"].parameters(shape) == 320 + (32 * 13 * 13 * 128 + 128) + 1290
    assert found["lenet-5"].parameters(shape) == 156 + 2416 + 48_120 + 10_164 + 850
    assert found["empty"].parameters(shape) == 7850
    assert sum(isinstance(layer, Residual) for layer in found["resnet"].layers) == 2
    assert any(isinstance(layer, Dropout) for layer in found["vgg"].layers)
    assert all(not isinstance(layer, Conv2d) for layer in found["mlp"].layers)
    three = templates()["tutorial-32"].layers
    widths = [layer.out_channels for layer in three if isinstance(layer, Conv2d)]
    assert [*widths, *(layer.out_features for layer in three if isinstance(layer, Linear))] == [
        32,
        64,
        64,
        64,
        10,
    ]


def test_the_stacked_lstm_is_the_tutorials_and_answers_at_each_step_where_that_is_asked_for() -> None:
    model = fitted(templates()["stacked-lstm"], Experiment(data=Series())).model
    assert model.parameters((24, 1)) == 4 * 50 * (1 + 50 + 2) + 4 * 50 * (50 + 50 + 2) + 51
    echo = Echo()
    for key in ("rnn", "stacked-lstm", "bidirectional", "conv1d", "mlp"):
        found = fitted(templates()[key], Experiment(data=echo)).model
        assert found.output_shape(echo.input_shape()) == (16, 4)
    text = fitted(templates()["gru"], Experiment(data=Names())).model.layers[0]
    assert text == Embedding(num_embeddings=400)


def test_three_colours_of_32_pixels_give_the_tutorials_own_count() -> None:
    from playground.spec import ModelSpec

    model = ModelSpec(layers=templates()["tutorial-32"].layers)
    assert model.parameters((3, 32, 32)) == 122_570


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_template_has_a_name_and_a_sentence(lang: str) -> None:
    for template in templates().values():
        assert has(f"template.{template.key}", lang)
        assert template.sentence(lang) != template.title(lang)
