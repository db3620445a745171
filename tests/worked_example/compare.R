# Counts the ratings by department and holds `hailong units --format json` against it: n, share of 4 and 5, and its
# standard error as R's survey gives it for a simple random sample without finite population.
suppressMessages(library(survey))
library(jsonlite)
arguments <- commandArgs(trailingOnly = TRUE)
ratings <- read.csv(arguments[1])
ratings$satisfied <- as.numeric(ratings$rating >= 4)
found <- fromJSON(arguments[2], simplifyVector = FALSE)$units
departments <- sort(unique(ratings$department))
stopifnot("as many units as departments" = length(found) == length(departments))
for (unit in found) {
  department <- as.integer(sub("dept-", "", unit$unit_id, fixed = TRUE))
  rows <- ratings[ratings$department == department, ]
  share <- svymean(~satisfied, svydesign(ids = ~1, data = rows, weights = ~rep(1, nrow(rows))))
  wanted <- c(n = nrow(rows), share = 100 * coef(share)[[1]], se = 100 * SE(share)[[1]])
  got <- c(n = as.numeric(unit$responses), share = unit$overall$value,
           se = unit$overall$standard_error)
  if (any(abs(got - wanted) > 1e-9 * abs(wanted))) {
    stop(sprintf("%s: found %s, wanted %s", unit$unit_id, toString(got), toString(wanted)))
  }
  item <- unit$components[[1]]
  stopifnot("the mean differs" = abs(item$mean_score$value - mean(rows$rating)) < 1e-9)
  cat(sprintf("%-8s n %5d  share of 4-5 %8.4f  SE %.4f  mean %.6f: equal\n",
              unit$unit_id, nrow(rows), wanted[["share"]], wanted[["se"]], mean(rows$rating)))
}
