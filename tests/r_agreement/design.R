# Rscript design.R folder
#   folder/cases.csv    a design for each row; written by design_test.cc, columns explained there
#   folder/NAME.csv     its rows: h1, u1, n1, h2, u2, n2 (stratum, unit, population of each stage), w,
#                       y, x, share, g (domain), cell, cell2 (post-strata); empty: missing
#   folder/results.csv  case, group, figure, value
# First the data sets of survey are written as NAME.csv too. Everything is computed by survey itself
# but where a comment says so.
suppressPackageStartupMessages(library(survey))
folder <- commandArgs(trailingOnly = TRUE)[1]
path <- function(name) file.path(folder, paste0(name, ".csv"))
level <- 0.9

standard <- function(name, ...) {
  columns <- list(...)
  rows <- length(columns$y)
  for (column in c("h1", "u1", "h2", "u2", "g", "cell", "cell2")) {
    if (is.null(columns[[column]])) columns[[column]] <- rep("1", rows)
  }
  for (column in c("n1", "n2", "w", "x", "share")) {
    if (is.null(columns[[column]])) columns[[column]] <- rep(1, rows)
  }
  data <- as.data.frame(columns, stringsAsFactors = FALSE)
  numbers <- sapply(data, is.numeric)
  data[numbers] <- lapply(data[numbers], function(x) format(x, digits = 17, trim = TRUE))
  write.csv(data, path(name), row.names = FALSE, quote = FALSE, na = "")
}

data(api)
schools <- function(name, d, ...) {
  standard(name, y = d$api00, x = d$api99, share = as.numeric(d$sch.wide == "Yes"),
           g = as.character(d$stype), cell = as.character(d$awards),
           cell2 = as.character(d$stype), w = d$pw, ...)
}
schools("apisrs", apisrs, n1 = apisrs$fpc)
schools("apistrat", apistrat, h1 = as.character(apistrat$stype), n1 = apistrat$fpc)
schools("apiclus1", apiclus1, u1 = apiclus1$dnum, n1 = apiclus1$fpc)
schools("apiclus2", apiclus2, u1 = apiclus2$dnum, u2 = apiclus2$snum, n1 = apiclus2$fpc1,
        n2 = apiclus2$fpc2)
schools("apilonely", apiclus1, h1 = apiclus1$dnum)
data(scd)
standard("scd", y = scd$arrests, x = scd$alive, share = as.numeric(scd$alive > 30),
         h1 = scd$ESA, u1 = scd$ambulance)
data(fpc)
standard("fpc_demo", y = fpc$x, x = fpc$Nh, share = as.numeric(fpc$x > 4), h1 = fpc$stratid,
         u1 = fpc$psuid, n1 = fpc$Nh, w = fpc$weight)

read <- function(name) {
  text <- c("h1", "u1", "h2", "u2", "g", "cell", "cell2")
  read.csv(path(name), na.strings = "",
           colClasses = setNames(rep("character", length(text)), text))
}

design_of <- function(case, data) {
  columns <- function(wanted) {
    if (length(wanted) == 0) NULL else reformulate(wanted)
  }
  ids <- if (case$stages == 2) ~u1 + u2 else if (case$clustered) ~u1 else ~1
  strata <- columns(c(if (case$strata >= 1) "h1", if (case$strata >= 2) "h2"))
  fpc <- if (case$fpc) columns(c("n1", if (case$stages == 2) "n2"))
  weights <- if (case$weights) ~w
  d <- suppressWarnings(svydesign(ids = ids, strata = strata, fpc = fpc, weights = weights,
                                  nest = case$nested, data = data))
  # The totals that the test asks for: of cell 100, 200, ...; of cell2 the same sum, the first
  # having a third.
  cells <- sort(unique(data$cell))
  sizes <- 100 * seq_along(cells)
  cells2 <- sort(unique(data$cell2))
  rest <- length(cells2) - 1
  sizes2 <- sum(sizes) * c(1 / 3, rep(2 / 3 / rest, rest))
  if (case$adjusted == "post") {
    d <- postStratify(d, ~cell, data.frame(cell = cells, Freq = sizes))
  }
  if (case$adjusted == "rake") {
    population <- c(sum(sizes), sizes[-1], sizes2[-1])
    names(population) <- c("(Intercept)", paste0("cell", cells[-1]), paste0("cell2", cells2[-1]))
    d <- calibrate(d, ~cell + cell2, population = population, calfun = "raking", epsilon = 1e-11,
                   maxit = 300)
  }
  d
}

