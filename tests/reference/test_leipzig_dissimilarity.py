"""Our dissimilarity against the orientation value for Leipzig.

Data: ../shared/data/leipzig-ortsteile (see its SOURCE.md): migrants against everybody else by Ortsteil, 2022.
"""

import pandas as pd
import pytest

from spatial.segregation import dissimilarity


def counts(folder, topic, indicator, year):
    rows = pd.read_csv(
        folder / "indicators_long.csv.gz", dtype={"year": str, "value": float}, low_memory=False
    )
    chosen = rows[(rows["topic"] == topic) & (rows["indicator"] == indicator) & (rows["year"] == year)]
    return chosen.set_index("ortsteil_name")["value"]


def test_migrants_in_leipzig_2022(leipzig_folder):
    migrants = counts(leipzig_folder, "migranten", "Migranten", "2022")
    residents = counts(leipzig_folder, "einwohner-insgesamt", "Einwohner insgesamt", "2022")
    assert len(migrants) == len(residents) == 63
    assert residents.sum() == 624_676
    # Five published decimals: half a unit of the last one.
    assert dissimilarity(migrants, residents) == pytest.approx(0.21409, abs=5e-6)
