"""Names of the combination rules: how items, children or groups become a node."""

from __future__ import annotations

from collections.abc import Mapping

MEAN = "mean"
MEAN_OF_ITEMS = "mean_of_items"
WEIGHTED = "weighted"
SUM = "sum"
RESCALE = "rescale"
POOLED = "pooled"
SHARES = "shares"

#: Rules that combine the items of a node.
ITEM_RULES = (MEAN, POOLED, WEIGHTED, RESCALE, SHARES)
#: Rules that combine the children of a node.
CHILD_RULES = (SUM, MEAN, MEAN_OF_ITEMS, WEIGHTED, POOLED)
#: All rules a node may name.
NODE_RULES = tuple(dict.fromkeys((*CHILD_RULES, *ITEM_RULES)))
#: Rules that a node keeps when one aggregation is chosen for its whole index.
OWN_RULES = (SUM, RESCALE, SHARES)

#: Ways to aggregate a whole index of one kind (SIPAS): rule over items, rule over children.
AGGREGATIONS: Mapping[str, tuple[str, str]] = {
    POOLED: (POOLED, POOLED),
    MEAN_OF_ITEMS: (MEAN, MEAN_OF_ITEMS),
    "mean_of_factors": (MEAN, MEAN),
    WEIGHTED: (WEIGHTED, WEIGHTED),
}
