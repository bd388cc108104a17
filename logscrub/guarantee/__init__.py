"""A guarantee by counting: no word leaves that fewer than so many customers' records have said.

`words` finds the words of a record, `support` remembers which customers said them, `members` finds out whose record it is, and
`engine` counts and decides. The input is the clean output of the ordinary scrub, so no module here decides what is customer data.
The exact statement is in `docs/concepts/guarantee.md`.
"""
