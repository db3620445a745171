#include "tests/r_agreement/r_figures.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

namespace hailong::index {

void RFigures::Run(const std::string& arguments, const std::string& results) {
  const std::string command = "Rscript --vanilla " + arguments;
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  EXPECT_NE(code, 127) << "Rscript is not on the PATH; install r-base-core and r-cran-survey";
  ASSERT_EQ(code, 0) << command;
  std::ifstream in(results);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string key, estimate, se, deff;
    std::getline(fields, key, ',');
    std::getline(fields, estimate, ',');
    std::getline(fields, se, ',');
    std::getline(fields, deff, ',');
    figures_[key] = {std::atof(estimate.c_str()), std::atof(se.c_str()),
                     deff == "NA" ? NAN : std::atof(deff.c_str())};
  }
}

RFigure RFigures::Ask(const std::string& key) {
  asked_.insert(key);
  const auto found = figures_.find(key);
  if (found != figures_.end()) return found->second;
  ADD_FAILURE() << "R has no " << key;
  return {};
}

void RFigures::Compare(const std::string& key, const estimate::Estimate& ours) {
  SCOPED_TRACE(key);
  const RFigure theirs = Ask(key);
  ASSERT_TRUE(ours.defined);
  EXPECT_LE(std::abs(ours.value - theirs.estimate), 1e-9 * std::abs(theirs.estimate))
      << ours.value << ", R " << theirs.estimate;
  if (!ours.standard_error.has_value()) {
    // The one place where we say less than R.
    EXPECT_EQ(ours.n, 1u);
    return;
  }
  // Held as variances: one that is zero in theory is rounding noise in R, of either sign (its root
  // is then NaN), as large as the machine precision of the squared figures it is summed of.
  const double variance = std::isnan(theirs.se) ? 0 : theirs.se * theirs.se;
  const double noise =
      std::numeric_limits<double>::epsilon() * std::max(1.0, theirs.estimate * theirs.estimate);
  EXPECT_LE(std::abs(*ours.standard_error * *ours.standard_error - variance),
            std::max(2e-9 * variance, noise))
      << "standard error " << *ours.standard_error << ", R " << theirs.se;
  if (std::isnan(theirs.deff)) return;
  ASSERT_TRUE(ours.design_effect.has_value());
  EXPECT_LE(std::abs(*ours.design_effect - theirs.deff), 2e-9 * theirs.deff)
      << *ours.design_effect << ", R " << theirs.deff;
  EXPECT_DOUBLE_EQ(*ours.n_effective, static_cast<double>(ours.n) / *ours.design_effect);
}

void RFigures::ExpectAllAsked() const {
  for (const auto& [key, figure] : figures_) {
    EXPECT_TRUE(asked_.contains(key)) << "R's " << key << " was compared with nothing";
  }
}

}  // namespace hailong::index
