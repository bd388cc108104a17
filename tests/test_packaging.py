"""What an installation and a wheel are made of: with the compiled core where cargo can build it, in pure Python where not."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

Said = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[1]
BUILT = ROOT / "logscrub" / "_core.abi3.so"
COST = "logscrub runs in pure Python: the same output, several times slower"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`hatch_build.py`, with nothing in the environment that it heeds."""
    for name in ("LOGSCRUB_CORE", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_HOME", "MACOSX_DEPLOYMENT_TARGET"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with nothing to compile."""
    for folder in ("core", "logscrub"):
        (tmp_path / "project" / folder).mkdir(parents=True)
    return tmp_path / "project"


def cargo(folder: Path, script: str) -> str:
    """A PATH with a `cargo` that does what the script says, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    program = folder / "cargo"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}:{os.defpath}"


def making(library: Path) -> str:
    """The script of a cargo that has made a library."""
    messages = [
        {"reason": "compiler-artifact", "target": {"crate_types": ["lib"]}, "filenames": ["/nowhere/libpyo3.rlib"]},
        {
            "reason": "compiler-artifact",
            "target": {"crate_types": ["cdylib", "rlib"]},
            "filenames": ["lib_core.rlib", str(library)],
        },
        {"reason": "build-finished", "success": True},
    ]
    return "cat <<'END'\n" + "\n".join(map(json.dumps, messages)) + "\nEND"


def test_without_cargo_one_line_says_what_it_costs(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, capfd: Said
) -> None:
    monkeypatch.setenv("PATH", str(project))
    assert hook.core(project, for_wheel=True) is None
    assert capfd.readouterr().err == f"logscrub: no compiled core (no cargo on the PATH, see https://rustup.rs); {COST}\n"


def test_what_the_variable_says_is_done(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, capfd: Said, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", cargo(tmp_path / "bin", "touch called"))
    monkeypatch.setenv("LOGSCRUB_CORE", "no")
    assert hook.core(project, for_wheel=True) is None
    assert capfd.readouterr().err == f"logscrub: no compiled core (LOGSCRUB_CORE=no); {COST}\n"
    assert not (project / "core" / "called").exists()
    monkeypatch.setenv("LOGSCRUB_CORE", "maybe")
    with pytest.raises(SystemExit, match="LOGSCRUB_CORE is neither no nor require"):
        hook.core(project, for_wheel=True)
    monkeypatch.setenv("LOGSCRUB_CORE", "require")
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(SystemExit, match="there is no compiled core, and LOGSCRUB_CORE=require: no cargo on the PATH"):
        hook.core(project, for_wheel=True)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo '   Compiling pyo3' >&2; echo 'error: linker `cc` not found' >&2; exit 101",
            "compiled: error: linker `cc` not found",
        ),
        ("echo 'no toolchain' >&2; exit 1", "compiled: no toolchain"),
        ("exit 1", "compiled: no message"),
        ("exit 0", "compiled: no message"),
        (making(ROOT / "README.md"), "compiled: no message"),
        (making(Path("/nowhere/lib_core.so")), "loaded: "),
    ],
)
def test_what_fails_is_one_line_and_a_log(
    hook: ModuleType,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: Said,
    tmp_path: Path,
    script: str,
    why: str,
) -> None:
    monkeypatch.setenv("PATH", cargo(tmp_path / "bin", script))
    monkeypatch.setattr(hook.tempfile, "tempdir", str(tmp_path))
    assert hook.core(project, for_wheel=False) is None
    (line,) = capfd.readouterr().err.splitlines()
    (log,) = tmp_path.glob("*.log")
    assert line.startswith(f"logscrub: no compiled core (it cannot be {why}")
    assert line.endswith(f"; log: {log}); {COST}")
    monkeypatch.setenv("LOGSCRUB_CORE", "require")
    with pytest.raises(SystemExit, match=f"LOGSCRUB_CORE=require: it cannot be {why}"):
        hook.core(project, for_wheel=False)


def test_a_library_that_loads_is_taken(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, capfd: Said, tmp_path: Path
) -> None:
    library = tmp_path / "lib_core.so"
    monkeypatch.setenv("PATH", cargo(tmp_path / "bin", 'echo "$@" > called; ' + making(library)))
    monkeypatch.setattr(hook, "_LOAD", "")
    monkeypatch.setattr(hook.tempfile, "tempdir", str(tmp_path))
    for for_wheel, folder in ((True, "wheel"), (False, "target")):
        assert hook.core(project, for_wheel=for_wheel) == library
        assert capfd.readouterr().err == "logscrub: the compiled core is built\n"
        called = (project / "core" / "called").read_text(encoding="utf-8").split()
        assert called[:3] == ["build", "--release", "--locked"]
        assert Path(called[called.index("--target-dir") + 1]).name == folder
    assert not list(tmp_path.glob("*.log"))


def test_a_wheel_holds_no_paths_of_the_machine(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(hook.sysconfig, "get_config_var", lambda name: "x86_64-pc-linux-gnu")
    given = {"RUSTFLAGS": "-C target-cpu=native", "CARGO_HOME": "/c", "CARGO_BUILD_TARGET": "wasm32", "HOME": "/h"}
    made = hook.environment(given, Path("/src/core"), for_wheel=True)
    assert made["CARGO_ENCODED_RUSTFLAGS"].split("\x1f") == [
        "-C", "target-cpu=native", "--remap-path-prefix=/c=/cargo", "--remap-path-prefix=/src/core=/core",
    ]  # fmt: skip
    assert made["CARGO_PROFILE_RELEASE_DEBUG"] == "0" and made["CARGO_PROFILE_RELEASE_STRIP"] == "symbols"
    assert made.keys().isdisjoint({"RUSTFLAGS", "CARGO_BUILD_TARGET"})
    # a developer's is built with what cargo is given by hand, or all would be compiled again
    assert hook.environment({"HOME": "/h"}, Path("/src/core"), for_wheel=False) == {"HOME": "/h"}
    monkeypatch.setattr(hook.sysconfig, "get_config_var", lambda name: "x86_64-pc-linux-musl")
    assert "-crt-static" in hook.environment({}, Path("/src/core"), for_wheel=False)["CARGO_ENCODED_RUSTFLAGS"]


@pytest.mark.parametrize(
    ("machine", "oldest", "tag"),
    [("arm64", None, "macosx_11_0_arm64"), ("x86_64", None, "macosx_10_12_x86_64"), ("x86_64", "13.3", "macosx_13_0_x86_64")],
)
def test_a_wheel_for_macos_says_what_rust_builds_for(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch, machine: str, oldest: str | None, tag: str
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    if oldest:
        monkeypatch.setenv("MACOSX_DEPLOYMENT_TARGET", oldest)
    assert hook.platform_tag() == tag


def test_no_core_for_a_python_without_the_stable_abi(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, capfd: Said
) -> None:
    monkeypatch.setattr(hook.sysconfig, "get_config_var", lambda name: 1)
    assert hook.core(project, for_wheel=True) is None
    assert "this Python lacks the stable ABI" in capfd.readouterr().err


def test_an_older_core_does_not_stay_beside_the_package(hook: ModuleType, project: Path, tmp_path: Path) -> None:
    library = tmp_path / "lib_core.so"
    library.write_bytes(b"new")
    there = project / "logscrub" / hook.file_name()
    there.write_bytes(b"old")
    hook.place(library, project)
    assert there.read_bytes() == b"new"
    hook.place(None, project)
    assert not list((project / "logscrub").iterdir())


def built(kind: str, out: Path, path: str, source: Path = ROOT, **variables: str) -> tuple[Path, str]:
    """A wheel or an sdist of this project made under a PATH, and what was said."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(out), str(source)]
    env = {**os.environ, "PATH": path, "PYTHONPATH": "", **variables}
    env.pop("LOGSCRUB_CORE", None)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = out.iterdir()
    return made, done.stdout + done.stderr


def test_a_wheel_made_without_cargo_is_pure(tmp_path: Path) -> None:
    made, said = built("wheel", tmp_path / "out", str(tmp_path))
    assert made.name.endswith("-py3-none-any.whl")
    assert [line for line in said.splitlines() if "logscrub: " in line] == [
        f"logscrub: no compiled core (no cargo on the PATH, see https://rustup.rs); {COST}"
    ]
    names = zipfile.ZipFile(made).namelist()
    assert "logscrub/api.py" in names and "logscrub/detectors/macros.toml" in names
    assert not [name for name in names if name.startswith(("logscrub/_core.abi3", "logscrub/_core.pyd", "core/", "hatch_build"))]


def test_a_wheel_is_the_same_from_another_checkout_at_another_time(tmp_path: Path) -> None:
    """Another folder, other times and permissions of the files, another zone, language and order of sets."""
    here, _ = built("wheel", tmp_path / "here", str(tmp_path), PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    source = tmp_path / "elsewhere"
    source.mkdir()
    for name in ("logscrub", "detectors"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "_core.abi3.so"))
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for path in source.rglob("*.py"):
        os.utime(path, (86_400, 86_400))
        path.chmod(0o600)
    there, _ = built("wheel", tmp_path / "there", str(tmp_path), source, PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C.UTF-8")
    assert here.name == there.name
    with zipfile.ZipFile(here) as one, zipfile.ZipFile(there) as other:
        assert one.namelist() == other.namelist()
    assert here.read_bytes() == there.read_bytes()


@pytest.mark.skipif(not BUILT.exists(), reason="there is no compiled core here")
def test_a_wheel_with_the_core_is_for_the_stable_abi(tmp_path: Path) -> None:
    made, said = built("wheel", tmp_path / "out", cargo(tmp_path / "bin", making(BUILT)))
    assert [line for line in said.splitlines() if "logscrub: " in line] == ["logscrub: the compiled core is built"]
    tag = f"cp311-abi3-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    if sys.platform == "linux":
        assert made.name.endswith(f"-{tag}.whl")
    with zipfile.ZipFile(made) as wheel:
        assert wheel.read("logscrub/_core.abi3.so") == BUILT.read_bytes()
        (about,) = (wheel.read(name).decode() for name in wheel.namelist() if name.endswith("/WHEEL"))
    assert "Root-Is-Purelib: false" in about and "Tag: cp311-abi3-" in about


def test_an_sdist_can_build_the_core(tmp_path: Path) -> None:
    made, _ = built("sdist", tmp_path / "out", str(tmp_path))
    with tarfile.open(made) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "core" / "src").rglob("*.rs")}
    assert names >= sources | {"core/Cargo.toml", "core/Cargo.lock", "core/build.rs", "hatch_build.py", "pyproject.toml"}
    assert not [name for name in names if "/target" in name or name.startswith(("logscrub/_core.abi3", "logscrub/_core.pyd"))]
