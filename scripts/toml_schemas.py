"""Writes the JSON Schemas of the TOML files that people edit into docs/reference/, from the definitions that check these files.

python scripts/toml_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from logscrub import config
from logscrub.anomalies import rules
from logscrub.detect import catalogue
from logscrub.redact import policy
from logscrub.toml_files import as_schema

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def schemas() -> dict[str, dict[str, Any]]:
    """Name of a file → its JSON Schema."""
    harmless = {"properties": {"kind": {"const": "harmless"}}, "required": ["kind"]}
    detector = as_schema(catalogue.DETECTOR, "A detector", "What is found and redacted, or in a file of kind harmless, kept.")
    head = {key: detector.pop(key) for key in ("$schema", "title", "description")}
    return {
        "logscrub.schema.json": as_schema(
            config.DEFINITION, "logscrub.toml", "The settings of logscrub. All keys are optional; paths are relative to the file."
        ),
        "policy.schema.json": as_schema(policy.DEFINITION, "A policy", "What happens to what is found."),
        "detector.schema.json": head | {"if": harmless, "then": catalogue.HARMLESS.schema(), "else": detector},
        "anomaly-rule.schema.json": as_schema(rules.definition(), "A rule of anomalies", "What is unusual, and what to do then."),
    }


def text_of(schema: dict[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in schemas().items():
        (FOLDER / name).write_text(text_of(schema), encoding="utf-8")
