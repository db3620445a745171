# Rscript examples.R BLOCKS RESULTS
#   BLOCKS    a folder of files 0.R, 1.R, ...: each leaves `estimate` (a statistic of survey, or a
#             list of them), `interval` (its confint(), or a list) and, if it likes, `effect`
#   RESULTS   CSV key,value: "0.estimate.0", the same with se, low, high, deff
suppressPackageStartupMessages(library(survey))
data(api)
data(scd)

args <- commandArgs(trailingOnly = TRUE)
out <- file(args[2], "w")
parts <- function(x) if (identical(class(x), "list")) x else list(x)
put <- function(block, what, values) {
  values <- as.numeric(unlist(values))
  cat(sprintf("%s.%s.%d,%.17g\n", block, what, seq_along(values) - 1, values), file = out, sep = "")
}
for (path in list.files(args[1], pattern = "[.]R$", full.names = TRUE)) {
  scope <- new.env()
  source(path, local = scope)
  block <- sub("[.]R$", "", basename(path))
  put(block, "estimate", lapply(parts(scope$estimate), coef))
  put(block, "se", lapply(parts(scope$estimate), function(x) unlist(SE(x))))
  put(block, "low", lapply(parts(scope$interval), function(x) as.matrix(x)[, 1]))
  put(block, "high", lapply(parts(scope$interval), function(x) as.matrix(x)[, 2]))
  if (!is.null(scope$effect)) put(block, "deff", scope$effect)
}
close(out)
