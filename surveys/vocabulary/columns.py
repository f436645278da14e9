"""Columns of the tables that rooms hand to each other and that are written, in the order of the files."""

from __future__ import annotations

from surveys.vocabulary.statuses import DISPOSITIONS

#: A cell of the funnel.
CELL_COLUMNS = ("block", "unit_code", "group", "questionnaire")
#: Forms of each cell: returned = valid + review + rejected.
FUNNEL_COLUMNS = (*CELL_COLUMNS, "issued", "returned", *DISPOSITIONS)
#: Reasons of the evaluations; ``rule`` is the name of a rule, or ``decision`` for what a reviewer decided.
REASON_COLUMNS = ("row", "rule", "severity", "detail")
#: Who decided about a form, on which day and why.
DECIDED_COLUMNS = ("decided_by", "decided_on", "decision_reason")
#: Every evaluation with its disposition and the names of all rules it met.
FORM_COLUMNS = (
    "form_code", "questionnaire", "block", "unit_code", "group", "mode", "source_file", "source_row", "disposition",
    "reasons", "submission", "form_id", *DECIDED_COLUMNS,
)  # fmt: skip
#: The numbers of one evaluation's weight: final weight = base weight · g.
WEIGHTS = ("base_weight", "calibrated_weight", "weight", "g")
WEIGHT_COLUMNS = (*CELL_COLUMNS, "form_code", *WEIGHTS)
#: Weights of a block and group as a whole.
DIAGNOSTIC_COLUMNS = (
    "block", "group", "forms", "evaluations", "population", "weight_total", "lowest_weight", "highest_weight",
    "kish_deff", "effective_n", "calibrated_to", "trimmed",
)  # fmt: skip
#: Results of every block × unit × node × group; score, se and limits in [0, 1].
SCORE_COLUMNS = (
    "edition", "block", "unit_code", "unit_name", "node_code", "node_level", "group", "n_valid", "n_eff", "score", "se",
    "ci_low", "ci_high", "df", "prior_df", "variance_borrowed", "satisfaction_percent", "satisfaction_ci_low",
    "satisfaction_ci_high", "max_points", "points", "status", "note",
)  # fmt: skip
#: The league table: units of a block by their total.
UNIT_COLUMNS = (
    "block", "unit_code", "unit_name", "points", "max_points", "percent", "ci_low", "ci_high", "rank", "rank_low",
    "rank_high", "probability_top_quarter", "unit_group", "class", "probability_class", "status", "note",
)  # fmt: skip
#: The whole index, the council's half beside the survey's: every block × unit × node; limits and ``percent`` of the maximum.
INDEX_COLUMNS = (
    "block", "unit_code", "unit_name", "node_code", "node_level", "measured_by", "max_points", "self_assessed",
    "first_appraisal", "final", "council_points", "council_basis", "council_max", "survey_points", "survey_max", "points",
    "points_low", "points_high", "percent", "ci_low", "ci_high", "status", "note",
)  # fmt: skip
#: Units of a block by the totals of both halves.
INDEX_UNIT_COLUMNS = (
    "block", "unit_code", "unit_name", "self_assessed", "council_points", "council_max", "survey_points", "survey_max",
    "points", "max_points", "points_low", "points_high", "percent", "ci_low", "ci_high", "rank", "rank_low", "rank_high",
    "probability_top_quarter", "class", "probability_class", "status", "note",
)  # fmt: skip
#: Sums of leaves of the index by where their points come from, and by the agency that leads.
SUM_COLUMNS = (
    "block", "unit_code", "unit_name", "sum_by", "sum_code", "nodes", "max_points", "points", "se", "df", "points_low",
    "points_high", "status", "note",
)  # fmt: skip
#: Covariances of the survey totals of two units, as scores in [0, 1].
COVARIANCE_COLUMNS = ("block", "unit_code", "other_unit", "covariance")
#: Shares of the answers to questions that enter no index.
SHARE_COLUMNS = (
    "edition", "block", "unit_code", "node_code", "item_code", "level_code", "group", "n_valid",
    "share", "se", "ci_low", "ci_high", "status", "note",
)  # fmt: skip
#: Shares of the answers to every question in a whole block, the groups apart and together.
ANSWER_COLUMNS = (
    "edition", "block", "node_code", "item_code", "level_code", "group", "n_valid", "share", "ci_low", "ci_high", "status",
    "note",
)  # fmt: skip
#: Forms by the day of their submission; a form about several units counts once.
DAY_COLUMNS = ("questionnaire", "mode", "day", "returned", "valid")
#: Results with every form counting once beside the weighted ones.
UNWEIGHTED_COLUMNS = (
    "block", "unit_code", "node_code", "group", "score", "unweighted_score", "se", "unweighted_se", "ci_low", "ci_high",
    "unweighted_ci_low", "unweighted_ci_high",
)  # fmt: skip
#: What the scores would be if those of a census who did not answer differed from those who did.
NONRESPONSE_COLUMNS = (
    "block", "unit_code", "node_code", "group", "response_rate", "score", "ci_low", "ci_high", "low_delta", "high_delta",
    "low_worst", "high_worst",
)  # fmt: skip
#: What each unit lost at each node, beside its target, the agencies in charge and an earlier round.
GAP_COLUMNS = (
    "block", "unit_code", "unit_name", "node_code", "node_name", "node_level", "source", "measure", "maximum", "value", "lost",
    "lost_low", "lost_high", "share_of_loss", "order", "rank", "ranked", "best", "median", "previous", "change", "change_low",
    "change_high", "sign", "target", "due", "distance", "distance_low", "distance_high", "lead_agency",
    "coordinating_agencies", "status", "note",
)  # fmt: skip
#: What each unit lost in parts of its index: in a field, by where points come from, by the agency in the lead.
GAP_SUM_COLUMNS = (
    "block", "unit_code", "unit_name", "sum_by", "sum_code", "sum_name", "leaves", "maximum", "value", "lost", "lost_low",
    "lost_high", "share_of_loss", "sign", "target", "distance", "distance_low", "distance_high", "status", "note",
)  # fmt: skip
#: How strongly each node of a model goes with the overall item: its share of R², in percent; performance in percent.
DRIVER_COLUMNS = (
    "block", "group", "model", "node_code", "importance", "importance_low", "importance_high", "r2_part", "performance",
    "performance_low", "performance_high", "field", "n_valid", "status", "note",
)  # fmt: skip
#: A model of one block and group as a whole: R², the overall item's percent, and where the fields are divided.
DRIVER_MODEL_COLUMNS = (
    "block", "group", "model", "item_code", "r2", "r2_low", "r2_high", "p_value", "mean_importance",
    "mean_performance", "n_valid", "not_counted", "status", "note",
)  # fmt: skip
#: Changes between neighbouring rounds.
CHANGE_COLUMNS = (
    "block", "unit_code_old", "unit_code", "unit_name", "node_code", "node_level", "group", "part", "round_old",
    "round_new", "score_old", "score_new", "change", "se", "ci_low", "ci_high", "df", "p_value", "p_adjusted",
    "rank_old", "rank_new", "rank_change", "rank_change_low", "rank_change_high", "status", "note",
)  # fmt: skip
#: Every unit × node × group over all rounds, and what was published of other years.
SERIES_COLUMNS = (
    "block", "unit_code", "unit_name", "node_code", "node_level", "group", "part", "round", "period", "edition",
    "unit_code_then", "node_code_then", "basis", "status", "score", "ci_low", "ci_high", "percent", "points", "max_points",
    "rank", "rank_low", "rank_high", "of_units", "comparable", "last_round", "note", "document",
)  # fmt: skip
#: What it takes a unit to be where it is wanted: percentages of the maximum of its total.
REACH_COLUMNS = (
    "block", "unit_code", "unit_name", "measure", "wanted", "rank", "now", "needed", "probability", "distance",
    "distance_points", "ways", "status", "note",
)  # fmt: skip
#: The shortest ways there, sub-criterion by sub-criterion.
WAY_COLUMNS = (
    "block", "unit_code", "unit_name", "measure", "wanted", "way", "step", "node_code", "mark", "points", "raised_to", "gain",
    "gain_percent", "respondents", "of_forms", "detectable_points", "larger_than_noise", "note",
)  # fmt: skip
#: The smallest change of every unit and node that the next round would show; score and standard errors in [0, 1].
DETECTABLE_COLUMNS = (
    "block", "unit_code", "unit_name", "node_code", "node_level", "n_valid", "n_planned", "score", "se", "se_planned",
    "multiple", "detectable_percent", "detectable_points", "status", "note",
)  # fmt: skip
#: Results of every block × unit × node × group: the official standard error, and the plain one that any program gives.
PLAIN_COLUMNS = (
    "block", "unit_code", "node_code", "node_level", "group", "score", "se_plain", "se", "not_from_answers",
)  # fmt: skip
#: Questions of the nodes that are worked out from answers, with their weights.
NODE_KEY_COLUMNS = (
    "block", "node_code", "group", "group_weight", "item_code", "item_weight", "pooled", "offset", "slope",
)  # fmt: skip
#: Nodes with their weight in the node above.
NODE_WEIGHT_COLUMNS = ("block", "node_code", "parent", "node_level", "max_points", "node_weight", "pooled")
#: Variables of an exported sample with their values; levels of its questions with what they count; samples of a block and group.
CODEBOOK_COLUMNS = (
    "variable", "variable_code", "variable_kind", "label_vi", "label_en", "node_code", "value_number", "value_code", "value_vi",
    "value_en", "is_missing", "stata_missing",
)  # fmt: skip
LEVEL_COLUMNS = (
    "item_code", "variable", "node_code", "scale", "level_code", "value_number", "level_value", "is_satisfied",
)  # fmt: skip
DESIGN_COLUMNS = (
    "block", "group", "evaluations", "strata", "clusters", "lonely", "finite", "calibrated_to",
)  # fmt: skip
#: Cross-tables, in long form: what stands in one line and one category of a table; the total where the category is empty.
CROSS_TABLE_COLUMNS = (
    "block", "group", "by", "node_code", "item_code", "statistic", "level_code", "category", "letter", "n_valid", "n_eff",
    "estimate", "se", "ci_low", "ci_high", "df", "exceeds", "status", "note",
)  # fmt: skip
#: Tests whether the categories of a line differ.
CROSS_TEST_COLUMNS = (
    "block", "group", "by", "node_code", "item_code", "statistic", "categories", "n_valid", "f", "ndf", "ddf", "p_value",
    "p_adjusted", "note",
)  # fmt: skip
#: Who answered, beside what is known of all who could have.
PROFILE_COLUMNS = (
    "block", "group", "variable", "category", "n_valid", "unweighted_share", "weighted_share", "population",
    "known_share", "unweighted_difference", "weighted_difference",
)  # fmt: skip

