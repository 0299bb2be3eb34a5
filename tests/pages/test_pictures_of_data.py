"""The data column of pictures: examples of every class, and augmentation with what it makes of one of them."""

from __future__ import annotations

import re
from collections.abc import Callable

from playground.presets import presets
from playground.spec import Experiment
from tests.data.test_own_images import pets, zipped
from tests.pages.conftest import Page


def pictures(page: Page, kind: str = "pictures") -> list[str]:
    """Return the sources of the pictures in a grid of the data column."""
    found = re.search(rf'<div class="{kind}">(.*?)</div>', page.html, re.DOTALL)
    return re.findall(r'src="(data:image/png;base64,[^"]+)"', found.group(1)) if found else []


def test_every_class_is_shown_with_its_name_and_others_can_be_seen(opened: Callable[..., Page]) -> None:
    page = opened(e=presets()["rgb-cnn"].experiment.to_link())
    first = pictures(page)
    assert len(set(first)) == 10
    assert "<figcaption>star</figcaption>" in page.html
    assert "synthetic" in page.said("source")
    page.click("examples_more")
    second = pictures(page)
    assert len(second) == 10
    assert not set(first) & set(second)
    page.click("language_switch")
    assert "<figcaption>五角星</figcaption>" in page.html


def test_augmentation_shows_eight_copies_as_the_knobs_say(opened: Callable[..., Page]) -> None:
    page = opened(e=presets()["lenet-5"].experiment.to_link())
    assert len(set(pictures(page, "pictures copies"))) == 1  # nothing is changed yet
    page.app.slider(key="knob.training.augmentation.shift").set_value(2)
    page.run()
    page.app.slider(key="knob.training.augmentation.rotate").set_value(10.0)
    page.run()
    spec = Experiment.from_json(page.experiment).training.augmentation
    assert (spec.shift, spec.rotate, spec.noise) == (2, 10.0, 0.0)
    assert len(set(pictures(page, "pictures copies"))) > 4


def test_who_has_no_files_may_stay_with_the_data_before(opened: Callable[..., Page]) -> None:
    page = opened(e=presets()["lenet-5"].experiment.to_link())
    page.click("kind-OwnImages")
    page.app.file_uploader(key="images_files").upload("bad.zip", b"?")
    page.run()
    page.click("images_again")
    assert page.said("upload") == ""
    assert "MNIST" in page.said("meanwhile")
    page.click("meanwhile_stay")
    assert page.said("meanwhile") == ""
    assert len(pictures(page)) == 10


def test_points_have_neither(opened: Callable[..., Page]) -> None:
    page = opened()
    assert not pictures(page)
    assert not pictures(page, "pictures copies")


def test_a_zip_of_ones_own_becomes_the_data_and_can_be_trained_on(opened: Callable[..., Page]) -> None:
    page = opened(e=presets()["lenet-5"].experiment.to_link())
    before = page.experiment
    page.click("kind-OwnImages")
    assert page.experiment == before
    chosen: list[tuple[str, bytes, str]] = []

    def choose(name: str, data: bytes) -> None:
        chosen.append((name, data, ""))  # the browser adds each to those before it
        page.app.file_uploader(key="images_files").set_value(chosen)
        page.run()

    choose("bad.zip", b"PK\x03\x04 nothing")
    assert "bad.zip" in page.said("upload")
    assert page.experiment == before
    assert "MNIST" in page.said("meanwhile")  # Train means what it meant
    choose("cat_1.png", pets()["pets/cat/1.png"])
    assert "only one class" in page.said("upload")
    assert page.said("upload_left").startswith("bad.zip")
    choose("pets.zip", zipped(pets(12)))
    page.run()
    assert page.said("upload_left").startswith("bad.zip, cat_1.png")
    assert page.said("upload") == page.said("meanwhile") == ""
    data = Experiment.from_json(page.experiment).data
    assert data.kind == "OwnImages"
    assert data.input_shape() == (1, 28, 28)
    assert Experiment.from_json(page.experiment).model.output_shape((1, 28, 28)) == (2,)
    assert "24 pictures in 2 classes" in page.said("upload_found")
    assert len(pictures(page)) == 2
    page.app.segmented_control(key="images_channels").set_value("colour")
    page.run().run()
    assert Experiment.from_json(page.experiment).data.input_shape() == (3, 28, 28)
    page.click("undo").run()
    page.click("images_use").run()
    assert "24 pictures" in page.said("upload_found")
    page.click("play").until(lambda p: p.step > 3, "training on one's own pictures")
    page.click("play")
