# Reference results of R's survey package for designs which the synthetic sets in ../r-survey do not hold:
# the California schools samples (apistrat, apiclus1, apiclus2) and the two-stage sample of Swedish municipalities (mu284).
# Run in this folder:  Rscript api.R
# Writes the samples (apistrat.csv, apiclus1.csv, apiclus2.csv, mu284.csv), versions.txt, and results.csv with one number a row:
#   case, part (est, se, vcov, ci95_t, ...), row, col, value (17 significant digits).
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "fail", digits = 17)
data(api)
data(mu284)

rows <- list()
keep <- function(case, part, x) {
  x <- if (is.matrix(x)) x else matrix(x, ncol = 1, dimnames = list(names(x), NULL))
  rn <- if (is.null(rownames(x))) seq_len(nrow(x)) else rownames(x)
  cn <- if (is.null(colnames(x))) seq_len(ncol(x)) else colnames(x)
  rows[[length(rows) + 1]] <<- data.frame(
    case = case, part = part, row = rep(rn, times = ncol(x)), col = rep(cn, each = nrow(x)),
    value = sprintf("%.17g", as.vector(x)))
}
statistic <- function(case, s, df = NULL) {
  keep(case, "est", coef(s))
  v <- vcov(s)
  if (!is.matrix(v)) v <- as.matrix(v)
  keep(case, "vcov", unname(v))
  if (!is.null(df)) keep(case, "ci95_t", unname(as.matrix(confint(s, df = df))))
}

columns <- c("snum", "dnum", "stype", "sch.wide", "comp.imp", "both", "awards", "api00", "api99", "enroll", "api.stu", "meals", "ell")
gaps <- function(d) {            # the same gaps in every sample, so that missing values are part of the reference
  d$api00_na <- ifelse(d$snum %% 7 == 0, NA, d$api00)
  d
}
apistrat <- gaps(apistrat); apiclus1 <- gaps(apiclus1); apiclus2 <- gaps(apiclus2)
columns <- c(columns, "api00_na")
write <- function(d, name) {
  for (k in names(d)) if (is.double(d[[k]])) d[[k]] <- ifelse(is.na(d[[k]]), "", sprintf("%.17g", d[[k]]))
  write.csv(d, name, row.names = FALSE, quote = FALSE, na = "")
}
apiclus2$fpc2 <- as.vector(apiclus2$fpc2)
mu284$w <- weights(svydesign(id = ~id1 + id2, fpc = ~n1 + n2, data = mu284))
write(apistrat[c(columns, "pw", "fpc")], "apistrat.csv")
write(apiclus1[c(columns, "pw", "fpc")], "apiclus1.csv")
write(apiclus2[c(columns, "pw", "fpc1", "fpc2")], "apiclus2.csv")
write(mu284, "mu284.csv")

designs <- list(
  strat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  strat_nofpc = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat),
  clus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  clus2 = svydesign(id = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = apiclus2),
  clus2_nofpc = svydesign(id = ~dnum + snum, weights = ~pw, data = apiclus2))

