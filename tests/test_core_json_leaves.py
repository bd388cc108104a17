"""The leaves of JSON texts that the compiled core finds are those of the definition, and it takes for JSON what orjson reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
import strategies as logs
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

import sample_logs
from logscrub.detect import json_leaves as definition
from logscrub.engines import description

core: Any = pytest.importorskip("logscrub._core")
probe = core.JsonLeavesProbe(core.Parts(*description.library()))

SAMPLES = Path(__file__).parents[1] / "sample_logs"
names = st.sampled_from(
    sorted(
        definition.SHAPE_NAMES
        | definition.VALUES
        | definition.LISTS_OF_RECORDS
        | definition._OTHER_TYPES
        | definition._LISTS_OF_NAMES
        | {"key", "name", "field", "body", "rows", "requestHeaders", "HEADERS", "accountId", "<EMAIL_ADDRESS>", "\\u0061b"}
    )
)
pieces = st.one_of(
    names.map('"{}":'.format),
    names.map('"{}"'.format),
    st.text('ab<>_:NAME\\u0d83e"é\udc80\x1a', max_size=12).map('"{}"'.format),
    st.sampled_from(list('{}[],:"\\ \n\r-0159.eE+\x1a\xa0٣\udc80')),
    st.sampled_from(
        ["[1,2,3,4,5,6]", "[ -1, 2,3 ,4,5,6]", "[65,66,67,68,69,1000]", "12345", "-1.5e3", "true", "null", "\\ud83d"]
    ),
)
tangled = st.lists(pieces, max_size=30).map("".join)
texts = st.one_of(tangled, logs.damaged_json, logs.mixed_up, st.builds("{}{}".format, logs.damaged_json, tangled))
numbers = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-", "+", "0"]),
    st.integers(0, 10**320).map(str),
    st.sampled_from(["", ".", ".0", ".5", ".000"]),
    st.sampled_from(["", "e", "e0", "E+308", "e308", "e-400", "e99999999999999999999", "e-99999999999999999999"]),
)


def expected(parts: list[str], start: int, shortest: int) -> tuple[list[Any], list[dict[str, Any]]]:
    stack: list[definition.Frame] = []
    leaves = [
        [(*leaf[:2], list(leaf[2]), *leaf[3:]) for leaf in definition.json_leaves(t, start, stack, shortest)] for t in parts
    ]
    told = ("is_object", "outer", "key", "typed", "label", "element", "index")
    frames = [{name: getattr(frame, name) for name in told} for frame in stack]
    for frame, of in zip(frames, stack, strict=True):
        frame["columns"] = None if of.columns is None else sorted(of.columns.items())
    return leaves, frames


def reads(text: str) -> bool:
    try:
        orjson.loads(text.replace("\x1a", "_"))
    except (ValueError, RecursionError):
        return False
    return True


@given(st.lists(texts, min_size=1, max_size=3), st.sampled_from([0, 0, 0, 1, 5]), st.sampled_from([1, 3]))
@examples(300)
def test_leaves(parts: list[str], start: int, shortest: int) -> None:
    start = min(start, *map(len, parts), 5)
    assert probe.leaves(parts, start, shortest) == expected(parts, start, shortest)


@given(st.one_of(texts, numbers, logs.json_values.map(sample_logs.compact)))
@examples(300)
def test_is_json(text: str) -> None:
    assert probe.is_json(text) == reads(text)


def test_samples() -> None:
    for path in sorted(SAMPLES.glob("*son*")):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        for part in [text, *text.split("\n")] if len(text) < 1_000_000 else text.split("\n"):
            assert probe.leaves([part]) == expected([part], 0, 3)
            assert probe.is_json(part) == reads(part)


@pytest.mark.parametrize("n", [1, 1023, 1024, 1025, 5000])
@pytest.mark.parametrize("form", ["[*]", '{"a":*}', '[1,{"a":*}]'])
def test_depth(form: str, n: int) -> None:
    before, behind = form.split("*")
    for inner in ("", "1", "[]", "{}"):
        text = before * n + inner + behind * n
        assert probe.is_json(text) == reads(text)


@pytest.mark.parametrize("more", [-1, 0, 1, 5])
def test_deepest(more: int) -> None:
    n = definition.DEEPEST + more
    for text in ("[" * n + '"abc"' + "]" * n + ',"abcd"', '{"a":' * n + '"abc"' + "}" * (n - 1) + ',"key":"abcd"'):
        assert probe.leaves([text]) == expected([text], 0, 3)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\ufeff1", "1\0", "NaN", "-Infinity", "-0", "01", "-01", "1.", ".5", "1e999", "0e999", "1e-999", "9" * 309),
        *("1.7976931348623158e308", "1.7976931348623159e308", '"\ud83d"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\ude00"', '"\\x"'),
        *(
            '"\t"',
            '"\x7f"',
            '"\x1a"',
            "\x1a",
            '"\\\x1a"',
            "1\xa0",
            "1\x0b",
            '{"a":1,"a":2}',
            '{"a":1,}',
            "[1,]",
            "[1 2]",
            "{1:2}",
        ),
    ],
)
def test_what_is_json(text: str) -> None:
    assert probe.is_json(text) == reads(text)


@given(st.text("<>AZ_09:abcdef{}", max_size=90))
@examples(100)
def test_placeholders(text: str) -> None:
    sure = re.sub("[<>]", "", text)
    for value in (text, f"<{text}>", f"<N{sure}:0123456789abcdef0123>", f"<N{sure}>"):
        document = f'{{"{value}":{{"key":"{value}","value":"abc"}}}}'
        assert probe.leaves([document]) == expected([document], 0, 3)
