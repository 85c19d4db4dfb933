"""Whether a prompt that was not understood is written in another language than English."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words of instructions in French, Spanish, Portuguese, Italian, German, Dutch, Swedish, Danish and Polish, without
#: accents, that English instructions do not contain.
_FOREIGN = _words("""
    une du dans avec et cette cet rends rendre mets mettre fais faire enleve enlever supprime supprimer efface effacer
    retirer ajoute ajouter remplace remplacer floute flouter recadre recadrer tourne tourner eclaircis eclaircir
    assombris assombrir augmenter diminue diminuer convertis convertir transformer arriere fond blanc jaune moins chaude
    chaud froide lumineuse lumineux sombre couleur couleurs contraste luminosite nettete visage personne chien ciel
    para por esta este imagen haz hazlo hazla ponlo quita quitar elimina eliminar borra borrar agrega agregar anade
    anadir cambia cambiar convierte convertir recorta recortar girar aumenta aumentar fondo blanco rojo azul mas menos
    brillo brillante calida calido frio fria oscuro oscura cielo perro
    uma imagem deixe deixa remova remover adicione coloque troque quente brilho preto branco pessoa ceu escuro
    gli della dello questa questo immagine rendi rendila rendilo togli rimuovi rimuovere aggiungi sostituisci sfoca
    ritaglia ruota piu meno caldo calda freddo luminosa luminoso scuro sfondo contrasto luminosita colori schiarisci
    scurisci
    der ein eine einen und auf bild bilder mache machen bitte ist entferne entfernen hinzu ersetze drehe drehen schneide
    zuschneiden heller dunkler kalter mehr weniger kontrast helligkeit sattigung hintergrund schwarzweiss blau grun
    himmel unscharf scharfer aufhellen abdunkeln farben
    het een maak achtergrond verwijder lichter donkerder minder zwart
    gor bakgrund bilden ljusare morkare svart vit baggrund bakgrunn fjern billedet
    usun zrob zdjecie tlo dodaj zmien czarno biale jasniejsze ciemniejsze cieplejsze
""")
#: Foreign too, but also in names (Los Angeles, van Gogh, Weiss) or in English with another meaning.
_MAYBE = _words("""
    le la les el lo un de des die den dem das del los las una y o os da van met mit per pour sur con en est es foto fait
    rouge bleu vert noir negro nero bianco schwarz weiss mach mais persona claire clara cara verde ta hund meer
""")
#: What English instructions are made of.
_ENGLISH = _words("""
    the a an it its this that these those my his her their our your make makes making turn change remove erase delete
    add put place replace swap convert transform give create draw generate show look looks looking like style of with
    without into to from and or in on at for by as is are be so but not no keep only more less very background sky
    lighting light text word words film effect filter painting drawing photo picture poster logo sign city street
    restaurant cafe bar beach wearing holding standing sitting night day sunset red blue green black white yellow
""")
#: An article joined to its word: l'image, d'un, dell'immagine.
_ELIDED = re.compile(r"(?:l|d|qu|n|c|s|j|un|dell|all|nell|sull|quest)'[a-z]{2,}")


def is_foreign(text: str) -> bool:
    """Whether letters that are not Latin, or more words of other languages than English ones, stand in it.

    For a prompt that was not understood: what can be read as English is read, whatever else its words mean.
    """
    if re.search(r"[^\x00-\x7f]", re.sub(r"[^\w]", "", text)):
        return True
    words = re.findall(r"[a-z']+", text)
    surely = sum(word in _FOREIGN or _ELIDED.fullmatch(word) is not None for word in words)
    maybe = sum(word in _MAYBE for word in words)
    return surely + maybe > sum(word in _ENGLISH for word in words) and (surely > 0 or maybe > 1)