results <- list()
keep <- function(case, group, figure, value) {
  results[[length(results) + 1]] <<-
    data.frame(case = case$name, group, figure, value = as.numeric(value))
}

# One statistic of one domain. What survey cannot give for lonely units becomes the figure "error".
figures <- function(case, group, kind, d, compute, error_known = TRUE) {
  # survey divides by n - 1.
  several <- sum(weights(d) > 0) > 1
  m <- tryCatch(suppressWarnings(compute(d, if (several) "replace" else FALSE)), error = function(e) {
    if (!grepl("has only one PSU", conditionMessage(e))) stop(case$name, " ", kind, ": ", e)
  })
  if (is.null(m) || (case$lonely == "average" && is.nan(SE(m)))) {
    keep(case, group, paste0(kind, ":error"), 1)
    return(NULL)
  }
  keep(case, group, paste0(kind, ":value"), coef(m))
  if (!error_known) return(m)
  keep(case, group, paste0(kind, ":variance"), vcov(m))
  if (!several) return(m)
  keep(case, group, paste0(kind, ":deff"), as.numeric(deff(m)))
  if (group == "" && kind %in% c("mean", "total")) {
    m <- suppressWarnings(compute(d, TRUE))
    keep(case, group, paste0(kind, ":deff_finite"), as.numeric(deff(m)))
  }
  m
}

# survey 4.1-1 centres totals of lonely units at 0; 4.5, and its documentation, at the mean of all
# units. For one stage without fpc, by the formula.
adjusted_total <- function(case, data) {
  w <- if (case$weights) data$w else 1
  unit <- if (case$clustered) data$u1 else seq_len(nrow(data))
  totals <- tapply(ifelse(is.na(data$y), 0, w * data$y), unit, sum)
  strata <- tapply(data$h1, unit, function(h) h[1])
  answered <- tapply(!is.na(data$y), unit, any)
  sum(sapply(unique(strata), function(h) {
    t <- totals[strata == h]
    # A lonely unit without an answer is outside the domain, and its stratum with it.
    if (length(t) == 1) answered[strata == h] * (t - mean(totals))^2 else length(t) * var(t)
  }))
}

one_group <- function(case, group, d) {
  y <- subset(d, !is.na(y) & weights(d) > 0)
  share <- subset(d, !is.na(share) & weights(d) > 0)
  adjust <- case$lonely == "adjust"
  if (sum(weights(y) > 0) > 0) {
    figures(case, group, "total", y, function(d, deff) svytotal(~y, d, na.rm = TRUE, deff = deff), !adjust)
    m <- figures(case, group, "mean", y, function(d, deff) svymean(~y, d, na.rm = TRUE, deff = deff))
    keep(case, group, "mean:df", degf(y))
    if (!is.null(m) && degf(y) >= 1) {
      interval <- confint(m, level = level, df = degf(y))
      keep(case, group, "mean:low", interval[1])
      keep(case, group, "mean:high", interval[2])
      if (group %in% c("", "a", "H")) quantiles(case, group, y)
    }
  }
  both <- subset(d, !is.na(y) & !is.na(x) & weights(d) > 0)
  if (sum(weights(both) > 0) > 0) {
    figures(case, group, "ratio", both, function(d, deff) svyratio(~y, ~x, d, na.rm = TRUE, deff = deff))
  }
  if (sum(weights(share) > 0) > 0) {
    m <- figures(case, group, "share", share, function(d, deff) svymean(~share, d, na.rm = TRUE, deff = deff))
    # R has no interval where everybody says the same.
    if (group %in% c("", "a", "H") && !is.null(m) && degf(share) >= 1 && abs(coef(m) - 0.5) < 0.4999 && SE(m) > 1e-9) {
      methods <- if (case$adjusted == "none") c("logit", "beta") else "logit"
      for (method in methods) {
        interval <- attr(suppressWarnings(
          svyciprop(~share, share, method = method, level = level, na.rm = TRUE)), "ci")
        keep(case, group, paste0("share:", method, "_low"), interval[1])
        keep(case, group, paste0("share:", method, "_high"), interval[2])
      }
    }
  }
}

