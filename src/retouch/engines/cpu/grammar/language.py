"""Whether a prompt is written in another language than English."""

import re

#: Function words that English sentences about pictures do not contain. Two of them are enough.
_FOREIGN = frozenset({
    "le", "la", "les", "une", "des", "du", "dans", "avec", "sur", "et", "en", "un", "est", "pour", "cette", "el",
    "los", "las", "una", "del", "con", "para", "por", "esta", "este", "y", "imagen", "der", "die", "das", "den",
    "dem", "ein", "eine", "einen", "und", "mit", "auf", "bild", "mach", "mache", "bitte", "ist", "il", "lo", "gli",
    "della", "questa", "questo", "per", "immagine", "foto", "fondo", "sfondo", "hintergrund", "fond", "o", "os",
    "uma", "da", "imagem", "het", "een", "de", "van", "met", "maak", "achtergrond", "rendre", "supprimer",
    "enlever", "quitar", "eliminar", "rimuovi", "entfernen", "entferne", "usun", "zrob", "zdjecie", "gjor",
    "bakgrund",
})  # fmt: skip


def is_foreign(text: str) -> bool:
    """Letters that English has none of, or at least two words of another language and nothing but a few others."""
    if re.search(r"[^\x00-\x7f]", re.sub(r"[^\w]", "", text)):
        return True
    words = [word for word in text.split() if word.isalpha()]
    return len(set(words) & _FOREIGN) >= 2 and sum(word in _FOREIGN for word in words) * 3 >= len(words)
