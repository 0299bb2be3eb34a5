"""The form: entries that do not fit are sentences where they stand, and nothing typed is lost."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from playground.data.csv import write_csv
from playground.presets import presets
from playground.spec import Experiment, Kind, LayerSpec, LossSpec, OptimizerSpec, ScheduleSpec
from playground.ui import form
from tests.pages.conftest import Page

Open = Callable[..., Page]


@pytest.mark.parametrize("typed", ["1e30", "-1", "nan", "abc", "1e400", "0x10", "__import__('os')"])
def test_a_refused_entry_stays_typed_with_the_reason_below(opened: Open, typed: str) -> None:
    page = opened().type_in("knob.optimizer.lr", typed)
    assert page.said("optimizer.lr")
    assert "Learning rate" in page.said("optimizer.lr")
    assert page.app.selectbox(key="knob.optimizer.lr").value == typed
    assert Experiment.from_json(page.experiment) == presets()["circle"].experiment
    page.type_in("knob.optimizer.lr", "0.1")
    assert page.said("optimizer.lr") == ""
    assert Experiment.from_json(page.experiment).optimizer.lr == 0.1


def test_a_refusal_speaks_the_visitors_language(opened: Open) -> None:
    page = opened(lang="zh").type_in("knob.optimizer.lr", "1e30")
    assert "学习率" in page.said("optimizer.lr")
    assert "1e+30" in page.said("optimizer.lr")


def test_other_data_with_another_target_take_output_and_loss_along(opened: Open) -> None:
    page = opened().click("kind-Rings")
    wanted = Experiment.from_json(page.experiment)
    assert wanted.data.kind == "Rings"
    assert wanted.model.output_shape(wanted.data.input_shape()) == (3,)
    assert page.said("notice")
    page.click("kind-MultiGaussian")
    assert Experiment.from_json(page.experiment).data.target().kind == "regression"
    page.click("undo").click("undo")
    assert Experiment.from_json(page.experiment) == presets()["circle"].experiment


def test_what_was_undone_can_be_done_again_until_something_else_is_changed(opened: Open) -> None:
    page = opened().type_in("knob.optimizer.lr", "0.1").type_in("knob.optimizer.lr", "0.3")
    page.click("undo").click("undo").click("redo")
    assert Experiment.from_json(page.experiment).optimizer.lr == 0.1
    page.click("redo")
    assert Experiment.from_json(page.experiment).optimizer.lr == 0.3
    page.click("undo").type_in("knob.optimizer.lr", "1")
    assert not any(button.key == "redo" for button in page.app.button)


def test_what_a_browser_still_shows_of_the_experiment_before_changes_nothing(opened: Open) -> None:
    page = opened().click("preset-spiral")
    # The browser has not seen it yet: it asks for the run's numbers, with all that stands in its inputs.
    page.app.text_input(key="edition-shown").set_value("0")
    page.app.selectbox(key="knob.optimizer.lr").set_value("0.1")
    page.app.selectbox(key="kind.loss").set_value("MAE")
    page.run()
    assert Experiment.from_json(page.experiment) == presets()["spiral"].experiment
    assert page.app.text_input(key="edition-shown").value != "0"
    page.type_in("knob.optimizer.lr", "0.1")
    assert Experiment.from_json(page.experiment).optimizer.lr == 0.1


def test_what_a_browser_still_shows_of_the_layers_before_changes_nothing(opened: Open) -> None:
    page = opened()
    before = Experiment.from_json(page.experiment).model.layers[4]
    grown = page.click("add-hidden").experiment
    assert Experiment.from_json(grown).model.layers[4] != before
    page.app.text_input(key="edition-shown").set_value("0")
    page.app.selectbox(key="knob.layers.4.out_features").set_value("1")
    page.run()
    assert page.experiment == grown


def test_what_two_kinds_of_data_share_is_kept(opened: Open) -> None:
    page = opened()
    page.app.slider(key="knob.data.noise").set_value(0.25)
    page.run().click("kind-Spiral")
    assert Experiment.from_json(page.experiment).data.model_dump()["noise"] == 0.25


def test_a_misfit_is_explained_at_its_layer_and_mended_by_one_click(opened: Open) -> None:
    page = opened().type_in("knob.layers.4.out_features", "5")
    advice = page.said("advice-5-0")
    assert "layer 6" in advice
    assert "5" in advice
    page.click("mend-5-0")
    assert Experiment.from_json(page.experiment) == presets()["circle"].experiment


def test_training_what_does_not_fit_is_refused_in_words(opened: Open) -> None:
    page = opened().type_in("knob.layers.4.out_features", "5").click("play")
    assert "outputs" in page.said("trouble")
    assert page.status == "ready"
    page.click("mend-5-0")
    assert not page.said("trouble")


def test_an_empty_network_is_explained_and_mended(opened: Open) -> None:
    page = opened(e=Experiment().replace("model", {"layers": []}).to_link())
    assert page.said("advice-layers-0")
    page.click("mend-layers-0")
    assert len(Experiment.from_json(page.experiment).model.layers) == 1


def test_absurd_sizes_are_refused_before_anything_is_allocated(opened: Open) -> None:
    page = (
        opened().type_in("knob.layers.0.out_features", "8192").type_in("knob.layers.2.out_features", "8192")
    )
    assert "parameters" in page.said("advice--0")
    page.click("play")
    assert page.said("trouble")


@pytest.mark.parametrize(
    ("key", "family"),
    [
        ("kind.layers.1", LayerSpec),
        ("kind.loss", LossSpec),
        ("kind.optimizer", OptimizerSpec),
        ("kind.schedule", ScheduleSpec),
    ],
)
def test_every_kind_can_be_chosen(opened: Open, key: str, family: type[Kind]) -> None:
    page = opened()
    for kind in family.catalogue():
        page.app.selectbox(key=key).set_value(kind)
        page.run()
        wanted = Experiment.from_json(page.experiment)
        chosen = wanted.model.layers[1] if "layers" in key else getattr(wanted, key.removeprefix("kind."))
        assert chosen.kind == kind
        assert page.charts or page.stage


# --- tables ---------------------------------------------------------------------------------------------------


def table(rows: int = 60, kinds: tuple[str, ...] = ("cat", "dog", "fox"), codec: str = "utf-8") -> bytes:
    body = [
        [100 + 10 * (i % 3) + i * 7 % 5, 20 + 3 * (i % 3) + i * 5 % 4, i * 11 % 17, kinds[i % 3]]
        for i in range(rows)
    ]
    return write_csv(["height", "weight", "age", "kind"], body).encode(codec)


def uploaded(page: Page, data: bytes, name: str = "table.csv") -> Page:
    page.click("kind-Csv")
    page.app.file_uploader(key="upload_file").upload(name, data)
    return page.run().run()


def test_a_table_becomes_the_data_and_can_be_trained_on(opened: Open) -> None:
    page = uploaded(opened(), table())
    wanted = Experiment.from_json(page.experiment)
    assert wanted.data.kind == "Csv"
    assert wanted.data.model_dump()["target_column"] == "kind"
    assert wanted.data.target().size == 3
    assert "60 rows" in page.said("upload_found")
    page.click("play").until(lambda p: p.step > 50, "training on the table")
    assert page.stage is not None
    assert {"confusion", "diagram"} <= set(page.stage["views"])
    page.click("play")


def test_a_table_is_drawn_as_its_columns_allow(opened: Open) -> None:
    page = uploaded(opened(), table())
    assert page.said("upload_assumed") == ""
    page.choose("upload_target", "height")
    page.app.segmented_control(key="upload_task").set_value("regression")
    page.app.multiselect(key="upload_columns").set_value(["weight", "age"])
    page.run().run()
    assert Experiment.from_json(page.experiment).data.target().kind == "regression"
    assert page.stage is not None, "two columns are a plane"
    page.app.multiselect(key="upload_columns").set_value(["weight"])
    page.run().run()
    assert page.stage is not None, "one column is a line"
    page.app.segmented_control(key="upload_task").set_value("classes")
    page.choose("upload_target", "kind")
    stage = page.run().stage
    assert stage is not None
    assert "confusion" in stage["views"], "classes along a line are counted"


def test_an_encoding_that_was_assumed_is_told(opened: Open) -> None:
    page = uploaded(opened(), table(kinds=("老猫", "小狗", "狐狸"), codec="gbk"))
    assert page.said("upload_assumed").startswith("GB18030 was assumed")
    assert Experiment.from_json(page.experiment).data.target().size == 3


def test_a_choice_of_columns_that_cannot_be_trained_on_is_a_sentence(opened: Open) -> None:
    page = uploaded(opened(), table())
    before = page.experiment
    page.app.multiselect(key="upload_columns").set_value([])
    assert "input" in page.run().said("upload")
    page.app.multiselect(key="upload_columns").set_value(["weight"])
    page.app.segmented_control(key="upload_task").set_value("regression")
    assert "not a number" in page.run().said("upload")
    assert page.experiment == before


HOSTILE = {
    "empty": b"",
    "one row": b"a,b\n1,2\n",
    "one class": b"a,kind\n" + b"".join(b"%d,x\n" % i for i in range(20)),
    "nul": b"a,b\n1,\x002\n3,4\n",
    "formula": b"a,b\n1,2\n=cmd|' /C calc'!A0,3\n",
    "columns": b",".join(b"c%d" % i for i in range(200_000)) + b"\n1\n",
    "ragged": b"a,b\n1,2,3\n4\n",
    "words": b"a,b\nx,y\nz,w\nq,r\n",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_table_is_a_sentence_and_the_form_stays(opened: Open, name: str) -> None:
    page = uploaded(opened(), HOSTILE[name])
    assert len(page.said("upload")) > 15
    assert Experiment.from_json(page.experiment) == presets()["circle"].experiment
    assert page.charts or page.stage


def test_a_refused_table_leaves_the_table_before_it_in_place(opened: Open) -> None:
    page = uploaded(opened(), table())
    before = page.experiment
    uploaded(page, HOSTILE["formula"], "second.csv")
    assert page.experiment == before


def test_a_broken_experiment_file_is_a_sentence(opened: Open) -> None:
    page = opened()
    page.app.file_uploader(key="open-experiment").upload("experiment.json", b'{"seed": NaN}')
    page.run()
    assert page.said("open-experiment")
    assert Experiment.from_json(page.experiment) == presets()["circle"].experiment


def test_an_experiment_file_is_opened(opened: Open) -> None:
    page = opened()
    wanted = presets()["moons"].experiment
    page.app.file_uploader(key="open-experiment").upload("experiment.json", wanted.to_json().encode())
    page.run().run()
    assert Experiment.from_json(page.experiment) == wanted


def test_the_engine_chooses_itself_and_can_be_named(opened: Open) -> None:
    page = opened()
    choice = page.app.selectbox(key="engine_choice")
    assert choice.value == "auto"
    assert "Auto · NumPy" in choice.options
    assert "MFLOP" in page.said("place")
    choice.set_value("torch")
    page.run()
    wanted = Experiment.from_json(page.experiment)
    assert (wanted.engine, wanted.device) == ("torch", "cpu")
    page.click("undo")
    assert page.app.selectbox(key="engine_choice").value == "auto"


def test_a_refusal_names_the_block_of_settings_and_not_a_field_of_the_same_name(opened: Open) -> None:
    page = opened().type_in("knob.training.batch_size", "1e9")
    assert page.said("training.batch_size").startswith("Training · Batch size: ")


def test_few_samples_are_trained_on_for_more_epochs() -> None:
    lenet = presets()["lenet-5"].experiment
    assert form.long_enough(lenet) == lenet
    few = lenet.replace("data.count", 100).replace("training.max_epochs", 8)
    train, _ = few.data.num_samples()
    longer = form.long_enough(few)
    steps = longer.training.max_epochs * math.ceil(train / few.training.batch_size)
    assert 300 <= steps < 300 + math.ceil(train / few.training.batch_size)
    assert form.long_enough(longer) == longer
    assert longer.schedule.plain() == few.schedule.plain() | {"epochs": longer.training.max_epochs}
    own = few.replace("schedule.epochs", 5)
    assert form.long_enough(own).schedule == own.schedule, "it was not made to end with the training"
    endless = few.replace("training.max_epochs", 0)
    assert form.long_enough(endless) == endless
