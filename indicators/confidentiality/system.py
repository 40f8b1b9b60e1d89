"""Relations as one sparse matrix: a column per value, and one per remainder that nobody publishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from indicators.confidentiality.cells import KEY, Cells
from indicators.confidentiality.errors import RelationError
from indicators.confidentiality.solver import linked, minimise_whole
from indicators.confidentiality.tables import Relations

__all__ = ["Assembly", "assemble"]

_TOLERANCE = 1e-6  # values may be sums of decimals; relative to the values of a relation
_BATCH = 15_000  # unknown values of one integer programme; independent ones need not be solved together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assembly:
    """Values and relations as arrays.

    Attributes
    ----------
    matrix : csr_array, shape (n_relations, n_columns)
        Relations; `matrix @ value` is their constants.
    value : ndarray, shape (n_columns,)
        The true values: first those of the table (0 where missing, filled in where the publisher withheld them),
        then the remainders.
    n_cells : int
        How many of the columns are values of the table.
    rest : ndarray of int, shape (n_relations,)
        Column of each relation's remainder, or -1.
    kinds : DataFrame
        Kind, name, complement and top_coded of each relation.
    """

    matrix: csr_array
    value: NDArray[np.float64]
    n_cells: int
    rest: NDArray[np.int64]
    kinds: pd.DataFrame

    def members(self, relation: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the columns of one relation and their factors."""
        lines = slice(self.matrix.indptr[relation], self.matrix.indptr[relation + 1])
        return self.matrix.indices[lines].astype(np.int64), self.matrix.data[lines]


def assemble(cells: Cells, relations: Relations, *, least_unknown: NDArray[np.float64]) -> Assembly:
    """Turn a table and its relations into one system, checked for truth.

    Parameters
    ----------
        cells : Cells
            The table.
        relations : Relations
            What adds up to what.
        least_unknown : ndarray, shape (n_cells,)
            Smallest value that a value withheld by the publisher can have.

    Returns
    -------
        Assembly
            A relation with a missing member gets a remainder in its place: it is not known, but not negative. A
            relation with missing members on both sides says nothing and is left empty.

    Raises
    ------
        RelationError
            If a relation names a value that is not in the table, does not hold, or a part is larger than its whole.

    Examples
    --------
    >>> from indicators.confidentiality.cells import read_cells
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [12, 5, 7]})
    >>> assemble(read_cells(table), area_sums(table, {"10": "1", "11": "1"}),
    ...          least_unknown=np.zeros(3)).matrix.toarray().tolist()
    [[-1.0, 1.0, 1.0]]
    """
    members = relations.members
    column = (
        cells.key.get_indexer(pd.MultiIndex.from_frame(members[KEY])) if len(members) else np.zeros(0, int)
    )
    if (column < 0).any():
        lost = relations.kinds["name"].iloc[members["relation"][column < 0].unique()]
        raise RelationError("a value is not in the table", lost, "give every member of a relation a row")
    row = members["relation"].to_numpy(dtype=np.int64)
    factor = members["factor"].to_numpy(dtype=float)
    gone = cells.missing[column]
    sign = _remainders(relations, row[gone], factor[gone])
    kept = ~gone & (sign[row] != _NOTHING)
    with_rest = np.flatnonzero((sign == 1) | (sign == -1))
    rest = np.full(len(relations), -1, dtype=np.int64)
    rest[with_rest] = len(cells) + np.arange(len(with_rest))
    n_columns = len(cells) + len(with_rest)
    matrix = csr_array(
        coo_array(
            (
                np.concatenate([factor[kept], sign[with_rest].astype(float)]),
                (
                    np.concatenate([row[kept], with_rest]),
                    np.concatenate([column[kept], rest[with_rest]]),
                ),
            ),
            shape=(len(relations), n_columns),
        )
    )
    matrix.sum_duplicates()
    constant = relations.kinds["constant"].to_numpy(dtype=float)
    value = np.zeros(n_columns)
    value[: len(cells)] = np.nan_to_num(cells.value)
    _fill_unknown(value, cells.unknown, matrix, constant, rest, least_unknown, relations)
    residual = constant - matrix[:, : len(cells)] @ value[: len(cells)]
    empty = sign == _NOTHING
    _require_truth(relations, residual, value, matrix, with_rest, sign, empty)
    value[rest[with_rest]] = np.maximum(residual[with_rest] * sign[with_rest], 0.0)
    return Assembly(
        matrix=matrix,
        value=value,
        n_cells=len(cells),
        rest=rest,
        kinds=relations.kinds[["kind", "name", "complement", "top_coded"]].reset_index(drop=True),
    )