#: What is planned of each cell, and why.
PLAN_COLUMNS = (
    "block", "questionnaire", "unit_code", "unit_name", "group", "method", "population", "forms", "issued", "margin_percent",
    "note",
)  # fmt: skip
#: Replacements of drawn elements, in the order in which they are taken within a stratum and place.
REPLACEMENT_COLUMNS = ("block", "unit", "group", "stratum", "place", "order", "element")
#: Labels of forms.
LABEL_COLUMNS = (
    "form_code",
    "questionnaire",
    "questionnaire_name",
    "unit_code",
    "unit_name",
    "group_name",
    "place",
)
#: How precise the totals of units are at a moment; the margin in [0, 1].
PRECISION_COLUMNS = (
    "block", "unit_code", "group", "n_valid", "margin", "fraction", "variance_share", "status",
)  # fmt: skip
#: Cells of a round that is still in the field, and (group ``all``) its units: counts, precision, what will be reached.
MONITOR_CELL_COLUMNS = (
    "block", "unit_code", "unit_name", "group", "population", "planned", "minimum", "issued", "returned", *DISPOSITIONS,
    "outstanding", "margin", "margin_end", "margin_status", "per_day", "per_day_recent", "expected", "expected_low",
    "expected_high", "probability_minimum", "probability_plan", "outlook_minimum", "outlook_plan", "needed_per_day",
)  # fmt: skip
#: What has come in of a round that is still in the field, by day, interviewer, mode and questionnaire.
MONITOR_DAY_COLUMNS = (
    "questionnaire", "mode", "day", "forms", "returned", *DISPOSITIONS, "forms_so_far", "returned_so_far", "valid_so_far",
)  # fmt: skip
MONITOR_INTERVIEWER_COLUMNS = (
    "interviewer", "forms_issued", "not_returned", "forms", "returned", *DISPOSITIONS, "judged", "rejected_forms",
    "rejected_expected", "p_value", "p_adjusted", "finding",
)  # fmt: skip
MONITOR_MODE_COLUMNS = ("mode", "forms_issued", "not_returned", "forms", "returned", *DISPOSITIONS)
MONITOR_QUESTIONNAIRE_COLUMNS = (
    "questionnaire", "block", "group", "forms_issued", "not_returned", "forms", "issued", "returned", *DISPOSITIONS,
)  # fmt: skip

