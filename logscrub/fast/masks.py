"""Finds in the bytes of a whole block what `logscrub.detect.templates` makes alike in a text, with a few passes of numpy.

What `masked` makes of a block is a key, not a template: stretches are filled with bytes that no UTF-8 has, so nothing that
is written in a log can look like one. It may leave a stretch that a template would not, never the other way round:

    masked(a) == masked(b)   =>   the templates of a and b are equal, also those of the texts that their JSON strings say

Given `capitals`, it also fills ULIDs and the letters of issue keys, which `logscrub.detect.forms` makes alike: then it is the
forms of a and b that are equal, and what is alike stands in the same places.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from logscrub.detect.templates import (
    HEX_SIZES,
    LEFT_JOINTS,
    LEFT_OF_COUNT,
    LONGEST_COUNT,
    RIGHT_JOINTS,
    RIGHT_OF_COUNT,
    SHORTEST_ENCODED,
    UNITS,
)

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

PAD = b"\n" * 64
"""What a block has before and behind it here, so that no look around a place leaves it."""
_UUID, _HEX, _COUNT, _TIME, _EPOCH, _WORD = 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA
NO_UTF8 = 0xF8
"""A block with a byte from here on is no UTF-8: it is not masked."""
_BACKSLASH, _ESCAPE = 0x5C, 0x1B


def _table(characters: str) -> Flags:
    table = np.zeros(256, np.bool_)
    table[[ord(c) for c in characters]] = True
    return table


_DIGITS = _table("0123456789")
_EDGELESS = _table("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_EDGELESS[0x80:] = True
_LEFT, _RIGHT = _table(LEFT_OF_COUNT), _table(RIGHT_OF_COUNT)
_JOINT_L, _JOINT_R = _table(LEFT_JOINTS), _table(RIGHT_JOINTS)
_UPPER, _LOWER = _table("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), _table("abcdefghijklmnopqrstuvwxyz")
_LETTERS = _UPPER | _LOWER
_QUOTES = _table("\"'")
_NO_LEFT_OF_ID = _EDGELESS | _table("\\%-")
_NO_LEFT_OF_HEX = _NO_LEFT_OF_ID | _table(".")
_NO_LEFT_OF_TIME = _NO_LEFT_OF_ID | _table(":/.+")
_BEHIND_STOP, _BEHIND_COLON, _BEHIND_PERCENT = _table(" \n\"'") | _LOWER, _table(" \n") | _LOWER, _table(" ,)\n\"'")
_NO_END = _EDGELESS | _table("\\")
_DIGIT_OR_BACKSLASH = _DIGITS | _table("\\")
_NEAR_DIGITS = _DIGITS.copy()
_NEAR_DIGITS[[_TIME]] = True
"""What has a digit for a neighbour sees one in the digits of a time too; ids begin and end with letters."""
_NEAR_DIGIT_OR_BACKSLASH = _NEAR_DIGITS | _table("\\")
_IS_HEX_SIZE = np.zeros(HEX_SIZES[-1] + 2, np.bool_)
_IS_HEX_SIZE[list(HEX_SIZES)] = True
_NO_TEXT = np.zeros(256, np.bool_)
_NO_TEXT[[*(i for i in range(0x20) if chr(i) not in "\t\r\n"), 0x7F, 0xC0, 0xC1, *range(0xF5, 0x100)]] = True
"""Bytes that no text in UTF-8 has."""
_MOST_LEFT = 16
_LEFT_OF_WORD = _table(" \"'([<,;=")
_LEFT_OF_ULID, _RIGHT_OF_ULID = _LEFT_OF_WORD | _table(":"), _table(" \"')]>,;:/\n")
_RIGHT_OF_ISSUE = _table(" \"'),;]\n")
_FEWEST_COMMAS = 5
"""Of an array of bytes."""
_SPACES, _BEHIND_COMMA = _table(" \t\r"), _DIGITS | _table("-\\")
_MAY_BE_BYTES = re.compile(rb"[0-9]{1,3}(?:,(?:[ \t\r]|\\++[nrtu0-9adAD]{1,5})*+-?[0-9]{1,3}){5}")
_BUFFER = re.compile(b"<Buffer ")
_ULID = 26
_CROCKFORD = _DIGITS | (_UPPER & ~_table("ILOU"))
_LONGEST_PROJECT = 8
"""Letters of an issue key that are filled; longer ones are left as they are."""
_FIRST_BYTES = np.array([(1 << 8 * size) - 1 for size in range(_LONGEST_PROJECT + 1)], np.uint64)


def masked(
    block: bytes, spelled: frozenset[str] = frozenset(), alike: bool = True, capitals: frozenset[str] | None = None
) -> bytes | None:
    """`block` with what its templates make alike filled; of the same length. None where it is no text in UTF-8.

    `spelled`: numbers that are left as they are. `alike`: False where all is. `capitals`: projects whose issue keys are left as
    they are; None where all words are.

    Numbers that begin with a zero are left as they are: JSON has none, so a key tells what is JSON and what is not.
    Lines with escape sequences for terminals are left as they are: without them other characters stand side by side. So are lines
    with numbers that could be bytes: what these say hangs on their digits.
    """
    a = np.frombuffer(PAD + block + PAD, np.uint8)
    if a.max() >= NO_UTF8:
        return None
    if not alike:
        return block
    key = a.copy()
    _mask_uuids(a, key)
    _mask_hex(a, key)
    _mask_times(a, key)
    _mask_counts(key, spelled)
    if capitals is not None:
        _mask_ulids(a, key)
        _mask_projects(a, key, capitals)
    if _ESCAPE in block:
        _restore(a, key, np.flatnonzero(a == _ESCAPE))
    _restore_bytes(a, key)
    if b"<Buffer " in block:
        _restore(a, key, np.array([m.start() + len(PAD) for m in _BUFFER.finditer(block)]))
    return key[len(PAD) : -len(PAD)].tobytes()


def _fill(key: Bytes, starts: Places, length: int, value: int) -> None:
    if len(starts):
        sliding_window_view(key, length, writeable=True)[starts] = value


def _quoted(a: Bytes, at: Places) -> Flags:
    """Whether a quote with one or three backslashes stands there."""
    one = (a[at] == _BACKSLASH) & _QUOTES[a[at + 1]]
    three = (a[at] == _BACKSLASH) & (a[at + 1] == _BACKSLASH) & (a[at + 2] == _BACKSLASH) & _QUOTES[a[at + 3]]
    found: Flags = one | three
    return found


def _behind_colon(a: Bytes, at: Places) -> Flags:
    """Whether a percent-encoded colon stands before it."""
    found: Flags = (a[at - 1] == 0x41) & (a[at - 2] == 0x33) & (a[at - 3] == 0x25)
    return found


def _alone(a: Bytes, at: Places) -> Flags:
    """Whether an id or a time may end there."""
    after = a[at]
    bad = _NO_LEFT_OF_ID[after] | ((after == 0x2E) & _DIGIT_OR_BACKSLASH[a[at + 1]])
    good: Flags = ~bad | _quoted(a, at)
    return good


def _mask_uuids(a: Bytes, key: Bytes) -> None:
    dash = a == 0x2D
    at = np.flatnonzero(dash[8:-23] & dash[13:-18] & dash[18:-13] & dash[23:-8])
    if len(at):
        at = at[(at >= _MOST_LEFT) & (at < len(a) - len(PAD))]
        at = at[(~_NO_LEFT_OF_ID[a[at - 1]] | _behind_colon(a, at)) & _alone(a, at + 36)]
        four = _in_a_row(_is_hex(a), 4)
        at = at[
            four[at] & four[at + 4] & four[at + 9] & four[at + 14] & four[at + 19] & four[at + 24] & four[at + 28] & four[at + 32]
        ]
        _fill(key, at, 36, _UUID)


def _is_digit(a: Bytes) -> Flags:
    return (a - np.uint8(0x30)) < 10


def _is_upper(a: Bytes) -> Flags:
    return (a - np.uint8(0x41)) < 26


def _is_hex(a: Bytes) -> Flags:
    return _is_digit(a) | ((a - np.uint8(0x61)) < 6)


def _in_a_row(flags: Flags, count: int) -> Flags:
    """At each place whether so many stand there, one after the other."""
    have = 1
    while have < count:
        step = min(have, count - have)
        flags = flags[:-step] & flags[step:]
        have += step
    return flags


def _runs(flags: Flags) -> tuple[Places, Places]:
    """Where stretches of True begin and end; the ends of the block are False, for they are line ends."""
    edges = np.flatnonzero(flags[1:] != flags[:-1]) + 1
    return edges[0::2], edges[1::2]


def _mask_hex(a: Bytes, key: Bytes) -> None:
    starts, ends = _runs(_in_a_row(_is_hex(key), HEX_SIZES[0]))  # of what is no UUID
    ends = ends + (HEX_SIZES[0] - 1)
    sizes = ends - starts
    good = np.flatnonzero(_IS_HEX_SIZE[np.minimum(sizes, HEX_SIZES[-1] + 1)])
    if not len(good):
        return
    starts, ends, sizes = starts[good], ends[good], sizes[good]
    before = a[starts - 1]
    good = (~_NO_LEFT_OF_HEX[before] | _behind_colon(a, starts)) & _alone(a, ends) & ~((sizes == 8) & (before == 0x3D))
    starts, ends, sizes = starts[good], ends[good], sizes[good]
    if not len(starts):
        return
    digits = np.add.reduceat(_is_digit(a).view(np.uint8), np.stack([starts, ends], 1).ravel(), dtype=np.intp)[::2]
    good = (digits > 0) & (digits < sizes)
    starts, sizes = starts[good], sizes[good]
    for size in np.unique(sizes).tolist():
        at = starts[sizes == size]
        if size >= SHORTEST_ENCODED and size % 2 == 0:
            at = at[_says_nothing(sliding_window_view(a, size)[at])]
        _fill(key, at, size, _HEX)


def _says_nothing(digits: Bytes) -> Flags:
    """Whether rows of hexadecimal digits are surely no encoded text: no UTF-8, or with control characters."""
    nibbles = np.where(digits < 0x3A, digits - np.uint8(0x30), digits - np.uint8(0x57))
    says = nibbles[:, 0::2] << 4 | nibbles[:, 1::2]
    inner = (says & 0xC0) == 0x80
    first = says >= 0xC0
    nothing: Flags = (_NO_TEXT[says]).any(axis=1) | inner[:, 0] | first[:, -1]
    nothing |= (inner[:, 1:] & (says[:, :-1] < 0x80)).any(axis=1) | (first[:, :-1] & ~inner[:, 1:]).any(axis=1)
    return nothing


def _mask_times(a: Bytes, key: Bytes) -> None:
    colon = a == 0x3A
    at = np.flatnonzero(colon[:-3] & colon[3:]) - 2
    if not len(at):
        return
    pair = _in_a_row(_is_digit(a), 2)
    at = at[pair[at] & pair[at + 3] & pair[at + 6]]
    dated = np.flatnonzero(a[at - 1] == 0x54)
    starts = at.copy()
    if len(dated):
        date = at[dated] - 11
        is_date = pair[date] & pair[date + 2] & pair[date + 5] & pair[date + 8] & (a[date + 4] == 0x2D) & (a[date + 7] == 0x2D)
        starts[dated[is_date]] -= 11
    good = ~_NO_LEFT_OF_TIME[a[starts - 1]]
    at, starts = at[good], starts[good]
    ends = at + 8
    going = (a[ends] == 0x2E) & _DIGITS[a[ends + 1]]
    ends = ends + going
    for _ in range(9):
        if not going.any():
            break
        going &= _DIGITS[a[ends]]
        ends = ends + going
    after_z = ends + (a[ends] == 0x5A)
    after = a[after_z]
    good = _alone(a, after_z) & (after != 0x3A) & (after != 0x2B)
    starts, sizes = starts[good], (ends - starts)[good]
    for size in np.unique(sizes):
        _fill(key, starts[sizes == size], int(size), _TIME)


def _mask_counts(a: Bytes, spelled: frozenset[str]) -> None:
    starts, ends = _runs(_is_digit(a))  # of what is no id and no time
    sizes = ends - starts
    before, two = a[starts - 1], a[starts - 2]
    left = _LEFT[before] | ((before == 0x2D) & _UPPER[two]) | ((before == 0x76) & _LEFT[two] & (two != 0x2F))
    left |= (before == 0x5F) & _LOWER[two] & (a[starts - 3] != _BACKSLASH)
    left &= ~((a[starts - 7] == _BACKSLASH) & (a[starts - 6] == 0x75) & ((before == 0x2D) | (before == 0x5F)))
    short = (sizes <= LONGEST_COUNT) & ((a[starts] != 0x30) | (sizes == 1))
    long = ((sizes == 13) | (sizes == 19)) & (a[starts] == 0x31) & (a[starts + 1] >= 0x34)
    chosen = np.flatnonzero(left & (short | long))
    # what fractions, versions and places in files go on with: the two stretches behind
    beyond = len(a) - 1
    starts_2, ends_2 = np.append(starts, [beyond] * 2), np.append(ends, [beyond] * 2)
    next_starts, next_ends = starts_2[chosen + 1], ends_2[chosen + 1]
    last_starts, last_ends = starts_2[chosen + 2], ends_2[chosen + 2]
    starts, ends, before, two = starts[chosen], ends[chosen], before[chosen], two[chosen]
    long, sizes = long[chosen], sizes[chosen]

    dotted = (next_starts == ends + 1) & (a[ends] == 0x2E) & (next_ends - next_starts <= 3) & ~long
    version = dotted & (last_starts == next_ends + 1) & (a[next_ends] == 0x2E) & (sizes <= 3) & (last_ends - last_starts <= 3)
    place = (next_starts == ends + 1) & (a[ends] == 0x3A) & (next_ends - next_starts <= LONGEST_COUNT) & ~long
    place &= (before == 0x3A) & _LOWER[two] & (a[starts - 3] != _BACKSLASH)
    part = (next_starts == ends + 1) & (a[ends] == 0x2F) & (before == 0x20) & (next_ends - next_starts <= LONGEST_COUNT) & ~long
    place |= part
    more = dotted | place
    stop = np.where(version, last_ends, np.where(more, next_ends, ends))
    unit = _unit(a, stop)
    unit[place | version | long] = 0
    measured = (unit > 0) | ((a[stop] == 0x20) & (a[stop + 1] == 0x6D) & (a[stop + 2] == 0x73) & ~_NO_END[a[stop + 3]])
    measured &= ~(place | version | long)
    three = a[starts - 3]
    joint = _JOINT_L[before]
    apart = ~joint | (
        ~_NEAR_DIGIT_OR_BACKSLASH[two]
        & ~(_JOINT_L[two] & _NEAR_DIGIT_OR_BACKSLASH[three] & ~((two == 0x3A) & (before == 0x20)))
        & ~((a[starts - 7] == _BACKSLASH) & (a[starts - 6] == 0x75))
    )
    # `493P 1`: the last group of something longer
    four = a[starts - 4]
    behind_group = _LETTERS[two] & (
        _NEAR_DIGITS[three] | (_LETTERS[three] & (_NEAR_DIGITS[four] | (_LETTERS[four] & _NEAR_DIGITS[a[starts - 5]])))
    )
    apart &= ~((before == 0x20) & behind_group)
    good = _may_end(a, stop + unit) & (measured | (apart & _is_far(a, stop + unit)))
    if spelled:
        good &= ~_are_spelled(a, starts, stop, spelled)
    begins = np.concatenate([starts[good & ~long], next_starts[good & more], last_starts[good & version]])
    ends = np.concatenate([ends[good & ~long], next_ends[good & more], last_ends[good & version]])
    long_starts, long_sizes = starts[good & long], sizes[good & long]
    sizes = ends - begins
    for size in range(1, LONGEST_COUNT + 1):
        _fill(a, begins[sizes == size], size, _COUNT)
    for size in (13, 19):
        _fill(a, long_starts[long_sizes == size], size, _EPOCH)


def _mask_ulids(a: Bytes, key: Bytes) -> None:
    starts, ends = _runs(_in_a_row(_is_digit(a) | _is_upper(a), _ULID))
    starts = starts[ends == starts + 1]
    starts = starts[_LEFT_OF_ULID[a[starts - 1]] & (a[starts] < 0x38)]
    if not len(starts):
        return
    ends = starts + _ULID
    words = sliding_window_view(a, _ULID)[starts]
    digits = _DIGITS[words].sum(axis=1)
    good = _CROCKFORD[words].all(axis=1) & (digits > 1) & (digits < _ULID - 1)
    # whether a count behind it stands apart could hang on its last letters
    good &= _RIGHT_OF_ULID[a[ends]] & ~_DIGITS[a[ends + 1]] & ~_DIGITS[a[ends + 2]] & ~_names(a, ends)
    _fill(key, starts[good], _ULID, _WORD)


def _mask_projects(a: Bytes, key: Bytes, capitals: frozenset[str]) -> None:
    at = np.flatnonzero((key[:-1] == 0x2D) & (key[1:] == _COUNT))
    at = at[_UPPER[a[at - 1]] & _UPPER[a[at - 2]]]
    if not len(at):
        return
    ends = at + 1
    for _ in range(LONGEST_COUNT):
        ends = ends + (key[ends] == _COUNT)
    good = (_RIGHT_OF_ISSUE[a[ends]] | ((a[ends] == 0x3A) & (a[ends + 1] == 0x20))) & ~_names(a, ends)
    at = at[good]
    sizes = np.full(len(at), 2, np.intp)
    going = np.ones(len(at), np.bool_)
    for size in range(3, _LONGEST_PROJECT + 1):
        going &= _UPPER[a[at - size]]
        sizes = sizes + going
    good = _LEFT_OF_WORD[a[at - sizes - 1]]
    starts, sizes = (at - sizes)[good], sizes[good]
    letters = sliding_window_view(a, 8)[starts].view("<u8")[:, 0] & _FIRST_BYTES[sizes]
    good = ~np.isin(letters, _as_numbers(capitals))
    for size in range(2, _LONGEST_PROJECT + 1):
        _fill(key, starts[good & (sizes == size)], size, _WORD)


@lru_cache(maxsize=8)
def _as_numbers(words: frozenset[str]) -> NDArray[np.uint64]:
    """Words of up to eight letters, as `letters` are read above."""
    short = (word.encode() for word in words if len(word) <= _LONGEST_PROJECT and word.isascii())
    return np.array([int.from_bytes(word, "little") for word in short], np.uint64)


def _names(a: Bytes, at: Places) -> Flags:
    """Whether what ends there could be the name of a member of a JSON object."""
    found: Flags = (a[at] == 0x22) & ((a[at + 1] == 0x3A) | (a[at + 1] <= 0x20))
    return found


def _are_spelled(a: Bytes, starts: Places, ends: Places, spelled: frozenset[str]) -> Flags:
    """Which of the stretches are one of the numbers; of long ones the first eight characters decide."""
    first = sliding_window_view(a, 8)[starts].view("<u8")[:, 0]
    sizes = ends - starts
    found = np.zeros(len(starts), np.bool_)
    for number in spelled:
        size = min(len(number), 8)
        found |= (sizes == len(number)) & ((first & ((1 << 8 * size) - 1)) == int.from_bytes(number[:size].encode(), "little"))
    return found


def _unit(a: Bytes, at: Places) -> Places:
    """How long the unit is that stands there; 0 where there is none."""
    one, two = a[at], a[at + 1]
    size = np.zeros(len(at), np.intp)
    for unit in UNITS:  # the longer ones first
        if len(unit) == 2:
            size[(size == 0) & (one == ord(unit[0])) & (two == ord(unit[1])) & ~_EDGELESS[a[at + 2]]] = 2
        else:
            size[(size == 0) & (one == ord(unit)) & ~_EDGELESS[two]] = 1
    return size


def _may_end(a: Bytes, at: Places) -> Flags:
    """Whether a count may end there."""
    one, two = a[at], a[at + 1]
    good = _RIGHT[one]
    good |= (one == 0x2E) & _BEHIND_STOP[two]
    good |= (one == 0x3A) & _BEHIND_COLON[two]
    good |= (one == 0x25) & _BEHIND_PERCENT[two]
    escaped = one == _BACKSLASH
    if escaped.any():
        good |= escaped & (_quoted(a, at) | (two == 0x6E))
    return good


def _is_far(a: Bytes, at: Places) -> Flags:
    """Whether no digits follow that what ends there could belong to."""
    one, two, three, four = a[at], a[at + 1], a[at + 2], a[at + 3]
    joint = _JOINT_R[one]
    joints = joint & _JOINT_R[two]
    near = (joint & _NEAR_DIGITS[two]) | (joints & _NEAR_DIGITS[three] & ~((one == 0x3A) & (two == 0x20)))
    near |= joint & (two == _BACKSLASH) & ~(_QUOTES[three] | (three == 0x6E))
    near |= joints & (three == _BACKSLASH) & ((four == 0x75) | (four == _BACKSLASH))
    far: Flags = ~near
    return far


def _restore(a: Bytes, key: Bytes, at: Places) -> None:
    """Leaves the lines as they are that have those places."""
    line_ends = np.flatnonzero(a == 0x0A)
    for line in np.unique(np.searchsorted(line_ends, at)):
        start, end = line_ends[line - 1], line_ends[line]
        key[start:end] = a[start:end]


def _restore_bytes(a: Bytes, key: Bytes) -> None:
    """Leaves the lines as they are whose numbers could be bytes, also where what is read is a JSON string."""
    at = np.flatnonzero(a == 0x2C)
    if len(at) < _FEWEST_COMMAS:
        return
    two, three = a[at + 1], a[at + 2]
    at = at[_DIGITS[a[at - 1]] & (_BEHIND_COMMA[two] | (_SPACES[two] & (_BEHIND_COMMA[three] | _SPACES[three])))]
    if len(at) < _FEWEST_COMMAS:
        return
    line_ends = np.flatnonzero(a == 0x0A)
    lines, counts = np.unique(np.searchsorted(line_ends, at), return_counts=True)
    for line in lines[counts >= _FEWEST_COMMAS]:
        start, end = line_ends[line - 1], line_ends[line]
        if _MAY_BE_BYTES.search(a[start:end].tobytes()):
            key[start:end] = a[start:end]
