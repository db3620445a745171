// What a result rests on and what it does not cover, in words.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analysis/report/improvement.h"
#include "analysis/report/report.h"

namespace hailong::report {
namespace {

// Names of one list that are written out; the rest is a number.
constexpr size_t kNamesMax = 20;
constexpr size_t kComponentsNamedMax = 3;

const char* GradeWords(v1::Grade grade) {
  switch (grade) {
    case v1::GRADE_VERIFIED_PRACTICE:
      return "what a public application does, not law";
    case v1::GRADE_INFERRED:
      return "inferred";
    default:
      return "unverified";
  }
}

const char* ScoringWords(v1::Scoring scoring) {
  switch (scoring) {
    case v1::SCORING_TOP2:
      return "the share of the two best steps";
    case v1::SCORING_MEAN_OF_MAXIMUM:
      return "the mean as a part of the highest step";
    case v1::SCORING_MEAN_OF_RANGE:
      return "the mean as a part of the way from the lowest to the highest step";
    case v1::SCORING_OPTION_WEIGHTS:
      return "option weights";
    default:
      return "no strategy";
  }
}

const char* CompositionWords(v1::Composition composition) {
  switch (composition) {
    case v1::COMPOSITION_MEAN_OF_ITEMS:
      return "the plain mean of the items below";
    case v1::COMPOSITION_POOLED_ANSWERS:
      return "all answers below pooled";
    case v1::COMPOSITION_MEAN_OF_CHILDREN:
      return "the plain mean of the components directly below";
    case v1::COMPOSITION_POINTS:
      return "the items below weighted by their points";
    default:
      return "no strategy";
  }
}

// One sentence for each fact and source that is not verified.
class Facts {
 public:
  explicit Facts(std::string framework_id) : framework_id_(std::move(framework_id)) {}

  void Add(const std::string& about, const v1::Provenance& provenance) {
    if (provenance.grade() == v1::GRADE_VERIFIED) return;
    v1::Provenance& fact = facts_.emplace_back();
    fact.set_source(provenance.source());
    const bool given = provenance.grade() != v1::GRADE_UNSPECIFIED;
    fact.set_grade(given ? provenance.grade() : v1::GRADE_UNVERIFIED);
    fact.set_note(absl::StrCat(framework_id_, ": ", about, ": ", GradeWords(fact.grade()),
                               provenance.note().empty() ? "" : "; ", provenance.note()));
  }

  // A strategy that the asker chose instead of the framework's.
  void AddChoice(const std::string& about) {
    v1::Provenance chosen;
    chosen.set_source("the request");
    chosen.set_grade(v1::GRADE_UNVERIFIED);
    chosen.set_note("chosen in the request, not by the framework");
    Add(about, chosen);
  }

  // The same fact about several components becomes one sentence.
  template <typename Member>
  void AddOfComponents(const index::Framework& framework, const std::string& about, Member member) {
    AddOf(
        framework.proto().components(), about,
        [](const v1::Component& component) { return component.component_id(); }, member);
  }

  // The same of anything with an id.
  template <typename Things, typename Id, typename Member>
  void AddOf(const Things& things, const std::string& about, Id id, Member member) {
    struct Shared {
      v1::Provenance provenance;
      std::vector<std::string> ids;
    };
    std::vector<Shared> all;
    for (const auto& thing : things) {
      const v1::Provenance* provenance = member(thing);
      if (provenance == nullptr) continue;
      const auto same = std::find_if(all.begin(), all.end(), [&](const Shared& shared) {
        return shared.provenance.source() == provenance->source() &&
               shared.provenance.grade() == provenance->grade() &&
               shared.provenance.note() == provenance->note();
      });
      Shared& shared = same == all.end() ? all.emplace_back(Shared{*provenance, {}}) : *same;
      shared.ids.push_back(id(thing));
    }
    for (const Shared& shared : all) {
      const size_t count = shared.ids.size();
      const size_t named = std::min(count, kComponentsNamedMax);
      std::string named_ids = absl::StrJoin(
          shared.ids.begin(), shared.ids.begin() + static_cast<std::ptrdiff_t>(named), ", ");
      if (named < count) absl::StrAppend(&named_ids, " and ", count - named, " more");
      Add(absl::StrCat(about, " ", named_ids), shared.provenance);
    }
  }

