"""German for findings that reading files makes, so that the report can be read by whoever keeps the files."""

from __future__ import annotations

import re
from functools import cache

from etl.datasets.findings import Finding

__all__ = ["in_german"]

# What is wrong: pattern of the English sentence, and the German one with its parts. The first that fits counts.
_WHAT = (
    ("(.+) is neither a number nor a known sign", r"\1 ist weder eine Zahl noch ein bekanntes Zeichen"),
    ("(.+) is written with other digits than 0 to 9", r"\1 ist mit anderen Ziffern als 0 bis 9 geschrieben"),
    ("(.+) is none of the classes (.+)", r"\1 ist keine der Klassen \2"),
    (
        r"(.+) is a number only with other signs \(decimal sign, thousands, footnotes\)",
        r"\1 ist nur mit anderen Zeichen eine Zahl (Dezimalzeichen, Tausender, Fußnoten)",
    ),
    (
        "(.+) is no figure but a program's word for none",
        r"\1 ist keine Angabe, sondern das Wort eines Programms für keine",
    ),
    (
        r"(.+) is a formula without a stored result \(.+\)",
        r"\1 ist eine Formel ohne gespeichertes Ergebnis (in einem Büroprogramm öffnen und speichern)",
    ),
    (r"(\S+) (?:persons|households) is no whole number", r"\1 ist keine ganze Zahl, also keine Anzahl"),
    (
        r"every (\S+) stands before three digits, as in (\S+): .+",
        r"jedes \1 steht vor drei Ziffern, etwa in \2: es trennt vielleicht Tausender, gelesen wird es als Dezimalzeichen",
    ),
    (r"(\S+) is below (\S+)", r"\1 liegt unter \2"),
    (r"(\S+) is above (\S+), more than there are people", r"\1 liegt über \2: mehr als es Menschen gibt"),
    (r"(\S+) is above (\S+)", r"\1 liegt über \2"),
    (r"([\d,]+) more of the same kind: .+", r"\1 weitere derselben Art"),
    (r"([\d,]+) more of the same kind", r"\1 weitere derselben Art"),
    ("a second row for area (.+) in (.+)", r"eine zweite Zeile für Gebiet \1 in \2"),
    (
        r"the name (.+) joins no area \(nearest: (.+)\)",
        r"der Name \1 gehört zu keinem Gebiet (am ähnlichsten: \2)",
    ),
    (r"the name (.+) joins no area \(.+\)", r"der Name \1 gehört zu keinem Gebiet; kein Name ist ähnlich"),
    (
        r"there is no row for (\d+) of (\d+) areas of (\S+): (.+)",
        r"für \1 von \2 Gebieten der Ebene \3 gibt es keine Zeile: \4",
    ),
    ("the file is not there", "die Datei ist nicht da"),
    (r"the area (.+) is none of (\S+)", r"das Gebiet \1 gibt es auf der Ebene \2 nicht"),
    (
        "latitude comes before longitude: .+",
        "die Breite steht vor der Länge: die Achsen wurden umgekehrt gelesen",
    ),
    (
        r"northing comes before easting \((.+)\): .+",
        r"der Hochwert steht vor dem Rechtswert (\1): die Achsen wurden umgekehrt gelesen",
    ),
    (
        r"(?:the text|\w+:) (.+) has a sign that is not seen \((.+)\)",
        r"\1 hat ein Zeichen, das man nicht sieht (\2)",
    ),
    (
        r"(?:the text|\w+:) (.+) has ([\d,]+) characters, ([\d,]+) are allowed",
        r"\1 hat \2 Zeichen, erlaubt sind \3",
    ),
    ("(.+) is empty", r"\1 ist leer"),
    (
        "the coordinates are (.+), not (.+) as the file claims: .+",
        r"die Koordinaten sind \1 und nicht \2, wie die Datei sagt: angenommen, weil sie nur so in der Stadt liegen",
    ),
    ("(.+) is still \\?", r"\1 ist noch ?"),
    (
        r"(.+) has ([\d,]+) characters; key_pattern is for texts of at most (\d+)",
        r"\1 hat \2 Zeichen; key_pattern gilt für Texte bis \3",
    ),
    ("the key is empty", "der Schlüssel ist leer"),
    ("(.+) holds no key", r"\1 enthält keinen Schlüssel"),
    (
        r"the key (.+) has (\d+) of (\d+) characters: a number lost its leading zeros",
        r"der Schlüssel \1 hat \2 von \3 Zeichen: einer Zahl fehlen die führenden Nullen",
    ),
    (
        r"the key (.+) has (\d+) characters, (\d+) are expected",
        r"der Schlüssel \1 hat \2 Zeichen, erwartet werden \3",
    ),
    ("the key (.+) was read as a decimal number", r"der Schlüssel \1 wurde als Kommazahl gelesen"),
    (r"the key (.+) occurs (\d+) times", r"der Schlüssel \1 kommt \2-mal vor"),
    (
        r"names of (\S+) occur more than once, so that names join no area for sure",
        r"Namen der Ebene \1 kommen mehrmals vor, so dass sie kein Gebiet sicher bezeichnen",
    ),
    ("area (.+) has no geometry", r"Gebiet \1 hat keine Geometrie"),
    ("area (.+) has an empty geometry", r"Gebiet \1 hat eine leere Geometrie"),
    (
        r"area (.+) has an invalid geometry: Self-intersection\[(.+)\]",
        r"Gebiet \1 hat eine ungültige Geometrie: der Rand schneidet sich selbst bei \2",
    ),
    ("area (.+) has an invalid geometry: (.+)", r"Gebiet \1 hat eine ungültige Geometrie: \2"),
    (r"area (.+) is a (\S+), no polygon", r"Gebiet \1 ist \2, kein Polygon"),
    (r"area (.+) has no (\S+)", r"Gebiet \1 gehört zu keinem Gebiet der Ebene \2"),
    ("area (.+) lies at (.+), outside the city", r"Gebiet \1 liegt bei \2, außerhalb der Stadt"),
    ("the area has no name", "das Gebiet hat keinen Namen"),
    (r"(\S+) (.+) has areas below it but no name", r"\1 \2 hat Gebiete unter sich, aber keinen Namen"),
    ("there is no attribute (.+); it has (.+)", r"das Attribut \1 gibt es nicht; vorhanden: \2"),
    ("there is no such column; it has (.+)", r"diese Spalte gibt es nicht; vorhanden: \1"),
    ("there is no column (.+)", r"die Spalte \1 gibt es nicht"),
    ("the name of the column occurs twice", "der Name der Spalte kommt zweimal vor"),
    (r"the row has (\d+) of (\d+) cells", r"die Zeile hat \1 von \2 Zellen"),
    (
        r"([\d,]+) cell\(s\) stand under no name, in column (\d+)",
        r"\1 Zelle(n) stehen unter keinem Namen, in Spalte \2",
    ),
    ("the table has a header but no rows", "die Tabelle hat einen Kopf, aber keine Zeilen"),
    (r"no row is (.+) \(nearest: (.+)\)", r"keine Zeile ist \1 (am ähnlichsten: \2)"),
    (r"no row is (.+) \(no similar name is there\)", r"keine Zeile ist \1; kein Text ist ähnlich"),
    ("no row is (.+)", r"keine Zeile ist \1"),
    ("no row is left", "keine Zeile ist übrig"),
    ("no column fits (.+)", r"keine Spalte passt zu \1"),
    ("(.+) is no period", r"\1 ist kein Zeitraum"),
    (
        r"(\S+) of area (.+) in (.+) comes from two tables",
        r"\1 von Gebiet \2 in \3 kommt aus zwei Tabellen",
    ),
    ("the file is not in .+", "die Datei liegt nicht im Ordner"),
    ("the file is missing or empty: .+|the file is missing or empty", "die Datei fehlt oder ist leer"),
    (
        "the file is a link that leads out of the folder",
        "die Datei ist ein Verweis, der aus dem Ordner führt",
    ),
    (
        "the parameter (.+) looks like a key or a password.*",
        r"der Parameter \1 sieht nach einem Schlüssel oder Passwort aus",
    ),
    ("the address has a password in it: (.+)", r"in der Adresse steht ein Passwort: \1"),
    ("not an address of the web: (.+)", r"keine Adresse im Netz: \1"),
    ("the encoding was found to be (.+)", r"als Kodierung wurde \1 erkannt"),
    (
        r"([\d,]+) cell\(s\) with garbled umlauts .+ were restored",
        r"\1 Zelle(n) mit verstümmelten Umlauten wurden wiederhergestellt",
    ),
    ("letters are lost for good: (.+)", r"Buchstaben sind unwiederbringlich verloren: \1"),
    (
        "wrong CRS: the file claims (.+?), but its coordinates .+",
        r"falsches Koordinatensystem: laut Datei \1, aber so liegen die Koordinaten nicht in"
        " der Stadt",
    ),
    ("unknown key (.+)", r"unbekannter Eintrag \1"),
    ("(.+) is missing", r"\1 fehlt"),
    (
        "the manifest has no word about confidentiality: .+",
        "das Manifest sagt nichts zur Geheimhaltung: Zahlen unter 5 und was sie verrät"
        " werden nicht veröffentlicht",
    ),
    ("no feature is left after where and reject", "nach where und reject ist kein Objekt übrig"),
    ("the file is empty", "die Datei ist leer"),
    ("the file is cut off or damaged.*", "die Datei ist abgeschnitten oder beschädigt"),
    ("the file is no text", "die Datei ist kein Text"),
    ("the file is not (.+), as the manifest says: .+", r"die Datei ist nicht \1, wie das Manifest sagt"),
    (r"the file unpacks to more than (\d+) MB", r"die Datei wird entpackt größer als \1 MB"),
    ("the file has no layer (.+): it has (.+)", r"die Datei hat keine Ebene \1; vorhanden: \2"),
    (r"the file has (\d+) layers: (.+)", r"die Datei hat \1 Ebenen: \2"),
    ("the file claims (.+), the manifest says (.+)", r"die Datei nennt \1, das Manifest \2"),
    ("the archive is cut off or damaged.*", "das Archiv ist abgeschnitten oder beschädigt"),
    (
        r"the archive unpacks to (\S+) MB, (\S+) times its size",
        r"das Archiv wird entpackt \1 MB groß, das \2-Fache",
    ),
    (r"the archive holds (\d+) maps: (.+)", r"das Archiv enthält \1 Karten: \2"),
    (r"the archive has (\S+) members, (\S+) are allowed", r"das Archiv hat \1 Dateien, erlaubt sind \2"),
    ("the member (.+) leads out of the archive's folder", r"die Datei \1 im Archiv führt aus dessen Ordner"),
    (
        "the XML file declares entities of its own .+",
        "die XML-Datei vereinbart eigene Entitäten (so geht eine XML-Bombe)",
    ),
    ("broken GeoJSON in .+?: (.+)", r"beschädigtes GeoJSON: \1"),
    ("broken geometry in .+?: (.+)", r"beschädigte Geometrie: \1"),
    ("broken JSON: .+", "beschädigtes JSON"),
    ("not a GeoJSON FeatureCollection", "keine GeoJSON-FeatureCollection"),
    ("unknown coordinate system in (.+)", r"unbekanntes Koordinatensystem in \1"),
    ("no records were found", "es wurden keine Datensätze gefunden"),
    (
        r"there is no row (\d+) with the names of columns",
        r"eine Zeile \1 mit den Namen der Spalten gibt es nicht",
    ),
    ("the Parquet file cannot be read.*", "die Parquet-Datei kann nicht gelesen werden"),
    ("no feature has coordinates", "kein Objekt hat Koordinaten"),
    (
        r"([\d,]+) feature\(s\) have coordinates that lie nowhere, such as (.+): .+",
        r"\1 Objekt(e) haben Koordinaten, die nirgends liegen, etwa \2",
    ),
    (
        r"([\d,]+) value\(s\) that occur twice for the same area, indicator and period: (.+)",
        r"\1 Wert(e) kommen für dasselbe Gebiet, Merkmal und denselben Zeitraum zweimal vor: \2",
    ),
    (
        "(.+) is not among the indicators of this manifest",
        r"\1 gehört nicht zu den Indikatoren dieses Manifests",
    ),
    ("(.+) is no level of this manifest", r"\1 ist keine Ebene dieses Manifests"),
    ("(.+) is no indicator", r"\1 ist kein Indikator"),
    ("(.+) is no profile", r"\1 ist kein Profil"),
    ("(.+) is there twice", r"\1 steht zweimal da"),
    ("the path (.+) leads out of the folder", r"der Pfad \1 führt aus dem Ordner"),
    ("not valid TOML: (.+)", r"kein gültiges TOML: \1"),
    ("the layer has no features", "die Ebene der Karte hat keine Objekte"),
    ("has no geometry", "hat keine Geometrie"),
    ("this is HTML, not a workbook.*", "das ist HTML, keine Arbeitsmappe"),
    (
        r"srid = (\d+) does not fit: (.+) and (.+) agree with each other, and .+",
        r"srid = \1 passt nicht: \2 und \3 stimmen überein, und nach dem, was sie nennen, liegen sie außerhalb von"
        r" EPSG:\1",
    ),
    ("the layer has no geometry.*", "die Ebene der Karte hat keine Geometrie"),
    ("the file is no readable map.*", "die Datei ist keine lesbare Karte"),
    ("the layer cannot be read.*", "die Karte kann nicht gelesen werden"),
    ("the workbook cannot be read.*", "die Arbeitsmappe kann nicht gelesen werden"),
    ("the workbook has no sheet (.+)", r"die Arbeitsmappe hat kein Blatt \1"),
    ("the file is not a table.*", "die Datei ist keine Tabelle"),
    (
        "the file does not say its CRS .*",
        "die Datei sagt ihr Koordinatensystem nicht (ein Shapefile ohne .prj)",
    ),
)

