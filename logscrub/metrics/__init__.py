"""Anonymised metrics of scrubbed logs: what is counted, how partial results merge, and the store that keeps them.

Data flows so:

    clean bytes → records.py (one record a record of the log) → facts.py (what a record says happened)
    answers of the App metrics API → app_metrics.py (the same)
    → rollup.py (cells by hour, Polars) → store.py (a Delta Lake table) → query.py, anonymity.py (what people may see)

Only clean bytes come in here. What is kept beside counts are pseudonyms of customers and fingerprints of records, both under
the vendor's key.
"""
