// The two streams: live counts and exports.

#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <thread>

#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using grpc::StatusCode;

class Streams : public ::testing::Test {
 protected:
  Streams() : web_((province_.SetUp(), province_.Collector("web"))), admin_(province_.Admin()) {}

  void SubmitSome(int count, const std::string& unit_id = "1.a.1") {
    std::vector<v1::Response> responses;
    for (int i = 0; i < count; ++i) {
      responses.push_back(province_.MakeResponse(unit_id, 1 + static_cast<uint32_t>(i) % 5));
      if (responses.size() == 500 || i + 1 == count) Submit(web_, std::exchange(responses, {}));
    }
  }
  static v1::ExportResponsesRequest Ask() {
    v1::ExportResponsesRequest request;
    request.set_round_id("autumn");
    return request;
  }

  Province province_;
  Client web_;
  Client admin_;
};

// A watcher of the round; the clock of the test stands still, so it is moved for each message.
class Watcher {
 public:
  explicit Watcher(const Client& client) {
    client.Prepare(context_);
    v1::WatchRoundRequest request;
    request.set_round_id("autumn");
    reader_ = client.results().WatchRound(&context_, request);
  }
  bool Read() { return reader_->Read(&counts_); }
  uint64_t stored() const { return counts_.counts().stored(); }
  const v1::WatchRoundResponse& counts() const { return counts_; }
  void Cancel() { context_.TryCancel(); }
  StatusCode Finish() { return reader_->Finish().error_code(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchRoundResponse>> reader_;
  v1::WatchRoundResponse counts_;
};

TEST_F(Streams, AWatcherHearsAtOnceAndAgainAfterASubmission) {
  SubmitSome(3);
  Watcher watcher(admin_);
  ASSERT_TRUE(watcher.Read());
  EXPECT_EQ(watcher.stored(), 3u);
  SubmitSome(2, "1.b.2");
  province_.clock().Advance(absl::Seconds(2));
  ASSERT_TRUE(watcher.Read());
  EXPECT_EQ(watcher.stored(), 5u);
  EXPECT_EQ(watcher.counts().counts().counted(), 5u);
  ASSERT_EQ(watcher.counts().units_size(), 2);
  EXPECT_EQ(watcher.counts().units(1).unit_id(), "1.b.2");
  EXPECT_EQ(watcher.counts().units(1).stored(), 2u);
  watcher.Cancel();
  EXPECT_FALSE(watcher.Read());
  EXPECT_EQ(watcher.Finish(), StatusCode::CANCELLED);
}

TEST_F(Streams, WatchersThatWentAwayLeaveTheirPlaces) {
  // More than the server keeps at a time, by and by.
  for (int i = 0; i < 3; ++i) {
    std::vector<std::unique_ptr<Watcher>> watchers;
    for (int k = 0; k < 100; ++k) watchers.push_back(std::make_unique<Watcher>(admin_));
    for (const auto& watcher : watchers) {
      ASSERT_TRUE(watcher->Read()) << i;
      watcher->Cancel();
      EXPECT_EQ(watcher->Finish(), StatusCode::CANCELLED);
    }
  }
}

TEST_F(Streams, AWatcherEndsWhenTheServerStops) {
  Watcher watcher(admin_);
  ASSERT_TRUE(watcher.Read());
  std::thread stops([&] { province_.Stop(); });
  EXPECT_FALSE(watcher.Read());
  EXPECT_EQ(watcher.Finish(), StatusCode::UNAVAILABLE);
  stops.join();
}

TEST_F(Streams, AWatcherOfAnUnknownRoundIsRefused) {
  grpc::ClientContext context;
  admin_.Prepare(context);
  v1::WatchRoundRequest request;
  request.set_round_id("spring");
  v1::WatchRoundResponse counts;
  const auto reader = admin_.results().WatchRound(&context, request);
  EXPECT_FALSE(reader->Read(&counts));
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::NOT_FOUND);
}

TEST_F(Streams, AnExportHasNoRowCapAndGoesOnFromAnyCursor) {
  SubmitSome(1700);
  const Exported whole = Export(admin_, Ask());
  ASSERT_TRUE(whole.status.ok()) << whole.status.error_message();
  ASSERT_EQ(whole.responses.size(), 1700u);
  std::set<std::string> ids;
  for (const auto& one : whole.responses) ids.insert(one.response_id());
  EXPECT_EQ(ids.size(), 1700u);
  EXPECT_GE(whole.cursors.size(), 4u);

  // A reader that breaks off after each message and comes back on a new connection, while more
  // responses come in and, once, the server restarts.
  std::vector<std::string> pieces;
  v1::ExportResponsesRequest request = Ask();
  for (int connection = 0; connection < 50; ++connection) {
    grpc::ClientContext context;
    const Client fresh = province_.Admin();
    fresh.Prepare(context);
    const auto reader = fresh.results().ExportResponses(&context, request);
    v1::ExportResponsesResponse message;
    if (!reader->Read(&message)) break;
    const bool nothing_new = message.responses().empty();
    for (const auto& one : message.responses()) pieces.push_back(one.response_id());
    request.set_cursor(message.cursor());
    context.TryCancel();
    reader->Finish();
    if (connection == 0) SubmitSome(300);
    if (connection == 1) {
      province_.Restart();
      web_ = province_.Collector("web-2");
      SubmitSome(10);
    }
    if (nothing_new) break;
  }
  std::vector<std::string> expected;
  for (const auto& one : Export(province_.Admin(), Ask()).responses) {
    expected.push_back(one.response_id());
  }
  EXPECT_EQ(expected.size(), 2010u);
  EXPECT_EQ(pieces, expected);
}

TEST_F(Streams, CommentsLeaveForAnAdminWhoAsksOnly) {
  v1::Response response = province_.MakeResponse("1.a.1", 2);
  v1::Answer* more = response.add_answers();
  more->set_question_id("more");
  more->set_text("Chị Lan ở quầy 3 rất chậm");
  v1::Answer* why = response.add_answers();
  why->set_question_id("why");
  why->mutable_choices()->add_choices(2);
  why->set_text("quá đông");
  Submit(web_, {response});

  v1::ExportResponsesRequest with = Ask();
  with.set_with_comments(true);
  const Exported plain = Export(admin_, Ask());
  ASSERT_EQ(plain.responses.size(), 1u);
  for (const auto& answer : plain.responses[0].answers()) EXPECT_EQ(answer.text(), "");
  const Exported full = Export(admin_, with);
  ASSERT_EQ(full.responses.size(), 1u);
  ASSERT_EQ(full.responses[0].answers_size(), 3);
  EXPECT_EQ(full.responses[0].answers(1).text(), "quá đông");
  EXPECT_EQ(full.responses[0].answers(2).text(), "Chị Lan ở quầy 3 rất chậm");
  for (const v1::Role role : {v1::ROLE_ANALYST, v1::ROLE_OPERATOR}) {
    const Client other = province_.Account("role-" + std::to_string(role), role);
    EXPECT_TRUE(Export(other, Ask()).status.ok());
    EXPECT_EQ(Export(other, with).status.error_code(), StatusCode::PERMISSION_DENIED);
  }
}

TEST_F(Streams, ABrokenCursorIsRefused) {
  for (const char* cursor : {"x", "-1", "1.5", "99999999999999999999999999"}) {
    v1::ExportResponsesRequest request = Ask();
    request.set_cursor(cursor);
    EXPECT_EQ(Export(admin_, request).status.error_code(), StatusCode::INVALID_ARGUMENT) << cursor;
  }
}

}  // namespace
}  // namespace hailong::e2e
