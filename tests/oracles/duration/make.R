# Numbers from R for tests/test_duration.py: Rscript make.R, in this folder.
# Needs the packages survival, etm and cmprsk (Debian: r-cran-survival, r-cran-etm, r-cran-cmprsk).
suppressMessages({library(survival); library(etm); library(cmprsk)})
rows <- list()
put <- function(data, cell, what, week, value)
  rows[[length(rows) + 1]] <<- data.frame(data, cell, what, week, value)
spells <- function(name, cell, enter, weeks, exit)
  write.csv(data.frame(cell, enter, weeks, exit), paste0(name, ".csv"), row.names = FALSE, quote = FALSE, na = "")

km <- function(name, cell, enter, weeks, out, at, horizon) {
  for (one in sort(unique(as.character(cell)))) {
    mine <- cell == one
    fit <- if (all(enter == 0)) survfit(Surv(weeks[mine], out[mine]) ~ 1)
           else survfit(Surv(enter[mine], weeks[mine], out[mine]) ~ 1)
    at_weeks <- summary(fit, times = at[at <= max(weeks[mine])])
    put(name, one, "surviving", at_weeks$time, at_weeks$surv)
    put(name, one, "surviving_se", at_weeks$time, at_weeks$std.err)
    means <- summary(fit, rmean = horizon)$table
    put(name, one, "weeks_in", horizon, means[["rmean"]])
    put(name, one, "weeks_in_se", horizon, means[["se(rmean)"]])
    put(name, one, "median", NA, means[["median"]])
  }
}

# Times are taken for weeks, whatever their unit was.
spells("veteran", veteran$celltype, 0, veteran$time, ifelse(veteran$status == 1, "death", ""))
km("veteran", veteran$celltype, 0 * veteran$time, veteran$time, veteran$status, c(10, 30, 52, 100, 150, 300), 150)

known <- lung[order(lung$sex, lung$time), ]
enter <- floor(known$time / 3) * (seq_len(nrow(known)) %% 2)
enter[enter < 40] <- 0
spells("lung", known$sex, enter, known$time, ifelse(known$status == 2, "death", ""))
km("lung", known$sex, enter, known$time, as.integer(known$status == 2), c(13, 60, 150, 300, 500), 500)

# Competing exits: progression (pcm) or death before it; months taken for weeks.
weeks <- pmax(1, with(mgus2, ifelse(pstat == 0, futime, ptime)))
exit <- with(mgus2, factor(ifelse(pstat == 0, 2 * death, 1), 0:2, c("", "pcm", "death")))
spells("mgus2", mgus2$sex, 0, weeks, exit)
for (one in c("F", "M")) {
  mine <- mgus2$sex == one
  fit <- survfit(Surv(weeks[mine], exit[mine]) ~ 1)
  at <- summary(fit, times = c(26, 52, 104, 200, 300))
  means <- summary(fit, rmean = 104)$table
  influence <- residuals(fit, times = 104, type = "auc")  # of each person on the weeks in each state
  theirs <- cuminc(weeks[mine], as.integer(exit[mine]) - 1)
  for (way in 2:3) {
    put("mgus2", one, paste0("out:", levels(exit)[way]), at$time, at$pstate[, way])
    put("mgus2", one, paste0("out_se:", levels(exit)[way]), at$time, at$std.err[, way])
    put("mgus2", one, paste0("weeks_lost:", levels(exit)[way]), 104, means[way, "rmean"])
    put("mgus2", one, paste0("weeks_lost_se:", levels(exit)[way]), 104, sqrt(sum(influence[, way]^2)))
    there <- timepoints(theirs, c(26, 52, 104, 200, 300))
    put("mgus2", one, paste0("cmprsk:", levels(exit)[way]), c(26, 52, 104, 200, 300), there$est[way - 1, ])
    put("mgus2", one, paste0("cmprsk_se:", levels(exit)[way]), c(26, 52, 104, 200, 300), sqrt(there$var[way - 1, ]))
  }
}

# The same with late entry, where etm has Aalen and Johansen's variance of Greenwood's type.
enter <- floor(weeks / 4) * (seq_along(weeks) %% 3 == 0)
enter[enter < 5] <- 0
spells("mgus2_late", mgus2$sex, enter, weeks, exit)
for (one in c("F", "M")) {
  mine <- mgus2$sex == one
  frame <- data.frame(id = which(mine), from = 0, to = ifelse(exit[mine] == "", "cens", as.integer(exit[mine]) - 1),
                      entry = enter[mine], exit = weeks[mine])
  allowed <- matrix(FALSE, 3, 3); allowed[1, 2:3] <- TRUE
  fit <- etm(frame, c("0", "1", "2"), allowed, "cens", s = 0)
  for (way in 1:2) {
    path <- paste("0", way)
    at <- c(26, 52, 104, 200, 300)
    found <- summary(fit)[[path]]
    place <- findInterval(at, found$time)
    put("mgus2_late", one, paste0("out:", levels(exit)[way + 1]), at, found$P[place])
    put("mgus2_late", one, paste0("out_se:", levels(exit)[way + 1]), at, sqrt(found$var[place]))
  }
}

# Days taken for weeks, and a horizon of five years.
death <- colon[colon$etype == 2, ]
spells("colon", death$rx, 0, death$time, ifelse(death$status == 1, "death", ""))
km("colon", death$rx, 0 * death$time, death$time, death$status, c(180, 365, 1000, 1825, 2500), 1825)

# The example of survRM2's vignette: ten years of the primary biliary cirrhosis trial, in days.
randomised <- pbc[1:312, ]
dead <- as.integer(randomised$status == 2)
spells("pbc", randomised$trt, 0, randomised$time, ifelse(dead == 1, "death", ""))
km("pbc", randomised$trt, 0 * randomised$time, randomised$time, dead, c(1000, 2000, 3000), 3652)

table <- do.call(rbind, rows)
table$value <- format(table$value, digits = 17, trim = TRUE)
write.csv(table, "expected.csv", row.names = FALSE, quote = FALSE, na = "")
cat("R", as.character(getRversion()), "survival", as.character(packageVersion("survival")),
    "etm", as.character(packageVersion("etm")), "cmprsk", as.character(packageVersion("cmprsk")), "\n",
    file = "versions.txt")
