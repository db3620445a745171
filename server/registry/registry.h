#pragma once

// What administrators keep. One function per call of RegistryService, on plain messages, tested
// without gRPC. Changes wait for the disk: call them on an executor thread. Thread-safe.

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "hailong/v1/registry_service.pb.h"
#include "server/model/catalog.h"
#include "server/registry/status_board.h"
#include "server/store/catalog_writer.h"
#include "server/store/key_ring.h"
#include "server/store/store.h"

namespace hailong::registry {

class Registry {
 public:
  // `can_score` says whether a round that names an index framework can be scored and published by
  // it and, if not, why.
  using CanScore = std::function<absl::Status(const model::Round&)>;

  Registry(const model::CatalogHolder& catalog, store::CatalogWriter& writer, store::Store& store,
           store::KeyRing& keys, const StatusBoard& statuses, const base::Clock& clock,
           CanScore can_score)
      : catalog_(catalog),
        writer_(writer),
        store_(store),
        keys_(keys),
        statuses_(statuses),
        clock_(clock),
        can_score_(std::move(can_score)) {}

  using Caller = const model::Principal&;

  absl::StatusOr<v1::ImportUnitsResponse> ImportUnits(Caller, const v1::ImportUnitsRequest&);
  absl::StatusOr<v1::ListUnitsResponse> ListUnits(Caller, const v1::ListUnitsRequest&);
  absl::StatusOr<v1::ImportPopulationsResponse> ImportPopulations(
      Caller, const v1::ImportPopulationsRequest&);
  absl::StatusOr<v1::ListPopulationsResponse> ListPopulations(Caller,
                                                              const v1::ListPopulationsRequest&);
  absl::StatusOr<v1::PublishQuestionnaireResponse> PublishQuestionnaire(
      Caller, const v1::PublishQuestionnaireRequest&);
  absl::StatusOr<v1::ListQuestionnairesResponse> ListQuestionnaires(
      Caller, const v1::ListQuestionnairesRequest&);
  absl::StatusOr<v1::OpenRoundResponse> OpenRound(Caller, const v1::OpenRoundRequest&);
  absl::StatusOr<v1::CloseRoundResponse> CloseRound(Caller, const v1::CloseRoundRequest&);
  absl::StatusOr<v1::DestroyRoundKeyResponse> DestroyRoundKey(Caller,
                                                              const v1::DestroyRoundKeyRequest&);
  absl::StatusOr<v1::GetRoundResponse> GetRound(Caller, const v1::GetRoundRequest&);
  absl::StatusOr<v1::ListRoundsResponse> ListRounds(Caller, const v1::ListRoundsRequest&);
  absl::StatusOr<v1::CreateCollectorResponse> CreateCollector(Caller,
                                                              const v1::CreateCollectorRequest&);
  absl::StatusOr<v1::ListCollectorsResponse> ListCollectors(Caller,
                                                            const v1::ListCollectorsRequest&);
  absl::StatusOr<v1::RotateCollectorCredentialResponse> RotateCollectorCredential(
      Caller, const v1::RotateCollectorCredentialRequest&);
  absl::StatusOr<v1::ConfigureKioskResponse> ConfigureKiosk(Caller,
                                                            const v1::ConfigureKioskRequest&);
  absl::StatusOr<v1::ConfigureWebResponse> ConfigureWeb(Caller, const v1::ConfigureWebRequest&);
  absl::StatusOr<v1::RevokeCollectorResponse> RevokeCollector(Caller,
                                                              const v1::RevokeCollectorRequest&);
  absl::StatusOr<v1::ListSequenceGapsResponse> ListSequenceGaps(Caller,
                                                                const v1::ListSequenceGapsRequest&);
  absl::StatusOr<v1::CreateAccountResponse> CreateAccount(Caller, const v1::CreateAccountRequest&);
  absl::StatusOr<v1::ListAccountsResponse> ListAccounts(Caller, const v1::ListAccountsRequest&);
  absl::StatusOr<v1::RevokeAccountResponse> RevokeAccount(Caller, const v1::RevokeAccountRequest&);

  // For CollectionService.
  absl::StatusOr<v1::GetQuestionnaireResponse> GetQuestionnaire(Caller,
                                                                const v1::GetQuestionnaireRequest&);

  // The credential of a first admin, if there is no admin yet; it is given to `keep` (to be made
  // durable) before it works.
  absl::Status CreateFirstAdmin(const std::function<absl::Status(const std::string&)>& keep);

 private:
  // A collector for which the caller may speak. Errors: NOT_FOUND, PERMISSION_DENIED.
  absl::StatusOr<model::CollectorRecord> FindCollector(Caller caller, const model::Catalog& catalog,
                                                       const std::string& collector_id) const;
  // A round whose root the caller may administer. Errors: NOT_FOUND, PERMISSION_DENIED.
  absl::StatusOr<std::shared_ptr<const model::Round>> FindRound(Caller caller,
                                                                const model::Catalog& catalog,
                                                                const std::string& round_id) const;

  const model::CatalogHolder& catalog_;
  store::CatalogWriter& writer_;
  store::Store& store_;
  store::KeyRing& keys_;
  const StatusBoard& statuses_;
  const base::Clock& clock_;
  const CanScore can_score_;
};

// A random bearer credential; `Hash` is what is stored of it.
std::string NewCredential();
std::string HashCredential(std::string_view credential);

}  // namespace hailong::registry
