"""A form of the report: the suffix of its files, and the function that writes it.

Each form is one file in this folder with a `FORM`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from logscrub.anomalies.model import Report


class Form(NamedTuple):
    """A form in which a report can be written."""

    suffix: str
    """The suffix of its files, with the dot, in lower case: `.html`."""
    render: Callable[[Report], bytes]
    """The report as such a file holds it; the same report gives the same bytes."""
