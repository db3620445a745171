#pragma once

// ResultsService on the wire. Unary calls hand over; the two streams are in streams.h.

#include "hailong/v1/results_service.grpc.pb.h"
#include "server/results/results.h"
#include "server/transport/gate.h"
#include "server/transport/registry_handler.h"
#include "server/transport/streams.h"

namespace hailong::transport {

class ResultsHandler final : public v1::ResultsService::CallbackService {
 public:
  ResultsHandler(Gate& gate, results::Results& results, WatchTicker& ticker)
      : gate_(gate), results_(results), ticker_(ticker) {}

  HAILONG_UNARY(ResultsService, GetSipas, results_)
  HAILONG_UNARY(ResultsService, ListUnitScores, results_)
  HAILONG_UNARY(ResultsService, GetParSurveyPoints, results_)
  HAILONG_UNARY(ResultsService, ListImprovements, results_)

  grpc::ServerWriteReactor<v1::WatchRoundResponse>* WatchRound(
      grpc::CallbackServerContext* context, const v1::WatchRoundRequest* request) override {
    return ticker_.Watch(gate_.Admit(*context, "hailong.v1.ResultsService/WatchRound"), *request);
  }
  grpc::ServerWriteReactor<v1::ExportResponsesResponse>* ExportResponses(
      grpc::CallbackServerContext* context, const v1::ExportResponsesRequest* request) override {
    return StartExport(gate_.Admit(*context, "hailong.v1.ResultsService/ExportResponses"), *request,
                       results_, gate_.executor());
  }

 private:
  Gate& gate_;
  results::Results& results_;
  WatchTicker& ticker_;
};

}  // namespace hailong::transport
