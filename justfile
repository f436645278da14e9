# The habits of the project, one word each. `just` lists them (pip install rust-just); nothing depends on it.
python := ".venv/bin/python"

_list:
    @just --list --unsorted

# a virtual environment with everything that working here needs
setup:
    python3 -m venv .venv
    .venv/bin/pip install -e ".[test,notebooks]"

# every test, doctest and notebook
test *options:
    {{python}} -m pytest -n auto --dist loadfile {{options}}

# the tests that are not marked long: every room, under a minute of processor time
fast *options:
    {{python}} -m pytest -m "not long" {{options}}

# style, layout and types
lint:
    {{python}} -m ruff check .
    {{python}} -m ruff format --check .
    {{python}} -m mypy

# write the reference of docs/ anew from the records
docs:
    {{python}} -m surveys.reference docs

# ratios of speed within one run; never part of the tests
bench:
    {{python}} -m pytest tests/benchmarks

# every test, with the statements of each room that they reach
coverage:
    {{python}} -m pytest -n auto --dist loadfile --cov --cov-report=
    {{python}} tests/coverage_by_room.py

# what the server runs, in fresh environments
ci:
    .ci/run