quantiles <- function(case, group, d) {
  probabilities <- c(0.3, 0.5, 0.83)
  # The second smallest answer: below it 4.1-1 errs ("the smallest x with F(x) >= p" is then the
  # smallest, R gives the second).
  answers <- sort(d$variables$y[weights(d) > 0])
  q <- tryCatch(suppressWarnings(svyquantile(~y, d, probabilities, alpha = 1 - level, na.rm = TRUE)[[1]]),
                error = function(e) NULL)
  if (is.null(q)) return()
  for (p in seq_along(probabilities)) {
    name <- paste0("q", probabilities[p], ":")
    if (q[p, 1] <= answers[2]) next
    keep(case, group, paste0(name, "value"), q[p, 1])
    if (is.nan(q[p, 2])) {
      keep(case, group, paste0(name, "no_low"), 1)
    } else if (q[p, 2] > answers[2]) {
      keep(case, group, paste0(name, "low"), q[p, 2])
      if (!is.nan(q[p, 3])) keep(case, group, paste0(name, "se"), q[p, 4])
    }
    if (is.nan(q[p, 3])) {
      keep(case, group, paste0(name, "no_high"), 1)
    } else if (q[p, 3] > answers[2]) {
      keep(case, group, paste0(name, "high"), q[p, 3])
    }
  }
}

# Means of two domains of one sample, by svycontrast over totals that are 0 elsewhere.
difference <- function(case, d) {
  groups <- sort(unique(d$variables$g[weights(d) > 0 & !is.na(d$variables$y)]))[1:2]
  if (anyNA(groups)) return()
  for (i in 1:2) {
    inside <- !is.na(d$variables$g) & d$variables$g == groups[i] & !is.na(d$variables$y)
    d$variables[[paste0("y", i)]] <- ifelse(inside, d$variables$y, 0)
    d$variables[[paste0("d", i)]] <- as.numeric(inside)
  }
  totals <- svytotal(~y1 + d1 + y2 + d2, d)
  value <- svycontrast(totals, quote(y1 / d1 - y2 / d2))
  keep(case, "", "difference:value", coef(value))
  keep(case, "", "difference:variance", vcov(value))
}

cases <- read.csv(path("cases"), colClasses = c(name = "character"))
for (i in seq_len(nrow(cases))) {
  case <- as.list(cases[i, ])
  options(survey.lonely.psu = case$lonely)
  data <- read(case$data)
  d <- design_of(case, data)
  one_group(case, "", d)
  for (group in sort(unique(na.omit(data$g)))) {
    one_group(case, group, subset(d, !is.na(g) & g == group))
  }
  if (case$differences) difference(case, d)
  if (case$lonely == "adjust" && case$stages == 1 && !case$fpc && case$adjusted == "none") {
    keep(case, "", "total:variance", adjusted_total(case, data))
  }
}
results <- do.call(rbind, results)
results$value <- format(results$value, digits = 17, trim = TRUE)
write.csv(results, path("results"), row.names = FALSE, quote = FALSE)
