"""Calibrated designs: generalised regression, raking, bounded weights and post-stratification.

Source: Deville & Särndal, "Calibration estimators in survey sampling", JASA 87 (1992).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from weighting.calibration.calibration import DESIGN, RESIDUALS, Calibration, Method
from weighting.calibration.distance import LINEAR
from weighting.calibration.distance import distance as distance_record
from weighting.calibration.margin_cells import MarginCells, bound_problems, prepared
from weighting.calibration.solver import MAX_ROUNDS, TOLERANCE
from weighting.errors import CalibrationError, Fault, applying, is_number, is_whole, rows_named, unknown
from weighting.facade import Design

# Sums of weights are not exact beyond this.
FINEST = 1e-14


def calibrate(  # noqa: PLR0913
    design: Design,
    margins: Mapping[Any, Any],
    distance: Literal["linear", "raking", "logit"] = "linear",
    bounds: tuple[float | None, float | None] | None = None,
    by: str | Sequence[str] | None = None,
    residuals: Literal["design", "equal"] = "design",
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Design:
    """A design whose weights reproduce the margins, as near to the design weights as the distance allows.

    Args:
        design: the design; it is not changed.
        margins: per categorical column a mapping level -> population total (``{"sex": {"f": 52, "m": 48}}``), per tuple
            of columns a mapping from tuples of levels, per numeric column its population total.
        distance: ``linear`` (generalised regression), ``raking`` (multiplicative) or ``logit`` (needs bounds).
        bounds: limits of w/d, for every distance; None leaves one side open.
        by: columns whose groups are calibrated each to margins of their own, ``margins[group][column][level]``.
        residuals: weights of the regression behind the residuals of the variance: the ``design`` weights (the default,
            as R's ``survey::calibrate``), or ``equal`` ones (as R's ``survey::rake``).
        tolerance: largest gap of a margin relative to its total.
        max_rounds: Newton rounds before giving up.

    Standard errors of the new design are those of the residuals from a regression on the margins
    (Deville & Särndal 1992, eq. 3.4). Margins of counts whose sums differ by less than 1 in 10⁸ are brought to the sum
    of the first.

    Raises:
        CalibrationError: with everything that is wrong: categories that exist on one side only, missing values, margins
            of one level, margins that disagree in total, totals that the bounds or the sample cannot reach (category,
            gap, rounds).

    >>> from weighting import Design
    >>> d = Design({"sex": ["f", "m", "m"]}, weights=[1.0, 1.0, 1.0])
    >>> calibrate(d, {"sex": {"f": 50, "m": 50}}, distance="raking").weights.round(9).tolist()
    [50.0, 25.0, 25.0]
    """
    record = distance_record(distance, bounds)
    cells = prepared(_of(design).frame, design.weights, margins, by)
    return _calibrated(design, cells, Method(record, residuals, tolerance, max_rounds))


def poststratify(design: Design, margins: Mapping[Any, Any], by: str | Sequence[str] | None = None) -> Design:
    """A design scaled to known counts of one column, or of the combinations of several.

    The special case of :func:`calibrate` with one margin of counts, where all distances agree and the variance is that
    within post-strata. A single level (scaling to a population size) is allowed here.

    Raises:
        CalibrationError: as :func:`calibrate`; also for more than one margin.

    >>> from weighting import Design
    >>> d = Design({"sex": ["f", "m", "m"]}, weights=[1.0, 1.0, 3.0])
    >>> poststratify(d, {"sex": {"f": 50, "m": 40}}).weights.tolist()
    [50.0, 10.0, 30.0]
    """
    cells = prepared(_of(design).frame, design.weights, margins, by, one_level=True)
    if len(cells.margins) != 1 or cells.margins[0].value is not None:
        raise CalibrationError(
            f"post-stratification takes one margin of counts, {len(cells.margins)} margins are given: "
            f"cross the columns in a tuple, or rake"
        )
    return _calibrated(design, cells, Method(distance_record(LINEAR), DESIGN, TOLERANCE, MAX_ROUNDS))


def rake(  # noqa: PLR0913
    design: Design,
    margins: Mapping[Any, Any],
    bounds: tuple[float | None, float | None] | None = None,
    by: str | Sequence[str] | None = None,
    residuals: Literal["design", "equal"] = "equal",
    tolerance: float = TOLERANCE,
    max_rounds: int = MAX_ROUNDS,
) -> Design:
    """A design raked to several margins of counts: what iterative proportional fitting converges to.

    The special case of :func:`calibrate` with the raking distance. Its standard errors use residuals from a regression
    with ``equal`` weights by default, as R's ``survey::rake``; ``residuals="design"`` gives those of
    ``calibrate(..., distance="raking")``. Both are consistent; they differ where weights vary within the margins.

    Raises:
        CalibrationError: as :func:`calibrate`.

    >>> from weighting import Design
    >>> d = Design({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2]}, weights=[1.0, 2.0, 3.0, 4.0])
    >>> raked = rake(d, {"a": {1: 30, 2: 70}, "b": {1: 50, 2: 50}})
    >>> raked.total("b").estimate.round(6).tolist()
    [150.0]
    """
    return calibrate(design, margins, "raking", bounds, by, residuals, tolerance, max_rounds)


def _of(design: Any) -> Design:
    if not isinstance(design, Design):
        raise CalibrationError(f"design: a Design is needed, here is {type(design).__name__}")
    return design


def _calibrated(design: Design, cells: MarginCells, method: Method) -> Design:
    options = applying(
        (method.residuals not in RESIDUALS, unknown("residuals", method.residuals, RESIDUALS)),
        (
            not is_number(method.tolerance) or not method.tolerance >= FINEST,
            f"tolerance {method.tolerance!r}: must be positive, at least {FINEST:g}",
        ),
        (
            not is_whole(method.max_rounds) or method.max_rounds < 1,
            f"max_rounds {method.max_rounds!r}: a whole number, at least 1",
        ),
    )
    CalibrationError.raise_any([*options, *bound_problems(cells, method.distance.bounds)])
    done = Calibration.of(cells, design.weights, method)
    if done.weights.min() < 0:
        where = rows_named(done.weights < 0, cells.names, done.weights.round(6))
        sentence = f"linear calibration makes weights negative: {where}; give bounds=(0, None), or take distance='raking'"
        raise CalibrationError(Fault("negative", sentence, rows=int((done.weights < 0).sum())))
    return design.calibrated(done)
