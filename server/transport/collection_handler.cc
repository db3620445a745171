#include "server/transport/collection_handler.h"

#include "server/model/limits.h"
#include "server/model/times.h"
#include "server/transport/envelope.h"

namespace hailong::transport {
namespace {

// A call under way: what was sent lives until Offer has looked at it.
struct Submission {
  google::protobuf::Arena arena;
  model::Principal sender;
  std::vector<const v1::Response*> responses;
  std::vector<std::string> response_ids;
};

absl::StatusOr<std::shared_ptr<Submission>> Open(const Gate& gate,
                                                 const grpc::CallbackServerContext& context,
                                                 std::string_view method,
                                                 const grpc::ByteBuffer& request,
                                                 size_t responses_max) {
  auto submission = std::make_shared<Submission>();
  auto caller = gate.Admit(context, method);
  if (!caller.ok()) return caller.status();
  submission->sender = *std::move(caller);
  grpc::Slice flat;
  if (!request.TrySingleSlice(&flat).ok() && !request.DumpToSingleSlice(&flat).ok()) {
    return absl::InvalidArgumentError("the request cannot be read");
  }
  auto responses = OpenEnvelope({reinterpret_cast<const char*>(flat.begin()), flat.size()},
                                responses_max, submission->arena);
  if (!responses.ok()) return responses.status();
  submission->responses = *std::move(responses);
  for (const v1::Response* response : submission->responses) {
    submission->response_ids.push_back(response == nullptr ? "" : response->response_id());
  }
  return submission;
}

void FillStored(const model::Stored& stored, const std::string& response_id,
                v1::SubmitResponseResponse* message) {
  message->set_outcome(stored.outcome);
  v1::Receipt* receipt = message->mutable_receipt();
  receipt->set_response_id(response_id);
  *receipt->mutable_received_at() = model::ToProto(stored.received_at);
  receipt->set_first_outcome(stored.first_outcome);
}

template <typename Message>
grpc::Status Serialize(const Message& message, grpc::ByteBuffer* into) {
  bool own = false;
  return grpc::SerializationTraits<Message>::Serialize(message, into, &own);
}

}  // namespace

grpc::ServerUnaryReactor* CollectionHandler::SubmitResponse(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* request,
                                                            grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto submission =
      Open(gate_, *context, "hailong.v1.CollectionService/SubmitResponse", *request, 1);
  if (!submission.ok()) {
    reactor->Finish(ToGrpc(submission.status()));
    return reactor;
  }
  intake_.Offer((*submission)->sender, (*submission)->responses,
                [reactor, response, id = std::move((*submission)->response_ids[0])](
                    std::vector<absl::StatusOr<model::Stored>> outcomes) {
                  if (!outcomes[0].ok()) return reactor->Finish(ToGrpc(outcomes[0].status()));
                  v1::SubmitResponseResponse message;
                  FillStored(*outcomes[0], id, &message);
                  reactor->Finish(Serialize(message, response));
                });
  return reactor;
}

grpc::ServerUnaryReactor* CollectionHandler::SubmitResponses(grpc::CallbackServerContext* context,
                                                             const grpc::ByteBuffer* request,
                                                             grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto submission = Open(gate_, *context, "hailong.v1.CollectionService/SubmitResponses",
                               *request, limits::kBatchResponsesMax);
  if (!submission.ok()) {
    reactor->Finish(ToGrpc(submission.status()));
    return reactor;
  }
  intake_.Offer((*submission)->sender, (*submission)->responses,
                [reactor, response, ids = std::move((*submission)->response_ids)](
                    std::vector<absl::StatusOr<model::Stored>> outcomes) {
                  v1::SubmitResponsesResponse message;
                  for (size_t i = 0; i < outcomes.size(); ++i) {
                    v1::SubmitResult* result = message.add_results();
                    if (outcomes[i].ok()) {
                      FillStored(*outcomes[i], ids[i], result->mutable_stored());
                    } else {
                      *result->mutable_refusal() = ToRefusal(outcomes[i].status());
                    }
                  }
                  reactor->Finish(Serialize(message, response));
                });
  return reactor;
}

grpc::ServerUnaryReactor* CollectionHandler::GetQuestionnaire(
    grpc::CallbackServerContext* context, const v1::GetQuestionnaireRequest* request,
    v1::GetQuestionnaireResponse* response) {
  return gate_.Unary(
      context, "hailong.v1.CollectionService/GetQuestionnaire", request, response,
      [this](const model::Principal& caller, const v1::GetQuestionnaireRequest& ask) {
        return registry_.GetQuestionnaire(caller, ask);
      });
}

}  // namespace hailong::transport
