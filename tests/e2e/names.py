"""Names that nobody else uses: the server is shared by all tests of a session."""

import secrets


def unused(prefix="e2e"):
    return f"{prefix}-{secrets.token_hex(5)}"
