"""The one place that says which version this is; packaging and `--version` read it."""

__version__ = "0.1.0"
