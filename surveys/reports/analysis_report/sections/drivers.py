"""What goes with the overall judgement: how strongly, how well it is rated, and what may not be concluded from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from surveys.handover.words import engine_words, label_of
from surveys.reports.analysis_report.parts import Block, Paragraph, ReportFigure, ReportTable, Text
from surveys.reports.analysis_report.quoting import QuotedRow
from surveys.reports.analysis_report.reported_round import ReportedRound
from surveys.reports.analysis_report.saying import Saying
from surveys.vocabulary.statuses import DRIVER_FIELDS, OK

_COLUMNS = (
    ("node", 0.36),
    ("importance", 0.12),
    ("importance_range", 0.16),
    ("performance", 0.12),
    ("field", 0.24),
)
_TEXTS = frozenset({"node", "field"})


def drivers(round_: ReportedRound) -> Iterator[Block]:
    """The section about the models of overall judgements; nothing where the instrument declares none."""
    models, nodes = round_.quoted("driver-models"), round_.quoted("drivers")
    if models is None:
        return
    say = Saying("report.drivers", round_.language)
    yield say.paragraph("intro")
    of_model = nodes.by("block", "group", "model") if nodes is not None else {}
    drawn: set[str] = set()
    for model in models:
        yield say.heading(
            "model",
            model=_label(round_, model["model"]),
            group=round_.names.group(model["group"]),
            block=_block(round_, model),
        )
        yield from _of_model(round_, model, of_model.get(model.key, []), say)
        figure = f"importance-{model['block']}-{model['model']}"
        if figure in round_.figures and figure not in drawn:
            drawn.add(figure)
            yield ReportFigure(
                figure, say.text("figure", model=_label(round_, model["model"]), block=_block(round_, model))
            )
    yield say.paragraph("caution")


def _label(round_: ReportedRound, code: str) -> str:
    model = next((one for one in round_.instrument.drivers if one.code == code), None)
    return (label_of(model, round_.language) if model else "") or code


def _block(round_: ReportedRound, row: QuotedRow) -> str:
    """The name of the block where the round has several."""
    return round_.names.block(row["block"]) if len(round_.blocks) > 1 else ""


def _of_model(
    round_: ReportedRound, model: QuotedRow, rows: Sequence[QuotedRow], say: Saying
) -> Iterator[Block]:
    if model["status"] != OK:
        words = engine_words("driver_status", round_.language)[model["status"]]
        yield say.paragraph("untold", status=words, why=model["note"])
        return
    yield say.paragraph(
        "explained",
        n=model.number("n_valid"),
        item=round_.names.item(model["item_code"]),
        **{name: model.percent(name, round_.output.percent_decimals) for name in ("r2", "r2_low", "r2_high")},
    )
    told = sorted((row for row in rows if row["importance"]), key=lambda row: -Decimal(row["importance"]))
    others = [row for row in rows if not row["importance"]]
    yield _table(round_, model, [*told, *others], say)
    if told and not _is_weak(round_, model):
        yield from _strongest(round_, told, say)
        yield from _fields(round_, told)
    if model["note"]:
        yield say.paragraph("remark", "note", note=model["note"])


def _is_weak(round_: ReportedRound, model: QuotedRow) -> bool:
    """Whether what the nodes explain cannot be told from nothing, so that its division says nothing."""
    return bool(model["p_value"]) and float(model["p_value"]) > 1 - round_.results.settings.inference.level


def _table(round_: ReportedRound, model: QuotedRow, rows: Sequence[QuotedRow], say: Saying) -> ReportTable:
    fields = engine_words("driver_field", round_.language)
    lines: list[tuple[Text, ...]] = []
    for row in rows:
        low, high = row.number("importance_low"), row.number("importance_high")
        lines.append(
            (
                (_node(round_, row),),
                (row.number("importance"),),
                (low, "–", high) if low.text and high.text else (),
                (row.number("performance"),),
                (fields.get(row["field"], row["field"]),) if row["field"] else (),
            )
        )
    caption = say.text(
        "table",
        model=_label(round_, model["model"]),
        group=round_.names.group(model["group"]),
        block=_block(round_, model),
    )
    note: Text = ()
    if model["mean_importance"]:
        means = {name: model.number(f"mean_{name}") for name in ("importance", "performance")}
        note = say.text("divided", **means)
    key = "-".join(("table-drivers", *model.key))
    return ReportTable(key, caption, say.columns(_COLUMNS, _TEXTS), tuple(lines), note=note)


def _node(round_: ReportedRound, row: QuotedRow) -> str:
    return f"{row['node_code']}. {round_.names.node(row['node_code'])}"


def _strongest(round_: ReportedRound, told: Sequence[QuotedRow], say: Saying) -> Iterator[Paragraph]:
    """The node that goes most strongly with the judgement, with those whose intervals meet its own."""
    first = told[0]
    beside = [
        (_node(round_, row),)
        for row in told[1:]
        if row["importance_high"] and first["importance_low"]
        if Decimal(row["importance_high"]) >= Decimal(first["importance_low"])
    ]
    numbers = {
        name: first.number(f"importance{end}")
        for name, end in (("importance", ""), ("low", "_low"), ("high", "_high"))
    }
    code = "strongest_of_several" if beside else "strongest"
    yield say.paragraph(code, node=_node(round_, first), beside=say.listed(beside), **numbers)


def _fields(round_: ReportedRound, told: Sequence[QuotedRow]) -> Iterator[Paragraph]:
    """The nodes in each of the four fields."""
    say = Saying("report.drivers.field", round_.language)
    for field in DRIVER_FIELDS:
        nodes = [(_node(round_, row),) for row in told if row["field"] == field]
        if nodes:
            yield say.paragraph(field, "bullet", nodes=say.listed(nodes))
