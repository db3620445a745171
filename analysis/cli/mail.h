// A mail as text: a template with placeholders, and the message that goes over the wire (RFC 5322,
// UTF-8).
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace hailong::cli {

// "Subject: ...", an empty line, the text; {column} stands for a cell of the row.
struct MailTemplate {
  std::string subject;
  std::string body;
};

// INVALID_ARGUMENT: it has no subject, no text or no {link}, or is not UTF-8.
absl::StatusOr<MailTemplate> ReadMailTemplate(std::string_view text);

// The columns that the template names and the header has not; empty: none.
std::vector<std::string> MissingColumns(const MailTemplate& mail,
                                        const std::vector<std::string>& header);

// With the cells of a row in their places.
MailTemplate FillIn(const MailTemplate& mail, const std::vector<std::string>& header,
                    const std::vector<std::string>& row);

// An address that can stand in an envelope and a header. INVALID_ARGUMENT: it cannot.
absl::Status CheckAddress(std::string_view address);

struct Sender {
  std::string address;
  std::string name;  // empty: none
};

// The whole message with CRLF ends. `chance`: what makes its Message-ID its own, letters and
// digits.
std::string MakeMessage(const Sender& from, const std::string& to, const MailTemplate& mail,
                        absl::Time now, std::string_view chance);

}  // namespace hailong::cli
