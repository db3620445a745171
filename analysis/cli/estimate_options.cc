#include "analysis/cli/estimate_options.h"

#include <algorithm>
#include <charconv>

#include "analysis/cli/sample_file.h"
#include "base/status.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

using base::Cat;
using tabulate::QuestionKind;

absl::Status Bad(const std::string& message) { return absl::InvalidArgumentError(message); }

// Parts at `separator`, but not behind a backslash; backslashes stay.
std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator) {
      parts.emplace_back();
      continue;
    }
    parts.back().push_back(text[i]);
    if (text[i] == '\\' && i + 1 < text.size()) parts.back().push_back(text[++i]);
  }
  return parts;
}

// Takes the backslashes off: a name as columns and levels are compared.
std::string Name(std::string_view text) {
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    name.push_back(text[i]);
  }
  return ToNfc(name);
}

absl::StatusOr<Asked> ReadOne(QuestionKind kind, std::string_view option, std::string_view item) {
  Asked asked{.kind = kind, .column = "", .denominator = "", .levels = {}};
  const auto parts_at = [&](char separator,
                            size_t most) -> absl::StatusOr<std::vector<std::string>> {
    std::vector<std::string> parts = Split(item, separator);
    const bool empty = std::ranges::any_of(parts, [](const std::string& p) { return p.empty(); });
    if (parts.size() <= most && !empty) return parts;
    return Bad(Cat(option, ": \"", item, "\" is not understood; see hailong estimate --help"));
  };
  if (kind == QuestionKind::kRatio) {
    ASSIGN_OR_RETURN(const auto parts, parts_at('/', 2));
    if (parts.size() != 2) {
      return Bad(Cat(option, ": \"", item, "\"; allowed: numerator/denominator"));
    }
    asked.column = Name(parts[0]);
    asked.denominator = Name(parts[1]);
  } else if (kind == QuestionKind::kQuantile) {
    ASSIGN_OR_RETURN(const auto parts, parts_at(':', 2));
    const absl::StatusOr<double> probability =
        ReadNumber(parts.size() == 2 ? parts[1] : std::string());
    if (!probability.ok() || !(*probability > 0 && *probability < 1)) {
      return Bad(Cat(option, ": \"", item, "\"; allowed: column:probability, as age:0.5"));
    }
    asked.column = Name(parts[0]);
    asked.probability = *probability;
  } else if (kind == QuestionKind::kShare) {
    ASSIGN_OR_RETURN(const auto parts, parts_at('=', 2));
    asked.column = Name(parts[0]);
    if (parts.size() == 2) {
      for (const std::string& level : Split(parts[1], '+')) {
        if (level.empty()) return Bad(Cat(option, ": \"", item, "\" names an empty level"));
        asked.levels.push_back(Name(level));
      }
    }
  } else {
    asked.column = Name(item);
    if (asked.column.empty()) return Bad(Cat(option, ": an empty name in the list"));
  }
  return asked;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ReadNames(std::string_view option, std::string_view text,
                                                   bool may_be_empty) {
  std::vector<std::string> names;
  if (text.empty()) return names;
  for (const std::string& part : Split(text, ',')) {
    if (part.empty() && !may_be_empty) return Bad(Cat(option, ": an empty name in the list"));
    names.push_back(Name(part));
  }
  return names;
}

absl::StatusOr<std::vector<Asked>> ReadAsked(const EstimateOptions& options) {
  struct Group {
    QuestionKind kind;
    std::string_view option;
    const std::vector<std::string>* lists;
  };
  const Group groups[] = {{QuestionKind::kMean, "--mean", &options.mean},
                          {QuestionKind::kTotal, "--total", &options.total},
                          {QuestionKind::kShare, "--proportion", &options.proportion},
                          {QuestionKind::kRatio, "--ratio", &options.ratio},
                          {QuestionKind::kQuantile, "--quantile", &options.quantile}};
  std::vector<Asked> asked;
  for (const Group& group : groups) {
    for (const std::string& list : *group.lists) {
      for (const std::string& item : Split(list, ',')) {
        ASSIGN_OR_RETURN(Asked one, ReadOne(group.kind, group.option, item));
        asked.push_back(std::move(one));
      }
    }
  }
  if (asked.empty()) {
    return Bad("nothing to estimate; give --mean, --total, --proportion, --ratio or --quantile");
  }
  return asked;
}

absl::StatusOr<std::optional<replicate::Method>> ReadMethod(const std::string& text,
                                                            uint64_t seed) {
  using Result = std::optional<replicate::Method>;
  if (text.empty()) return Result();
  if (text == "jk1") return Result(replicate::Jackknife1{});
  if (text == "jkn") return Result(replicate::JackknifeN{});
  if (text == "brr") return Result(replicate::BalancedHalves{});
  const size_t colon = text.find(':');
  const std::string word = text.substr(0, colon);
  const std::string number = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (word == "fay") {
    const absl::StatusOr<double> rho = ReadNumber(number);
    if (rho.ok() && *rho > 0 && *rho < 1) return Result(replicate::BalancedHalves{.rho = *rho});
    return Bad(Cat("--replicates ", text, ": allowed: fay:RHO with RHO above 0 and below 1"));
  }
  if (word == "bootstrap" || word == "bootstrap-fpc") {
    constexpr uint32_t kReplicatesMax = 100'000;
    uint32_t replicates = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), replicates);
    if (error == std::errc() && end == number.data() + number.size() && replicates >= 2 &&
        replicates <= kReplicatesMax) {
      return Result(replicate::Bootstrap{
          .replicates = replicates, .seed = seed, .finite_population = word == "bootstrap-fpc"});
    }
    return Bad(Cat("--replicates ", text, ": allowed: ", word, ":COUNT with COUNT in 2..",
                   kReplicatesMax));
  }
  return Bad(Cat("--replicates ", text,
                 ": allowed: jk1, jkn, brr, fay:RHO, bootstrap:COUNT, bootstrap-fpc:COUNT"));
}

absl::StatusOr<std::pair<std::optional<double>, std::optional<double>>> ReadBounds(
    std::string_view option, std::string_view text) {
  const auto bad = [&] {
    return Bad(Cat(option, " ", text, ": allowed: LOWER,UPPER, where one may be left empty"));
  };
  const std::vector<std::string> parts = Split(text, ',');
  if (parts.size() != 2 || (parts[0].empty() && parts[1].empty())) return bad();
  std::optional<double> bounds[2];
  for (size_t i = 0; i < 2; ++i) {
    if (parts[i].empty()) continue;
    const absl::StatusOr<double> number = ReadNumber(parts[i]);
    if (!number.ok()) return bad();
    bounds[i] = *number;
  }
  return std::pair(bounds[0], bounds[1]);
}

absl::StatusOr<NonResponseOption> ReadNonResponse(std::string_view text) {
  const std::vector<std::string> parts = Split(text, ':');
  if (parts.size() > 2 || parts[0].empty() || (parts.size() == 2 && parts[1].empty())) {
    return Bad(Cat("--nonresponse ", text, ": allowed: COLUMN or COLUMN:CELL,CELL"));
  }
  NonResponseOption option{.responded = Name(parts[0]), .cells = {}};
  if (parts.size() == 2) {
    ASSIGN_OR_RETURN(option.cells, ReadNames("--nonresponse", parts[1], false));
  }
  return option;
}

}  // namespace hailong::cli
