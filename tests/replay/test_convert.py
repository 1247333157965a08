"""Logs of pcsc-spy and pcscd become recordings and traces. logs/ holds what both wrote of spied_program.py.

They were made with pcsc-lite 1.9.9 on a simulated reader. The PIN in them is the reader-test applet's published one.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.pcsc import constants
from fixtures.pcsc.errors import PcscError
from fixtures.pcsc.provider import Provider, ReaderState
from fixtures.replay import convert
from fixtures.replay.__main__ import main
from fixtures.replay.check import check_directory, redaction_problems
from fixtures.replay.convert import ConversionError, Origin
from fixtures.replay.divergence import ReplayDivergence
from fixtures.replay.player import ReplayPcsc
from fixtures.replay.recording import Recording

LOGS = Path(__file__).parent / "logs"
SPY = LOGS / "pcsc-spy.log"
READER = "Gemalto Ezio Shield 00 00"
ORIGIN = Origin("ezio", "spied", card="reader-test-t0")
SELECT = bytes.fromhex("00A4040007A000000018FF01")
PIN = "31323334"


def converted(path: Path = SPY) -> Recording:
    return convert.recording(path, ORIGIN, {})[0]


def replayed(pcsc: Provider, *, size: int = 300) -> None:
    """What spied_program.py does, through the seam."""
    context = pcsc.establish_context(constants.SCARD_SCOPE_SYSTEM)
    assert pcsc.is_valid_context(context)
    assert not pcsc.is_valid_context(1)
    assert pcsc.list_readers(context) == [READER]
    known = pcsc.get_status_change(context, 0, [ReaderState(READER)])[0].event_state & ~constants.SCARD_STATE_CHANGED
    with pytest.raises(PcscError, match="SCARD_E_TIMEOUT"):
        pcsc.get_status_change(context, 100, [ReaderState(READER, known)])
    with pytest.raises(PcscError, match="SCARD_E_UNKNOWN_READER"):
        pcsc.connect(context, "No such reader", constants.SCARD_SHARE_SHARED, 3)
    card, t0 = pcsc.connect(context, READER, constants.SCARD_SHARE_SHARED, 3)
    pcsc.begin_transaction(card)
    assert pcsc.transmit(card, t0, SELECT, size) == b"\x90\x00"
    assert pcsc.transmit(card, t0, bytes.fromhex("0020008008") + b"87654321", size)[0] == 0x6A
    assert pcsc.transmit(card, t0, bytes.fromhex("0020008008") + b"12345678", size) == b"\x90\x00"
    assert len(pcsc.transmit(card, t0, bytes.fromhex("004000000D"), size)) == 15
    assert pcsc.transmit(card, t0, bytes.fromhex("8034000808"), size) == bytes(range(8)) + b"\x90\x00"
    with pytest.raises(PcscError, match="SCARD_E_INSUFFICIENT_BUFFER") as caught:
        pcsc.transmit(card, t0, bytes.fromhex("8034000808"), 9)
    assert caught.value.needed == 10
    pcsc.end_transaction(card, constants.SCARD_LEAVE_CARD)
    assert pcsc.status(card).atr == bytes.fromhex("3B021450")
    features = pcsc.control(card, constants.CM_IOCTL_GET_FEATURE_REQUEST, b"", size)
    assert features[:2] == b"\x06\x04"
    assert pcsc.get_attrib_length(card, constants.SCARD_ATTR_ATR_STRING) == 4
    assert pcsc.get_attrib(card, constants.SCARD_ATTR_ATR_STRING, 4) == bytes.fromhex("3B021450")
    with pytest.raises(PcscError):
        pcsc.get_attrib(card, 0x12345, size)
    with pytest.raises(PcscError):
        pcsc.set_attrib(card, constants.SCARD_ATTR_MAXINPUT, b"\x01")
    pcsc.reconnect(card, constants.SCARD_SHARE_SHARED, 3, constants.SCARD_RESET_CARD)
    in_thread(lambda: other_thread(pcsc))
    waiting = pcsc.establish_context(constants.SCARD_SCOPE_SYSTEM)

    def wait() -> None:
        with pytest.raises(PcscError, match="SCARD_E_CANCELLED"):
            pcsc.get_status_change(waiting, constants.INFINITE, [ReaderState(READER, known)])

    waiter = threading.Thread(target=wait, name="thread 2")
    waiter.start()
    pcsc.cancel(waiting)
    waiter.join()
    pcsc.release_context(waiting)
    pcsc.disconnect(card, constants.SCARD_UNPOWER_CARD)
    with pytest.raises(PcscError, match="SCARD_E_INVALID_HANDLE"):
        pcsc.disconnect(card, constants.SCARD_LEAVE_CARD)
    pcsc.release_context(context)


def in_thread(work: object) -> None:
    assert callable(work)
    thread = threading.Thread(target=work, name="thread 2")
    thread.start()
    thread.join()


def other_thread(pcsc: Provider) -> None:
    context = pcsc.establish_context(constants.SCARD_SCOPE_SYSTEM)
    card, protocol = pcsc.connect(context, READER, constants.SCARD_SHARE_SHARED, 3)
    assert pcsc.transmit(card, protocol, SELECT, 264) == b"\x90\x00"
    pcsc.disconnect(card, constants.SCARD_LEAVE_CARD)
    pcsc.release_context(context)


def test_a_spied_program_can_be_replayed_call_by_call() -> None:
    replay = ReplayPcsc(converted(), {}, "pcsc-spy once more")
    replayed(replay)
    replay.finish()


def test_a_buffer_too_small_for_the_answer_was_not_seen() -> None:
    """The log does not tell how large a buffer was; one that could not have held the answer gets none."""
    replay = ReplayPcsc(converted(), {}, "pcsc-spy once more")
    with pytest.raises(ReplayDivergence, match="receive size: recorded unknown, made 1"):
        replayed(replay, size=1)


def test_header_says_what_the_log_and_the_user_know() -> None:
    header = converted().header
    assert (header.reader, header.reader_name, header.card) == ("ezio", READER, "reader-test-t0")
    assert (header.atr, header.source, header.daemon) == (bytes.fromhex("3B021450"), "hardware", "unknown")
    assert header.suite_version.startswith("none")
    assert header.date.startswith("20")


@pytest.mark.parametrize("log", ["pcsc-spy.log", "pcscd-debug.log", "pcscd-apdu.log"])
def test_traces_show_the_exchange_and_no_pin(log: str) -> None:
    text = convert.trace(LOGS / log, {})
    assert PIN not in text.replace(" ", "")
    assert "38 37 36 35" not in text
    arrows = [line.split(" ms ", 1)[1] for line in text.splitlines() if "-> 00 20" in line or "<- 00 20" in line]
    assert len(arrows) == 3
    assert all("00 20 00 80 08 ** ** ** ** ** ** ** **" in line for line in arrows)
    assert "<- 00 01 02 03 04 05 06 07 90 00  success" in text


def test_trace_of_a_daemon_tells_clients_errors_and_resets() -> None:
    text = convert.trace(LOGS / "pcscd-debug.log", {})
    assert "SCardConnect(reader=No such reader, protocols=T=0+T=1) !! SCardConnect returned SCARD_E_UNKNOWN" in text
    assert f"SCardConnect(reader={READER}, protocols=T=0+T=1) -> T=0" in text
    assert "!! SCardTransmit returned SCARD_E_INSUFFICIENT_BUFFER" in text
    assert "SCardReconnect(power=Reset) -> T=0, ATR 3B 02 14 50" in text
    assert "SCardGetStatusChange() !! SCardGetStatusChange returned SCARD_E_CANCELLED" in text
    assert len({line.split("[")[1].split("]")[0] for line in text.splitlines()}) >= 3


def test_daemons_log_with_colours_and_threads() -> None:
    line = "\x1b[36m00000200\x1b[0m [140231]"
    plain = convert.trace(written("00000200 APDU: 00 B0 00 00 01 ", "00000300 SW: AA 90 00 "), {})
    assert plain == convert.trace(written(f"{line} APDU: 00 B0 00 00 01 ", "00000300 [140231] SW: AA 90 00 "), {})
    assert plain.splitlines()[1].split("ms", 1)[1] == "  <- AA 90 00  success (0.300 ms)"


def test_command_without_an_answer_is_shown() -> None:
    text = convert.trace(written("00000200 APDU: 00 B0 00 00 01 ", "00000300 APDU: 00 B0 00 00 02 "), {})
    assert text.count("!! no answer in the log") == 2


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(*lines: str) -> Path:
    path = Path("written.log")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_calls_that_never_returned_are_left_out() -> None:
    """libpcscspy 1.9.9 crashes in SCardTransmit when a program passes no structure for the answer's protocol."""
    lines = SPY.read_text().splitlines()
    cut = next(number for number, line in enumerate(lines) if line.endswith("00 40 00 00 0D "))
    recording, left_out = convert.recording(written(*lines[: cut + 1]), ORIGIN, {})
    assert left_out == ["SCardListReaders: 1", "SCardTransmit (never returned): 1"]
    assert recording.steps[-1].method == "transmit"
    assert redaction_problems(recording) == []


