"""How texts are compared where case does not matter: addresses, and the texts of conditions."""

import unicodedata


def folded(text: str) -> str:
    """Two texts are the same, without regard to case and to how accents are spelt in Unicode, if these are. Accents
    themselves count: é is not e. Order is by these letters' code points."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def plain(text: str) -> str:
    """The text for finding and sorting, without regard to case and accents: é is e here, ß is ss."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
