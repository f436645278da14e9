# Shares of rejected forms of one interviewer against those of the others, within kinds of forms: exact tests of R's stats.
# Run in this folder: Rscript rejected.R
strata <- read.csv("strata.csv")
lines <- lapply(split(strata, strata$case), function(one) {
  tables <- array(
    with(one, rbind(own_rejected, own - own_rejected, rejected - own_rejected, forms - rejected - own + own_rejected)),
    dim = c(2, 2, nrow(one))
  )
  p <- if (nrow(one) == 1) fisher.test(tables[, , 1])$p.value else mantelhaen.test(tables, exact = TRUE)$p.value
  data.frame(case = one$case[1], p_value = sprintf("%.15g", p))
})
write.csv(do.call(rbind, lines), "results.csv", row.names = FALSE, quote = FALSE)
holm <- p.adjust(c(0.01, 0.04, 0.03, 0.5, 0.002), "holm")
writeLines(sprintf("%.15g", holm), "holm.txt")
writeLines(c(R.version.string, R.version$platform), "versions.txt")