  std::vector<v1::Provenance> Take() { return std::move(facts_); }

 private:
  std::string framework_id_;
  std::vector<v1::Provenance> facts_;
};

// The names of the units with an issue; empty: none has it.
std::string NamesOf(const weighting::Report& weighting, std::span<const UnitLabel> units,
                    weighting::Issue issue, const char* more) {
  std::vector<std::string> names;
  for (const weighting::UnitReport& unit : weighting.issues) {
    if (unit.issue != issue) continue;
    names.push_back(unit.unit < units.size() ? units[unit.unit].name : "?");
  }
  const size_t named = std::min(names.size(), kNamesMax);
  std::string text =
      absl::StrJoin(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(named), ", ");
  if (named < names.size()) absl::StrAppend(&text, " +", names.size() - named, " ", more);
  return text;
}

// Channels through which people answer of their own accord.
bool IsOptIn(size_t channel) {
  return channel == v1::CHANNEL_KIOSK || channel == v1::CHANNEL_ZALO || channel == v1::CHANNEL_WEB;
}

// How the responses were collected, and what the interval says then.
v1::LocalizedText CollectionSentences(const Coverage& coverage) {
  uint64_t opt_in = 0;
  uint64_t others = 0;
  for (size_t channel = 0; channel < coverage.by_channel.size(); ++channel) {
    (IsOptIn(channel) ? opt_in : others) += coverage.by_channel[channel];
  }
  const std::string level = absl::StrCat(100 * coverage.confidence, "%");
  v1::LocalizedText text;
  if (others == 0) {
    text.set_vi(absl::StrCat(
        "Phiếu do người dân tự nguyện trả lời, không phải mẫu xác suất. Khoảng tin cậy ", level,
        " chỉ nói về biến động ngẫu nhiên giữa những người trả lời của các đơn vị có phiếu; không "
        "nói về sai lệch do người trả lời tự chọn tham gia."));
    text.set_en(absl::StrCat("Responses are opt-in and not a probability sample. The ", level,
                             " interval covers random variation between respondents of the units "
                             "that answered; it does not cover self-selection."));
    return text;
  }
  std::string vi;
  std::string en;
  if (opt_in > 0) {
    vi = absl::StrCat(opt_in,
                      " phiếu do người dân tự nguyện trả lời (kiosk, Zalo, web), không "
                      "phải mẫu xác suất. ");
    en = absl::StrCat(opt_in,
                      " responses are opt-in (kiosk, Zalo, web) and not a probability "
                      "sample. ");
  }
  absl::StrAppend(&vi, others,
                  " phiếu giấy hoặc chuyển từ hệ thống khác; không rõ người trả lời được chọn thế "
                  "nào. Khoảng tin cậy ",
                  level,
                  " nói về sai số chọn mẫu chỉ khi người trả lời được chọn ngẫu nhiên trong từng "
                  "đơn vị; không nói về sai lệch do không trả lời, do tự chọn tham gia hay do cách "
                  "phỏng vấn.");
  absl::StrAppend(&en, others,
                  " responses are on paper or from another system; how their respondents were "
                  "chosen is not known. The ",
                  level,
                  " interval covers sampling error only if respondents were drawn at random within "
                  "each unit; it does not cover non-response, self-selection or the way people "
                  "were asked.");
  text.set_vi(std::move(vi));
  text.set_en(std::move(en));
  return text;
}

// A sentence about the units with an issue, if there are any.
struct Sentence {
  weighting::Issue issue;
  const char* vi;
  const char* en;
};

}  // namespace

std::vector<v1::Provenance> Unverified(const index::Framework& framework, v1::Scoring scoring,
                                       v1::Composition composition) {
  const v1::IndexFramework& proto = framework.proto();
  Facts facts(proto.framework_id());
  const std::string scoring_is = absl::StrCat("items are scored by ", ScoringWords(scoring));
  if (scoring == proto.scoring()) {
    facts.Add(scoring_is, proto.scoring_provenance());
  } else {
    facts.AddChoice(scoring_is);
  }
  if (scoring == v1::SCORING_OPTION_WEIGHTS) {
    facts.Add(absl::StrCat("the weights of the options (",
                           absl::StrJoin(proto.option_weights(), ", "), ")"),
              proto.option_weights_provenance());
  }
  const std::string composition_is =
      absl::StrCat("components are made by ", CompositionWords(composition));
  if (composition == proto.composition()) {
    facts.Add(composition_is, proto.composition_provenance());
  } else {
    facts.AddChoice(composition_is);
  }
  if (composition == v1::COMPOSITION_POINTS) {
    facts.Add(absl::StrCat("the sum of points (", proto.max_points(), ")"),
              proto.max_points_provenance());
    facts.AddOfComponents(framework, "the points of", [](const v1::Component& component) {
      return component.max_points() > 0 ? &component.max_points_provenance() : nullptr;
    });
  }
  facts.AddOfComponents(framework, "the place and wording of",
                        [](const v1::Component& component) { return &component.provenance(); });
  return facts.Take();
}

std::vector<v1::Provenance> UnverifiedExpectations(const index::Framework& framework) {
  const v1::IndexFramework& proto = framework.proto();
  if (proto.expectations().empty()) return {};
  Facts facts(proto.framework_id());
  facts.Add(absl::StrCat("expectations are scored by ", ScoringWords(proto.expectation_scoring())),
            proto.expectation_scoring_provenance());
  facts.AddOf(
      proto.expectations(), "the component beside the expectation",
      [](const v1::Expectation& expectation) { return expectation.question_id(); },
      [](const v1::Expectation& expectation) {
        return expectation.component_id().empty() ? nullptr : &expectation.provenance();
      });
  return facts.Take();
}

v1::LocalizedText CoverageNote(const weighting::Report& weighting, std::span<const UnitLabel> units,
                               const Coverage& coverage) {
  using weighting::Issue;
  const bool by_population = weighting.mode == weighting::Mode::kPopulation;
  const Sentence sentences[] = {
      {Issue::kNoResponse, " Không có phiếu nào, nên kết quả không đại diện cho: ",
       " Without any response, so the result does not stand for: "},
      {Issue::kNoPopulation, " Có phiếu nhưng không rõ tổng thể, nên không tính vào kết quả: ",
       " With responses but without a known population, so left out of the result: "},
      {Issue::kPopulationBelowSample,
       by_population ? " Số phiếu nhiều hơn tổng thể đã khai, nên không tính vào kết quả: "
                     : " Số phiếu nhiều hơn tổng thể đã khai, cần kiểm tra: ",
       by_population ? " With more responses than the population given, so left out of the result: "
                     : " With more responses than the population given, to be checked: "},
  };
  v1::LocalizedText text = CollectionSentences(coverage);
  std::string vi = text.vi();
  std::string en = text.en();
  if (!coverage.margins.empty()) {
    const std::string questions = absl::StrJoin(coverage.margins, ", ");
    absl::StrAppend(&vi, " Quyền số đã điều chỉnh theo cơ cấu tổng thể đã khai (", questions,
                    "); điều chỉnh không xóa được khác biệt giữa người trả lời và người không trả "
                    "lời trong cùng một nhóm.");
    absl::StrAppend(&en, " Weights are adjusted to the known composition of the population (",
                    questions,
                    "); that cannot remove differences between those who answer and those who do "
                    "not within a group.");
  }
  for (const Sentence& sentence : sentences) {
    const std::string names_vi = NamesOf(weighting, units, sentence.issue, "đơn vị khác");
    if (names_vi.empty()) continue;
    absl::StrAppend(&vi, sentence.vi, names_vi, ".");
    absl::StrAppend(&en, sentence.en, NamesOf(weighting, units, sentence.issue, "more"), ".");
  }
  text.set_vi(std::move(vi));
  text.set_en(std::move(en));
  return text;
}

}  // namespace hailong::report
