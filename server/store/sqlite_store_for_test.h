#pragma once

// A store in a directory of its own, with one round to append to.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/sqlite/sqlite.h"
#include "base/temp_directory_for_test.h"
#include "server/store/sqlite_store.h"
#include "server/testing/sample.h"

namespace hailong::store {

class SqliteStoreTest : public ::testing::Test {
 protected:
  SqliteStoreTest() { Open(); }

  void Open() {
    store_.reset();
    auto opened = SqliteStore::Open({.path = path_, .vfs = ""});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  // Changes the file behind the store's back.
  void Tamper(const std::string& sql) {
    auto database = base::Database::Open(path_, base::Database::Mode::kReadWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Execute(sql).ok()) << sql;
  }
  model::Stored Append(const model::NewResponse& response) {
    const auto stored = store_->AppendResponses({&response, 1});
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() ? stored->front() : model::Stored();
  }
  std::vector<model::ResponseRow> Rows(bool with_comments = true) {
    std::vector<model::ResponseRow> rows;
    const absl::Status read =
        store_->ReadResponses(sample::kRoundNumber, model::kNoSequence, SIZE_MAX, with_comments,
                              [&](const model::ResponseRow& row) {
                                rows.push_back(row);
                                return true;
                              });
    EXPECT_TRUE(read.ok()) << read;
    return rows;
  }
  model::NewResponse Checked(uint64_t n) { return sample::Checked(round_, n); }
  model::NewResponse Of(uint8_t citizen, uint64_t n, v1::Channel channel = v1::CHANNEL_KIOSK) {
    model::NewResponse response = Checked(n);
    response.respondent_key = sample::Key(citizen);
    response.channel = channel;
    return response;
  }
  void SetPolicy(v1::DuplicatePolicy policy, std::vector<v1::Channel> order = {}) {
    round_ = sample::CatalogWithRound([&](v1::Round& round) {
               round.set_duplicate_policy(policy);
               for (const v1::Channel channel : order) round.add_channel_order(channel);
             })->FindRound("march");
  }
  // What each response in turn became, and whom it displaced.
  std::vector<std::pair<v1::Outcome, int64_t>> Chain() {
    std::vector<std::pair<v1::Outcome, int64_t>> chain;
    for (const auto& row : Rows()) {
      chain.emplace_back(row.first_outcome, static_cast<int64_t>(row.displaced));
    }
    return chain;
  }

  base::TempDirectory directory_;
  const std::string path_ = directory_.File("hailong.db");
  std::unique_ptr<SqliteStore> store_;
  std::shared_ptr<const model::Round> round_ = sample::Catalog()->FindRound("march");
};

}  // namespace hailong::store
