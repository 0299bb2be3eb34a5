"""A table of one's own: the file, which columns go in, which one is to be predicted. Refusals are sentences here.

The choice becomes the experiment's data only once it is good; until then everything else stays as it was.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

from playground.data import csv
from playground.spec import SpecError
from playground.spec.data import Csv
from playground.ui import form
from playground.ui.language import t, wording
from playground.ui.painting import is_painted
from playground.ui.say import say, sentence

TASKS = ("classes", "regression")
KEPT = "upload"
"""Session key: (id, name) of the file that is being looked at."""


@lru_cache(maxsize=8)
def _report(file_id: str, name: str, folder: Path) -> csv.CsvReport:
    from playground.data.csv_files import read_upload

    return csv.inspect(read_upload(file_id, folder), name)


def panel(folder: Path) -> None:
    """Draw the uploader and, once there is a table, the choice of columns."""
    limits = csv.UploadLimits.from_environment()
    given = st.file_uploader(
        t("ui.upload"),
        type=["csv", "tsv", "txt"],
        key="upload_file",
        max_upload_size=max(1, limits.num_bytes // 1_000_000),
        help=t("ui.upload_help"),
    )
    if given is not None and st.session_state.get("upload_seen") != given.file_id:
        st.session_state["upload_seen"] = given.file_id
        _take(given.getvalue(), given.name, folder, limits)
    if given is not None and st.session_state.get("upload_refused"):
        say(st.session_state["upload_refused"], "error", key="upload")
        return
    spec = form.experiment().data
    if KEPT not in st.session_state and isinstance(spec, Csv):
        st.session_state[KEPT] = (spec.file, "CSV")  # a link names the file
    if KEPT not in st.session_state:
        say(t("ui.upload_empty"))
        return
    try:
        file_id, name = st.session_state[KEPT]
        _choice(file_id, name, folder)
    except SpecError as error:
        say(sentence(error), "error", key="upload")


def _take(data: bytes, name: str, folder: Path, limits: csv.UploadLimits) -> None:
    """Keep a file that is a table; of another, keep only why it is refused."""
    st.session_state["upload_refused"] = ""
    try:
        csv.check_size(len(data), limits)
        csv.inspect(data, name, limits)
        st.session_state[KEPT] = (csv.store(data, folder, limits), name)
    except SpecError as error:
        st.session_state["upload_refused"] = sentence(error)


def _choice(file_id: str, name: str, folder: Path) -> None:
    report = _report(file_id, name, folder)
    say(
        t("ui.upload_found", name=report.name, rows=report.num_rows, columns=len(report.columns)),
        key="upload_found",
    )
    if report.encoding_assumed:
        say(t("csv.assumed", value=report.encoding), key="upload_assumed")
    if not report.target:  # no column is fit to be predicted: say what is wrong with the last one
        last = report.columns[-1]
        raise last.classes_problem or last.regression_problem or SpecError("csv.no_inputs")
    names = [column.name for column in report.columns]
    with st.container(key="upload-choice"):
        fresh = st.session_state.get("upload_for") != file_id or "upload_target" not in st.session_state
        if fresh:
            present = form.experiment().data
            chosen = (report.target, report.task, report.inputs)
            if isinstance(present, Csv) and present.file == file_id:
                chosen = (present.target_column, present.task, present.columns)
            target, task, columns = chosen
            st.session_state["upload_for"] = file_id
            st.session_state["upload_target"], st.session_state["upload_task"] = target, task
            st.session_state["upload_columns"] = list(columns)
        st.selectbox(t("field.target_column"), names, key="upload_target")
        st.segmented_control(
            t("field.task"),
            TASKS,
            key="upload_task",
            format_func=wording(TASKS, lambda task: t(f"ui.choice.{task}")),
            required=True,
        )
        st.multiselect(t("field.columns"), names, key="upload_columns")
    chosen = [
        column for column in st.session_state["upload_columns"] if column != st.session_state["upload_target"]
    ]
    spec = csv.csv_spec(
        report, file_id, chosen, st.session_state["upload_target"], st.session_state["upload_task"]
    )
    present = form.experiment().data
    # What was painted has no test part on purpose; a file that comes after it has its own beginning.
    if isinstance(present, Csv) and (present.file == file_id or not is_painted(present)):
        kept = {name: getattr(present, name) for name in ("scaling", "test_fraction", "seed")}
        spec = spec.model_copy(update=kept)
    if spec != present:
        form.change_data(spec)
        st.rerun()
