"""The patterns that the compiled core takes over ready made are those that stand in the detectors and in the code."""

from __future__ import annotations

import random
import re
import sys
from unicodedata import unidata_version

import orjson
import pytest

from logscrub.engines.lowering import known
from scripts import lowered_patterns


def test_the_file_is_up_to_date() -> None:
    before, now = orjson.loads(lowered_patterns.PATH.read_bytes()), orjson.loads(lowered_patterns.made())
    assert now["patterns"] == before["patterns"], "run scripts/lowered_patterns.py"
    if before["unicode"] == unidata_version:
        assert now["classes"] == before["classes"]


@pytest.mark.skipif(
    known().unicode != unidata_version, reason="the file is of another version of Unicode, so its classes are asked for"
)
def test_the_characters_of_a_class_are_all_that_it_matches() -> None:
    text = "".join(map(chr, range(128, sys.maxunicode + 1)))
    told = [(others, source, flags) for _, _, others, source, flags in known().classes if others is not None]
    for others, source, flags in random.Random(7).sample(told, 40):
        assert others == [ord(char) for char in re.findall(source, text, flags)], source