_NOTHING = 2  # a relation with unknown members on both sides


def _remainders(
    relations: Relations, row: NDArray[np.int64], factor: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the factor of each relation's remainder: 1, -1, 0 for none, or `_NOTHING`."""
    above = np.zeros(len(relations), dtype=bool)
    below = np.zeros(len(relations), dtype=bool)
    above[row[factor > 0]] = True
    below[row[factor < 0]] = True
    above |= relations.kinds["remainder"].to_numpy(dtype=bool)
    return np.where(above & below, _NOTHING, above.astype(np.int64) - below.astype(np.int64))


def _fill_unknown(
    value: NDArray[np.float64],
    unknown: NDArray[np.bool_],
    matrix: csr_array,
    constant: NDArray[np.float64],
    rest: NDArray[np.int64],
    least: NDArray[np.float64],
    relations: Relations,
) -> None:
    """Give values that the publisher withheld a size that fits all relations; changes `value`.

    Any size will do: what an attacker can conclude depends on what is published alone.
    """
    if not unknown.any():
        return
    columns = np.flatnonzero(unknown)
    rows = np.flatnonzero(np.diff(matrix[:, columns].tocsr().indptr))
    value[columns] = least[columns]
    if not len(rows):
        return
    rests = rest[rows][rest[rows] >= 0]
    free = np.concatenate([columns, rests])
    known = constant[rows] - matrix[rows] @ np.where(np.isin(np.arange(len(value)), free), 0.0, value)
    is_count = np.concatenate([np.ones(len(columns), dtype=bool), np.zeros(len(rests), dtype=bool)])
    low = np.concatenate([least[columns], np.zeros(len(rests))])
    inside = csr_array(matrix[rows][:, free])
    of_column, of_row = linked(inside)
    batch = (np.cumsum(np.bincount(of_column)) - 1) // _BATCH
    found = np.zeros(len(free))
    for number in range(int(batch[-1]) + 1):
        here, there = np.flatnonzero(batch[of_column] == number), np.flatnonzero(batch[of_row] == number)
        one = minimise_whole(
            is_count[here].astype(float),
            low=low[here],
            high=np.full(len(here), np.inf),
            matrix=csr_array(inside[there][:, here]),
            least=known[there],
            most=known[there],
            is_whole=is_count[here],
        )
        if one is None:
            raise RelationError(
                "no whole numbers fit what the publisher withheld",
                relations.kinds["name"].iloc[rows[there]],
                "the published values contradict each other; leave these relations out",
            )
        found[here] = one.x
    value[columns] = np.round(found[: len(columns)])


def _require_truth(
    relations: Relations,
    residual: NDArray[np.float64],
    value: NDArray[np.float64],
    matrix: csr_array,
    with_rest: NDArray[np.int64],
    sign: NDArray[np.int64],
    empty: NDArray[np.bool_],
) -> None:
    scale = abs(matrix) @ np.abs(value)
    tolerance = _TOLERANCE * np.maximum(1.0, scale)
    exact = np.ones(len(relations), dtype=bool)
    exact[with_rest] = False
    wrong = exact & ~empty & (np.abs(residual) > tolerance)
    if wrong.any():
        raise RelationError(
            "the values do not add up",
            [f"{relations.kinds['name'].iloc[at]} ({-residual[at]:+g})" for at in np.flatnonzero(wrong)],
            "correct the values, or leave a relation out that does not hold",
        )
    negative = with_rest[residual[with_rest] * sign[with_rest] < -tolerance[with_rest]]
    if len(negative):
        raise RelationError(
            "parts are larger than their whole",
            relations.kinds["name"].iloc[negative],
            "check that all are of the same group and date",
        )
