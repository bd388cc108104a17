"""Replaces what was found: the policy, pseudonyms, and the one place where `Clean` is made from `Raw`."""
