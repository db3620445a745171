#include "analysis/cli/settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "analysis/cli/files.h"
#include "base/loopback.h"

namespace hailong::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDefaultServer = "localhost:7400";
constexpr std::string_view kDefaultPort = "7400";
constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::size_t kCaBytesMax = 4 << 20;

std::string FirstOf(const std::string& option, const Io& io, const char* variable) {
  return option.empty() ? io.environment(variable) : option;
}

fs::path DefaultTokenFile(const Io& io) {
  const std::string config = io.environment("XDG_CONFIG_HOME");
  if (!config.empty()) return fs::path(config) / "hailong" / "token";
  const std::string home = io.environment("HOME");
  return home.empty() ? fs::path() : fs::path(home) / ".config" / "hailong" / "token";
}

absl::StatusOr<std::string> ReadToken(const fs::path& path, Io& io) {
  absl::StatusOr<std::string> text = ReadFile(path.string(), kTokenBytesMax);
  if (!text.ok()) return text.status();
  const std::string token(absl::StripAsciiWhitespace(*text));
  const bool printable =
      std::all_of(token.begin(), token.end(), [](unsigned char c) { return std::isgraph(c) != 0; });
  if (token.empty() || !printable) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), ": a token file holds one line, the credential"));
  }
  std::error_code error;
  const fs::perms others = fs::perms::group_read | fs::perms::others_read;
  if ((fs::status(path, error).permissions() & others) != fs::perms::none) {
    io.err << "hailong: warning: " << path.string()
           << " can be read by other users; run chmod 600 on it\n";
  }
  return token;
}

}  // namespace

absl::StatusOr<std::string> CheckServer(std::string_view server, bool tls) {
  const auto bad = [&] {
    return absl::InvalidArgumentError(absl::StrCat("the server \"", std::string(server),
                                                   "\" is not HOST, HOST:PORT or [IPV6]:PORT"));
  };
  std::string host(server);
  std::string port(kDefaultPort);
  if (host.size() > 2 && host.front() == '[') {
    const std::size_t end = host.find(']');
    if (end == std::string::npos) return bad();
    const std::string rest = host.substr(end + 1);
    host = host.substr(1, end - 1);
    if (!rest.empty() && rest.front() != ':') return bad();
    if (!rest.empty()) port = rest.substr(1);
    in6_addr v6{};
    if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return bad();
  } else {
    const std::size_t colon = host.find(':');
    if (colon != std::string::npos) {
      port = host.substr(colon + 1);
      host.resize(colon);
    }
    const bool name = std::all_of(host.begin(), host.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
    });
    if (host.empty() || !name) return bad();
  }
  uint32_t number = 0;
  const bool digits =
      std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits || !absl::SimpleAtoi(port, &number) || number < 1 || number > 65535) return bad();
  if (!tls && !base::IsLoopback(host)) {
    return absl::InvalidArgumentError(absl::StrCat(
        host,
        " is not this machine, and answers and credentials do not travel in plain text: give "
        "--tls-ca FILE, the certificate authority of the server"));
  }
  const bool v6 = host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]:" : ":", port);
}

absl::StatusOr<Settings> Resolve(const GlobalOptions& options, Io& io) {
  Settings settings;
  const std::string ca_file = FirstOf(options.tls_ca, io, "HAILONG_TLS_CA");
  if (!ca_file.empty()) {
    absl::StatusOr<std::string> pem = ReadFile(ca_file, kCaBytesMax);
    if (!pem.ok()) return pem.status();
    if (pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat(ca_file, ": holds no PEM certificate"));
    }
    settings.ca_pem = *std::move(pem);
  }
  const std::string server = FirstOf(options.server, io, "HAILONG_SERVER");
  absl::StatusOr<std::string> checked =
      CheckServer(server.empty() ? kDefaultServer : server, !settings.ca_pem.empty());
  if (!checked.ok()) return checked.status();
  settings.server = *std::move(checked);

  fs::path token_file = FirstOf(options.token_file, io, "HAILONG_TOKEN_FILE");
  if (token_file.empty()) {
    token_file = DefaultTokenFile(io);
    std::error_code error;
    if (token_file.empty() || !fs::exists(token_file, error)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "no credential: give --token-file FILE or HAILONG_TOKEN_FILE",
          token_file.empty() ? "" : absl::StrCat(", or put it into ", token_file.string())));
    }
  }
  absl::StatusOr<std::string> token = ReadToken(token_file, io);
  if (!token.ok()) return token.status();
  settings.token = *std::move(token);
  return settings;
}

}  // namespace hailong::cli
