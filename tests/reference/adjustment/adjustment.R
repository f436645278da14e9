# Reference results of R's survey package for steps that follow one another: calibrating twice, calibrating replicates,
# replicates of designs with lonely strata and finite populations, half samples of ten strata, Hadamard matrices.
# Run in this folder:  Rscript adjustment.R
# Reads ../r-survey/data and ../api; writes pairs.csv, results.csv (case, row, value; 17 significant digits), versions.txt.
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "fail")
rows <- list()
keep <- function(case, x) rows[[length(rows) + 1]] <<- data.frame(case = case, row = seq_along(x), value = sprintf("%.17g", as.vector(x)))
statistic <- function(case, s) { keep(paste0(case, "/est"), coef(s)); keep(paste0(case, "/se"), as.vector(unlist(SE(s)))) }

V <- read.csv("../r-survey/data/govsat.csv")
V$s1 <- (V$q1 - 1) / 4
margins <- lapply(c(unit = "unit", age = "age", sex = "sex"), function(m) read.csv(paste0("../r-survey/data/govsat_margin_", m, ".csv")))
gd <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, fpc = ~Npsu, nest = TRUE, data = V)
after <- function(case, d) {
  keep(paste0(case, "/weights"), weights(d))
  statistic(paste0(case, "/mean"), svymean(~s1, d, na.rm = TRUE))
  statistic(paste0(case, "/mean_by"), svyby(~s1, ~unit, d, svymean, na.rm = TRUE))
}
once <- postStratify(gd, ~age, margins$age)
after("poststratified", once)
after("poststratified_twice", postStratify(once, ~sex, margins$sex))
total <- function(m) setNames(margins[[m]]$Freq[-1], paste0("factor(", m, ")", margins[[m]][[m]][-1]))
population <- c(`(Intercept)` = sum(margins$age$Freq), total("unit"), total("age"), total("sex"))
tight <- list(maxit = 500, epsilon = 1e-13)
for (how in c("linear", "raking"))
  after(paste0("calibrated_", how), calibrate(gd, ~factor(unit) + factor(age) + factor(sex), population, calfun = how, maxit = 500, epsilon = 1e-13))
after("calibrated_bounded", calibrate(gd, ~factor(unit) + factor(age) + factor(sex), population, calfun = "linear", bounds = c(0.7, 1.4), maxit = 500, epsilon = 1e-13))
after("calibrated_logit", calibrate(gd, ~factor(unit) + factor(age) + factor(sex), population, calfun = "logit", bounds = c(0.7, 1.4), maxit = 500, epsilon = 1e-13))
after("calibrated_after_poststratified", calibrate(once, ~factor(sex) + factor(unit), population[c("(Intercept)", names(total("sex")), names(total("unit")))], calfun = "linear"))

schools <- read.csv("../api/apiclus1.csv")
clus <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = schools)
jack <- as.svrepdesign(clus, type = "JK1")
known <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018)
statistic("replicates_calibrated", svymean(~api00 + api99, calibrate(jack, ~stype, known)))
statistic("replicates_of_calibrated", svymean(~api00 + api99, as.svrepdesign(calibrate(clus, ~stype, known), type = "JK1")))

L <- read.csv("../r-survey/data/lonely.csv")
for (policy in c("remove", "certainty", "adjust", "average")) for (finite in c(FALSE, TRUE)) {
  options(survey.lonely.psu = policy)
  d <- if (finite) svydesign(id = ~psu, strata = ~stratum, weights = ~w, fpc = ~N, nest = TRUE, data = L) else
    svydesign(id = ~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = L)
  r <- as.svrepdesign(d, type = "JKn")
  case <- paste("JKn", policy, if (finite) "fpc" else "nofpc", sep = "/")
  statistic(case, svymean(~y + x, r)); keep(paste0(case, "/degf"), degf(r))
}
options(survey.lonely.psu = "fail")

# ten strata with two clusters of two rows each; values from a fixed recurrence
n <- 40; state <- 7
draw <- function() { state <<- (state * 1103515245 + 12345) %% 2147483648; state / 2147483648 }
pairs <- data.frame(h = rep(1:10, each = 4), c = rep(rep(1:2, each = 2), 10), w = NA, y = NA, x = NA)
for (i in 1:n) { pairs$w[i] <- round(1 + 4 * draw(), 3); pairs$y[i] <- round(10 * draw(), 3); pairs$x[i] <- round(5 + 10 * draw(), 3) }
write.csv(pairs, "pairs.csv", row.names = FALSE)
p <- svydesign(id = ~c, strata = ~h, weights = ~w, nest = TRUE, data = pairs)
for (type in c("BRR", "Fay", "JKn")) {
  r <- if (type == "Fay") as.svrepdesign(p, type = "Fay", fay.rho = 0.3) else as.svrepdesign(p, type = type)
  keep(paste0("pairs/", type, "/degf"), degf(r)); keep(paste0("pairs/", type, "/replicates"), ncol(r$repweights))
  statistic(paste0("pairs/", type, "/total"), svytotal(~y + x, r)); statistic(paste0("pairs/", type, "/mean"), svymean(~y + x, r))
  ratio <- svyratio(~y, ~x, r); keep(paste0("pairs/", type, "/ratio/est"), coef(ratio)); keep(paste0("pairs/", type, "/ratio/se"), as.vector(SE(ratio)))
}

for (strata in c(3, 7, 11, 15, 19, 23, 39, 43, 59)) keep(paste0("hadamard/", strata), 2 * hadamard(strata) - 1)

write.csv(do.call(rbind, rows), "results.csv", row.names = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), "versions.txt")