#: Columns of ``Returns.rows``; fields with the role "attribute", "stratum", "cluster" and "weight" follow under their own code.
ROW_COLUMNS: dict[str, str] = {
    "form": "int64",  # position of the form in reading order; equal for all evaluations of one form
    "form_code": "object",
    "questionnaire": "object",  # as declared by the file or the form; may be wrong for the code (a rule finds it)
    "block": "object",
    "group": "object",
    "unit_code": "object",  # "" when the text was not resolved
    "unit_text": "object",  # the unit as written
    "rater": "object",  # identifies the person across forms (a code, never a name); form_code when nothing better
    "own_unit": "object",  # unit code of the rater, where asked
    "mode": "object",
    "batch": "object",
    "entry": "object",  # "", "first", "second"
    "source_file": "object",
    "source_sheet": "object",
    "source_row": "int64",  # 1-based row in the file as its users see it
    "submission": "object",  # what the product calls the submission, or a key made from what it says
    "submitted": "datetime64[s]",  # local time of the study; NaT when not known
    "content": "object",  # a key made from what the submission says: another one when it was changed
    "copy": "object",  # "", "copy" (another copy of the submission counts), "differs" or "sheet" (see the module of copies)
    "edited": "datetime64[s]",  # last change, where the product tells it
    "state": "object",  # "", "valid", "review" or "left_out": what the collecting tool decided
    "state_text": "object",  # how the tool writes it
    "seconds": "float64",  # time taken; NaN when not known
    "interviewer": "object",
    "operator": "object",
    "noticed": "object",  # standing rules of which reading itself saw that they are broken, between spaces
    "identified": "bool",  # every identification field was filled (true where none is asked)
}
#: Columns of ``Returns.lines``; the fields that tell who answered follow under their own code.
LINE_COLUMNS = {"form": "int64", "table": "int64", "edits": "float64"}
#: Columns beside which the kept fields of the instrument stand under their codes, in the rows and in what is made of them.
TAKEN_BY_ROWS = frozenset({*ROW_COLUMNS, *FORM_COLUMNS, *FUNNEL_COLUMNS, *WEIGHTS})