for (name in names(designs)) {
  d <- designs[[name]]
  id <- function(x) paste(name, x, sep = "/")
  keep(id("degf"), "value", degf(d))
  statistic(id("mean"), svymean(~api00 + api99, d), degf(d))
  statistic(id("mean_na"), svymean(~api00_na, d, na.rm = TRUE), degf(d))
  statistic(id("total"), svytotal(~enroll + api.stu, d, na.rm = TRUE), degf(d))
  statistic(id("ratio"), svyratio(~api.stu, ~enroll, d, na.rm = TRUE), degf(d))
  statistic(id("share"), svymean(~sch.wide, d), degf(d))
  keep(id("deff"), "value", deff(svymean(~api00 + api99, d, deff = TRUE)))
  keep(id("deff_replace"), "value", deff(svymean(~api00 + api99, d, deff = "replace")))
  keep(id("deff_total"), "value", deff(svytotal(~api00, d, deff = TRUE)))
  statistic(id("contrast"), svycontrast(svymean(~api00 + api99, d), list(gain = c(api00 = 1, api99 = -1), blend = c(api00 = 0.25, api99 = 0.75))), degf(d))
  statistic(id("mean_by"), svyby(~api00 + api99, ~stype, d, svymean, covmat = TRUE), degf(d))
  by <- svyby(~api00_na, ~stype, d, svymean, na.rm = TRUE)     # version 4.1 has no covariance here when values are missing
  keep(id("mean_na_by"), "est", coef(by))
  keep(id("mean_na_by"), "se", unname(SE(by)))
  statistic(id("mean_by2"), svyby(~api00, ~stype + sch.wide, d, svymean, covmat = TRUE), degf(d))
  statistic(id("total_by"), svyby(~api.stu, ~stype, d, svytotal, covmat = TRUE), degf(d))
  statistic(id("ratio_by"), svyby(~api.stu, ~stype, denominator = ~meals, d, svyratio, covmat = TRUE), degf(d))
  for (level in c("E", "H", "M")) {
    s <- subset(d, stype == level)
    statistic(id(paste0("subset_", level)), svymean(~api00, s), degf(s))
    keep(id(paste0("subset_", level, "_degf")), "value", degf(s))
    keep(id(paste0("subset_", level, "_deff")), "value", deff(svymean(~api00, s, deff = TRUE)))
  }
  for (method in c("logit", "xlogit", "beta", "mean", "asin")) {
    p <- svyciprop(~I(sch.wide == "Yes"), d, method = method)
    keep(id(paste0("ciprop_", method)), "est", as.vector(p))
    keep(id(paste0("ciprop_", method)), "se", sqrt(as.vector(attr(p, "var"))))
    keep(id(paste0("ciprop_", method)), "ci95", as.vector(attr(p, "ci")))
  }
  quantiles <- c(0.1, 0.25, 0.5, 0.75, 0.9)
  for (p in 0:1) for (method in c("logit", "xlogit", "beta", "mean", "asin", "likelihood")) {     # all answers equal
    case <- id(paste0("edge_", p, "_", method))
    shares <- update(d, all_equal = p)
    r <- tryCatch(suppressWarnings(svyciprop(~all_equal, shares, method = method)), error = function(e) NULL)
    if (is.null(r)) keep(case, "refused", 1) else keep(case, "ci95", as.vector(attr(r, "ci")))
  }
  for (type in c("mean", "beta", "xlogit")) {
    q <- svyquantile(~api00, d, quantiles, interval.type = type, qrule = "math", df = degf(d))[["api00"]]
    keep(id(paste0("quantile_", type)), "table", unname(q[, 1:4]))
    s <- subset(d, stype == "E")
    q <- svyquantile(~api00_na, s, quantiles, na.rm = TRUE, interval.type = type, qrule = "math", df = degf(s))[["api00_na"]]
    keep(id(paste0("quantile_E_", type)), "table", unname(q[, 1:4]))
  }
}

swedish <- svydesign(id = ~id1 + id2, weights = ~w, fpc = ~n1 + n2, data = mu284)
statistic("mu284/total", svytotal(~y1, swedish), degf(swedish))
statistic("mu284/mean", svymean(~y1, swedish), degf(swedish))
fractions <- svydesign(id = ~id1 + id2, weights = ~w, fpc = ~f1 + f2, data = transform(mu284, f1 = 5 / n1, f2 = 3 / n2))
statistic("mu284_fractions/total", svytotal(~y1, fractions), degf(fractions))

