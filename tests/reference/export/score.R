# Tính lại điểm và sai số chuẩn thường từ mẫu đã xuất, bằng gói `survey` của R, rồi in chênh lệch so với kết quả chính thức.
# Works out scores and their plain standard errors from the exported sample with R's package `survey`, and prints the
# differences to the official ones.
#
#   Rscript score.R                        mọi nút | every node
#   Rscript score.R 2.4.1 8.1              các nút này | these nodes
#   Rscript score.R --out results.csv      ghi cả các số, 17 chữ số | writes the numbers too, 17 digits
#
# Sai số chuẩn thường: tuyến tính hóa, quyền số coi như cho trước. Không có: mượn phương sai của các ô khác, phần giảm nhờ hiệu
# chỉnh quyền số, bù cho ít chùm; những phần này có trong cột `se` chính thức.
# Plain: linearised, the weights taken as given. Left out: variances that small cells borrow from others, what calibration
# gains, what makes up for few clusters; the official `se` has them.
options(width = 200)
suppressPackageStartupMessages(library(survey))

arguments <- commandArgs(trailingOnly = TRUE)
at <- match("--out", arguments)
out <- if (is.na(at)) "" else arguments[at + 1]
asked <- if (is.na(at)) arguments else arguments[-c(at, at + 1)]
said <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- if (length(said)) dirname(said) else "."

read <- function(name, numbers) {
  x <- read.csv(file.path(folder, name), colClasses = "character", na.strings = "", fileEncoding = "UTF-8-BOM")
  x[numbers] <- lapply(x[numbers], as.numeric)
  x
}
sample_of <- function() {
  place <- function(ending) file.path(folder, paste0("sample.", ending))
  x <- if (file.exists(place("csv"))) read("sample.csv", character()) else if (file.exists(place("sav")))
    haven::read_sav(place("sav"), user_na = TRUE) else if (file.exists(place("dta")))
    haven::read_dta(place("dta")) else arrow::read_parquet(place("parquet"))
  as.data.frame(x)
}

levels <- read("items.csv", c("value_number", "level_value"))
keys <- read("node-items.csv", c("group_weight", "item_weight", "pooled", "offset", "slope"))
nodes <- read("nodes.csv", c("node_weight", "pooled"))
designs <- read("designs.csv", "finite")
expected <- read("expected.csv", c("score", "se_plain", "se"))
sample <- sample_of()
sample <- sample[sample$disposition == "valid" & !is.na(sample$weight), ]
for (name in c("weight", "stratum", "cluster", "stratum_size")) sample[[name]] <- as.numeric(sample[[name]])
variable <- setNames(levels$variable, levels$item_code)
node_of <- setNames(levels$node_code, levels$item_code)

values_of <- function(item, rows) {                # value of each answer, NA where there is none
  mine <- levels[levels$item_code == item, ]
  mine$level_value[match(as.numeric(sample[rows, variable[[item]]]), mine$value_number)]
}

# A result of one block: `value` by unit, and `u`, the linearised variable of each row without its weight.
ratio <- function(rows, items) {                   # sum of w a y / sum of w a over the items, in each unit
  y <- sapply(items, values_of, rows = rows)
  a <- rowSums(!is.na(y)); y <- rowSums(y, na.rm = TRUE)
  w <- sample$weight[rows]; unit <- sample$unit[rows]
  d <- rowsum(w * a, unit)[, 1]; value <- rowsum(w * y, unit)[, 1] / d
  u <- (y - value[unit] * a) / d[unit]
  u[a == 0] <- 0
  list(value = value, u = u)
}
combined <- function(parts, weights, block) {      # sum of weight * part
  value <- setNames(rep(0, length(block$units)), block$units); u <- rep(0, length(block$rows))
  for (k in seq_along(parts)) {
    value <- value + weights[k] * parts[[k]]$value[block$units]
    u <- u + weights[k] * parts[[k]]$u
  }
  list(value = setNames(value, block$units), u = u)
}
of_items <- function(block, group, items) {        # a ratio of one group as a result of the block
  mine <- block$group == group
  found <- ratio(block$rows[mine], items)
  u <- rep(0, length(block$rows)); u[mine] <- found$u
  list(value = found$value[block$units], u = u)
}
result <- function(block, node) {
  own <- keys[keys$block == block$code & keys$node_code == node, ]
  if (nrow(own)) {
    by_group <- split(own, own$group)
    parts <- lapply(by_group, function(k) {
      found <- if (k$pooled[1] == 1) of_items(block, k$group[1], k$item_code) else
        combined(lapply(k$item_code, function(item) of_items(block, k$group[1], item)), k$item_weight, block)
      list(value = k$offset[1] + k$slope[1] * found$value, u = k$slope[1] * found$u)
    })
    return(combined(parts, sapply(by_group, function(k) k$group_weight[1]), block))
  }
  below <- nodes[nodes$block == block$code & !is.na(nodes$parent) & nodes$parent == node, ]
  combined(lapply(below$node_code, result, block = block), below$node_weight, block)
}