# What to do: begin of the English sentence, and the whole in German.
_WHAT_TO_DO = (
    (
        "correct the cell, or say in signs or sentinels",
        "die Zelle berichtigen, oder in signs oder sentinels sagen, wofür sie steht",
    ),
    (
        "say decimal, thousands or footnotes for this table",
        "decimal, thousands oder footnotes für diese Tabelle angeben, oder die Zelle berichtigen",
    ),
    (
        "notes below the table end it",
        "stehen unter der Tabelle Anmerkungen, ends_at angeben; sonst den Schlüssel oder key_length berichtigen",
    ),
    (
        "correct the cell, or the range of the indicator",
        "die Zelle berichtigen, oder least und most des Indikators",
    ),
    ("correct the cell", "die Zelle berichtigen"),
    (
        "check decimal and thousands",
        "decimal und thousands der Tabelle prüfen; factor angeben, oder unit und kind des Indikators, wo es keine"
        " einfache Anzahl ist",
    ),
    ("say thousands = ", "für diese Tabelle angeben: thousands = "),
    ("deliver one row each", "je eine Zeile liefern, oder in where oder reject sagen, welche gilt"),
    (
        "correct the name, or say aliases",
        "den Namen berichtigen, oder in aliases sagen, welches Gebiet er meint",
    ),
    (
        "deliver its geometry, correct the key",
        "die Geometrie liefern, den Schlüssel berichtigen, oder in unknown_areas sagen, was"
        " mit solchen Zeilen geschieht",
    ),
    (
        "give every row the key of its area",
        "jeder Zeile den Schlüssel ihres Gebiets geben, oder die Zeile mit reject weglassen",
    ),
    (
        "store the column as text, or say zero_fill",
        "die Spalte als Text speichern, oder zero_fill = true angeben",
    ),
    ("store the column as text in the file", "die Spalte in der Datei als Text speichern"),
    ("correct the key or key_length", "den Schlüssel oder key_length berichtigen"),
    (
        "give every area its own key",
        "jedem Gebiet einen eigenen Schlüssel geben: correct, merge oder reject angeben",
    ),
    ("join by key", "mit dem Schlüssel statt dem Namen verbinden"),
    ("deliver a polygon for it", "ein Polygon dafür liefern"),
    ("deliver polygons", "Polygone liefern"),
    (
        "repair it at the source, or say repair",
        'an der Quelle berichtigen, oder repair = ["make_valid"] angeben',
    ),
    (
        "give it the key of the area it lies in",
        "den Schlüssel des Gebiets angeben, in dem es liegt, oder parent_key oder parent_pattern berichtigen",
    ),
    (
        "check its coordinates",
        "die Koordinaten prüfen: Reihenfolge der Achsen, oder ein anderes Koordinatensystem als der Rest",
    ),
    (
        "check band and factor, and name in nodata",
        "band und factor prüfen, und in nodata angeben, was für keine Zahl steht; was negativ sein kann, ist keine Anzahl:"
        ' statistic = "mean" und kind = "intensive" angeben',
    ),
    (
        "check band, nodata and factor",
        "band, nodata und factor prüfen, oder least und most des Indikators",
    ),
    (
        "check cells and factor, and name in nodata",
        "cells und factor prüfen, und in nodata angeben, was für keine Zahl steht; was negativ sein kann, ist keine Anzahl:"
        ' statistic = "mean" und kind = "intensive" angeben',
    ),
    (
        "check cells, nodata and factor",
        "cells, nodata und factor prüfen, oder least und most des Indikators",
    ),
    ("name it", "einen Namen angeben"),
    ("add it to names", "in names, names_from oder parent_name ergänzen"),
    ("correct match or where", "match oder where berichtigen"),
    ("correct year_columns", "year_columns berichtigen"),
    (
        "write periods like",
        "Zeiträume wie 2019, 2019-Q2 oder 2019-06-30 schreiben, oder mit period_pattern ausschneiden",
    ),
    ("say with periods or where", "mit periods oder where sagen, welche Tabelle gilt"),
    ("give the right folder with --from", "den richtigen Ordner mit --from angeben, oder file berichtigen"),
    ("fetch the file again", "die Datei neu holen und noch einmal laden"),
    ("export the file once more as UTF-8", "die Datei noch einmal als UTF-8 ausgeben"),
    ("export the file again in the right encoding", "die Datei mit der richtigen Kodierung neu ausgeben"),
    ("export the areas in", "die Gebiete im Koordinatensystem der Stadt ausgeben und noch einmal laden"),
    (
        "say which profile holds",
        'in [confidentiality] sagen, welches Profil gilt; "as-published" für Veröffentlichtes',
    ),
    (
        "the file may be cut off there",
        "die Datei ist dort vielleicht abgeschnitten, oder die Zeilen gehören nicht zur"
        " Tabelle: neu holen, oder ends_at angeben",
    ),
    ("give every column its own name", "jeder Spalte einen eigenen Namen geben"),
    (
        "check that it is the right file",
        "prüfen, ob es die richtige und ganze Datei ist, und noch einmal laden",
    ),
    ("correct it at the source", "an der Quelle berichtigen"),
    ("unpack it by hand", "von Hand entpacken und hineinsehen"),
    (
        "a packed file may grow",
        "eine gepackte Datei darf 250-fach wachsen, bis 2 GB; sonst von Hand entpacken",
    ),
    ("an archive may grow", "ein Archiv darf 250-fach wachsen, bis 2 GB; sonst von Hand entpacken"),
    ("pack one map per archive", "je Archiv eine Karte packen"),
    ("export the layer again", "die Ebene neu ausgeben"),
    (
        "a manifest is kept with every load",
        "ein Manifest wird mit jedem Laden aufbewahrt: die Datei selbst holen und ihren Ordner mit --from angeben",
    ),
    (
        "it stands beside every figure",
        "sie steht neben jeder Abbildung und in jedem Export: die Seite angeben, die alle öffnen dürfen",
    ),
    ("write https://host/path", "https://host/pfad schreiben"),
    ("write what it is instead of ?", "eintragen, was es ist, statt ?"),
    (
        "export it with longitude first",
        "mit der Länge zuerst ausgeben, oder in Metern mit crs, wo die Datei kein CRS nennt",
    ),
    (
        "if that is right, say crs",
        "wenn das stimmt, crs für die Ebene angeben, wo die Datei kein CRS nennt, oder ihr CRS berichtigen lassen",
    ),
    ("put the file itself there", "die Datei selbst dort ablegen"),
    ("say crs for this level", "crs für diese Ebene angeben, etwa EPSG:25832"),
    ("say encoding = ", "wenn das stimmt, so angeben: encoding = "),
    ("say which with layer", "mit layer angeben, welche"),
    ("leave crs out", "crs weglassen, oder die Datei berichtigen lassen"),
    ("write it like 2019", "Zeiträume wie 2019, 2019-Q2, 2019-06 oder 2019-06-30 schreiben"),
    (
        "a row has more cells than the header",
        "eine Zeile hat mehr Zellen als der Kopf: Trennzeichen und Anführung prüfen, oder die Spalte benennen",
    ),
    (
        "nothing is to be written in the manifest",
        "im Manifest ist nichts zu schreiben; mit dem Rechtswert zuerst exportieren",
    ),
    ("remove it", "entfernen"),
    ("shorten it", "kürzen"),
    ("write what it is", "schreiben, was es ist"),
    ("deliver one value each", "je einen Wert liefern"),
    (
        "deliver the whole table, or say in no_row",
        "die ganze Tabelle liefern, oder in no_row sagen, was für ein Gebiet ohne Zeile gilt",
    ),
    ("did you mean ", "gemeint war vielleicht "),
    ("add it: ", "ergänzen: "),
    ("known: ", "bekannt: "),
    (
        "nothing to do: the data set is whole without it",
        "nichts zu tun: der Datensatz ist auch ohne sie vollständig",
    ),
    ("nothing to do", "nichts zu tun"),
    ("correct it", "berichtigen"),
    ("correct ", "berichtigen: "),
)


def in_german(finding: Finding) -> tuple[str, str]:
    """Return what and what to do in German; empty where there is no German for what is wrong."""
    if finding.german[0]:
        return finding.german
    what = next(
        (
            found.expand(german)
            for pattern, german in _patterns()
            if (found := pattern.fullmatch(finding.what))
        ),
        "",
    )
    if not what:
        return "", ""
    for begin, german in _WHAT_TO_DO:
        if finding.todo.startswith(begin):
            rest = finding.todo.removeprefix(begin) if begin.endswith(" ") else ""
            return what, german + rest
    return what, finding.todo


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, flags=re.DOTALL), german) for pattern, german in _WHAT)
