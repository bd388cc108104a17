"""The table of the library for Delta Lake, in folders of any name.

The library gives the paths of data files as parts of a URL (`my%20metrics`), which Polars takes for names of files.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from logscrub.metrics.location import local_folder, storage_options


class Table(DeltaTable):
    """The newest version of a table, by the path of its folder or its address in an object store."""

    def __init__(self, url: str) -> None:
        """Raises what the library raises; call it within `logscrub.metrics.location.told`."""
        self._is_local = local_folder(url) is not None
        super().__init__(url, storage_options=storage_options())

    def file_uris(self, *arguments: Any, **named: Any) -> list[str]:
        """The data files, as Polars takes them."""
        files = super().file_uris(*arguments, **named)
        return [unquote(file) for file in files] if self._is_local else files
