# Rscript estimates_bench.R DATA.csv RESULTS.csv
#   DATA.csv     unit, w, N, q1.. (steps 1..5, empty: no answer)
#   prints       "errors SECONDS": survey alone, without reading the file
#   RESULTS.csv  unit, item, share, se
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust")
args <- commandArgs(trailingOnly = TRUE)
rows <- read.csv(args[1])
items <- grep("^q", names(rows), value = TRUE)
for (item in items) rows[[item]] <- as.numeric(rows[[item]] >= 4)
results <- NULL
elapsed <- system.time({
  design <- svydesign(id = ~1, strata = ~unit, weights = ~w, fpc = ~N, data = rows)
  for (item in items) {
    by <- svyby(reformulate(item), ~unit, design, svymean, na.rm = TRUE)
    results <- rbind(results, data.frame(unit = by$unit, item = item, share = by[[item]],
                                         se = as.numeric(SE(by))))
  }
})["elapsed"]
cat("errors", elapsed, "\n")
write.csv(format(results, digits = 17), args[2], row.names = FALSE, quote = FALSE)
