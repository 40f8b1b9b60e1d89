"""Seconds to protect a city of 3,000 blocks in 4 levels × 20 categories: `python -m benchmarks.confidentiality`.

The blocks and their hierarchy are those of the sample city; their residents are split into 20 categories at random,
most of them small, as with nationalities by age. Every block, area and category is published.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import pandas as pd

from etl.sample_city.generate import generate_blocks
from indicators.confidentiality import area_sums, audit, category_sums, protect, public_view
from indicators.confidentiality.tables import Relations

__all__ = ["main", "table_of"]

LEVELS = ("statistical_district", "sub_district", "district")


def table_of(blocks: int, categories: int, seed: int) -> tuple[pd.DataFrame, Relations]:
    """Return a table of all levels and what adds up in it."""
    rng = np.random.default_rng(seed)
    city = generate_blocks(blocks, seed=seed)
    names = [f"category_{number:02d}" for number in range(categories)]
    usual = rng.dirichlet(np.full(categories, 1.5))
    shares = usual * rng.gamma(3.0, 1 / 3, size=(len(city), categories))
    counts = rng.multinomial(city["residents_2023"].to_numpy(), shares / shares.sum(axis=1, keepdims=True))
    finest = pd.DataFrame(counts, columns=names).assign(residents=counts.sum(axis=1))
    parents: dict[str, str] = {}
    keys = {"block": city["area_id"].astype(str)} | {name: city[name].astype(str) for name in LEVELS}
    keys["city"] = pd.Series("00", index=city.index)
    frames = []
    for level, above in zip(keys, [*list(keys)[1:], None], strict=True):
        ids = level + ":" + keys[level]
        if above is not None:
            parents |= dict(zip(ids, above + ":" + keys[above], strict=True))
        wide = finest.groupby(ids.to_numpy()).sum().rename_axis("area_id").reset_index()
        frames.append(wide.melt("area_id", var_name="indicator_id").assign(geography=level))
    table = pd.concat(frames, ignore_index=True).assign(period="2023")
    return table, area_sums(table, parents) + category_sums(table, "residents", names)


def main(blocks: int, categories: int) -> None:
    """Print how long each step takes, and what is lost."""
    table, relations = table_of(blocks, categories, seed=1)
    say = sys.stdout.write
    say(f"{len(table)} values, {relations!r}\n")
    wall, processor = time.perf_counter(), time.process_time()
    protected = protect(table, relations)
    say(
        f"protect {time.perf_counter() - wall:.1f} s ({time.process_time() - processor:.1f} s cpu): {protected!r}\n"
    )
    wall = time.perf_counter()
    intervals = audit(protected)
    say(f"audit {time.perf_counter() - wall:.1f} s: {intervals!r}\n")
    say(public_view(protected).losses.to_string() + "\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform != "darwin" else 1 << 30
    )
    say(f"most memory: {peak:.2f} GB\n")


if __name__ == "__main__":
    main(*([int(argument) for argument in sys.argv[1:]] or [3_000, 20]))
