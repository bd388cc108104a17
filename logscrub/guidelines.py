"""The rows of Atlassian's logging guidelines, the vocabulary that detectors and policies share.

Every detector serves one row; a policy says for every row what happens to what was found.
Source: Atlassian's logging guidelines for Forge developers, plus one row (`personal data`) for what the
table does not name though it identifies a person: phone numbers, postal addresses, card and account numbers, …
"""

from __future__ import annotations

from typing import Final

NEVER: Final = "never"
WITH_CAUTION: Final = "with caution"

GUIDELINES: Final[dict[str, str]] = {
    "name": NEVER,
    "email address": NEVER,
    "username": NEVER,
    "session id": NEVER,
    "user-generated content": NEVER,
    "authorisation data": NEVER,
    "personal data": NEVER,
    "ip address": WITH_CAUTION,
    "url": WITH_CAUTION,
    "user agent": WITH_CAUTION,
    "account id": WITH_CAUTION,
    "nickname": WITH_CAUTION,
    "user id": WITH_CAUTION,
    "site id": WITH_CAUTION,
    "tenant name": WITH_CAUTION,
    "device id": WITH_CAUTION,
}
"""Row → how Atlassian grades it. `site id` covers member, site, cloud and tenant ids."""
