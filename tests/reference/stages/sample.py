"""Draws the synthetic sample stages.csv: three stages, strata at two of them, a certainty stratum, lonely units.

Run in this folder: python sample.py. The seed is fixed; every column is rounded, so that R and Python read the same.
"""

import csv

import numpy as np

rng = np.random.default_rng(20240615)
fields = [
    "h",
    "psu",
    "g",
    "ssu",
    "person",
    "N1",
    "N2",
    "N3",
    "f1",
    "f2",
    "f3",
    "w",
    "y",
    "x",
    "b",
    "sex",
    "age",
    "y_na",
    "dom",
]
rows = []
for h, (n1, N1) in {"a": (4, 40), "b": (3, 3), "c": (5, 22), "d": (2, 9)}.items():
    for psu in range(1, n1 + 1):
        level = rng.normal(0, 4)
        for g, (n2, N2) in {
            "urban": (2, int(rng.integers(5, 12))),
            "rural": (3, int(rng.integers(6, 15))),
        }.items():
            if h == "a" and psu == 4 and g == "urban":
                n2 = 1  # a lonely second-stage unit
            if h == "c" and psu == 2 and g == "rural":
                N2 = n2  # a census at the second stage
            for ssu in range(1, n2 + 1):
                n3, N3 = int(rng.integers(2, 5)), int(rng.integers(6, 30))
                for person in range(1, n3 + 1):
                    y = round(50 + level + rng.normal(0, 9), 3)
                    rows.append([
                        h, psu, g, ssu, person, N1, N2, N3, n1 / N1, n2 / N2, n3 / N3,
                        round(N1 / n1 * N2 / n2 * N3 / n3, 4), y, round(10 + 0.2 * y + rng.gamma(2, 2), 3),
                        int(rng.random() < 0.85), "f" if rng.random() < 0.5 else "m", int(rng.integers(1, 5)),
                        "" if rng.random() < 0.1 else y, "PQR"[int(rng.integers(0, 3))] if h != "d" else "P",
                    ])  # fmt: skip
with open("stages.csv", "w", newline="", encoding="utf-8") as file:
    csv.writer(file, lineterminator="\n").writerows([fields, *rows])
