"""Writes what a full installation is made of, as a software bill of materials: CycloneDX 1.6, JSON.

    scripts/sbom.py dist/logscrub.cdx.json

Packages, versions and who needs them are those of `requirements/runtime.lock`, crates those of `core/Cargo.lock`; licences are
what the installed packages say. The same locks give the same bytes.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "runtime.lock"
_PINNED = re.compile(r"([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\]+))?")
_NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")

NOT_EVERYWHERE = {"colorama": "BSD-3-Clause", "tzdata": "Apache-2.0"}
"""Licences of packages that are only installed on some systems, where their own metadata says them."""
_NAMES = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "ISC License": "ISC",
    "LGPL": "LGPL-2.1-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What metadata says without SPDX → SPDX."""


@dataclass(frozen=True, slots=True)
class Package:
    """A locked package."""

    name: str
    version: str
    marker: str
    """Where it is installed; "" for everywhere."""
    needed_by: tuple[str, ...]
    """Names of packages; `logscrub` for what is asked for directly."""


def locked(lock: Path = LOCK) -> list[Package]:
    """The packages of a lock, in its order; one has several versions where systems need different ones."""
    found: list[Package] = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8")):
        pinned = _PINNED.match(block)
        if pinned is not None:
            needed_by = re.findall(r"^    #(?: via|  ) ([A-Za-z0-9][A-Za-z0-9._-]*)", block, re.M)
            found.append(Package(pinned[1], pinned[2], (pinned[3] or "").strip(), tuple(needed_by)))
    return found


def licence_of(name: str) -> str:
    """The licence of a package as an SPDX expression, by its metadata; "" where that does not say."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return NOT_EVERYWHERE.get(name, "")
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classifiers = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    text = " ".join(metadata.get_all("License") or []).strip()
    if text and len(text) < 40 and "\n" not in text:
        return _NAMES.get(text, text)
    return " OR ".join(_NAMES.get(c, c) for c in classifiers)


def crates() -> Iterator[dict[str, Any]]:
    """The crates of the compiled core, as components. The core itself, which has no checksum, is none of them."""
    lock = tomllib.loads((ROOT / "core" / "Cargo.lock").read_text(encoding="utf-8"))
    for crate in lock["package"]:
        if "checksum" in crate:
            purl = f"pkg:cargo/{crate['name']}@{crate['version']}"
            yield {
                "type": "library",
                "bom-ref": purl,
                "name": crate["name"],
                "version": crate["version"],
                "purl": purl,
                "hashes": [{"alg": "SHA-256", "content": crate["checksum"]}],
            }


def sbom() -> dict[str, Any]:
    """The bill of materials."""
    version = re.search(r'"(.+)"', (ROOT / "logscrub" / "_version.py").read_text(encoding="utf-8").partition("__version__")[2])
    assert version is not None
    root = f"pkg:pypi/logscrub@{version[1]}"
    packages = locked()
    refs: dict[str, list[str]] = {"logscrub": [root]}
    for package in packages:
        refs.setdefault(package.name, []).append(_purl(package))
    needs: dict[str, set[str]] = {ref: set() for names in refs.values() for ref in names}
    for package in packages:
        for parent in package.needed_by:
            for ref in refs[parent]:
                needs[ref].add(_purl(package))
    built = list(crates())
    needs[root] |= {crate["bom-ref"] for crate in built}
    components = [_component(package) for package in packages] + built
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "logscrub",
                "version": version[1],
                "licenses": [{"expression": "MIT"}],
                "purl": root,
            }
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(needs.items())],
    }
    content = json.dumps(whole, sort_keys=True)
    return {**whole, "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, content)}"}


def _purl(package: Package) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def _component(package: Package) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package.name,
        "version": package.version,
        "purl": _purl(package),
        "licenses": [{"expression": licence_of(package.name)}],
    }
    if package.marker:
        component["properties"] = [{"name": "logscrub:where", "value": package.marker}]
    return component


def main() -> None:
    """Writes the bill of materials to the file that is named, or to standard output."""
    text = json.dumps(sbom(), indent=2) + "\n"
    if len(sys.argv) < 2:
        sys.stdout.write(text)
        return
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
