# What the scripts of several folders share: `rows` collects results, `keep` adds those of one part of one case, one number
# a row (case, part, row, col, value with 17 significant digits).
rows <- list()
keep <- function(case, part, x) {
  x <- if (is.matrix(x)) x else matrix(x, ncol = 1)
  rows[[length(rows) + 1]] <<- data.frame(
    case = case, part = part, row = rep(seq_len(nrow(x)), times = ncol(x)), col = rep(seq_len(ncol(x)), each = nrow(x)),
    value = sprintf("%.17g", as.vector(x)))
}
