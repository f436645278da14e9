# Reference results for the remaining data sets of R's survey package, each with the design its manual describes:
# fpc (three ways to state the finite population), hospital, crowd (two clusters a stratum), nhanes (labels nested in strata),
# election_pps (unequal probabilities, totals of 10^8) and apiclus2 in strata its districts cross.
# Run in this folder:  Rscript datasets.R
# (svyby of 4.1.1 makes no covariance of domains with gaps or after calibration: that is compared for the complete column
# `high` of the design before calibration.)
# Writes one csv for each data set, versions.txt, and results.csv with one number a row:
#   case, part (est, vcov, ci95_t, ...), row, col, value (17 significant digits).
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "fail", digits = 17)
data(api); data(election); data(hospital); data(fpc); data(nhanes); data(crowd)

source("../keep.R")
statistic <- function(case, s, df) {
  keep(case, "est", coef(s))
  v <- vcov(s)
  keep(case, "vcov", unname(if (is.matrix(v)) v else as.matrix(v)))
  keep(case, "ci95_t", unname(as.matrix(confint(s, df = df))))
}
write <- function(d, name) {
  for (k in names(d)) if (is.double(d[[k]])) d[[k]] <- ifelse(is.na(d[[k]]), "", sprintf("%.17g", d[[k]]))
  write.csv(d, paste0(name, ".csv"), row.names = FALSE, quote = FALSE, na = "")
}

nhanes$race <- paste0("r", nhanes$race)
nhanes$age <- c("(0,19]" = "a", "(19,39]" = "b", "(39,59]" = "c", "(59,Inf]" = "d")[as.character(nhanes$agecat)]
nhanes <- nhanes[c("SDMVPSU", "SDMVSTRA", "WTMEC2YR", "HI_CHOL", "race", "age", "RIAGENDR")]
election_pps <- election_pps[c("Bush", "Kerry", "Nader", "votes", "p", "wt")]
fpc$f <- fpc$nh / fpc$Nh
apiclus2 <- apiclus2[c("dnum", "snum", "stype", "api00", "api99", "enroll", "awards", "pw", "fpc1", "fpc2")]
apiclus2$fpc2 <- as.vector(apiclus2$fpc2)
apiclus2$f1 <- 40 / apiclus2$fpc1
apiclus2$f2 <- as.vector(ave(apiclus2$snum, apiclus2$dnum, FUN = length)) / apiclus2$fpc2
write(nhanes, "nhanes"); write(hospital, "hospital"); write(fpc, "fpc"); write(crowd, "crowd")
write(election_pps, "election_pps"); write(apiclus2, "apiclus2")

plain <- list(
  fpc_sizes = list(svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~Nh, nest = TRUE, data = fpc), ~x),
  fpc_fractions = list(svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, fpc = ~f, nest = TRUE, data = fpc), ~x),
  fpc_weightless = list(svydesign(id = ~psuid, strata = ~stratid, fpc = ~Nh, nest = TRUE, data = fpc), ~x),
  fpc_none = list(svydesign(id = ~psuid, strata = ~stratid, weights = ~weight, nest = TRUE, data = fpc), ~x),
  hospital = list(svydesign(id = ~1, strata = ~oblevel, fpc = ~tothosp, weights = ~weighta, data = hospital), ~births),
  crowd = list(svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, nest = TRUE, data = crowd), ~rooms + person),
  election = list(svydesign(id = ~1, weights = ~wt, data = election_pps), ~Bush + Kerry + Nader),
  clus2_sizes = list(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, weights = ~pw, data = apiclus2), ~api00 + api99),
  clus2_fractions = list(svydesign(id = ~dnum + snum, fpc = ~f1 + f2, weights = ~pw, data = apiclus2), ~api00 + api99),
  clus2_weightless = list(svydesign(id = ~dnum + snum, fpc = ~fpc1 + fpc2, data = apiclus2), ~api00 + api99),
  clus2_first = list(svydesign(id = ~dnum, fpc = ~fpc1, weights = ~pw, data = apiclus2), ~api00 + api99))
