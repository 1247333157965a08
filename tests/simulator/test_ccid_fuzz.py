"""Whatever a host sends, an interface answers each message with at most one final answer and lives on."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.simulator.ccid import message as ccid
from fixtures.simulator.ccid.message import CcidMessage
from fixtures.simulator.specification import InterfaceSpecification
from tests.simulator.bench import Bench

LEVELS = [0x000000BA, 0x00000040, 0x00010030, 0x000104BA, 0x000204BA, 0x000404BA]

messages = st.builds(
    CcidMessage,
    message_type=st.sampled_from([*ccid.RESPONSE_TYPES, 0x00, 0x60]),
    slot=st.integers(0, 2),
    sequence=st.just(0),
    specific=st.one_of(st.just(b"\0\0\0"), st.binary(min_size=3, max_size=3)),
    data=st.one_of(
        st.just(b""),
        st.binary(max_size=40),
        st.sampled_from([bytes.fromhex("00A4040007A000000018FF01"), bytes.fromhex("80380008")]),
    ),
    length=st.one_of(st.none(), st.integers(0, 2**32 - 1)),
)
steps = st.one_of(
    messages,
    st.binary(max_size=12),
    st.sampled_from(["insert", "remove", "keys", "wait", "power"]),
    st.tuples(st.sampled_from([0x21, 0xA1]), st.integers(0, 255), st.integers(0, 0xFFFF)),
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(LEVELS), st.sampled_from([0, 1, 2]), st.lists(steps, max_size=30))
def test_an_interface_survives_its_host(level: int, protocol: int, script: list[object]) -> None:
    bench = Bench(InterfaceSpecification(dwFeatures=level, bInterfaceProtocol=protocol, bMaxSlotIndex=1, bPINSupport=3))
    bench.insert_test_card()
    sent: Counter[int] = Counter()
    for number, step in enumerate(script):
        if isinstance(step, CcidMessage):
            sequence = number & 0xFF
            sent[sequence] += 1
            message = CcidMessage(step.message_type, step.slot, sequence, step.specific, step.data, step.length)
            bench.interface.bulk_out(message.build())
        elif isinstance(step, bytes):
            bench.interface.bulk_out(step[:9])
        elif isinstance(step, tuple):
            request_type, request, value = step
            answer = bench.interface.control(request_type, request, value, 0, 8, b"")
            assert answer is None or len(answer) <= 8
        elif step == "power":
            sent[number & 0xFF] += 1
            bench.interface.bulk_out(CcidMessage(0x62, 0, number & 0xFF, b"\x01\0\0").build())
        elif step == "wait":
            bench.clock.advance(0.4)
        elif step == "keys":
            bench.interface.press(["1", "2", "3", "4", "enter"])
        else:
            try:
                bench.interface.remove(0) if step == "remove" else bench.insert_test_card()
            except ValueError:
                continue
    bench.clock.advance(1000)
    assert bench.clock.pending == 0, "nothing waits for ever"
    final = Counter(frame.sequence for frame in bench.frames if frame.command_status != ccid.COMMAND_TIME_EXTENSION)
    assert final <= sent
