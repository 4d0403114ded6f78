"""The live figure of the cases outside a browser; tests/browser holds what it draws to the runs."""

import json

import numpy as np
import pytest
from course.cases.made import made_run
from matplotlib.figure import Figure

from seeing_tensors.course.cases import live
from seeing_tensors.course.cases.runs import FAULTS


def test_its_data_are_json_that_a_browser_reads(monkeypatch):
    given = []
    monkeypatch.setattr(live, "script", lambda name, data: given.append((name, data)) or "")
    run = made_run()
    run.iou[1] = np.nan  # a class that neither a mask nor a prediction has
    live.live_cases(Figure(), {"A": run, "B": run}, alt="What is seen.", caption="What to do.")
    ((name, data),) = given
    assert name == "cases" and "NaN" not in json.dumps(data)
    assert data["cases"]["A"] == data["cases"]["B"] and data["cases"]["A"]["iou"][1] is None
    assert len(set(data["pool"])) == len(data["pool"])


def test_every_fault_has_an_exhibit_that_tells():
    assert list(live.TELLING) == ["none", *FAULTS]


def test_no_case_is_refused():
    with pytest.raises(ValueError, match="at least one run"):
        live.live_cases(Figure(), {}, alt="What is seen.", caption="What to do.")
