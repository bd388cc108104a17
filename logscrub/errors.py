"""Everything logscrub raises on purpose.

    LogscrubError
    ├── UsageError          exit code 2: wrong options, configuration, detector or policy files
    ├── InputError          exit code 3: an input that cannot be read, opened or decompressed
    └── OutputError         exit code 3: an output that cannot be written

Messages are one line, say what to do, and never hold a value from a log.
"""

from __future__ import annotations


class LogscrubError(Exception):
    """Base of all errors that a user can mend; `exit_code` is the process's exit code."""

    exit_code = 2


class UsageError(LogscrubError):
    """Wrong options, configuration, detector or policy file."""


class InputError(LogscrubError):
    """An input could not be read (missing, no permission, broken compression)."""

    exit_code = 3


class OutputError(LogscrubError):
    """An output could not be written (a folder, no permission, disk full)."""

    exit_code = 3