# Groups are independent samples: their variances add.
variance <- function(block, u) {
  total <- setNames(rep(0, length(block$units)), block$units)
  for (group in names(block$designs)) {
    mine <- block$group == group
    if (all(u[mine] == 0)) next
    options(survey.lonely.psu = block$lonely[[group]])
    x <- u[mine] * outer(sample$unit[block$rows[mine]], block$units, "==")
    total <- total + SE(svytotal(x, block$designs[[group]]))^2
  }
  total
}
block_of <- function(code) {
  rows <- which(sample$block == code); here <- designs[designs$block == code, ]
  design <- function(group) {
    mine <- sample[rows[sample$group[rows] == group], ]
    fpc <- if (here$finite[here$group == group] == 1) ~stratum_size
    svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, fpc = fpc, nest = TRUE, data = mine)
  }
  list(code = code, rows = rows, group = sample$group[rows], units = unique(sample$unit[rows]),
       designs = sapply(here$group, design, simplify = FALSE), lonely = setNames(as.list(here$lonely), here$group))
}

rows <- list()
keep <- function(block, node, group, found) {
  se <- sqrt(variance(block, found$u))
  rows[[length(rows) + 1]] <<- data.frame(block = block$code, unit_code = block$units, node_code = node, group = group,
                                          score_r = found$value[block$units], se_r = se[block$units])
}
for (code in unique(designs$block)) {
  block <- block_of(code)
  mine <- nodes$node_code[nodes$block == code]
  for (node in if (length(asked)) intersect(mine, asked) else mine) keep(block, node, "all", result(block, node))
  items <- unique(keys[keys$block == code, c("group", "item_code")])
  if (length(asked)) items <- items[node_of[items$item_code] %in% asked, ]
  for (k in seq_len(nrow(items)))
    keep(block, items$item_code[k], items$group[k], of_items(block, items$group[k], items$item_code[k]))
}

found <- merge(expected, do.call(rbind, rows), by = c("block", "unit_code", "node_code", "group"), sort = FALSE)
compared <- found[is.na(found$not_from_answers), ]
off <- function(ours, theirs) max(c(0, abs(ours - theirs) / pmax(abs(theirs), 1e-6)))
by_node <- do.call(rbind, lapply(split(compared, compared$node_code), function(x) data.frame(
  node = x$node_code[1], results = nrow(x), score_off = off(x$score, x$score_r), se_off = off(x$se_plain, x$se_r),
  official_to_plain = round(median(x$se[x$se_r > 0] / x$se_r[x$se_r > 0], na.rm = TRUE), 4))))
print(by_node, row.names = FALSE)
first <- head(compared[compared$group == "all", ], 10)
print(data.frame(first[c("block", "unit_code", "node_code")], score = first$score_r, se_r = first$se_r,
                 se_plain = first$se_plain, se_official = first$se), row.names = FALSE, digits = 10)
cat(sprintf("\n%d results compared, %d not (taken from elsewhere, or without a part)\n", nrow(compared), nrow(found) - nrow(compared)))
cat(sprintf("largest relative difference: score %.3g, plain standard error %.3g\n",
            off(compared$score, compared$score_r), off(compared$se_plain, compared$se_r)))
cat(R.version.string, "- survey", as.character(packageVersion("survey")), "\n")
if (out != "") {
  full <- compared[c("block", "unit_code", "node_code", "group")]
  for (name in c("score_r", "se_r")) full[[name]] <- sprintf("%.17g", compared[[name]])
  write.csv(full, out, row.names = FALSE)
}
