#include "server/web/call_guard.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>

#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/web_refusal.h"
#include "server/web/connect_error.h"

namespace hailong::web {
namespace {

using base::Cat;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kKeyBytes = 32;
constexpr std::string_view kThisAddress = "this address";

const Message* SubMessage(const Message& message, const std::string& name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
      field->is_repeated() || !message.GetReflection()->HasField(message, field)) {
    return nullptr;
  }
  return &message.GetReflection()->GetMessage(message, field);
}

std::string Text(const Message& message, const std::string& name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING ||
      field->is_repeated()) {
    return "";
  }
  return message.GetReflection()->GetString(message, field);
}

// By what a person comes, out of the bytes of any request that has an `entry` (see SurveyService):
// the invitation, or the link. Empty: none.
struct EntryKeys {
  std::string invitation;
  std::string link;
};

EntryKeys ReadEntry(const Method& method, const std::string& bytes) {
  EntryKeys keys;
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
      method.request_type);
  if (type == nullptr || type->FindFieldByName("entry") == nullptr) return keys;
  const std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  // What does not parse is refused by its handler.
  if (!message->ParsePartialFromString(bytes)) return keys;
  const Message* entry = SubMessage(*message, "entry");
  if (entry == nullptr) return keys;
  // However it is typed, it is one. What is no code lets nobody in: its handler says so.
  keys.invitation = base::NormalizeBase32(Text(*entry, "invitation_token"), limits::kTokenSize);
  const Message* slip = SubMessage(*entry, "slip");
  keys.link =
      base::NormalizeBase32(slip != nullptr ? Text(*slip, "link_code") : Text(*entry, "link_code"),
                            limits::kLinkCodeSize);
  return keys;
}

}  // namespace

CallGuard::CallGuard(const Options& options, const base::Clock& clock,
                     std::function<bool(std::string_view)> is_public)
    : options_(options),
      clock_(clock),
      is_public_(std::move(is_public)),
      credentials_(options.per_credential, options.buckets_max),
      invitations_(options.per_invitation, options.buckets_max),
      links_(options.per_link, options.buckets_max),
      addresses_(options.per_address, options.buckets_max),
      challenges_({.key = base::RandomBytes(kKeyBytes),
                   .life = options.challenge_life,
                   .solutions_max = options.solutions_max}) {}

ConnectGateway::Stopped CallGuard::Refuse(std::string_view what, absl::Duration wait) {
  refused_.fetch_add(1);
  return {.status = ToRpc(refusal::TooManyCalls(what, wait)), .headers = {}};
}

std::optional<ConnectGateway::Stopped> CallGuard::Look(const Request& request, const Method& method,
                                                       const std::string& bytes) {
  const absl::Time now = clock_.Now();
  if (is_public_(method.name)) return LookPublic(request, method, bytes, now);
  const std::string_view credential = request.Get("authorization");
  // Without one the gate refuses at once; that costs less than to keep count.
  if (credential.empty()) return std::nullopt;
  const absl::Duration wait = credentials_.Take(credential, now);
  if (wait == absl::ZeroDuration()) return std::nullopt;
  return Refuse("this credential", wait);
}

std::optional<ConnectGateway::Stopped> CallGuard::LookPublic(const Request& request,
                                                             const Method& method,
                                                             const std::string& bytes,
                                                             absl::Time now) {
  const EntryKeys entry = ReadEntry(method, bytes);
  if (!entry.invitation.empty()) {
    const absl::Duration wait = invitations_.Take(entry.invitation, now);
    if (wait > absl::ZeroDuration()) return Refuse("this invitation", wait);
  }
  const Address subscriber = request.client.Subscriber();
  const std::string address(subscriber.Key());
  absl::Duration wait;
  std::string_view what = kThisAddress;
  if (!entry.link.empty()) {
    wait = links_.Take(entry.link, now);
    if (wait > absl::ZeroDuration()) what = "this link";
  }
  if (wait == absl::ZeroDuration()) wait = addresses_.Take(address, now);
  if (wait == absl::ZeroDuration()) return std::nullopt;

  TokenBuckets& over = what == kThisAddress ? addresses_ : links_;
  const std::string& key = what == kThisAddress ? address : entry.link;
  const std::string subject =
      Cat(address.size(), ".", address, method.name, ".", base::Sha256Hex(request.body));
  const std::string_view solution = request.Get("x-challenge-solution");
  if (!solution.empty() && challenges_.Use(solution, subject, now).ok()) {
    over.Owe(key, now);
    solved_.fetch_add(1);
    return std::nullopt;
  }
  const int bits = options_.bits_min + static_cast<int>(over.DebtShare(key, now) *
                                                        (options_.bits_max - options_.bits_min));
  challenged_.fetch_add(1);
  return ConnectGateway::Stopped{
      .status = ToRpc(refusal::TooManyCalls(what, wait)),
      .headers = {{"X-Challenge", challenges_.Make(subject, bits, now)}}};
}

}  // namespace hailong::web
