"""Policies: for every row of the logging guidelines, what happens to what was found there.

A policy is a TOML file that a user can copy and change:

    name = "my-policy"
    why = "one sentence"

    [rows]
    "email address" = "remove"      # leaves <EMAIL_ADDRESS>
    "account id" = "pseudonym"      # leaves <ACCOUNT_ID:6f1c…>, equal for equal values under one key
    "url" = "keep"                  # stays as it is

Every row must be there, so that a new row is never kept by accident.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from logscrub.errors import UsageError
from logscrub.guidelines import GUIDELINES

Action = Literal["remove", "pseudonym", "keep"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Guideline row → action, for all rows."""

    name: str
    rows: Mapping[str, Action]


def builtin_policies() -> list[str]:
    """The names of the policies that come with logscrub."""
    folder = resources.files("logscrub").joinpath("redact/policies")
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))


def load_policy(name: str) -> Policy:
    """The built-in policy `name`, or the policy file at that path. Raises UsageError that says what is wrong."""
    if name in builtin_policies():
        return parse_policy(
            resources.files("logscrub").joinpath(f"redact/policies/{name}.toml").read_text(encoding="utf-8"), name
        )
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"no policy {name!r}: it is neither one of {', '.join(builtin_policies())} nor a file")
    try:
        policy = parse_policy(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({type(error).__name__})") from None
    if policy.name in builtin_policies():  # a report names its policy, and would be taken for one about the built-in policy
        raise UsageError(f"{path}: {policy.name!r} is a built-in policy; give yours another name")
    return policy


def parse_policy(text: str, where: str) -> Policy:
    """The policy that a TOML text holds; `where` names it in errors."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where}: not valid TOML: {error}") from None
    if unknown := set(data) - {"name", "why", "rows"}:
        raise UsageError(f"{where}: unknown key {min(unknown)!r}; known are name, why, rows")
    rows = data.get("rows")
    if not isinstance(rows, dict) or not isinstance(data.get("name"), str):
        raise UsageError(f"{where}: a policy needs a name and a table [rows]")
    for row, action in rows.items():
        if row not in GUIDELINES:
            raise UsageError(f"{where}: no guideline {row!r}; there are {', '.join(GUIDELINES)}")
        if action not in ("remove", "pseudonym", "keep"):
            raise UsageError(f'{where}: {row!r} must be "remove", "pseudonym" or "keep"')
    if missing := [row for row in GUIDELINES if row not in rows]:
        raise UsageError(f"{where}: says nothing about {', '.join(missing)}")
    return Policy(data["name"], rows)
