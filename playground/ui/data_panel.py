"""The left column: which data, how much of them, how noisy, and what the network gets to see."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from playground import i18n
from playground.data import Dataset
from playground.data.folder import data_folder
from playground.spec import DataSpec, Experiment, knobs
from playground.spec.mode_data import Modes
from playground.spec.text_data import Typed
from playground.ui import (
    downloads,
    form,
    image_upload,
    labs,
    navigation,
    own_sequences,
    pictures,
    sequence_examples,
    upload,
)
from playground.ui.knobs import knob
from playground.ui.language import language, t
from playground.ui.say import say
from playground.ui.style import appearance

GROUPS = (
    (
        "classes",
        ("Xor", "Quadrants", "Circles", "Gaussians", "Moons", "Spiral", "Checkerboard", "Rings", "Blobs"),
    ),
    ("numbers", ("Plane", "MultiGaussian", "Function1D")),
    ("series", ("Series", "Waves", "Adding", "CopyDelay", "Echo", "Parity", "Brackets", "SeriesCsv")),
    (
        "text",
        ("Typed", "Reviews", "Polarity", "Names", "Corpus", "Idioms", "TextCsv", "CorpusOwn"),
    ),
    ("real", ("Mnist5k", "Digits8x8", "Mnist", "FashionMnist", "Cifar10", "Shapes", "OwnImages", "Csv")),
)


IMITATED = (
    *("Gaussians8", "Ring", "Grid25", "Line", "Moons", "Spiral", "Blobs", "Drawing"),
    *("Digits8x8", "Mnist5k", "FashionMnist"),
)
"""What a generator may imitate in the lab of two networks."""
UPLOADS = {"Csv": upload.panel, "OwnImages": image_upload.panel, **own_sequences.PANELS}
"""Kinds whose data a visitor brings along; while one is looked for, the session's `upload_open` is its name."""
WANTED = "data_wanted"
"""Session key: the kind that was chosen although its files are not here yet."""
ORDER = ("noise", "test_fraction", "count", "seed", "features", "scaling")
"""What is turned most often comes first; what only one kind has comes before all of it."""


def data_panel(experiment: Experiment, dataset: Dataset | None, folder: Path) -> None:
    """Draw the column for `experiment`; `dataset` is None where it could not be loaded."""
    st.html(f'<h2 class="heading">{t("ui.data")}</h2>')
    _chosen(experiment, dataset, folder)
    _elsewhere(experiment)


def _chosen(experiment: Experiment, dataset: Dataset | None, folder: Path) -> None:
    """Draw the lab's kinds of data, and what there is to set and to see of the chosen one."""
    spec = experiment.data
    wanted = _wanted(folder)
    _gallery(experiment)
    awaited = downloads.absent(wanted or spec.kind, folder) if wanted or dataset is None else None
    if awaited is not None:
        downloads.panel(awaited, folder)
        if wanted and dataset is not None:
            _meanwhile(spec)
        return
    opened = st.session_state.get("upload_open") or (spec.kind if spec.kind in UPLOADS else "")
    if opened:
        UPLOADS[opened](folder)
        if opened != spec.kind:
            _meanwhile(spec)
    if opened in ("", spec.kind):
        if not opened:
            say(t(f"data.{spec.kind}_help"))
        sequence_examples.pattern(spec)
        if isinstance(spec, Typed):
            own_sequences.typed(spec)
        _knobs(spec, leave=("features",) if experiment.adversary is not None else ())
        if dataset is not None:
            pictures.examples(spec, dataset)
            sequence_examples.examples(dataset)
        if experiment.adversary is None:
            pictures.augmentation(experiment, dataset)
        _about(spec, dataset)


def _meanwhile(spec: DataSpec) -> None:
    """Say what is trained on as long as the data that were chosen are not here, and offer to stay with it."""
    name = t(f"data.{spec.kind}")
    with st.container(key="meanwhile", horizontal=True, vertical_alignment="center", gap="small"):
        say(t("ui.meanwhile", name=name), "info", key="meanwhile")
        st.button(t("ui.meanwhile_stay"), key="meanwhile_stay", help=name, on_click=_stay, wrap=False)


def _stay() -> None:
    st.session_state["upload_open"] = ""
    st.session_state.pop(WANTED, None)


def _wanted(folder: Path) -> str:
    """Return the kind that was asked for and is not here yet; what has come meanwhile is taken.

    Until then everything else stays as it is: the experiment, and the run on screen.
    """
    wanted = st.session_state.get(WANTED, "")
    if wanted and downloads.absent(wanted, folder) is None:
        del st.session_state[WANTED]
        _take(wanted)
        st.rerun()
    return wanted