for (name in names(plain)) {
  d <- plain[[name]][[1]]; f <- plain[[name]][[2]]
  keep(paste0(name, "/degf"), "value", degf(d))
  statistic(paste0(name, "/mean"), svymean(f, d), degf(d))
  statistic(paste0(name, "/total"), svytotal(f, d), degf(d))
  v <- deff(svymean(f, d, deff = TRUE))
  keep(paste0(name, "/deff"), "value", if (is.matrix(v)) diag(v) else v)
}
ratio <- function(case, s) {
  keep(case, "est", coef(s))
  keep(case, "se", SE(s))
}
ratio("crowd/ratio", svyratio(~person, ~rooms, plain$crowd[[1]]))
ratio("election/ratio", svyratio(~Bush + Kerry, ~votes, plain$election[[1]]))

# The districts of apiclus2 in strata by type of school, which they cross: some strata within districts hold one school.
options(survey.lonely.psu = "adjust")
s <- svydesign(id = ~dnum + snum, strata = ~stype, fpc = ~fpc1 + fpc2, weights = ~pw, nest = TRUE, data = apiclus2)
keep("contract/degf", "value", degf(s))
statistic("contract/mean", svymean(~api00 + api99, s), degf(s))
statistic("contract/by", svyby(~api00 + api99, ~stype, s, svymean, covmat = TRUE), degf(s))
options(survey.lonely.psu = "fail")

n <- svydesign(id = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nhanes)
keep("nhanes/degf", "value", degf(n))
n$variables$high <- ifelse(is.na(nhanes$HI_CHOL), 0, nhanes$HI_CHOL)
domains <- function(case, d) {
  for (by in c("race", "age", "RIAGENDR")) {
    f <- as.formula(paste0("~", by))
    if (case == "nhanes") statistic(paste(case, by, "complete", sep = "/"), svyby(~high, f, d, svymean, covmat = TRUE), degf(d))
    for (what in c("mean", "total")) {
      b <- svyby(~HI_CHOL, f, d, if (what == "mean") svymean else svytotal, na.rm = TRUE)
      keep(paste(case, by, what, sep = "/"), "est", coef(b))
      keep(paste(case, by, what, sep = "/"), "se", SE(b))
    }
  }
  b <- svyby(~HI_CHOL, ~race + age + RIAGENDR, d, svymean, na.rm = TRUE)
  keep(paste0(case, "/crossed"), "est", coef(b))
  keep(paste0(case, "/crossed"), "se", SE(b))
}
domains("nhanes", n)
for (level in paste0("r", 1:4)) {
  p <- svyciprop(~HI_CHOL, subset(n, race == level), method = "xlogit", na.rm = TRUE, df = degf(n))
  keep(paste0("nhanes/logit/", level), "value", c(coef(p), attr(p, "ci")))
}
margins <- list(race = table(nhanes$race), RIAGENDR = table(nhanes$RIAGENDR))
counts <- function(k) tapply(nhanes$WTMEC2YR, nhanes[[k]], sum)
race <- counts("race") * c(1.1, 0.9, 1.05, 0.95); race <- race / sum(race) * 3e8
sex <- counts("RIAGENDR") * c(0.97, 1.03); sex <- sex / sum(sex) * 3e8
keep("margins", "race", race); keep("margins", "sex", sex)
n$variables$sex <- factor(n$variables$RIAGENDR)
total <- c("(Intercept)" = 3e8, race[-1], sex[2])
names(total) <- c("(Intercept)", paste0("race", names(race)[-1]), "sex2")
for (distance in c("linear", "raking", "logit")) {
  k <- calibrate(n, ~race + sex, total, calfun = distance, bounds = if (distance == "linear") c(-Inf, Inf) else c(0.3, 3),
                 epsilon = 1e-12, maxit = 200)
  keep(paste0("calibrated/", distance), "weights", weights(k)[seq(1, nrow(nhanes), 100)])
  domains(paste0("calibrated/", distance), k)
}
domains("poststratified", postStratify(n, ~age, data.frame(age = names(counts("age")), Freq = as.vector(counts("age")) * c(1, 1.2, 0.9, 1.1))))
jackknife <- as.svrepdesign(n, type = "JKn")
b <- svyby(~high, ~race, jackknife, svymean, covmat = TRUE)
statistic("replicates/JKn", b, degf(jackknife))
write.csv(do.call(rbind, rows), "results.csv", row.names = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), "versions.txt")
