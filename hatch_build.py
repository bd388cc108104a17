"""Builds the compiled core (`core/`) when logscrub is installed or a wheel is made of it.

With cargo at hand the wheel holds the core and is for one platform; without, it is pure Python, and one line says so. The
environment variable LOGSCRUB_CORE decides otherwise: `no` never builds it, `require` fails where it cannot be built.
`python hatch_build.py` builds it beside the package, as an editable installation does.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
VARIABLE = "LOGSCRUB_CORE"
COST = "logscrub runs in pure Python: the same output, several times slower"
"""What it means to go without."""
_MACOS = {"arm64": ("aarch64-apple-darwin", "11.0"), "x86_64": ("x86_64-apple-darwin", "10.12")}
"""Machine → the target of Rust, and the oldest macOS that it builds for."""
_LOAD = (
    "import sys; from importlib import machinery, util; loader = machinery.ExtensionFileLoader('_core', sys.argv[1]);"
    "loader.exec_module(util.module_from_spec(util.spec_from_file_location('_core', sys.argv[1], loader=loader)))"
)


class NotBuilt(Exception):
    """There is no core, and the message says why."""


class CoreHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the core into a wheel, or beside the package for an editable one."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel is made; `version`: `standard` or `editable`."""
        root = Path(self.root)
        library = core(root, for_wheel=version != "editable")
        if version == "editable":
            place(library, root)
        elif library is not None:
            build_data["force_include"][str(library)] = f"logscrub/{file_name()}"
            build_data["tag"] = f"cp311-abi3-{platform_tag()}"
            build_data["pure_python"] = False


def core(root: Path, *, for_wheel: bool) -> Path | None:
    """The built library; None, and a line on standard error, where there is none. Exits where one is required."""
    wanted = os.environ.get(VARIABLE, "") or "auto"
    if wanted not in ("auto", "no", "require"):
        sys.exit(f"logscrub: {VARIABLE} is neither no nor require")
    try:
        if wanted == "no":
            raise NotBuilt(f"{VARIABLE}=no")
        library = build(root, for_wheel=for_wheel)
    except NotBuilt as why:
        if wanted == "require":
            sys.exit(f"logscrub: there is no compiled core, and {VARIABLE}=require: {why}")
        print(f"logscrub: no compiled core ({why}); {COST}", file=sys.stderr)
        return None
    print("logscrub: the compiled core is built", file=sys.stderr)
    return library


def build(root: Path, *, for_wheel: bool) -> Path:
    """Compiles the core for the running Python. Raises NotBuilt."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise NotBuilt("this Python lacks the stable ABI")
    cargo = shutil.which("cargo")
    if cargo is None:
        raise NotBuilt("no cargo on the PATH, see https://rustup.rs")
    folder = root / "core"
    # a wheel's flags differ from those of a developer, who would compile all of it again each time
    target = folder / "target" / "wheel" if for_wheel else folder / "target"
    command = [cargo, "build", "--release", "--locked", "--lib", "--message-format", "json-render-diagnostics"]
    command += ["--target-dir", str(target)]
    if sys.platform == "darwin":
        command += ["--target", _MACOS[platform.machine()][0]]
    handle, log = tempfile.mkstemp(prefix="logscrub-core-", suffix=".log")
    try:
        with os.fdopen(handle, "wb") as errors:
            done = subprocess.run(
                command, cwd=folder, env=environment(os.environ, folder, for_wheel=for_wheel),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, check=False,
            )  # fmt: skip
            library = library_of(done.stdout) if done.returncode == 0 else None
            if library is not None:
                loads = [sys.executable, "-I", "-c", _LOAD, str(library)]
                done = subprocess.run(loads, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, check=False)
    except OSError as error:
        raise NotBuilt(f"cargo cannot be run: {error.strerror}") from None
    if library is None or done.returncode:
        what = "it cannot be compiled" if library is None else "it cannot be loaded"
        raise NotBuilt(f"{what}: {first_error(Path(log).read_text(encoding='utf-8', errors='replace'))}; log: {log}")
    Path(log).unlink()
    return library


def environment(given: Mapping[str, str], folder: Path, *, for_wheel: bool) -> dict[str, str]:
    """What cargo is run under. A wheel's library holds neither paths of this machine nor debug information."""
    made = {name: value for name, value in given.items() if name != "CARGO_BUILD_TARGET"}  # it is for this Python
    encoded = made.pop("CARGO_ENCODED_RUSTFLAGS", None)
    flags = encoded.split("\x1f") if encoded else made.pop("RUSTFLAGS", "").split()
    if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")):
        flags += ["-C", "target-feature=-crt-static"]
    if for_wheel:
        home = made.get("CARGO_HOME") or str(Path.home() / ".cargo")
        flags += [f"--remap-path-prefix={home}=/cargo", f"--remap-path-prefix={folder}=/core"]
        made |= {"CARGO_PROFILE_RELEASE_DEBUG": "0", "CARGO_PROFILE_RELEASE_STRIP": "symbols", "CARGO_INCREMENTAL": "0"}
    if flags:
        made["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(flags)
    if sys.platform == "darwin":
        made.setdefault("MACOSX_DEPLOYMENT_TARGET", _MACOS[platform.machine()][1])
    if os.name == "nt":
        made["PYO3_PYTHON"] = sys.executable  # whose import library is linked
    return made


def library_of(messages: bytes) -> Path | None:
    """The library, of what cargo says that it made."""
    for line in messages.splitlines():
        message = json.loads(line) if line.startswith(b"{") else {}
        if message.get("reason") == "compiler-artifact" and "cdylib" in message["target"]["crate_types"]:
            return next((Path(name) for name in message["filenames"] if name.endswith((".so", ".dylib", ".dll"))), None)
    return None


def first_error(log: str) -> str:
    """The line of a log that says what went wrong."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("error")), lines[-1] if lines else "no message")


def file_name() -> str:
    """What Python looks for."""
    return "_core.pyd" if os.name == "nt" else "_core.abi3.so"


def platform_tag() -> str:
    """The platform that a wheel with the core is for."""
    if sys.platform == "darwin":
        machine = platform.machine()
        oldest = os.environ.get("MACOSX_DEPLOYMENT_TARGET", _MACOS[machine][1])
        major, minor = [*oldest.split("."), "0"][:2]
        return f"macosx_{major}_{minor if int(major) < 11 else 0}_{machine}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def place(library: Path | None, root: Path) -> None:
    """Puts the library beside the package; without one, takes an older one away, which may not do what the Python does."""
    there = root / "logscrub" / file_name()
    if library is None:
        there.unlink(missing_ok=True)
        return
    new = there.with_name(f"{there.name}.new")
    shutil.copyfile(library, new)
    new.replace(there)  # at once: a process may have the older one loaded


if __name__ == "__main__":
    place(core(ROOT, for_wheel=False), ROOT)
