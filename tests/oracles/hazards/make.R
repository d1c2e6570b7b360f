# Numbers from R for tests/test_hazards.py: Rscript make.R, in this folder. Needs survival (Debian: r-cran-survival).
suppressMessages(library(survival))
rows <- list()
put <- function(data, what, value) rows[[length(rows) + 1]] <<- data.frame(data, what, value)
treated <- list(injury = c("ky high", "mi high"), recid = c("4", "5"), rossi = c("3", "4"))

for (name in names(treated)) {
  counted <- read.csv(paste0(name, ".csv"))
  all <- counted[rep(seq_len(nrow(counted)), counted$n), ]
  all$unit <- as.character(all$unit)
  all$mark <- as.integer(all$unit %in% treated[[name]] & all$period == 1)
  cox <- function(of) coxph(Surv(weeks, out) ~ mark + factor(unit) + factor(period), of, ties = "breslow",
                            control = coxph.control(eps = 1e-12))
  whole <- cox(all)
  put(name, "cox", coef(whole)[["mark"]])
  for (one in sort(unique(all$unit))) {
    left <- all[all$unit != one, ]
    put(name, paste0("without:", one), coef(cox(left))[["mark"]])
  }
  # Person-weeks: piecewise exponential with pieces of a week, and Poisson on the risk table.
  weeks <- survSplit(Surv(weeks, out) ~ ., all, cut = seq_len(max(all$weeks)), start = "from")
  weeks$one <- weeks$weeks - weeks$from
  seen <- tapply(weeks$out, weeks$weeks, sum)
  weeks <- weeks[weeks$weeks %in% names(seen)[seen > 0], ]
  grouped <- aggregate(cbind(out, one) ~ unit + period + weeks + mark, weeks, sum)
  poisson <- glm(out ~ mark + factor(unit) + factor(period) + factor(weeks) + offset(log(one)), "poisson", grouped,
                 control = glm.control(epsilon = 1e-14, maxit = 100))
  put(name, "poisson", coef(poisson)[["mark"]])
  put(name, "poisson_se", sqrt(vcov(poisson)[["mark", "mark"]]))
  exponential <- survreg(Surv(one, out) ~ mark + factor(unit) + factor(period) + factor(weeks), weeks,
                         dist = "exponential", control = survreg.control(rel.tolerance = 1e-12, maxiter = 100))
  put(name, "survreg", -coef(exponential)[["mark"]])
  for (piece in list(c(1, 4), c(5, 26))) {
    part <- grouped[grouped$weeks >= piece[1] & grouped$weeks <= piece[2], ]
    fit <- glm(out ~ mark + factor(unit) + factor(period) + factor(weeks) + offset(log(one)), "poisson", part,
               control = glm.control(epsilon = 1e-14, maxit = 100))
    put(name, paste0("piece:", piece[1], "-", piece[2]), coef(fit)[["mark"]])
  }
}
table <- do.call(rbind, rows)
table$value <- format(table$value, digits = 17, trim = TRUE)
write.csv(table, "expected.csv", row.names = FALSE, quote = FALSE)
cat("R", as.character(getRversion()), "survival", as.character(packageVersion("survival")), "\n", file = "versions.txt")
