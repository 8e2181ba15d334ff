"""How texts are compared where case does not matter: addresses, and the texts of conditions."""

import unicodedata


def folded(text: str) -> str:
    """Two texts are the same, without regard to case and to how accents are spelt in Unicode, if these are. Accents
    themselves count: é is not e. Order is by these letters' code points."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
