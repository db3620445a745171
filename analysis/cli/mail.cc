#include "analysis/cli/mail.h"

#include <algorithm>
#include <functional>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/ids.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kAddressBytesMax = 254;
constexpr std::size_t kBase64Line = 76;
constexpr std::size_t kWordBytes = 39;  // encoded, behind "Subject: ": 73 of at most 76 (RFC 2047)

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
}

// Calls `replace` for each {name} and puts together what it gives.
std::string Expand(std::string_view text,
                   const std::function<std::string(std::string_view name)>& replace) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find('{');
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('}', begin);
    if (end == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, begin));
    out.append(replace(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
  return out;
}

// A header's text (RFC 2047): as it is, or in encoded words that cut no character.
std::string HeaderText(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  if (IsPlain(text) && text.size() <= 60 && text.find("=?") == std::string::npos) return text;
  std::string out;
  std::string_view rest(text);
  while (!rest.empty()) {
    const std::string_view piece = base::Utf8Prefix(rest, kWordBytes);
    if (piece.empty()) break;  // not UTF-8; the template and the table are checked before
    absl::StrAppend(&out, out.empty() ? "" : "\r\n ", "=?UTF-8?B?", absl::Base64Escape(View(piece)),
                    "?=");
    rest.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace

absl::StatusOr<MailTemplate> ReadMailTemplate(std::string_view text) {
  const auto bad = [](const char* what) {
    return absl::InvalidArgumentError(
        absl::StrCat("the template ", what,
                     "; allowed is 'Subject: ...', an empty line, and a text with {link}"));
  };
  if (!base::IsUtf8(text)) return bad("is not UTF-8");
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  std::string lines(text);
  lines.erase(std::remove(lines.begin(), lines.end(), '\r'), lines.end());
  constexpr std::string_view kSubject = "Subject:";
  const std::size_t end = lines.find('\n');
  if (!lines.starts_with(kSubject) || end == std::string::npos) return bad("has no subject");
  MailTemplate mail;
  mail.subject = lines.substr(kSubject.size(), end - kSubject.size());
  mail.subject.erase(0, mail.subject.find_first_not_of(' '));
  if (mail.subject.empty() || mail.subject.find_first_not_of(' ') == std::string::npos) {
    return bad("has no subject");
  }
  if (lines.compare(end, 2, "\n\n") != 0) return bad("has no empty line after its subject");
  mail.body = lines.substr(end + 2);
  if (mail.body.find("{link}") == std::string::npos) return bad("has no {link}");
  return mail;
}

std::vector<std::string> MissingColumns(const MailTemplate& mail,
                                        const std::vector<std::string>& header) {
  std::set<std::string> missing;
  for (const std::string* text : {&mail.subject, &mail.body}) {
    Expand(*text, [&](std::string_view name) {
      if (std::find(header.begin(), header.end(), name) == header.end()) {
        missing.emplace(name);
      }
      return std::string();
    });
  }
  return {missing.begin(), missing.end()};
}

MailTemplate FillIn(const MailTemplate& mail, const std::vector<std::string>& header,
                    const std::vector<std::string>& row) {
  const auto cell = [&](std::string_view name) {
    const auto found = std::find(header.begin(), header.end(), name);
    return found == header.end() ? std::string()
                                 : row[static_cast<std::size_t>(found - header.begin())];
  };
  return {.subject = Expand(mail.subject, cell), .body = Expand(mail.body, cell)};
}

absl::Status CheckAddress(std::string_view address) {
  const std::size_t at = address.find('@');
  const bool one_at = at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
                      address.find('@', at + 1) == std::string_view::npos;
  if (one_at && address.size() <= kAddressBytesMax && IsPlain(address) &&
      address.find_first_of(" <>()[],;:\\\"") == std::string_view::npos) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "found ", address.size(), " bytes that are no mail address, allowed is NAME@HOST"));
}

std::string MakeMessage(const Sender& from, const std::string& to, const MailTemplate& mail,
                        absl::Time now, std::string_view chance) {
  const std::string host = from.address.substr(from.address.find('@') + 1);
  const absl::TimeZone vietnam = absl::FixedTimeZone(7 * 3600);
  std::string message;
  if (from.name.empty()) {
    absl::StrAppend(&message, "From: <", from.address, ">\r\n");
  } else {
    // Encoded whole, so that no character of the name means anything in a header.
    absl::StrAppend(&message, "From: =?UTF-8?B?", absl::Base64Escape(from.name), "?=\r\n <",
                    from.address, ">\r\n");
  }
  absl::StrAppend(&message, "To: <", to, ">\r\n", "Subject: ", HeaderText(mail.subject), "\r\n",
                  "Date: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", now, vietnam), "\r\n",
                  "Message-ID: <", View(chance), "@", host, ">\r\n",
                  "MIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=UTF-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n"
                  "Auto-Submitted: auto-generated\r\n\r\n");
  std::string body;
  for (const char c : mail.body) {
    if (c == '\n') body.push_back('\r');
    body.push_back(c);
  }
  const std::string encoded = absl::Base64Escape(body);
  for (std::size_t at = 0; at < encoded.size(); at += kBase64Line) {
    absl::StrAppend(&message, encoded.substr(at, kBase64Line), "\r\n");
  }
  return message;
}

}  // namespace hailong::cli
