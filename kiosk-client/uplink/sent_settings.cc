#include "kiosk-client/uplink/sent_settings.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <string>
#include <utility>

namespace hailong::uplink {
namespace {

// Maps in a fixed order.
std::string Bytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream into(&bytes);
  google::protobuf::io::CodedOutputStream coded(&into);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

session::Settings SettingsOf(const outbox::LastGood& last_good, std::string collector_id) {
  session::Settings settings{.collector_id = std::move(collector_id),
                             .configuration = last_good.configuration,
                             .questionnaire = last_good.questionnaire,
                             .round = last_good.round.value_or(v1::Round()),
                             .unit_name = last_good.unit_name,
                             .province_name = last_good.province_name};
  // Named, and not there any more.
  if (!last_good.round.has_value()) settings.configuration.clear_round_id();
  return settings;
}

bool IsSame(const outbox::LastGood& a, const outbox::LastGood& b) {
  return Bytes(a.configuration) == Bytes(b.configuration) &&
         a.round.has_value() == b.round.has_value() &&
         (!a.round.has_value() || Bytes(*a.round) == Bytes(*b.round)) &&
         a.questionnaire_digest == b.questionnaire_digest && a.unit_name == b.unit_name &&
         a.province_name == b.province_name && Bytes(a.questionnaire) == Bytes(b.questionnaire);
}

}  // namespace hailong::uplink
