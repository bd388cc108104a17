"""Regular expressions that are compiled when they are first used.

The modules that read and search texts have hundreds of them. To compile all of them takes a tenth of a second at each start, and
the compiled core needs none.
"""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split", "groups", "groupindex")


class LazyPattern:
    """Stands for a pattern until one of its methods is asked for.

    `flags` are those that it was made with, without those that the pattern itself sets.
    """

    def __init__(self, source: str, flags: int) -> None:
        self.pattern = source
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return self.__dict__[name]

    def __reduce__(self) -> tuple[Any, ...]:
        return LazyPattern, (self.pattern, self.flags)


def regex(source: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern like that of `re.compile`. Whether it is one is seen when it is first used."""
    return cast("re.Pattern[str]", LazyPattern(source, int(flags)))
