# Rscript weights.R DIRECTORY
#   reads   strata.csv, pairs.csv   generated samples: stratum, psu, d, sex, age, x1, x2, y, z, q, part
#           known.csv               key, value: totals of the population, bounds
#           boot.csv                bootstrap weights of strata.csv, one column for each replicate
#   writes  apiclus1.csv, apistrat.csv   the data sets of survey that are used here
#           weights.csv             case, row, value: final weights
#           figures.csv             key, value: estimates ("e") and variances ("v")
#           jk.csv                  case, replicate, row, value: replicate weights of jackknives
suppressPackageStartupMessages(library(survey))
data(api)
args <- commandArgs(trailingOnly = TRUE)
at <- function(name) file.path(args[1], name)

known_table <- read.csv(at("known.csv"))
known <- setNames(known_table$value, known_table$key)
total <- function(...) unname(known[c(...)])

figures <- NULL
weights_out <- NULL
jk <- NULL
keep <- function(key, value) {
  figures <<- rbind(figures, data.frame(key, value = as.numeric(value)))
}
estimate <- function(key, s) {
  keep(paste0(key, ":e"), coef(s))
  keep(paste0(key, ":v"), diag(vcov(s)))
}
keep_weights <- function(case, design) {
  w <- weights(design)
  weights_out <<- rbind(weights_out, data.frame(case, row = seq_along(w) - 1, value = as.numeric(w)))
}
figures_of <- function(case, design) {
  estimate(paste0(case, ":total"), svytotal(~y, design))
  estimate(paste0(case, ":mean"), svymean(~y, design))
  estimate(paste0(case, ":missing"), svymean(~q, design, na.rm = TRUE))
  estimate(paste0(case, ":domain"), svymean(~y, subset(design, part == 1)))
  estimate(paste0(case, ":ratio"), svyratio(~y, ~z, design))
}
keep_case <- function(case, design) {
  keep_weights(case, design)
  figures_of(case, design)
}

strict <- list(maxit = 2000, epsilon = 1e-13)
rows <- read.csv(at("strata.csv"), stringsAsFactors = TRUE)
design <- svydesign(id = ~psu, strata = ~stratum, weights = ~d, data = rows, nest = TRUE)
keep_case("none", design)

sexes <- data.frame(sex = c("f", "m"), Freq = total("f", "m"))
ages <- data.frame(age = c("a", "b", "c"), Freq = total("a", "b", "c"))
post <- postStratify(design, ~age, ages)
keep_case("post", post)
keep_weights("rake", rake(design, list(~sex, ~age), list(sexes, ages), control = strict))
margins <- c(`(Intercept)` = total("all"), sexm = total("m"), ageb = total("b"), agec = total("c"))
raked <- calibrate(design, ~ sex + age, margins, calfun = "raking", epsilon = 1e-12, maxit = 500)
keep_case("raking", raked)
numbers <- c(`(Intercept)` = total("all"), x1 = total("x1"), x2 = total("x2"))
formula <- ~ x1 + x2
keep_case("linear", calibrate(design, formula, numbers, calfun = "linear"))
keep_case("exponential",
          calibrate(design, formula, numbers, calfun = "raking", epsilon = 1e-12, maxit = 500))
keep_case("bounded", calibrate(design, formula, numbers, calfun = "linear", epsilon = 1e-12,
                               maxit = 500, bounds = total("lower", "upper")))
keep_case("logit", calibrate(design, formula, numbers, calfun = "logit", epsilon = 1e-12,
                             maxit = 500, bounds = c(0.4, 2.5)))
keep_case("two", calibrate(post, formula, numbers, calfun = "raking", epsilon = 1e-12, maxit = 500))
# One pass, which is all it takes here: strict = TRUE of 4.1-1 hands weight back to the trimmed.
keep_case("trimmed", trimWeights(raked, upper = total("trim")))

# The data sets of survey, whose figures are published.
write.csv(apiclus1[c("dnum", "stype", "pw", "fpc", "api00", "api99", "enroll", "api.stu")],
          at("apiclus1.csv"), row.names = FALSE, quote = FALSE)
