# Reference results for sizes, power and draws in proportion to size: R's own power.prop.test and power.t.test, and the package
# sampling (Tillé & Matei).
# Run in this folder:  Rscript sizes.R
# Writes results.csv (case, part, row, col, value; 17 significant digits), sizes.csv (the measures of size that lists are drawn by)
# and versions.txt. Parts: given (what the call was given), n (forms of each side, not rounded), power, other (the share of the
# second that is found, or the difference of means); probability, joint, start (the random start), drawn (0 or 1).
suppressPackageStartupMessages(library(sampling))
options(digits = 17)
source("../keep.R")
tight <- 1e-12

for (p1 in c(0.05, 0.3, 0.5, 0.7)) for (delta in c(0.03, 0.1, 0.25)) for (level in c(0.05, 0.1)) for (power in c(0.8, 0.95)) {
  case <- sprintf("share/%g/%g/%g/%g", p1, delta, level, power)
  keep(case, "given", c(p1, p1 + delta, level, power))
  keep(case, "n", power.prop.test(p1 = p1, p2 = p1 + delta, sig.level = level, power = power, tol = tight)$n)
}
for (n in c(20, 150, 1000)) for (p1 in c(0.1, 0.5)) for (delta in c(0.02, 0.08, 0.3)) {
  case <- sprintf("share-power/%g/%g/%g", n, p1, delta)
  keep(case, "given", c(n, p1, p1 + delta))
  keep(case, "power", power.prop.test(n = n, p1 = p1, p2 = p1 + delta)$power)
  keep(case, "other", power.prop.test(n = n, p1 = p1, power = 0.8, tol = tight)$p2)
}
for (delta in c(0.05, 0.1, 0.25, 1.5)) for (sd in c(0.25, 1)) for (level in c(0.05, 0.01)) for (power in c(0.8, 0.9)) {
  case <- sprintf("mean/%g/%g/%g/%g", delta, sd, level, power)
  found <- try(power.t.test(delta = delta, sd = sd, sig.level = level, power = power, tol = tight)$n, silent = TRUE)
  if (inherits(found, "try-error")) next   # fewer than two of each side
  keep(case, "given", c(delta, sd, level, power))
  keep(case, "n", found)
}
for (n in c(2, 5, 20, 150, 1000)) for (delta in c(0.02, 0.1, 0.5, 2)) {
  case <- sprintf("mean-power/%g/%g", n, delta)
  keep(case, "given", c(n, delta))
  keep(case, "power", power.t.test(n = n, delta = delta, sd = 0.5)$power)
  keep(case, "other", power.t.test(n = n, sd = 0.5, power = 0.8, tol = tight)$delta)
}

set.seed(16)
lists <- list(even = rep(1, 12), mild = rgamma(15, 4), uneven = rlnorm(20, 0, 1), towns = round(rlnorm(40, 6, 1.5)), two = c(5, 1, 1, 3, 2))
sizes <- list()
for (name in names(lists)) for (n in c(2, 4, 7, 12)) {
  x <- lists[[name]]
  if (n >= length(x)) next
  case <- sprintf("pps/%s/%d", name, n)
  pik <- inclusionprobabilities(x, n)
  keep(case, "probability", pik)
  inside <- pik < 1
  joint <- try(UPsampfordpi2(pik[inside]), silent = TRUE)   # the function knows no certain elements
  if (!inherits(joint, "try-error")) keep(case, "joint", joint)
  for (draw in 1:3) {
    set.seed(draw); u <- runif(1, 0, 1)
    set.seed(draw); keep(case, paste0("drawn", draw), UPsystematic(pik)); keep(case, paste0("start", draw), u)
  }
}
for (name in names(lists)) sizes[[name]] <- data.frame(list = name, size = sprintf("%.17g", lists[[name]]))
write.csv(do.call(rbind, sizes), "sizes.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, rows), "results.csv", row.names = FALSE, quote = FALSE)
writeLines(c(R.version.string, paste("sampling", packageVersion("sampling"))), "versions.txt")
