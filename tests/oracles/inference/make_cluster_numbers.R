# Numbers of clubSandwich for panel.csv: Rscript make_cluster_numbers.R > clubsandwich.csv
library(clubSandwich)
d <- read.csv("panel.csv")
fit <- lm(y ~ treated + post + effect + x, data = d)
cat("type,coefficient,value,error,df\n")
for (type in c("CR1S", "CR2", "CR3")) {
  v <- vcovCR(fit, cluster = d$cluster, type = type)
  test <- coef_test(fit, vcov = v, test = "Satterthwaite")
  for (name in c("effect", "x"))
    cat(sprintf("%s,%s,%.10f,%.10f,%.6f\n", type, name, coef(fit)[name], sqrt(v[name, name]), test$df[rownames(vcov(fit)) == name]))
}