write.csv(apistrat[c("stype", "pw", "fpc", "api00", "api99", "enroll", "api.stu")],
          at("apistrat.csv"), row.names = FALSE, quote = FALSE)
schools <- function(case, design) {
  keep_weights(case, design)
  estimate(paste0(case, ":total"), svytotal(~enroll, design))
  estimate(paste0(case, ":mean"), svymean(~api00, design))
}
clus1 <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
types <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
schools("clus1:post", postStratify(clus1, ~stype, types))
totals <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
schools("clus1:linear", calibrate(clus1, ~ stype + api99, totals))
schools("clus1:raking", calibrate(clus1, ~ stype + api99, totals, calfun = "raking",
                                  epsilon = 1e-12, maxit = 500))
schools("clus1:logit", calibrate(clus1, ~ stype + api99, totals, calfun = "logit",
                                 epsilon = 1e-12, maxit = 500, bounds = c(0.7, 1.7)))
schools("clus1:bounded", calibrate(clus1, ~ stype + api99, totals, calfun = "linear",
                                   epsilon = 1e-12, maxit = 500, bounds = c(0.75, 1.7)))
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat, fpc = ~fpc)
schools("strat:linear", calibrate(strat, ~api99, totals[c("(Intercept)", "api99")]))

# Replicates.
jackknife <- function(case, design) {
  w <- weights(design, "analysis")
  for (r in seq_len(ncol(w))) {
    jk <<- rbind(jk, data.frame(case, replicate = r - 1, row = seq_len(nrow(w)) - 1, value = w[, r]))
  }
  estimate(paste0(case, ":mean"), svymean(~api00, design))
  estimate(paste0(case, ":ratio"), svyratio(~api.stu, ~enroll, design))
}
jackknife("JK1", as.svrepdesign(clus1, type = "JK1"))
jackknife("JKn", as.svrepdesign(strat, type = "JKn"))
figures_of("JKn:strata", as.svrepdesign(design, type = "JKn"))
figures_of("JKn:mse", as.svrepdesign(design, type = "JKn", mse = TRUE))

pairs <- svydesign(id = ~psu, strata = ~stratum, weights = ~d, nest = TRUE,
                   data = read.csv(at("pairs.csv"), stringsAsFactors = TRUE))
sylvester <- matrix(1)
while (nrow(sylvester) < 1 + length(unique(pairs$strata[, 1]))) {
  sylvester <- kronecker(matrix(c(1, 1, 1, -1), 2), sylvester)
}
figures_of("BRR", as.svrepdesign(pairs, type = "BRR", hadamard.matrix = sylvester))
figures_of("Fay", as.svrepdesign(pairs, type = "Fay", fay.rho = 0.3, hadamard.matrix = sylvester))
# With R's own matrix, linear statistics must come to the same.
estimate("BRR:own", svytotal(~y, as.svrepdesign(pairs, type = "BRR")))

replicates <- as.matrix(read.csv(at("boot.csv"), header = FALSE))
for (mse in c(FALSE, TRUE)) {
  boot <- svrepdesign(data = rows, weights = ~d, repweights = replicates, type = "other",
                      scale = 1 / (ncol(replicates) - 1), rscales = rep(1, ncol(replicates)),
                      combined.weights = TRUE, mse = mse)
  suffix <- if (mse) ":mse" else ""
  figures_of(paste0("boot", suffix), boot)
  figures_of(paste0("boot:raked", suffix),
             calibrate(boot, ~ sex + age, margins, calfun = "raking", epsilon = 1e-12, maxit = 500,
                       compress = FALSE))
}
figures_of("boot:linear", calibrate(boot, formula, numbers, calfun = "linear", epsilon = 1e-12,
                                    compress = FALSE))

write <- function(table, name) {
  table$value <- format(table$value, digits = 17, trim = TRUE)
  write.csv(table, at(name), row.names = FALSE, quote = FALSE)
}
write(figures, "figures.csv")
write(weights_out, "weights.csv")
write(jk, "jk.csv")
