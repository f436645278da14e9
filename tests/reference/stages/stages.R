# Reference results of R's survey package for samples in several stages (stages.csv, made by sample.py).
# Run in this folder:  Rscript stages.R
# Writes results.csv (case, part, row, col, value; 17 significant digits) and versions.txt.
suppressPackageStartupMessages(library(survey))
S <- read.csv("stages.csv", stringsAsFactors = TRUE)
S$age <- factor(S$age)
source("../keep.R")
statistic <- function(case, s) { keep(case, "est", as.vector(coef(s))); keep(case, "vcov", unname(as.matrix(vcov(s)))) }

designs <- list(
  three = svydesign(id = ~psu + ssu + person, strata = ~h + g, weights = ~w, fpc = ~N1 + N2 + N3, nest = TRUE, data = S),
  three_fractions = svydesign(id = ~psu + ssu + person, strata = ~h + g, weights = ~w, fpc = ~f1 + f2 + f3, nest = TRUE, data = S),
  two = svydesign(id = ~psu + ssu, strata = ~h + g, weights = ~w, fpc = ~N1 + N2, nest = TRUE, data = S),
  one = svydesign(id = ~psu, strata = ~h, weights = ~w, fpc = ~N1, nest = TRUE, data = S),
  none = svydesign(id = ~psu + ssu, strata = ~h + g, weights = ~w, nest = TRUE, data = S))
sexes <- data.frame(sex = c("f", "m"), Freq = c(6000, 5500))
ages <- data.frame(age = factor(1:4), Freq = c(3000, 2500, 3200, 2800))
classes <- data.frame(h = c("a", "b", "c", "d"), Freq = c(6100, 500, 3600, 1300))
for (policy in c("remove", "certainty", "average")) {
  options(survey.lonely.psu = policy)
  plain <- designs
  all <- c(plain, list(
    raked = rake(plain$three, list(~sex, ~age), list(sexes, ages), control = list(maxit = 500, epsilon = 1e-12)),
    poststratified = postStratify(plain$two, ~sex, sexes),
    crossed = postStratify(plain$three, ~sex + dom, data.frame(expand.grid(sex = c("f", "m"), dom = c("P", "Q", "R")), Freq = c(2000, 2100, 1900, 1800, 1850, 1850))),
    linear = calibrate(plain$three, ~sex + x, c(`(Intercept)` = 11500, sexm = 5500, x = 275000)),
    twice = calibrate(postStratify(plain$one, ~sex, sexes), ~h, c(`(Intercept)` = 11500, hb = 500, hc = 3600, hd = 1300), calfun = "raking", epsilon = 1e-13, maxit = 500),
    bounded = calibrate(plain$one, ~sex + x, c(`(Intercept)` = 11500, sexm = 5500, x = 275000), calfun = "logit", bounds = c(0.3, 3), epsilon = 1e-13, maxit = 500)))
  for (name in names(all)) {
    d <- all[[name]]
    id <- function(x) paste(policy, name, x, sep = "/")
    keep(id("degf"), "value", degf(d))
    keep(id("weights"), "value", c(sum(weights(d)), sum(weights(d)^2)))
    statistic(id("mean"), svymean(~y + x + b, d))
    statistic(id("mean_na"), svymean(~y_na, d, na.rm = TRUE))
    statistic(id("total"), svytotal(~y + b, d))
    statistic(id("ratio"), svyratio(~y, ~x, d))
    keep(id("deff"), "value", as.vector(deff(svymean(~y + b, d, deff = TRUE))))
    for (by in c("dom", "h", "sex")) {
      means <- svyby(~y, reformulate(by), d, svymean)
      keep(id(paste0("by_", by)), "est", as.vector(coef(means))); keep(id(paste0("by_", by)), "se", as.vector(SE(means)))
    }
    s <- subset(d, dom == "Q" & sex == "f")
    keep(id("subset_degf"), "value", degf(s))
    statistic(id("subset"), svymean(~y + x, s))
    statistic(id("subset_total"), svytotal(~y, s))
    keep(id("subset_deff"), "value", as.vector(deff(svymean(~y, s, deff = TRUE))))
    for (method in c("xlogit", "beta")) {
      p <- svyciprop(~b, d, method = method); keep(id(paste0("ciprop_", method)), "ci95", as.vector(attr(p, "ci")))
      p <- svyciprop(~b, s, method = method); keep(id(paste0("subset_ciprop_", method)), "ci95", as.vector(attr(p, "ci")))
    }
    q <- svyquantile(~y, d, c(0.25, 0.5, 0.75), interval.type = "mean", df = degf(d))[["y"]]
    keep(id("quantile"), "table", unname(q[, 1:4]))
  }
}
options(survey.lonely.psu = "fail")
keep("fail/three/mean", "refused", as.numeric(inherits(try(svymean(~y, designs$three), silent = TRUE), "try-error")))
keep("fail/one/mean", "refused", as.numeric(inherits(try(svymean(~y, designs$one), silent = TRUE), "try-error")))
replicates <- as.svrepdesign(designs$one, type = "JKn")
statistic("replicates/JKn/mean", svymean(~y + x, replicates))
raked <- rake(replicates, list(~sex, ~age), list(sexes, ages), control = list(maxit = 500, epsilon = 1e-12))
statistic("replicates/JKn_raked/mean", svymean(~y + x, raked))
keep("replicates/JKn_raked/total", "svytotal", c(coef(svytotal(~y, raked)), SE(svytotal(~y, raked))))
statistic("replicates/JKn_raked/total", withReplicates(raked, quote(sum(.weights * y))))     # the weights' own totals
write.csv(do.call(rbind, rows), "results.csv", row.names = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), "versions.txt")
