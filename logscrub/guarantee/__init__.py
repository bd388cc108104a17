"""A guarantee by counting: no word leaves that fewer than so many customers' records have said.

`words` says what a record's words are, `support` who said them, `members` whose record it is, and `engine` counts and keeps: it
goes over the clean output of the ordinary scrub, so nothing here judges what is customer data. The exact statement is in
`docs/concepts/guarantee.md`.
"""
