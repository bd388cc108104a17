"""The result of counting the records of an input."""

from __future__ import annotations

from dataclasses import dataclass, field

from logscrub.model import WITHHELD

_MOST_SPELLINGS = 3


@dataclass(slots=True)
class IngestResult:
    """Counts of records and data points: `read` = `new` + `known` + `undated` + `not_understood`."""

    read: int = 0
    """Records as `scrub` counts them."""
    new: int = 0
    """Records that were counted in their hour."""
    known: int = 0
    """Records that were counted already, in this run or before."""
    undated: int = 0
    """Records that were counted, but in no hour or day: their log has no time that can be read."""
    not_understood: int = 0
    """Records that were not counted, because nothing in them can be."""
    without_customer: int = 0
    """New and undated records that name no customer."""
    odd_time: int = 0
    """New records from before 2019 or more than a day ahead: a clock was wrong."""
    spellings: set[str] = field(default_factory=set)
    """Times that could not be read, as they are written: a few."""

    def add(self, other: IngestResult) -> None:
        """Adds the counts of other records, and their spellings of times."""
        self.read += other.read
        self.new += other.new
        self.known += other.known
        self.undated += other.undated
        self.not_understood += other.not_understood
        self.without_customer += other.without_customer
        self.odd_time += other.odd_time
        self.note_spellings(other.spellings)

    def note_spellings(self, spellings: set[str]) -> None:
        """Keeps a few of the times that could not be read."""
        for spelling in sorted(spellings):
            if len(self.spellings) < _MOST_SPELLINGS and spelling != WITHHELD:
                self.spellings.add(spelling)

    @property
    def counted(self) -> int:
        """Records that are in the store now."""
        return self.new + self.known + self.undated

    @property
    def adds_up(self) -> bool:
        """True if each record that was read is accounted for."""
        return self.read == self.counted + self.not_understood


def total(inputs: dict[int, IngestResult]) -> IngestResult:
    """The sum over all inputs."""
    whole = IngestResult()
    for each in inputs.values():
        whole.add(each)
    return whole
