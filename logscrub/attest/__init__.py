"""Proofs that somebody else can check: signed, and bound to the bytes of files and to the rules they were scanned by.

`signing.py` makes and opens signed envelopes, `statement.py` says what is signed, `checking.py` holds files and rules against it.
"""
