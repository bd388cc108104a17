"""What is known beforehand of the detectors that come with logscrub is what their files say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from logscrub.detect import known
from logscrub.detect.catalogue import builtin_folder, load
from logscrub.detect.fields import FieldIndex, names_of
from logscrub.toml_files import parsed, text_of


def test_the_file_is_up_to_date() -> None:
    script = Path(__file__).parents[1] / "scripts" / "known_detectors.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_detector_that_was_changed_is_read_as_it_is(tmp_path: Path) -> None:
    path = builtin_folder() / "secrets" / "one_time_code.toml"
    text = text_of(path)
    assert known.parsed(text) == parsed(text, path)
    changed = text.replace("why = ", "# Changed.\nwhy = ")
    assert known.parsed(changed) is None
    (tmp_path / path.name).write_text(changed.replace('id = "one_time_code"', 'id = "own_code"'))
    (tmp_path / path.name).rename(tmp_path / "own_code.toml")
    assert "own_code" in {detector.id for detector in load([tmp_path]).detectors}


def test_names_are_spelt_as_they_are_without_the_file() -> None:
    catalogue = load()
    for detector in catalogue.detectors:
        given, made = known.named(detector.fields), names_of(detector.fields)
        assert given is not None
        assert (given.endings, given.exact) == (made.endings, made.exact)
        assert [tuple(pair) for pair in given.plurals] == made.plurals
    extra: dict[str, tuple[str, ...]] = {catalogue.detectors[0].id: ("eigener schlüssel",)}
    assert FieldIndex(catalogue, extra).rule(("eigenerSchluessel",)) is not None
