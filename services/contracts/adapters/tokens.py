"""Secrets for links, from the operating system's random source."""

import secrets

TOKEN_BYTES = 24


class RandomTokens:
    """The port `Tokens`: 192 random bits, safe in a URL."""

    def new(self) -> str:
        """Return a token that cannot be guessed."""
        return secrets.token_urlsafe(TOKEN_BYTES)
