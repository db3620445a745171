#include "server/zalo/settings.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>

#include "base/files.h"
#include "base/http/http_client.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr size_t kFileBytesMax = 1 << 16;
constexpr uint32_t kSendsPerMinute = 600;
constexpr absl::Duration kReconcileInterval = absl::Hours(1);
constexpr absl::Duration kUnknownWait = absl::Hours(24);

// Keeps the place of the text parser's first complaint. Its words are dropped: they quote what
// stands there, which may be a secret in the wrong place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string&) override {
    if (text_.empty()) text_ = Cat("line ", line + 1, ", column ", column + 1);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

bool IsId(const std::string& text) {
  return !text.empty() && text.size() <= limits::kZaloIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void CheckId(const std::string& id, const char* field, refusal::Violations& bad) {
  if (IsId(id)) return;
  bad.Add(field, Cat("found '", base::Utf8Prefix(id, 80), "', allowed are 1..",
                     limits::kZaloIdBytesMax, " digits"));
}

void CheckHosts(v1::ZaloEndpoints& hosts, refusal::Violations& bad) {
  const auto check = [&](std::string* origin, const char* ours, const char* field) {
    if (origin->empty()) *origin = ours;
    const absl::Status status = base::CheckOrigin(*origin);
    if (!status.ok()) bad.Add(field, std::string(status.message()));
  };
  check(hosts.mutable_business(), "https://business.openapi.zalo.me", "endpoints.business");
  check(hosts.mutable_openapi(), "https://openapi.zalo.me", "endpoints.openapi");
  check(hosts.mutable_oauth(), "https://oauth.zaloapp.com", "endpoints.oauth");
}

absl::Duration CheckWait(const google::protobuf::Duration& wait, bool given,
                         absl::Duration otherwise, const char* field, refusal::Violations& bad) {
  if (!given) return otherwise;
  const absl::Duration value = model::FromProto(wait);
  if (value < absl::Seconds(1) || value > absl::Hours(24 * 30)) {
    bad.Add(field, Cat("found ", absl::FormatDuration(value), ", allowed are 1s..720h"));
  }
  return value;
}

// The content of a secret's file, without the line's end.
absl::StatusOr<std::string> ReadSecret(const std::string& directory, const std::string& name,
                                       const char* field) {
  const std::string path = name.front() == '/' ? name : Cat(directory, "/", name);
  auto content = base::ReadPrivateFile(path);
  if (!content.ok()) {
    return absl::Status(content.status().code(),
                        Cat(field, ": ",
                            std::string_view(content.status().message().data(),
                                             content.status().message().size())));
  }
  while (!content->empty() && (content->back() == '\n' || content->back() == '\r')) {
    content->pop_back();
  }
  const bool printable =
      std::all_of(content->begin(), content->end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (content->empty() || content->size() > kFileBytesMax || !printable) {
    return absl::InvalidArgumentError(Cat(field, ": ", path, " has ", content->size(),
                                          " bytes, allowed is one line of printable characters"));
  }
  return *std::move(content);
}

}  // namespace

absl::StatusOr<Settings> CheckSettings(const v1::ZaloSettings& file) {
  Settings settings;
  settings.file = file;
  v1::ZaloSettings& made = settings.file;
  refusal::Violations bad("");
  CheckId(made.app_id(), "app_id", bad);
  CheckId(made.oa_id(), "oa_id", bad);
  if (made.collector_id().empty()) bad.Add("collector_id", "is empty; name one of channel ZALO");
  for (const auto& [value, field] : {std::pair{made.oa_secret_file(), "oa_secret_file"},
                                     std::pair{made.app_secret_file(), "app_secret_file"},
                                     std::pair{made.refresh_token_file(), "refresh_token_file"}}) {
    if (value.empty()) bad.Add(field, "is empty; name a file of mode 0600");
  }
  CheckHosts(*made.mutable_endpoints(), bad);
  const size_t templates = static_cast<size_t>(made.template_ids_size());
  if (templates < 1 || templates > limits::kZaloTemplatesMax) {
    bad.Add("template_ids",
            Cat("found ", templates, ", allowed are 1..", limits::kZaloTemplatesMax));
  }
  for (const std::string& id : made.template_ids()) CheckId(id, "template_ids", bad);
  if (!made.has_quiet_hours()) {
    made.mutable_quiet_hours()->set_from_hour(22);
    made.mutable_quiet_hours()->set_to_hour(6);
  }
  if (made.quiet_hours().from_hour() > 23 || made.quiet_hours().to_hour() > 23) {
    bad.Add("quiet_hours", "allowed are the hours 0..23");
  }
  if (made.sends_per_minute_max() == 0) made.set_sends_per_minute_max(kSendsPerMinute);
  if (made.sends_per_minute_max() > limits::kZaloSendsPerMinuteMax) {
    bad.Add("sends_per_minute_max", Cat("found ", made.sends_per_minute_max(), ", allowed are 0..",
                                        limits::kZaloSendsPerMinuteMax));
  }
  settings.reconcile_interval = CheckWait(made.reconcile_interval(), made.has_reconcile_interval(),
                                          kReconcileInterval, "reconcile_interval", bad);
  settings.unknown_wait =
      CheckWait(made.unknown_wait(), made.has_unknown_wait(), kUnknownWait, "unknown_wait", bad);
  RETURN_IF_ERROR(bad.ToStatus());
  return settings;
}

absl::StatusOr<Settings> ReadSettings(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(path, kFileBytesMax));
  v1::ZaloSettings file;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &file)) {
    return absl::InvalidArgumentError(Cat(
        path, ": ", error.text(), ": is no textproto of hailong.v1.ZaloSettings from there on"));
  }
  auto settings = CheckSettings(file);
  if (!settings.ok()) {
    return absl::InvalidArgumentError(Cat(path, ": ", settings.status().message()));
  }
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash);
  ASSIGN_OR_RETURN(std::string secret,
                   ReadSecret(directory, file.oa_secret_file(), "oa_secret_file"));
  settings->oa_secrets.push_back(std::move(secret));
  if (!file.oa_secret_previous_file().empty()) {
    ASSIGN_OR_RETURN(
        secret, ReadSecret(directory, file.oa_secret_previous_file(), "oa_secret_previous_file"));
    settings->oa_secrets.push_back(std::move(secret));
  }
  ASSIGN_OR_RETURN(settings->app_secret,
                   ReadSecret(directory, file.app_secret_file(), "app_secret_file"));
  ASSIGN_OR_RETURN(settings->consent_token,
                   ReadSecret(directory, file.refresh_token_file(), "refresh_token_file"));
  return settings;
}

}  // namespace hailong::zalo
