"""Fetches the public system logs that the benchmark reads: two thousand lines of each of loghub's sixteen programs.

    python benchmarks/public_logs.py [DIR]

They are not this project's and are never in its repository. Loghub (https://github.com/logpai/loghub) lets them be used for
research or academic work, with a reference to it and a citation of its paper; its licence is fetched beside them. Each file is
one of a pinned commit, held to its SHA-256. Without DIR they go to `bench-out/public-logs/`, where the benchmark looks for them.
Where this machine reaches no network, clone the repository elsewhere and give the clone: `untuned.py --public-logs DIR`.
"""

from __future__ import annotations

import argparse
import hashlib
import urllib.request
from pathlib import Path

COMMIT = "dd61d0952749ee7963bde24220d1be5ede023033"
SOURCE = f"https://raw.githubusercontent.com/logpai/loghub/{COMMIT}"
HERE = Path(__file__).resolve().parents[1] / "bench-out" / "public-logs"
TIMEOUT_S = 30
SHA256 = {
    "HDFS": "7c967000980c086ed55fa6544ba4f05fe66d44622795e890c68caf8bbb635035",
    "Hadoop": "9ecaeb807d50d5fb5a20982ea66f1c8d32545259a51ce7456c1ab78db0509732",
    "Spark": "2e8b9a37fc5c238253e0b8e18a8bd5e489671def91767ae1192d28c8e1f95901",
    "Zookeeper": "e40e0af5ef9eb6e4097200f260b9d1f626b3676f861a432e87977242e75543d8",
    "OpenStack": "025a1bc64ff5b2ef4a4bda6c4ad5c5c5f18478b71cd1ad2b0676e01625629f2f",
    "BGL": "2a819ea540909db682005c9cf948387a40729b5c2e9f19d430e29ce704825496",
    "HPC": "826e5957b461e65780a8bda5c186c2fcf90fd6c1863721ef9c1ccfa9ada86f88",
    "Thunderbird": "903bbfa61c34d4803e4adcb0d726ff2eeb9a2e11971243269a2035fa6c3bbeb0",
    "Windows": "372fb809464a6d6016e599e9272d7cf1e8b644f25c90c7f76f19c936362456d0",
    "Linux": "b3e20bc1afe732ab1bf3ed1de4bf9c809e4194e02f7dea911d918e5342e8e173",
    "Mac": "d9ea495488728d8c989dc942fca3324a3cc7b19b0a6f409a5fd568ad547fd931",
    "Android": "47641549915e662ff590291df266a45f635eedca7c5f1b41a4fa853fe5d2f409",
    "HealthApp": "95ec36322f5db1e6faaab764c568b67023d7d6733793106289dbf30516fc13ee",
    "Apache": "c7efa3eb686e3a96bd2f8f4457b2a7887e9cf2f3649327f1b4e87af841363ce8",
    "OpenSSH": "1e4912727fa88245113d41b16a0cd25ceadba7f931e1c406542885b91254264f",
    "Proxifier": "94b6a9d98d76e7ad7841ed10caa463cd4e638a229b92a220a2bf1707552adbb9",
}


def name_of(kind: str) -> str:
    return f"{kind}_2k.log"


def read(folder: Path, kind: str) -> bytes | None:
    """A log, from a folder of the files or from a clone of loghub; None if it isn't there. Raises ValueError if it is another."""
    for path in (folder / name_of(kind), folder / kind / name_of(kind)):
        if path.is_file():
            return checked(kind, path.read_bytes())
    return None


def checked(kind: str, data: bytes) -> bytes:
    """A log that is the one of the pinned commit. Raises ValueError."""
    if hashlib.sha256(data).hexdigest() != SHA256[kind]:
        raise ValueError(f"{name_of(kind)} is not the file of loghub's commit {COMMIT[:12]}: its SHA-256 is another")
    return data


def fetch(folder: Path) -> None:
    """Fetches what is not in a folder yet. Raises OSError, or ValueError if something else came."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LICENSE").write_bytes(_get("LICENSE"))
    for kind in SHA256:
        if read(folder, kind) is None:
            (folder / name_of(kind)).write_bytes(checked(kind, _get(f"{kind}/{name_of(kind)}")))


def _get(path: str) -> bytes:
    with urllib.request.urlopen(f"{SOURCE}/{path}", timeout=TIMEOUT_S) as answer:
        data: bytes = answer.read()
    return data


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetches loghub's samples of system logs.")
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?", default=HERE, help="where to (bench-out/public-logs)")
    options = parser.parse_args()
    try:
        fetch(options.folder)
    except (OSError, ValueError) as error:
        raise SystemExit(f"the public logs were not fetched: {error}") from None
    print(f"{len(SHA256)} logs are in {options.folder}")


if __name__ == "__main__":
    main()
