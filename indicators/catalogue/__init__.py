"""The catalogue: what each indicator means, once for all cities, as data that anybody can read and extend."""

from indicators.catalogue.reading import Catalogue, DefinitionFileError, Term, read_definitions
from indicators.catalogue.sheets import counts_page, index_page, sheet, sheet_pages, sheet_rows
from indicators.catalogue.shipped import catalogue, city_catalogue, city_files, definition

__all__ = [
    "Catalogue",
    "DefinitionFileError",
    "Term",
    "catalogue",
    "city_catalogue",
    "city_files",
    "counts_page",
    "definition",
    "index_page",
    "read_definitions",
    "sheet",
    "sheet_pages",
    "sheet_rows",
]
