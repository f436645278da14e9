#!/usr/bin/env bash
# What R's survey package makes of the exported sample of data-sample/ha-noi-2023: run in this folder with the project's Python.
# Writes score.R (the script as exported), results.csv (17 digits), printed.txt and versions.txt.
set -euo pipefail
sample=$(mktemp -d)
trap 'rm -rf "$sample"' EXIT
"${PYTHON:-python}" -m surveys export ../../../data-sample/ha-noi-2023 --to csv --out "$sample/export" > "$sample/said.txt" 2>&1
cp "$sample/export/score.R" .
Rscript "$sample/export/score.R" --out results.csv 0 2 2.4.1 4.1.5 5.2.4 5.5.2 5.7.4 6.1.4 7.3.2 8.1 8.1.3 8.1.5 > printed.txt
Rscript -e 'cat(R.version.string, paste("survey", packageVersion("survey")), paste("platform", R.version$platform), sep = "\n")' > versions.txt
