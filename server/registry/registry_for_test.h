#pragma once

// A registry with a store of its own, on the sample's units, questionnaire and round.

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/temp_directory_for_test.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/registry/kiosks.h"
#include "server/registry/registry.h"
#include "server/store/sqlite_store.h"
#include "server/testing/sample.h"

namespace hailong::registry {

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    store_ = *store::SqliteStore::Open({.path = directory_.File("hailong.db"), .vfs = ""});
    keys_ = *store::KeyRing::Open(directory_.File("keys"));
    writer_ = std::make_unique<store::Writer>(
        *store_, store::Writer::Options{
                     .jobs_max = 16, .commit_responses_max = 500, .admit = {}, .closed = {}});
    writer_->Start();
    catalog_writer_ = std::make_unique<store::CatalogWriter>(*writer_, holder_, clock_);
    statuses_ = std::make_unique<StatusBoard>(*store_, *writer_, clock_);
    registry_ = std::make_unique<Registry>(
        holder_, *catalog_writer_, *store_, *keys_, *statuses_, clock_,
        [](const model::Round& round) {
          const std::string& id = round.definition().framework_id();
          return id == "sipas" ? absl::OkStatus() : refusal::NoFramework("march", id);
        });
    kiosks_ = std::make_unique<Kiosks>(holder_, *catalog_writer_, *store_, *statuses_, clock_);
  }
  // As the server does: what is on its way to the writer ends before what it needs.
  ~RegistryTest() override { writer_->Stop(); }

  // Units, the questionnaire and the round of the sample.
  void SetUp() override {
    ASSERT_EQ(ImportUnits(sample::Units())->added(), sample::Units().size());
    v1::PublishQuestionnaireRequest publish;
    *publish.mutable_questionnaire() = sample::Questionnaire();
    ASSERT_TRUE(registry_->PublishQuestionnaire(admin_, publish).ok());
    const auto opened = Open(sample::Round());
    ASSERT_TRUE(opened.ok()) << opened.status();
  }

  absl::StatusOr<v1::ImportUnitsResponse> ImportUnits(const std::vector<v1::Unit>& units) {
    v1::ImportUnitsRequest request;
    for (const v1::Unit& unit : units) *request.add_units() = unit;
    return registry_->ImportUnits(admin_, request);
  }
  // Responses of the round with these numbers of a collector, on disk when it returns.
  void StoreNumbers(const std::string& collector, const std::vector<uint64_t>& numbers) {
    std::vector<model::NewResponse> responses;
    for (const uint64_t number : numbers) {
      responses.push_back(sample::Checked(holder_.Get()->FindRound("march"), ++response_id_));
      responses.back().collector = holder_.Get()->collectors().at(collector).number;
      responses.back().content.device_sequence = number;
    }
    std::promise<void> done;
    ASSERT_TRUE(
        writer_->OfferResponses(std::move(responses), [&](auto) { done.set_value(); }).ok());
    done.get_future().get();
  }
  absl::StatusOr<v1::OpenRoundResponse> Open(v1::Round round) { return Open(admin_, round); }
  absl::StatusOr<v1::OpenRoundResponse> Open(const model::Principal& caller, v1::Round round) {
    v1::OpenRoundRequest request;
    round.clear_state();
    *request.mutable_round() = round;
    return registry_->OpenRound(caller, request);
  }
  absl::StatusOr<v1::CreateCollectorResponse> Create(const model::Principal& caller,
                                                     const std::string& id,
                                                     const std::string& unit_id) {
    v1::CreateCollectorRequest request;
    *request.mutable_collector() = sample::Collector(id, v1::CHANNEL_KIOSK, unit_id);
    return registry_->CreateCollector(caller, request);
  }
  absl::StatusOr<v1::CreateAccountResponse> CreateAccount(const std::string& id, v1::Role role,
                                                          const std::string& unit_id = "") {
    v1::CreateAccountRequest request;
    request.mutable_account()->set_account_id(id);
    request.mutable_account()->set_role(role);
    request.mutable_account()->set_unit_id(unit_id);
    return registry_->CreateAccount(admin_, request);
  }
  absl::StatusOr<v1::ImportPopulationsResponse> SetPopulation(const model::Principal& caller,
                                                              const std::string& unit_id,
                                                              uint64_t size) {
    v1::ImportPopulationsRequest request;
    request.set_round_id("march");
    v1::Population& population = *request.add_populations();
    population.set_unit_id(unit_id);
    population.set_size(size);
    population.set_source("SYNTHETIC");
    return registry_->ImportPopulations(caller, request);
  }
  absl::StatusCode Close(const model::Principal& caller, const std::string& round_id) {
    v1::CloseRoundRequest request;
    request.set_round_id(round_id);
    return registry_->CloseRound(caller, request).status().code();
  }
  absl::StatusCode DestroyKey(const std::string& round_id) {
    v1::DestroyRoundKeyRequest request;
    request.set_round_id(round_id);
    return registry_->DestroyRoundKey(admin_, request).status().code();
  }
  void Seal(absl::Time at) {
    ASSERT_TRUE(
        catalog_writer_
            ->Apply("test", "SealRound", "march",
                    [&](const model::Catalog& catalog) {
                      model::SealRecord seal{.round_id = "march", .scoring = {}};
                      *seal.scoring.mutable_seal()->mutable_sealed_at() = model::ToProto(at);
                      v1::Round round = catalog.FindRound("march")->definition();
                      round.set_state(v1::ROUND_STATE_SEALED);
                      return std::vector<model::Record>{
                          seal, model::RoundRecord{.number = sample::kRoundNumber, .round = round}};
                    })
            .ok());
  }
  // Calls a list with pages of `page_size` until its end; `take` adds the things of a page.
  template <typename Request, typename Response, typename Take>
  std::vector<std::string> Walk(absl::StatusOr<Response> (Registry::*list)(Registry::Caller,
                                                                           const Request&),
                                uint32_t page_size, Take take, Request request = {}) {
    std::vector<std::string> ids;
    request.set_page_size(page_size);
    do {
      const auto page = (registry_.get()->*list)(admin_, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      const size_t before = ids.size();
      take(*page, ids);
      EXPECT_LE(ids.size() - before, page_size);
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty() && ids.size() < 1000);
    return ids;
  }

  base::TempDirectory directory_;
  base::FakeClock clock_{sample::At("2025-03-06T00:00:00+07:00")};
  model::CatalogHolder holder_{model::Catalog::Empty()};
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<StatusBoard> statuses_;
  std::unique_ptr<store::KeyRing> keys_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::CatalogWriter> catalog_writer_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Kiosks> kiosks_;
  uint64_t response_id_ = 0;
  const model::Principal admin_{.role = v1::ROLE_ADMIN, .id = "admin", .unit_id = ""};
  const model::Principal district_{.role = v1::ROLE_OPERATOR, .id = "ops", .unit_id = "718"};
};

}  // namespace hailong::registry
