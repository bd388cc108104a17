"""What became of records that were counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counted:
    """What became of records and data points."""

    new: int = 0
    known: int = 0
    """Counted already, in this run or before."""
    without_time: int = 0
    """Of the new ones, those whose log does not tell when: they are in the store without an hour."""
    without_customer: int = 0
    """Of the new ones, those that name no customer."""
    odd_time: int = 0
    """Of the new ones, those from before 2019 or more than a day ahead: a clock that is wrong."""

    def add(self, other: Counted) -> None:
        self.new += other.new
        self.known += other.known
        self.without_time += other.without_time
        self.without_customer += other.without_customer
        self.odd_time += other.odd_time
