"""The summary of a run adds up what its steps took."""

import logging
from collections import Counter

import numpy as np
import pytest
from stdatamodels.jwst import datamodels

from gpucal.backend import use_backend
from gpucal.backend.traffic import Traffic
from gpucal.core import Step
from gpucal.core.log.events import StepEvent
from gpucal.core.log.summary import RunSummary, observe_summaries
from gpucal.core.log.uncorrected import tell_uncorrected


def traffic(to_device, to_host):
    return Traffic(Counter(exposure=to_device), Counter(products=to_host))


@pytest.fixture
def summary():
    """Two steps in a pipeline, the first in two blocks, the other skipped; ten seconds in all."""
    with use_backend("cpu"):
        summary = RunSummary()
    events = [
        StepEvent("started", "Detector1Pipeline"),
        StepEvent("started", "superbias"),
        StepEvent("done", "superbias", seconds=2.0, traffic=traffic(3_000_000, 0)),
        StepEvent("started", "superbias"),
        StepEvent("done", "superbias", seconds=1.0, traffic=traffic(2_000_000, 1_000_000)),
        StepEvent("skipped", "persistence"),
        StepEvent("done", "Detector1Pipeline", seconds=8.0, traffic=traffic(5_000_000, 1_000_000)),
    ]
    for event in events:
        summary.update(event)
    summary.close()
    summary.seconds, summary.traffic = 10.0, traffic(5_000_000, 4_000_000)
    summary.host_peak, summary.device_peak = 1_400_000_000, None
    return summary


def test_blocks_are_added_up_and_the_pipeline_is_no_step(summary):
    assert summary.rows() == [
        ("superbias", "3.00 s", "30%", "5 MB", "1 MB"),
        ("persistence", "skipped", "", "", ""),
        ("between the steps", "7.00 s", "70%", "", "3 MB"),
        ("total", "10.00 s", "100%", "5 MB", "4 MB"),
    ]


def test_where_it_ran(summary):
    assert summary.place().endswith(" threads); peak memory: host 1.4 GB")
    summary.device_peak = 900_000_000
    assert summary.place().endswith("peak memory: host 1.4 GB, device 900 MB")


class Halve(Step):
    class_alias = "halve"

    def process(self, exposure, references):
        exposure.data /= 2
        return exposure


@pytest.fixture
def ramp(monkeypatch, tmp_path):
    monkeypatch.setenv("STPIPE_DISABLE_CRDS_STEPPARS", "true")
    monkeypatch.setenv("CRDS_PATH", str(tmp_path / "no_cache"))
    monkeypatch.setenv("CRDS_SERVER_URL", "https://jwst-serverless-mode.stsci.edu")
    model = datamodels.RampModel((1, 2, 500, 500))
    model.data = np.ones((1, 2, 500, 500), np.float32)
    return model


def test_a_run_logs_its_plan_and_its_summary(ramp, caplog):
    """A ramp of 2 MB; half a megabyte of group flags, one of pixel flags, and two rates of 5 MB each."""
    caplog.set_level(logging.INFO)
    told = []
    with use_backend("cpu"), observe_summaries(told.append):
        Halve.call(ramp)
    lines = [record.getMessage() for record in caplog.records]
    assert "Memory plan: 81 MB (ramp 2 MB, flags 2 MB, references 0 kB, scratch 67 MB, results 10 MB)" in lines
    table = [record.getMessage().split() for record in caplog.records if getattr(record, "table", False)]
    assert table[0] == ["step", "time", "share", "to", "device", "to", "host"]
    assert table[1][0] == "Halve" and table[1][4:] == ["2", "MB"]
    assert table[3][0] == "total" and table[3][3:] == ["100%", "2", "MB", "2", "MB"]
    assert table[4][:2] == ["Backend", "cpu"]
    assert [cost.step for cost in told[0].steps] == ["Halve"]


def test_slits_that_went_on_without_something_have_a_row_each(caplog):
    class NoticingStep(Step):
        class_alias = "noticing"

        def process(self, exposure, references):
            tell_uncorrected("path loss correction", {"S1": "it is far", "S2": "it is faint"})
            tell_uncorrected("a spectrum", {"S2": "there is no light"})
            return exposure

    summaries = []
    with observe_summaries(summaries.append), caplog.at_level(logging.INFO, "gpucal"):
        NoticingStep().run(datamodels.ImageModel(np.zeros((4, 4), np.float32)))
    rows = [text.split(maxsplit=1) for text in caplog.messages]
    start = rows.index(["slit", "went on without"])
    assert rows[start + 1 : start + 3] == [["S1", "path loss correction"], ["S2", "path loss correction, a spectrum"]]
    assert summaries[0].uncorrected[0] == ("S1", "path loss correction", "it is far")
    assert "Slit S2 goes on without a spectrum: there is no light" in caplog.messages
