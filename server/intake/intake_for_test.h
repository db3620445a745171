#pragma once

// What responses enter through, with a store of its own, on the sample's units, questionnaire and
// round, and a clock that stands still. The writer is not started: a test steps or starts it.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/temp_directory_for_test.h"
#include "server/intake/admission.h"
#include "server/store/key_ring.h"
#include "server/store/sqlite_store.h"
#include "server/store/writer.h"
#include "server/testing/sample.h"

namespace hailong::intake {

class IntakeFixture : public ::testing::Test {
 protected:
  IntakeFixture() {
    Open();
    keys_ = *store::KeyRing::Open(directory_.File("keys"));
    EXPECT_TRUE(keys_->Create("march").ok());
  }

  // Again: as after a restart.
  void Open() {
    writer_.reset();
    store_.reset();
    auto opened = store::SqliteStore::Open({.path = path_, .vfs = ""});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    admission_ = std::make_unique<Admission>(catalog_);
    ASSERT_TRUE(admission_->Recover(*store_).ok());
    writer_ = std::make_unique<store::Writer>(
        *store_,
        store::Writer::Options{.jobs_max = 4,
                               .commit_responses_max = 500,
                               .admit = [this](model::NewResponse& r) { admission_->Admit(r); },
                               .closed = {}});
  }
  std::vector<model::ResponseRow> Rows() {
    std::vector<model::ResponseRow> rows;
    EXPECT_TRUE(store_
                    ->ReadResponses(sample::kRoundNumber, model::kNoSequence, SIZE_MAX, true,
                                    [&](const model::ResponseRow& row) {
                                      rows.push_back(row);
                                      return true;
                                    })
                    .ok());
    return rows;
  }
  template <typename Change>
  void ChangeRound(Change change) {
    v1::Round round = catalog_.Get()->FindRound("march")->definition();
    change(round);
    catalog_.Set(*catalog_.Get()->With(
        {model::RoundRecord{.number = sample::kRoundNumber, .round = round}}));
  }

  base::TempDirectory directory_;
  const std::string path_ = directory_.File("hailong.db");
  model::CatalogHolder catalog_{sample::Catalog()};
  base::FakeClock clock_{sample::At("2025-03-06T10:00:00+07:00")};
  std::unique_ptr<store::KeyRing> keys_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<store::Writer> writer_;
};

}  // namespace hailong::intake
