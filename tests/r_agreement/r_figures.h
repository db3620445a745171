// Scores beside what R's survey says of the same rows: R is run, its figures are read, and each is
// asked for once.
#pragma once

#include <map>
#include <set>
#include <string>

#include "analysis/estimate/estimate.h"

namespace hailong::index {

struct RFigure {
  double estimate = 0;
  double se = 0;
  // NaN: not asked for.
  double deff = 0;
};

class RFigures {
 public:
  // Runs Rscript with `arguments`, after which R's figures stand in the file `results`, below a
  // heading: key, estimate, se, deff.
  void Run(const std::string& arguments, const std::string& results);

  bool empty() const { return figures_.empty(); }
  // R's own figure. Fails the test if there is none.
  RFigure Ask(const std::string& key);
  // Fails the test unless ours is R's: to 1e-9 of an estimate, of a standard error and of a design
  // effect. A lone respondent has no standard error here and 0 in R.
  void Compare(const std::string& key, const estimate::Estimate& ours);
  // Fails the test if a figure of R was compared with nothing.
  void ExpectAllAsked() const;

 private:
  std::map<std::string, RFigure> figures_;
  std::set<std::string> asked_;
};

}  // namespace hailong::index