# calibration: the same margins under each distance, and what the standard errors become
schools <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018)
with_99 <- c(schools, api99 = 3914069)
tight <- list(maxit = 500, epsilon = 1e-13)
calibrated <- list(
  linear = calibrate(designs$clus1, ~stype, schools, calfun = "linear"),
  linear_99 = calibrate(designs$clus1, ~stype + api99, with_99, calfun = "linear", maxit = 500, epsilon = 1e-13),
  raking_99 = calibrate(designs$clus1, ~stype + api99, with_99, calfun = "raking", maxit = 500, epsilon = 1e-13),
  logit_99 = calibrate(designs$clus1, ~stype + api99, with_99, calfun = "logit", bounds = c(0.5, 2.0), maxit = 500, epsilon = 1e-13),
  linear_99_bounded = calibrate(designs$clus1, ~stype + api99, with_99, calfun = "linear", bounds = c(0.5, 1.9), maxit = 500, epsilon = 1e-13),
  strat_99 = calibrate(designs$strat, ~stype + api99, with_99, calfun = "raking", maxit = 500, epsilon = 1e-13),
  clus2_linear = calibrate(designs$clus2, ~stype, schools, calfun = "linear"),
  poststratified = postStratify(designs$clus1, ~stype, data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))),
  raked = rake(designs$clus1, list(~stype, ~sch.wide),
               list(data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)), data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122))),
               control = list(maxit = 500, epsilon = 1e-11)),
  raked_strat = rake(designs$strat, list(~stype, ~sch.wide),
               list(data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018)), data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122))),
               control = list(maxit = 500, epsilon = 1e-11)))
for (name in names(calibrated)) {
  d <- calibrated[[name]]
  id <- function(x) paste("calibrated", name, x, sep = "/")
  keep(id("weights"), "value", unname(weights(d)))
  keep(id("degf"), "value", degf(d))
  statistic(id("mean"), svymean(~api00 + api99, d), degf(d))
  statistic(id("total"), svytotal(~enroll + api.stu, d, na.rm = TRUE), degf(d))
  statistic(id("ratio"), svyratio(~api.stu, ~enroll, d, na.rm = TRUE), degf(d))
  for (margin in c("stype", "sch.wide")) {       # version 4.1 has no covariance of domains for calibrated designs
    by <- svyby(~api00, reformulate(margin), d, svymean)
    keep(id(paste0("mean_by_", margin)), "est", coef(by))
    keep(id(paste0("mean_by_", margin)), "se", unname(SE(by)))
  }
  statistic(id("mean_na"), svymean(~api00_na, d, na.rm = TRUE), degf(d))
  keep(id("deff"), "value", deff(svymean(~api00, d, deff = TRUE)))
}

# trimming: the surplus is shared by the weights inside the limits, once
wide <- calibrated$raking_99
keep("trimmed/once", "value", unname(weights(trimWeights(wide, lower = 15, upper = 45))))
keep("trimmed/strict", "value", unname(weights(trimWeights(wide, lower = 15, upper = 45, strict = TRUE))))

# replicates
replicated <- list(
  JK1 = as.svrepdesign(svydesign(id = ~dnum, weights = ~pw, data = apiclus1), type = "JK1"),
  JK1_fpc = as.svrepdesign(designs$clus1, type = "JK1"),
  JKn = as.svrepdesign(designs$strat_nofpc, type = "JKn"),
  JKn_fpc = as.svrepdesign(designs$strat, type = "JKn"))
for (name in names(replicated)) {
  d <- replicated[[name]]
  id <- function(x) paste("replicated", name, x, sep = "/")
  keep(id("degf"), "value", degf(d))
  statistic(id("mean"), svymean(~api00 + api99, d), degf(d))
  statistic(id("total"), svytotal(~enroll + api.stu, d, na.rm = TRUE), degf(d))
  statistic(id("ratio"), svyratio(~api.stu, ~enroll, d, na.rm = TRUE), degf(d))
  statistic(id("mean_by"), svyby(~api00, ~stype, d, svymean, covmat = TRUE), degf(d))
  parts <- list(whole = d, E = subset(d, stype == "E"))
  keep(id("E_degf"), "value", degf(parts$E))
  statistic(id("E_mean"), svymean(~api00, parts$E), degf(parts$E))
  for (part in names(parts)) for (method in c("xlogit", "beta", "mean", "asin")) {
    p <- svyciprop(~I(sch.wide == "Yes"), parts[[part]], method = method)
    keep(id(paste0(part, "_ciprop_", method)), "ci95", as.vector(attr(p, "ci")))
  }
}

write.csv(do.call(rbind, rows), "results.csv", row.names = FALSE, quote = TRUE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey")), paste("platform", R.version$platform)), "versions.txt")
