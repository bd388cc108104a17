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

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, Literal, get_args

from logscrub.errors import UsageError
from logscrub.guidelines import GUIDELINES
from logscrub.toml_files import ANY_TEXT, Key, Table, check, one_of, parsed, text_of

Action = Literal["remove", "pseudonym", "keep"]
_ROW = Key(
    one_of(*get_args(Action)),
    "remove leaves <TYPE>; pseudonym leaves <TYPE:…>, equal for equal values under one key; keep leaves the value.",
    required=True,
)
DEFINITION: Final = Table(
    {
        "name": Key(ANY_TEXT, "The name that reports show.", required=True),
        "why": Key(ANY_TEXT, "A sentence for whoever chooses a policy."),
        "rows": Key(Table(dict.fromkeys(GUIDELINES, _ROW)), "Row of the logging guidelines -> what happens.", required=True),
    }
)
"""The keys of a policy file."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Guideline row → action, for all rows."""

    name: str
    rows: Mapping[str, Action]
    file_digest: str = ""
    """SHA-256 of the text it was read from."""


def builtin_policies() -> list[str]:
    """The names of the policies that come with logscrub."""
    folder = resources.files("logscrub").joinpath("redact/policies")
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))


def load_policy(name: str) -> Policy:
    """The built-in policy `name`, or the policy file at that path. Raises UsageError that says what is wrong."""
    if name in builtin_policies():
        built_in = resources.files("logscrub").joinpath(f"redact/policies/{name}.toml")
        return parse_policy(built_in.read_bytes().decode("utf-8"), name)
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"no policy {name!r}: it is neither one of {', '.join(builtin_policies())} nor a file")
    policy = parse_policy(text_of(path), str(path))
    if policy.name in builtin_policies():  # a report names its policy, and would be taken for one about the built-in policy
        raise UsageError(f"{path}: {policy.name!r} is a built-in policy; give yours another name")
    return policy


def parse_policy(text: str, where: str) -> Policy:
    """The policy that a TOML text holds; `where` names it in errors."""
    data = parsed(text, where)
    check(DEFINITION, data, where)
    return Policy(data["name"], data["rows"], hashlib.sha256(text.encode()).hexdigest())
