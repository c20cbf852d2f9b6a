"""Decode times for packets that come without, and frames kept only because others refer to them."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from v2a_core.media.packets import Cut, picture_packets, side_packet

STREAM = SimpleNamespace(index=0, average_rate=Fraction(25), guessed_rate=None, time_base=Fraction(1, 1000))


@dataclass
class Packet:
    pts: int | None
    dts: int | None
    duration: int = 40
    stream_index: int = 0
    time_base: Fraction = Fraction(1, 1000)


def with_b_frames(count: int) -> list[Packet]:
    """Packets at 25 fps in stored order I P B B P B B ..., two frames of reordering."""
    order = [0] + [i for n in range(3, count + 3, 3) for i in (n, n - 2, n - 1)]
    return [Packet(40 * i, 40 * n - 80) for n, i in enumerate(order) if i < count]


def kept(packets, cut):
    return list(picture_packets(iter([replace(p) for p in packets]), STREAM, cut))


@given(st.integers(1, 40), st.sets(st.integers(0, 39)))
def test_missing_decode_times_are_filled_in_order(count, missing):
    packets = with_b_frames(count)
    for index in missing & set(range(len(packets))):
        packets[index].dts = None
    found = kept(packets, Cut(0, 0, 40, 40 * count - 40, 0, 40 * count, 1, False))
    times = [p.dts for p in found]
    assert [p.pts for p in found] == [p.pts for p in packets]
    assert all(a < b for a, b in pairwise(times))
    assert all(p.dts <= p.pts for p in found)


def test_a_frame_after_the_end_stays_only_if_one_before_the_end_follows_it():
    packets = with_b_frames(30)
    # Stored 0 3 1 2 6 4 5 9 ...: 6 precedes 4, which is wanted; 9 precedes nothing wanted.
    found = kept(packets, Cut(0, 0, 40, 160, 0, 200, 1, False))
    assert [p.pts // 40 for p in found] == [0, 3, 1, 2, 6, 4]
    found = kept(packets, Cut(0, 0, 40, 120, 0, 160, 1, False))
    assert [p.pts // 40 for p in found] == [0, 3, 1, 2]


def test_leading_frames_of_an_open_group_are_dropped_and_the_first_seen_is_at_zero():
    packets = [Packet(400, 320), Packet(320, 360), Packet(360, 400), Packet(440, 440), Packet(480, 480)]
    found = kept(packets, Cut(400, 440, 480, 480, 450, 500, 1, True))
    assert [(p.pts, p.duration) for p in found] == [(-50, 40), (0, 30), (30, 20)]
    assert all(p.dts <= p.pts for p in found)


def test_packets_of_other_streams_pass():
    other = Packet(None, None, stream_index=3)
    assert other in kept([*with_b_frames(2), other], Cut(0, 0, 40, 40, 0, 80, 1, False))


@pytest.mark.parametrize(
    "start, length, expected",
    [(500, 300, None), (900, 300, (0, 200)), (1200, 300, (200, 300)), (1900, 300, (900, 100)), (2000, 300, None)],
)
def test_subtitles_are_cut_to_the_trim(start, length, expected):
    packet = Packet(start, start, length)
    extent = SimpleNamespace(begin_s=1.0, end_s=2.0)
    assert side_packet(packet, extent) == (expected is not None)
    if expected:
        assert (packet.pts, packet.duration) == expected and packet.dts == packet.pts
