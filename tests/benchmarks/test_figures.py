"""Benchmarks run: with the smallest counts they measure, compare and leave nothing behind. No figure is judged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import apdu, collecting, cycles, limit, seam, side_by_side, soak, start, vpcd
from benchmarks.peers import usb_reader
from benchmarks.procfs import descendants
from benchmarks.rounds import Pace
from benchmarks.setup import PeerMissingError
from fixtures.selection import RunDirectory
from fixtures.simulator.daemon import DaemonError, find_pcscd

USB = "emulated USB reader"
SHORT = Pace(rounds=2, seconds=0.02)


@pytest.fixture
def directory() -> Iterator[Path]:
    """A run's directory, whose path is short enough for sockets; nothing of the run is left when it goes."""
    pytest.importorskip("smartcard", reason="pyscard is not installed")
    try:
        find_pcscd()
    except DaemonError as error:
        pytest.skip(str(error))
    before = descendants(os.getpid())
    run = RunDirectory()
    yield run.path
    assert descendants(os.getpid()) == before
    run.close()


def test_round_trips_are_compared_with_the_peers_that_are_there(directory: Path) -> None:
    result = apdu.measure(directory, SHORT)
    cases = {row.case: row for row in result.rows}
    assert USB in cases
    assert all(len(row.samples) == SHORT.rounds and min(row.samples) > 0 for row in result.rows)
    for peer in result.peers:
        ratio = result.ratio(cases[USB], peer)
        assert (ratio is not None) == (peer.case in cases)
    for peer_case in (limit.CASE, vpcd.CASE):
        assert peer_case in cases or any("install" in note for note in result.notes)


def test_start_up_is_timed_until_the_atr(directory: Path) -> None:
    result = start.measure(directory, 1)
    assert USB in {row.case for row in result.rows}


def test_the_seam_is_compared_with_a_bare_loop(directory: Path) -> None:
    result = seam.measure(usb_reader(), directory, SHORT)
    assert [row.case for row in result.rows] == ["bare pyscard loop", "Card, tracing off", "Card, tracing on"]
    assert result.ratio(result.rows[0], result.peers[0]) == 1


def test_soak_follows_every_process(directory: Path) -> None:
    result = soak.measure(directory, warm_up=5, exchanges=40)
    assert {f"{USB}: {name}" for name in ("client", "pcscd", "simulator")} <= {row.case for row in result.rows}


def test_cycles_leave_nothing_behind(directory: Path) -> None:
    left, _took = cycles.measure(directory, 2)
    assert [row.median for row in left.rows] == [0] * len(left.rows), left.rows


def test_collection_is_timed_for_each_size_of_inventory(directory: Path) -> None:
    result = collecting.measure(directory, (3, 5), 1)
    assert [row.case for row in result.rows][2:] == ["collection, 3 readers", "collection, 5 readers"]


def test_workers_find_what_one_worker_finds(directory: Path) -> None:
    result = side_by_side.workers(
        directory, ("suites/test_atr.py::test_three_calls_return_the_same_atr",), 2, (1, 2), 1
    )
    assert [row.case for row in result.rows] == ["1 worker", "2 workers"]
    assert {row.note for row in result.rows} == {"outcomes of all 2 tests equal"}


def test_a_missing_peer_is_named_with_its_packages(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PeerMissingError, match="install vsmartcard-vpcd"):
        vpcd.vpcd(directory)
    with pytest.raises(PeerMissingError, match="install gcc"):
        limit.limit(directory)


def test_an_unknown_benchmark_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["adpu"])
    assert (
        "no benchmark 'adpu'; there are start, apdu, seam, collecting, side-by-side, soak, cycles"
        in capsys.readouterr().err
    )


@pytest.mark.usefixtures("directory")
def test_the_command_writes_json_and_markdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(own: Path, *, quick: bool) -> tuple[cycles.Result, ...]:
        return cycles.measure(own, 1 if quick else 0)

    monkeypatch.setitem(command.BENCHMARKS, cycles.NAME, command.Benchmark(run))
    page = tmp_path / "page.md"
    assert command.main(["cycles", "--quick", "--json", str(tmp_path / "out.json"), "--markdown", str(page)]) == 0
    written = json.loads((tmp_path / "out.json").read_text())
    assert written["machine"]["command"] == "python -m benchmarks cycles --quick"
    assert [benchmark["name"] for benchmark in written["benchmarks"]] == ["cycles", "cycles"]
    assert USB in capsys.readouterr().out
    assert USB in page.read_text()
