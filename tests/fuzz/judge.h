#pragma once

// What must hold for any response that is put before the intake; shared by the fuzz targets of the
// submit path. One thread.

#include "base/check.h"
#include "base/ids.h"
#include "server/intake/flags.h"
#include "server/intake/identity.h"
#include "server/intake/validate.h"
#include "server/model/counter.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/results/export.h"
#include "tests/fuzz/world.h"

namespace hailong::tests {

// A refusal is the sender's fault and says so; what is accepted keeps all limits, is accepted again
// alike, and comes out of an export as the answers that were sent.
inline void JudgeOne(const v1::Response& response) {
  static const auto* const catalog =
      new std::shared_ptr<const model::Catalog>(FuzzCatalog());  // for all runs
  static const model::Principal sender = FuzzSender();
  const auto made = intake::Validate(response, sender, **catalog, FuzzNow());
  const auto key =
      intake::IdentifyRespondent(response.evidence(), "a key of a round, of 32 bytes...");
  for (const absl::Status& status : {made.status(), key.status()}) {
    if (status.ok()) continue;
    HAILONG_CHECK(status.code() != absl::StatusCode::kInternal &&
                  status.code() != absl::StatusCode::kUnknown);
    HAILONG_CHECK(!status.message().empty() && status.message().size() < 4096);
    HAILONG_CHECK(refusal::FieldViolationsOf(status).size() <= limits::kViolationsMax + 1);
    // Refusals travel as proto3 strings.
    const std::string message(status.message());
    HAILONG_CHECK(base::IsUtf8(message));
    for (const auto& violation : refusal::FieldViolationsOf(status)) {
      HAILONG_CHECK(base::IsUtf8(violation.description));
    }
  }
  if (!made.ok()) return;
  const model::Content& content = made->content;
  const model::Questionnaire& questionnaire = made->round->questionnaire();
  HAILONG_CHECK(content.answers.size() == questionnaire.packed_size());
  HAILONG_CHECK(content.comments.size() <= limits::kTextsMax);
  for (size_t i = 0; i < content.comments.size(); ++i) {
    HAILONG_CHECK(content.comments[i].question < questionnaire.questions().size());
    HAILONG_CHECK(i == 0 || content.comments[i - 1].question < content.comments[i].question);
    HAILONG_CHECK(content.comments[i].text.size() <= limits::kTextBytesMax);
    HAILONG_CHECK(base::IsUtf8(content.comments[i].text));
  }
  HAILONG_CHECK(content.counter.empty() || model::IsCounter(content.counter));
  HAILONG_CHECK(made->round->FindUnit(content.unit_id).has_value());
  HAILONG_CHECK(made->submitted_at() >= made->round->opens_at());
  HAILONG_CHECK(made->submitted_at() < made->round->closes_at());
  intake::FlagAlone(*made);
  intake::PaceFlags().Judge(*made);

  model::ResponseRow row;
  row.content = content;
  row.clock_offset_ms = made->clock_offset_ms;
  const v1::ExportedResponse exported =
      results::ToExported(row, /*counts=*/true, questionnaire, /*with_comments=*/true);
  HAILONG_CHECK(exported.answers_size() == response.answers_size());
  HAILONG_CHECK(exported.partial() == response.partial());
  HAILONG_CHECK(exported.counter() == response.counter());
  v1::Response again = response;
  again.clear_answers();
  *again.mutable_answers() = exported.answers();
  const auto made_again = intake::Validate(again, sender, **catalog, FuzzNow());
  HAILONG_CHECK(made_again.ok() && made_again->content == content);
}

}  // namespace hailong::tests
