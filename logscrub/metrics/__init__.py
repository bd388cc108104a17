"""Anonymised metrics of scrubbed logs: what is counted, how partial results merge, and the store that keeps them.

Data flows so:

    clean bytes → records.py (the records of a log, and the data points of the App metrics API)
    → facts.py (what a record says happened) → columns.py (facts of many records) → rollup.py (cells by hour, Polars)
    → store.py (a Delta Lake table) → query.py, k_anonymity.py (what people may see)

Only clean bytes come in here. What is kept beside counts are pseudonyms of customers and fingerprints of records, both under
the vendor's key.
"""
