"""What a user gets besides this project: under which licences, pinned by hashes, and listed in a bill of materials."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sbom
from packaging.markers import Marker

from logscrub.extras import APART

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PERMISSIVE = frozenset(
    "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CC0-1.0 CNRI-Python ISC MIT MIT-0 MIT-CMU PSF-2.0 Python-2.0 Zlib".split()
)
"""Licences that ask for no more than to be named."""
WEAK_COPYLEFT = {"certifi": "MPL-2.0", "orjson": "MPL-2.0", "tqdm": "MPL-2.0", "python-stdnum": "LGPL-2.1-or-later"}
"""Packages of which only changes to their own files must be shown. Each is used unchanged, as its own package."""


def licences(expression: str) -> set[str]:
    """The licences of an SPDX expression, all of them."""
    return set(re.split(r" (?:AND|OR) ", re.sub(r"[()]", "", expression.replace(" WITH LLVM-exception", ""))))


def test_every_package_of_a_full_installation_has_a_permissive_licence() -> None:
    found = {package.name: licences(sbom.licence_of(package.name)) for package in sbom.locked()}
    assert len(found) > 50
    assert {name: odd for name, its in found.items() if (odd := its - PERMISSIVE - {WEAK_COPYLEFT.get(name)})} == {}
    assert {name for name, its in found.items() if not its <= PERMISSIVE} == set(WEAK_COPYLEFT)


def test_a_licence_that_is_not_permissive_is_noticed() -> None:
    assert licences("MPL-2.0 AND (Apache-2.0 OR MIT)") == {"MPL-2.0", "Apache-2.0", "MIT"}
    assert not licences("GPL-3.0-only OR MIT") <= PERMISSIVE
    assert not licences(sbom.licence_of("a-package-that-is-not-installed")) <= PERMISSIVE


def test_licences_that_are_written_down_are_those_of_packages_that_some_systems_lack() -> None:
    markers = {package.name: package.marker for package in sbom.locked()}
    assert all(markers[name] == "sys_platform == 'win32'" for name in sbom.NOT_EVERYWHERE)


def test_the_licences_in_the_table_are_those_of_the_packages() -> None:
    """Of what is needed directly, beside the reason why."""
    text = (ROOT / "docs" / "contributing" / "development.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!package )([\w-]+) \| ([\w–]+) \| [^|]+ \| ([^|]+) \|$", text, re.M)
    assert len(rows) > 10
    for name, told in [(name, told) for name, extra, told in rows if extra not in APART]:
        assert licences(told.replace("PSF (matplotlib's own)", "PSF-2.0")) == licences(sbom.licence_of(name)), name


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_hashes(lock: Path) -> None:
    blocks = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"))[1:]
    assert len(blocks) > 5
    assert all(re.match(r"[\w.-]+==\S+ (?:; [^\\]+)?\\\n    --hash=sha256:[0-9a-f]{64}", block) for block in blocks)


def test_the_locks_pin_the_same_versions() -> None:
    pins = {lock.stem: {(p.name, p.version) for p in sbom.locked(lock)} for lock in LOCKS}
    assert pins["scrub"] < pins["runtime"] < pins["dev"]


def test_the_bill_of_materials_lists_every_package_and_crate_once() -> None:
    made = sbom.sbom()
    refs = [component["bom-ref"] for component in made["components"]]
    assert len(refs) == len(set(refs)) == len(sbom.locked()) + len(list(sbom.crates()))
    crates = (ROOT / "core" / "Cargo.lock").read_text(encoding="utf-8")
    assert sum(ref.startswith("pkg:cargo/") for ref in refs) == crates.count("\nchecksum = ")
    for component in made["components"]:
        assert component["bom-ref"] == component["purl"]
        assert component["purl"].startswith("pkg:cargo/") or component["licenses"][0]["expression"]
        for each in component.get("properties", []):
            Marker(each["value"])


def test_the_bill_of_materials_tells_who_needs_what() -> None:
    made = sbom.sbom()
    root = made["metadata"]["component"]["bom-ref"]
    needs = {entry["ref"]: set(entry["dependsOn"]) for entry in made["dependencies"]}
    assert set(needs) >= {component["bom-ref"] for component in made["components"] if component["purl"].startswith("pkg:pypi/")}
    reached, new = set(), {root}
    while new:
        reached |= new
        new = set().union(*(needs.get(ref, set()) for ref in new)) - reached
    assert reached == {root, *(component["bom-ref"] for component in made["components"])}
    direct = {ref.partition("@")[0].removeprefix("pkg:pypi/") for ref in needs[root] if ref.startswith("pkg:pypi/")}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[dependency-groups]")[0]
    assert direct and all(f'"{name}' in project for name in direct)


def test_the_bill_of_materials_is_the_same_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "dist" / "logscrub.cdx.json"
    monkeypatch.setattr("sys.argv", ["sbom.py", str(target)])
    sbom.main()
    first = target.read_bytes()
    sbom.main()
    assert target.read_bytes() == first and b'"serialNumber": "urn:uuid:' in first
