"""The patterns that the compiled core takes over ready made are those that stand in the detectors and in the code."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path
from unicodedata import unidata_version

import pytest

from logscrub.engines.lowering import known

pytestmark = pytest.mark.skipif(known().unicode != unidata_version, reason="the file is of another version of Unicode")


def test_the_file_is_up_to_date() -> None:
    script = Path(__file__).parents[1] / "scripts" / "lowered_patterns.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(
    known().unicode != unidata_version, reason="the file is of another version of Unicode, so its classes are asked for"
)
def test_the_characters_of_a_class_are_all_that_it_matches() -> None:
    text = "".join(map(chr, range(128, sys.maxunicode + 1)))
    told = [(others, source, flags) for _, _, others, _, source, flags in known().classes if others is not None]
    for others, source, flags in random.Random(7).sample(told, 40):
        assert others == [ord(char) for char in re.findall(source, text, flags)], source


def test_a_class_has_characters_of_no_other_kinds_than_are_known() -> None:
    wide = [chr(code) for code in range(128, sys.maxunicode + 1)]
    kinds = [
        "".join(char for char in wide if char.isupper()),
        "".join(char for char in wide if char.isdecimal()),
        "".join(char for char in wide if not (char.isupper() or char.isdecimal())),
    ]
    classes = random.Random(8).sample([(mask, source, flags) for _, _, _, mask, source, flags in known().classes], 60)
    for mask, source, flags in classes:
        for kind, text in enumerate(kinds):
            assert bool(mask >> kind & 1) == bool(re.search(source, text, flags)), (source, kind)