MISTAKES = {
    "lacks a value": (["A1@>|1|2|SCardReleaseContext", "A1@<|1|3|SCardReleaseContext|ok|0x00000000"], "one value more"),
    "no number": (
        ["A1@>|1|2|SCardReleaseContext", "A1@abc", "A1@<|1|3|SCardReleaseContext|ok|0x00000000"],
        "SCardReleaseContext: expected a number, found 'abc'",
    ),
    "end only": (["A1@>|1|2|SCardCancel", "B2@<|1|3|SCardCancel|ok|0x00000000"], ":2: expected the beginning of SCar"),
    "nothing": (["A1@>|1|2|SCardCancel"], "expected a call that returned"),
    "other file": (["# A page"], "expected a log of libpcscspy; found none"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines, message = MISTAKES[name]
    path = written(*lines)
    assert main(["convert", str(path), "--to", "out", "--reader", "a", "--case", "b"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}:")
    assert message in line
    assert not Path("out").exists()


def test_command_writes_a_recording_that_passes_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--to", "out", "--reader", "ezio", "--case", "spied", "--source", "simulated", "--os", "Debian 12"]
    assert main(["convert", str(SPY), *arguments]) == 0
    path = Path("out/ezio/spied.yaml")
    assert capsys.readouterr().out == f"{path}: 35 calls; left out: SCardListReaders: 1\n"
    text = path.read_text()
    assert PIN not in text.replace(" ", "")
    assert "receive size: unknown" in text
    assert 'os: "Debian 12"' in text
    assert check_directory(Path("out")) == (1, [])


def test_command_prints_a_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(SPY)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{{reader}} is {READER}\n")
    assert "[thread 2] SCardGetStatusChange(timeout=for ever" in out


def test_a_daemons_log_is_too_little_for_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(LOGS / "pcscd-debug.log"), "--to", "out", "--reader", "a", "--case", "b"]) == 4
    assert "holds too little to play back" in capsys.readouterr().err
    assert main(["convert", str(SPY), "--to", "out"]) == 4
    assert "--to needs --reader and --case" in capsys.readouterr().err
    assert main(["convert", "no.log"]) == 4
    assert "expected a log that can be read" in capsys.readouterr().err


LINES = {name: (LOGS / name).read_text().splitlines() for name in ("pcsc-spy.log", "pcscd-debug.log")}


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_log_is_converted_or_refused(data: st.DataObject) -> None:
    lines = list(LINES[data.draw(st.sampled_from(sorted(LINES)))])
    for _ in range(data.draw(st.integers(1, 4))):
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        kind = data.draw(st.sampled_from(["drop", "copy", "number", "text"]))
        if kind == "drop" and len(lines) > 1:
            del lines[one]
        elif kind == "copy":
            lines.insert(other, lines[one])
        else:
            begin = data.draw(st.integers(0, len(lines[one])))
            new = data.draw(st.sampled_from(["0xFFFFFFFFFFFFFFFF", "NULL", "@", "|", "0x0", ""]))
            lines[one] = lines[one][:begin] + (new if kind == "number" else data.draw(st.text(max_size=3)))
    path = written(*(line.encode("utf-8", "replace").decode() for line in lines))
    try:
        convert.trace(path, {})
        recording = convert.recording(path, ORIGIN, {})[0]
    except ConversionError as error:
        assert "\n" not in str(error)
        return
    assert redaction_problems(recording) == []
