// Durable intake beside its two limits, in turns: a bare insert loop, hailongd, an echo server.
//   intake_bench [--dir DIRECTORY] [--responses N] [--repetitions N]
// See README.md for what is compared and why.

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/check.h"
#include "base/crypto/crypto.h"
#include "base/status.h"
#include "hailong/v1/collection_service.grpc.pb.h"
#include "tests/bench/admin.h"
#include "tests/bench/bare_insert.h"
#include "tests/bench/figures.h"
#include "tests/bench/load.h"
#include "tests/bench/process.h"
#include "tests/bench/survey.h"

namespace hailong::bench {
namespace {

constexpr size_t kBatchResponses = 64;
constexpr int kBatchClients = 4;
constexpr int kSingleClients = 64;
constexpr char kSingle[] = "/hailong.v1.CollectionService/SubmitResponse";
constexpr char kBatch[] = "/hailong.v1.CollectionService/SubmitResponses";

grpc::ByteBuffer ToBuffer(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

template <typename Message>
Message FromBuffer(grpc::ByteBuffer buffer) {
  Message message;
  HAILONG_CHECK(grpc::SerializationTraits<Message>::Deserialize(&buffer, &message).ok());
  return message;
}

// The same responses as rows, single requests and batches.
struct Input {
  std::vector<model::NewResponse> rows;
  std::vector<grpc::ByteBuffer> singles;
  std::vector<grpc::ByteBuffer> batches;
  size_t single_bytes = 0;
};

Input MakeInput(const Survey& survey, uint64_t responses) {
  const Rows rows(survey);
  Input input;
  v1::SubmitResponsesRequest batch;
  for (uint64_t i = 0; i < responses; ++i) {
    input.rows.push_back(rows.Make(i));
    if (i % 50 != 0) input.rows.back().content.comments.clear();
    v1::SubmitResponseRequest single;
    *single.mutable_response() = MakeResponse(survey, i);
    *batch.add_responses() = single.response();
    input.single_bytes = single.ByteSizeLong();
    input.singles.push_back(ToBuffer(single));
    if (static_cast<size_t>(batch.responses_size()) == kBatchResponses || i + 1 == responses) {
      input.batches.push_back(ToBuffer(batch));
      batch.Clear();
    }
  }
  return input;
}

void CheckSingles(const Sent& sent) {
  for (const grpc::ByteBuffer& answer : sent.answers) {
    HAILONG_CHECK(FromBuffer<v1::SubmitResponseResponse>(answer).outcome() == v1::OUTCOME_RECORDED);
  }
}

void CheckBatches(const Sent& sent, size_t responses) {
  size_t recorded = 0;
  for (const grpc::ByteBuffer& answer : sent.answers) {
    const auto message = FromBuffer<v1::SubmitResponsesResponse>(answer);
    for (const v1::SubmitResult& result : message.results()) {
      if (result.stored().outcome() == v1::OUTCOME_RECORDED) ++recorded;
    }
  }
  HAILONG_CHECK(recorded == responses);
}

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

// Figures of one kind, by repetition.
struct Column {
  std::vector<double> rate;    // responses a second
  std::vector<double> cpu_us;  // of the server, for one response
  std::vector<double> p50_ms;
  std::vector<double> p99_ms;
};

void Note(const Sent& sent, double cpu_seconds, size_t responses, Column& column) {
  const auto count = static_cast<double>(responses);
  column.rate.push_back(count / sent.seconds);
  column.cpu_us.push_back(cpu_seconds / count * 1e6);
  column.p50_ms.push_back(Percentile(sent.latency_ms, 0.5));
  column.p99_ms.push_back(Percentile(sent.latency_ms, 0.99));
}

// Starts a server, lets `clients` send, checks and notes.
enum class Which { kHailongd, kEcho, kDurableEcho };
void Measure(Which which, bool batches, const std::string& directory, const Survey& survey,
             const Input& input, Column& column) {
  std::filesystem::remove_all(directory);
  const std::string bin = HAILONG_BIN;
  auto server =
      which == Which::kEcho ? Process::Start({bin + "/bench_echo"})
      : which == Which::kDurableEcho
          ? Process::Start({bin + "/bench_echo", directory + ".journal"})
          : Process::Start({bin + "/hailongd", "--data", directory, "--listen", "127.0.0.1:0"});
  Require(server.status(), "server");
  std::string credential(43, 'x');
  if (which == Which::kHailongd) {
    Admin admin(server->address(), directory);
    admin.OpenRound(survey);
    credential = admin.AddCollector("bench", v1::CHANNEL_WEB);
  }
  const double before = server->CpuSeconds();
  const Sent sent =
      Send(server->address(), credential, batches ? kBatch : kSingle,
           batches ? input.batches : input.singles, batches ? kBatchClients : kSingleClients);
  Note(sent, server->CpuSeconds() - before, input.rows.size(), column);
  if (batches) {
    CheckBatches(sent, input.rows.size());
  } else {
    CheckSingles(sent);
  }
}

void Print(const char* name, const Column& column) {
  std::printf("%-34s %24s", name, ToText(SpreadOf(column.rate), 0).c_str());
  if (!column.cpu_us.empty()) {
    std::printf("  %5.1f  %7.2f  %7.2f", SpreadOf(column.cpu_us).median,
                SpreadOf(column.p50_ms).median, SpreadOf(column.p99_ms).median);
  }
  std::printf("\n");
}

Spread Ratio(const std::vector<double>& ours, const std::vector<double>& limit) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / limit[i]);
  return SpreadOf(std::move(ratios));
}

int Run(int argc, char** argv) {
  const std::string directory = Option(argc, argv, "--dir", std::string("bench-data"));
  const uint64_t responses = Option(argc, argv, "--responses", uint64_t{20'000});
  const uint64_t repetitions = Option(argc, argv, "--repetitions", uint64_t{5});
  std::filesystem::create_directories(directory);
  const Survey survey = LoadSurvey();
  const Input input = MakeInput(survey, responses);
  std::printf("machine: %s\n", Machine().c_str());
  std::printf("%zu responses a run, %zu bytes each on the wire, %zu repetitions in turns\n\n",
              input.rows.size(), input.single_bytes, static_cast<size_t>(repetitions));

  Column bare_batch, bare_four, bare_one, ours_batch, ours_single, echo_batch, echo_single, durable;
  const std::string data = directory + "/hailongd";
  for (uint64_t i = 0; i < repetitions; ++i) {
    const auto bare = [&](size_t transaction_rows, size_t rows, Column& column) {
      std::filesystem::remove_all(directory + "/bare");
      std::filesystem::create_directories(directory + "/bare");
      const double seconds = InsertBare(directory + "/bare/bare.db",
                                        std::span(input.rows).first(rows), transaction_rows);
      column.rate.push_back(static_cast<double>(rows) / seconds);
    };
    bare(kBatchResponses, input.rows.size(), bare_batch);
    bare(kBatchResponses * kBatchClients, input.rows.size(), bare_four);
    Measure(Which::kHailongd, true, data, survey, input, ours_batch);
    Measure(Which::kEcho, true, data, survey, input, echo_batch);
    Measure(Which::kEcho, false, data, survey, input, echo_single);
    Measure(Which::kHailongd, false, data, survey, input, ours_single);
    Measure(Which::kDurableEcho, false, data, survey, input, durable);
    bare(1, std::min<size_t>(input.rows.size(), 2000), bare_one);
  }
  std::filesystem::remove_all(directory + "/bare");
  std::filesystem::remove_all(data);
  std::filesystem::remove(data + ".journal");

  std::printf("%-34s %24s  %5s  %7s  %7s\n", "median (lowest..highest)", "responses/s", "CPU us",
              "p50 ms", "p99 ms");
  Print("bare insert loop, 64 to a commit", bare_batch);
  Print("bare insert loop, 256 to a commit", bare_four);
  Print("hailongd, batches of 64, 4 clients", ours_batch);
  Print("echo, batches of 64, 4 clients", echo_batch);
  Print("bare insert loop, 1 to a commit", bare_one);
  Print("hailongd, singles, 64 clients", ours_single);
  Print("echo after a sync, singles", durable);
  Print("echo, singles, 64 clients", echo_single);
  std::printf("\nbatches / bare insert loop, 64 to a commit:  %s\n",
              ToText(Ratio(ours_batch.rate, bare_batch.rate), 2).c_str());
  std::printf("batches / bare insert loop, 256 to a commit: %s\n",
              ToText(Ratio(ours_batch.rate, bare_four.rate), 2).c_str());
  std::printf("singles / echo after a sync:                 %s\n",
              ToText(Ratio(ours_single.rate, durable.rate), 2).c_str());
  std::printf("echo after a sync / echo:                    %s\n",
              ToText(Ratio(durable.rate, echo_single.rate), 2).c_str());
  std::printf("singles / echo:                              %s\n",
              ToText(Ratio(ours_single.rate, echo_single.rate), 2).c_str());
  return 0;
}

}  // namespace
}  // namespace hailong::bench

int main(int argc, char** argv) { return hailong::bench::Run(argc, argv); }
