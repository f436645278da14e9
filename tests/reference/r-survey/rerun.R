# Recomputes the estimates and standard errors of govsat.json, lonely.json and scd.json from data/ with the survey
# package installed here, under the same case names.  Run in this folder:  Rscript rerun.R
# Writes rerun.csv (case, part, row, value; 17 significant digits) and rerun-versions.txt.
suppressPackageStartupMessages(library(survey))
rows <- list()
keep <- function(case, part, x) {
  rows[[length(rows) + 1]] <<- data.frame(case = case, part = part, row = seq_along(x), value = sprintf("%.17g", as.vector(x)))
}
both <- function(case, s) { keep(case, "est", coef(s)); keep(case, "se", as.vector(unlist(SE(s)))) }
attempt <- function(case, f) tryCatch(both(case, f()), error = function(e) keep(case, "refused", 1))

V <- read.csv("data/govsat.csv")
for (k in 1:6) { V[[paste0("s", k)]] <- (V[[paste0("q", k)]] - 1) / 4; V[[paste0("t", k)]] <- as.numeric(V[[paste0("q", k)]] >= 4) }
V$scale <- rowMeans(V[paste0("s", 1:6)], na.rm = TRUE)
margins <- lapply(c("unit", "age", "sex"), function(m) read.csv(paste0("data/govsat_margin_", m, ".csv")))
options(survey.lonely.psu = "fail")
gd <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, fpc = ~Npsu, nest = TRUE, data = V)
g0 <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = V)
gr <- rake(gd, list(~unit, ~age, ~sex), margins, control = list(maxit = 500, epsilon = 1e-13))
keep("raked/weights", "est", weights(gr))
for (name in c("gd", "g0", "gr")) {
  d <- list(gd = gd, g0 = g0, gr = gr)[[name]]
  for (k in 1:6) {
    s <- reformulate(paste0("s", k)); t <- reformulate(paste0("t", k))
    both(sprintf("%s/mean_s%d", name, k), svymean(s, d, na.rm = TRUE))
    both(sprintf("%s/by_unit_s%d", name, k), svyby(s, ~unit, d, svymean, na.rm = TRUE))
    both(sprintf("%s/by_unit_group_s%d", name, k), svyby(s, ~unit + group, d, svymean, na.rm = TRUE))
    for (m in c("logit", "xlogit", "beta", "mean", "asin")) {
      p <- svyby(t, ~unit, d, svyciprop, vartype = c("se", "ci"), method = m, na.rm = TRUE)
      case <- sprintf("%s/t2b_unit_t%d_%s", name, k, m)
      keep(case, "est", coef(p)); keep(case, "ci_l", p$ci_l); keep(case, "ci_u", p$ci_u)
    }
  }
  both(paste0(name, "/by_unit_scale"), svyby(~scale, ~unit, d, svymean, na.rm = TRUE))
  keep(paste0(name, "/by_unit_deff"), "est", sapply(1:6, function(u) deff(svymean(~s1, subset(d, unit == u), na.rm = TRUE, deff = TRUE))))
  keep(paste0(name, "/sub_degf"), "est", sapply(1:6, function(u) degf(subset(d, unit == u))))
}
joint <- svymean(~s1 + s2 + s3, gd, na.rm = TRUE)
both("joint_listwise", joint)
both("composite_w", svycontrast(joint, c(s1 = 0.5, s2 = 0.3, s3 = 0.2)))

L <- read.csv("data/lonely.csv")
plain <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, nest = TRUE, data = L)
finite <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, fpc = ~N, nest = TRUE, data = L)
for (policy in c("fail", "remove", "certainty", "adjust", "average")) {
  for (domain in c(FALSE, TRUE)) for (fpc in c("nofpc", "fpc")) {
    options(survey.lonely.psu = policy, survey.adjust.domain.lonely = domain)
    des <- if (fpc == "fpc") finite else plain
    id <- function(x) paste(policy, if (domain) "domadj" else "nodomadj", fpc, x, sep = "/")
    suppressWarnings({
      attempt(id("mean"), function() svymean(~y + b, des))
      attempt(id("total"), function() svytotal(~y, des))
      attempt(id("ratio"), function() svyratio(~y, ~x, des))
      attempt(id("mean_na"), function() svymean(~y_na, des, na.rm = TRUE))
      attempt(id("by"), function() svyby(~y, ~dom, des, svymean))
      for (level in c("A", "B", "C")) {
        attempt(id(paste0("sub_", level)), function() svymean(~y, subset(des, dom == level)))
        attempt(id(paste0("subtot_", level)), function() svytotal(~y, subset(des, dom == level)))
      }
    })
  }
  attempt(paste0("JKn/", policy), function() svymean(~y, as.svrepdesign(plain, type = "JKn")))
}

options(survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)
scd <- read.csv("data/scd.csv")
ds <- svydesign(data = scd, prob = ~1, id = ~ambulance, strata = ~ESA, nest = TRUE)
supplied <- suppressWarnings(svrepdesign(data = scd, type = "BRR", repweights = as.matrix(read.csv("reps/scd_brr_factors.csv")), combined.weights = FALSE))
three <- function(name, d) {
  if (name %in% c("taylor", "brr")) both(paste0(name, "/mean"), svymean(~alive + arrests, d))
  both(paste0(name, "/ratio"), svyratio(~alive, ~arrests, d))
  both(paste0(name, "/total"), svytotal(~alive + arrests, d))
}
three("taylor", ds); three("brr", supplied)
three("BRR", as.svrepdesign(ds, type = "BRR")); three("JKn", as.svrepdesign(ds, type = "JKn"))
for (rho in c(0.1, 0.3, 0.5)) three(paste0("Fay_", rho), as.svrepdesign(ds, type = "Fay", fay.rho = rho))

write.csv(do.call(rbind, rows), "rerun.csv", row.names = FALSE)
writeLines(c(R.version.string, paste("survey", packageVersion("survey"))), "rerun-versions.txt")