def _gallery(experiment: Experiment) -> None:
    known = DataSpec.catalogue()
    chosen = _marked(experiment)
    name = appearance().name
    rules = "".join(
        f".st-key-kind-{kind} button::before{{background-image:url(playground/thumbnail/{name}/{kind}.svg)}}"
        for kind in known
    )
    marked = "border-color:var(--pg-test)!important;box-shadow:0 0 0 1px var(--pg-test)"
    rules += f".st-key-kind-{chosen} button::before{{{marked}}}"
    rules += f".st-key-kind-{chosen} button p{{color:var(--pg-test);font-weight:600}}"
    st.html(f"<style>{rules}</style>")
    game = experiment.adversary is not None

    def here(kind: str) -> bool:
        return kind in IMITATED if game else _at_home(known[kind]) is labs.here()

    with st.container(key="gallery"):
        for kind in _kinds():
            if here(kind):
                _tile(kind)
    st.html(f'<p class="chosen">{t(f"data.{chosen}")}</p>')


def _kinds() -> list[str]:
    """Return every kind of data in the order in which they are shown."""
    known = DataSpec.catalogue()
    listed = [kind for _, kinds in GROUPS for kind in kinds if kind in known]
    return listed + [kind for kind in known if kind not in listed]


def _marked(experiment: Experiment) -> str:
    """Return the kind that is chosen, although its data may not be here yet."""
    session = st.session_state
    return session.get("upload_open") or session.get(WANTED) or experiment.data.kind


def _elsewhere(experiment: Experiment) -> None:
    """Draw the data of the other labs, behind one button."""
    if experiment.adversary is not None:
        return
    known = DataSpec.catalogue()
    with st.popover(t("ui.data_elsewhere"), key="data-elsewhere", type="tertiary"):
        for lab in navigation.PAGES:
            kinds = [kind for kind in _kinds() if _at_home(known[kind]) is lab]
            if lab in (labs.here(), navigation.GAN) or not kinds:
                continue
            st.html(f'<h3 class="elsewhere">{t(lab.title)}</h3>')
            with st.container(key=f"gallery-elsewhere-{lab.path}"):
                for kind in kinds:
                    _tile(kind)


def _at_home(family: type[DataSpec]) -> navigation.PageEntry | None:
    """Return the lab where data of a kind are at home; None where no page shows such data."""
    if issubclass(family, Modes) and navigation.GAN in navigation.PAGES:
        return navigation.GAN
    return navigation.HOMES.get(family.nature)


def _tile(kind: str) -> None:
    st.button(
        t(f"tile.{kind}"),
        key=f"kind-{kind}",
        help=f"**{t(f'data.{kind}')}**  \n{t(f'data.{kind}_help')}",
        width="stretch",
        on_click=_choose,
        args=(kind,),
    )


def _choose(kind: str) -> None:
    if kind in UPLOADS:
        st.session_state["upload_open"] = kind
        st.session_state.pop(WANTED, None)
        return
    st.session_state["upload_open"] = ""
    if downloads.absent(kind, data_folder()) is not None:
        st.session_state[WANTED] = kind
        return
    st.session_state.pop(WANTED, None)
    _take(kind)


def _take(kind: str) -> None:
    """Train on data of this kind."""
    present = form.experiment().data
    family = DataSpec.catalogue()[kind]
    changed = present.plain()  # a default of one kind is no choice for another
    kept = {
        name: getattr(present, name)
        for name in ("count", "noise", "test_fraction", "seed", "features", "scaling")
        if name in changed and name in family.model_fields and _same(present, family, name)
    }
    if kind == present.kind:
        return
    if family.nature != present.nature and family.nature in ("series", "text"):
        form.put_data_of_another_lab(family.parse(kept), navigation.HOMES[family.nature].opens)
    else:
        form.change_data(family.parse(kept))


def _same(present: DataSpec, family: type[DataSpec], name: str) -> bool:
    """Tell whether a setting means the same in both kinds (4,000 images are not 4,000 points)."""
    return (
        name != "count"
        or present.input_shape() == family.parse({}).input_shape()
        or len(present.input_shape()) == 1
    )


def _knobs(spec: DataSpec, leave: tuple[str, ...] = ()) -> None:
    with st.container(key="data-knobs"):
        for found in sorted(
            knobs(type(spec)), key=lambda found: ORDER.index(found.name) if found.name in ORDER else -1
        ):
            if found.name in leave or (
                spec.kind == "Csv" and found.name in ("columns", "target_column", "task")
            ):
                continue
            knob(found, f"data.{found.name}", getattr(spec, found.name), change=_change)


def _change(path: str, value: object) -> None:
    before = form.experiment()
    if form.change(path, value):
        after = form.experiment()
        if (after.data.target(), after.data.num_tokens()) != (before.data.target(), before.data.num_tokens()):
            form.change_data(after.data)


def _about(spec: DataSpec, dataset: Dataset | None) -> None:
    train, test = spec.num_samples()
    say(t("ui.samples", train=train, test=test), key="samples")
    if dataset is None:
        return
    if not dataset.texts:
        say(t("ui.scaling_told", how=dataset.scaling.text(language())), key="scaling")
    word = f"licence.{dataset.licence}"  # what is no name of a licence is said in the visitor's language
    name = t(word) if i18n.has(word, language()) else dataset.licence
    licence = t("ui.licence", name=name) if name else ""
    say(t("ui.source", source=t(dataset.source)) + licence, key="source")
    sequence_examples.notes(dataset)
