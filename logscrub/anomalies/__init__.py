"""Anomalies: signals from the store, tests against what is normal, findings that a person can act on."""
