#include "tests/bench/bare_insert.h"

#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "server/store/schema.h"
#include "tests/bench/figures.h"

namespace hailong::bench {
namespace {

template <typename T>
std::string_view Bytes(const T& array) {
  return {reinterpret_cast<const char*>(array.data()), array.size()};
}

absl::StatusOr<double> Insert(const std::string& path, std::span<const model::NewResponse> rows,
                              size_t transaction_rows) {
  ASSIGN_OR_RETURN(base::Database database,
                   base::Database::Open(path, base::Database::Mode::kReadWrite));
  RETURN_IF_ERROR(
      database.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                       "PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-65536;"));
  for (const std::string_view migration : store::Migrations()) {
    RETURN_IF_ERROR(database.Execute(std::string(migration)));
  }
  ASSIGN_OR_RETURN(base::Statement begin, database.Prepare("BEGIN IMMEDIATE"));
  ASSIGN_OR_RETURN(base::Statement commit, database.Prepare("COMMIT"));
  ASSIGN_OR_RETURN(base::Statement response,
                   database.Prepare("INSERT INTO responses VALUES "
                                    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
  ASSIGN_OR_RETURN(base::Statement comment,
                   database.Prepare("INSERT INTO comments VALUES (?,?,?)"));
  ASSIGN_OR_RETURN(base::Statement counted, database.Prepare("INSERT INTO counted VALUES (?,?,?)"));
  constexpr int64_t kChecksum = 0x7FFFFFFF;  // as many bytes as most
  const Stopwatch watch;
  int64_t sequence = 0;
  for (const model::NewResponse& row : rows) {
    if (static_cast<size_t>(sequence) % transaction_rows == 0) {
      if (sequence > 0) RETURN_IF_ERROR(commit.Run());
      RETURN_IF_ERROR(begin.Run());
    }
    const model::Content& content = row.content;
    const auto round = static_cast<int64_t>(row.round->number());
    response.Bind(1, ++sequence)
        .BindBlob(2, Bytes(content.response_id.bytes))
        .Bind(3, round)
        .Bind(4, std::string_view(content.unit_id))
        .Bind(5, std::string_view(content.receiving_unit_id))
        .Bind(6, static_cast<int64_t>(row.collector))
        .Bind(7, int64_t{row.channel})
        .Bind(8, static_cast<int64_t>(content.device_sequence))
        .Bind(9, content.submitted_at_us)
        .Bind(10, row.clock_offset_ms)
        .Bind(11, absl::ToUnixMicros(row.received_at))
        .Bind(12, int64_t{content.duration_ms})
        .Bind(13, std::string_view(content.form_id))
        .BindBlob(14, Bytes(*row.respondent_key))
        .BindBlob(15, content.answers)
        .Bind(16, int64_t{row.flags})
        .Bind(17, int64_t{v1::OUTCOME_RECORDED})
        .Bind(18, int64_t{0})
        .Bind(19, kChecksum)
        .Bind(20, std::string_view());
    RETURN_IF_ERROR(response.Run());
    for (const model::Comment& text : content.comments) {
      RETURN_IF_ERROR(comment.Bind(1, sequence)
                          .Bind(2, int64_t{text.question})
                          .Bind(3, std::string_view(text.text))
                          .Run());
    }
    RETURN_IF_ERROR(
        counted.Bind(1, round).BindBlob(2, Bytes(*row.respondent_key)).Bind(3, sequence).Run());
  }
  RETURN_IF_ERROR(commit.Run());
  return watch.seconds();
}

}  // namespace

double InsertBare(const std::string& path, std::span<const model::NewResponse> rows,
                  size_t transaction_rows) {
  const auto seconds = Insert(path, rows, transaction_rows);
  Require(seconds.status(), "bare insert loop");
  return *seconds;
}

}  // namespace hailong::bench
