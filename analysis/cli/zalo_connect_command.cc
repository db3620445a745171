// Joins an official account of Zalo to hailongd: its admin consents in a browser, and the refresh
// token that comes of it goes into a file for hailongd's settings.
#include <string>

#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"
#include "analysis/cli/zalo_consent.h"
#include "base/crypto/crypto.h"
#include "base/files.h"
#include "base/http/curl_client.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kSecretBytesMax = 4096;

struct Connect {
  ZaloApp app;
  std::string redirect_url;
  std::string secret_file;
  std::string verifier_file;
  std::string out;
};

absl::StatusOr<std::string> ReadLineOf(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path, kSecretBytesMax);
  if (!text.ok()) return text.status();
  text->erase(text->find_last_not_of(" \r\n") + 1);
  return *std::move(text);
}

absl::StatusOr<ZaloApp> ReadApp(const Connect& given) {
  ZaloApp app = given.app;
  absl::StatusOr<std::string> secret = ReadLineOf(given.secret_file);
  if (!secret.ok()) return secret.status();
  app.secret = *std::move(secret);
  if (given.verifier_file.empty()) {
    app.verifier = base::Base64Url(base::RandomBytes(32));
  } else {
    absl::StatusOr<std::string> verifier = ReadLineOf(given.verifier_file);
    if (!verifier.ok()) return verifier.status();
    app.verifier = *std::move(verifier);
  }
  if (const absl::Status status = CheckZaloApp(app); !status.ok()) return status;
  return app;
}

absl::Status Join(const Connect& given, const GlobalOptions& options, Io& io) {
  const absl::StatusOr<ZaloApp> app = ReadApp(given);
  if (!app.ok()) return app.status();
  // First, so that no token is won that cannot be kept.
  absl::StatusOr<SecretFile> file = SecretFile::Create(given.out);
  if (!file.ok()) return file.status();
  io.out << Pick(options.language, "Quản trị viên OA mở địa chỉ này và đồng ý:",
                 "The account's admin opens this address and consents:")
         << "\n\n  " << ConsentLink(*app, given.redirect_url) << "\n\n"
         << std::flush;
  const std::string came_back_with =
      io.read_secret(Pick(options.language, "Địa chỉ trình duyệt được chuyển đến",
                          "The address to which the browser was sent")
                         .c_str());
  base::CurlClient http{{}};
  const absl::StatusOr<std::string> token = RedeemConsent(http, *app, came_back_with);
  if (!token.ok()) return token.status();
  return file->Write(*token);
}

}  // namespace

void AddZaloConnectCommand(CLI::App* zalo, OfflineCommand& chosen) {
  CLI::App* connect = zalo->add_subcommand(
      "connect", "Get the consent of an official account's admin, once, into a file");
  auto given = std::make_shared<Connect>();
  connect->callback([&chosen, given] {
    chosen = [given](const GlobalOptions& options, Io& io) {
      if (const absl::Status joined = Join(*given, options, io); !joined.ok()) {
        io.err << "hailong: " << ReplaceControls(std::string(joined.message())) << '\n';
        return absl::IsUnavailable(joined)          ? ExitCode::kUnreachable
               : absl::IsFailedPrecondition(joined) ? ExitCode::kRefused
                                                    : ExitCode::kUsage;
      }
      io.out << Pick(options.language, "Mã làm mới đã ghi vào ", "The refresh token is in ")
             << given->out << "; refresh_token_file\n";
      return ExitCode::kOk;
    };
  });
  connect->add_option("--app-id", given->app.app_id, "The app, digits")->required();
  connect->add_option("--app-secret-file", given->secret_file, "File with the app's secret")
      ->required();
  connect
      ->add_option("--redirect-url", given->redirect_url,
                   "The callback address that the app's console has")
      ->required();
  connect
      ->add_option("--out", given->out,
                   "New file (mode 0600) for the refresh token: refresh_token_file of the settings")
      ->required();
  connect->add_option("--oa-id", given->app.oa_id, "Refuse the consent of another account");
  connect->add_option(
      "--verifier-file", given->verifier_file,
      "File with the code verifier whose challenge the console has; else a new one");
  connect->add_option("--oauth", given->app.oauth, "Where Zalo gives tokens")
      ->default_val("https://oauth.zaloapp.com");
  connect->footer(
      "Needs no hailongd. Neither the address pasted nor a token is shown. hailongd reads the "
      "file\n"
      "when it starts, spends the token once and keeps the pairs that follow.\n"
      "Example: hailong zalo connect --app-id 1234567890 --app-secret-file app-secret \\\n"
      "           --redirect-url https://danhgia.example.vn/zalo --out refresh-token");
}

}  // namespace hailong::cli
