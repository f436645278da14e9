# Reference results for relative importance: Shapley shares of R² under designs of R's survey package (no package of Debian has
# them for a survey design).
# Run in this folder:  Rscript shapley.R
# Values: R² of R's lm with the design's weights, averaged over all orders in which the factors enter. Errors: the covariance of
# all variances and covariances as svyvar gives it, carried on by derivatives that numDeriv takes of the shares.
# Reads ../r-survey/data; writes results.csv (case, part, row, col, value; 17 significant digits) and versions.txt. Parts: n, r2,
# shares, portions (estimates), se (of R², the shares and the portions, in this order).
suppressPackageStartupMessages({library(survey); library(numDeriv)})
options(survey.lonely.psu = "fail", digits = 17)
source("../keep.R")

orders <- function(p) if (p == 1) matrix(1) else {
  before <- orders(p - 1)
  do.call(rbind, lapply(1:p, function(at) t(apply(before, 1, append, values = p, after = at - 1))))
}
by_orders <- function(p, r2) {   # r2: a function of the factors in the model
  gains <- apply(orders(p), 1, function(order) {
    explained <- c(0, sapply(seq_len(p), function(k) r2(sort(order[1:k]))))
    gain <- numeric(p); gain[order] <- diff(explained); gain
  })
  rowMeans(matrix(gains, nrow = p))
}
of_covariances <- function(v, p) {
  C <- matrix(0, p + 1, p + 1); C[lower.tri(C, TRUE)] <- v; C <- C + t(C) - diag(diag(C))
  known <- list()
  shares <- by_orders(p, function(S) {
    key <- paste(S, collapse = " ")
    if (is.null(known[[key]])) known[[key]] <<- sum(C[S, p + 1] * solve(C[S, S, drop = FALSE], C[S, p + 1])) / C[p + 1, p + 1]
    known[[key]]
  })
  c(sum(shares), shares, shares / sum(shares))
}

V <- read.csv("../r-survey/data/govsat.csv")
answered <- !is.na(V)
V[!answered] <- 0   # such rows have no weight in what follows; svyvar of a raked design still multiplies them
margins <- lapply(c(unit = "unit", age = "age", sex = "sex"), function(m) read.csv(paste0("../r-survey/data/govsat_margin_", m, ".csv")))
fpc <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, fpc = ~Npsu, nest = TRUE, data = V)
designs <- list(
  fpc = fpc,
  nofpc = svydesign(id = ~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = V),
  strat = svydesign(id = ~1, strata = ~stratum, weights = ~w, data = V),
  raked = rake(fpc, list(~unit, ~age, ~sex), margins, control = list(maxit = 500, epsilon = 1e-13)))
models <- list(two = c("q1", "q2"), five = paste0("q", 1:5))
for (name in names(designs)) for (model in names(models)) for (part in c("all", "unit2")) {
  d <- designs[[name]]; factors <- models[[model]]; p <- length(factors); case <- paste(name, model, part, sep = "/")
  counted <- rowSums(!answered[, c(factors, "q6")]) == 0 & (part == "all" | V$unit == 2)
  d <- subset(d, counted); X <- V[counted, ]
  w <- weights(d); X$final <- w[w > 0]
  lms <- by_orders(p, function(S) summary(lm(reformulate(factors[S], "q6"), data = X, weights = final))$r.squared)
  keep(case, "n", nrow(X)); keep(case, "r2", sum(lms)); keep(case, "shares", lms); keep(case, "portions", lms / sum(lms))
  C <- svyvar(reformulate(c(factors, "q6")), d)
  lower <- which(lower.tri(C, TRUE)); W <- attr(C, "var")[lower, lower]
  J <- jacobian(of_covariances, as.vector(unclass(C))[lower], p = p)
  keep(case, "se", sqrt(diag(J %*% W %*% t(J))))
}
write.csv(do.call(rbind, rows), "results.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey")), paste("numDeriv", packageVersion("numDeriv"))), "versions.txt")
