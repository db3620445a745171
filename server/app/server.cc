#include "server/app/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <chrono>
#include <optional>

#include "analysis/frameworks/frameworks.h"
#include "base/crypto/base32.h"
#include "base/executor.h"
#include "base/files.h"
#include "base/http/curl_client.h"
#include "base/log/log.h"
#include "base/loopback.h"
#include "base/status.h"
#include "server/app/writer_figures.h"
#include "server/app/zalo.h"
#include "server/intake/admission.h"
#include "server/intake/intake.h"
#include "server/model/limits.h"
#include "server/registry/kiosks.h"
#include "server/registry/registry.h"
#include "server/results/results.h"
#include "server/store/catalog_writer.h"
#include "server/store/key_ring.h"
#include "server/store/sqlite_store.h"
#include "server/store/writer.h"
#include "server/survey/invitations.h"
#include "server/survey/opened_board.h"
#include "server/survey/survey.h"
#include "server/transport/collection_handler.h"
#include "server/transport/invitation_handler.h"
#include "server/transport/kiosk_handler.h"
#include "server/transport/registry_handler.h"
#include "server/transport/results_handler.h"
#include "server/transport/survey_handler.h"
#include "server/transport/zalo_handler.h"
#include "server/zalo/settings.h"

namespace hailong::app {
namespace {

using base::Cat;

constexpr size_t kExecutorThreads = 2;
// Of their own, so that a flood from the web does not hold up administration, nor a long table the
// citizens.
constexpr size_t kSurveyThreads = 2;
constexpr std::chrono::seconds kShutdownGrace{3};
constexpr size_t kPemBytesMax = 1 << 20;
constexpr size_t kGatewayKeySize = 26;  // 130 bits

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const Settings& settings) {
  if (settings.tls_certificate_path.empty() != settings.tls_key_path.empty()) {
    return absl::InvalidArgumentError("TLS needs both a certificate and a key");
  }
  if (settings.tls_certificate_path.empty()) {
    if (!base::IsLoopback(settings.listen)) {
      return absl::InvalidArgumentError(Cat("listening on ", settings.listen,
                                            " needs --tls-cert and --tls-key; plain text is "
                                            "allowed on 127.0.0.1, localhost and [::1] only"));
    }
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions options;
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  ASSIGN_OR_RETURN(pair.cert_chain, base::ReadFile(settings.tls_certificate_path, kPemBytesMax));
  ASSIGN_OR_RETURN(pair.private_key, base::ReadFile(settings.tls_key_path, kPemBytesMax));
  options.pem_key_cert_pairs.push_back(std::move(pair));
  return grpc::SslServerCredentials(options);
}

}  // namespace

// In the order in which they are built; destroyed in reverse.
struct Server::Parts {
  base::SystemClock system_clock;
  const base::Clock* clock = nullptr;
  std::atomic<bool> store_closed = false;
  std::atomic<grpc::HealthCheckServiceInterface*> health = nullptr;

  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<store::KeyRing> keys;
  std::unique_ptr<model::CatalogHolder> catalog;
  std::unique_ptr<intake::Admission> admission;
  WriterFigures writer_figures;
  std::unique_ptr<store::Writer> writer;
  std::unique_ptr<store::CatalogWriter> catalog_writer;
  std::unique_ptr<results::Results> results;
  std::unique_ptr<registry::StatusBoard> statuses;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<registry::Kiosks> kiosks;
  std::unique_ptr<intake::Intake> intake;
  std::unique_ptr<survey::OpenedBoard> opened;
  std::unique_ptr<survey::Survey> survey;
  std::unique_ptr<survey::Invitations> invitations;

  base::CurlClient http{{}};
  std::unique_ptr<zalo::Channel> zalo;  // null: not set up

  const std::string gateway_key = base::RandomBase32(kGatewayKeySize);
  std::unique_ptr<base::Executor> executor;
  std::unique_ptr<transport::Gate> gate;
  std::unique_ptr<base::Executor> survey_executor;
  std::unique_ptr<transport::Gate> survey_gate;
  std::unique_ptr<transport::WatchTicker> ticker;
  std::unique_ptr<transport::CollectionHandler> collection_handler;
  std::unique_ptr<transport::KioskHandler> kiosk_handler;
  std::unique_ptr<transport::SurveyHandler> survey_handler;
  std::unique_ptr<transport::InvitationHandler> invitation_handler;
  std::unique_ptr<transport::RegistryHandler> registry_handler;
  std::unique_ptr<transport::ResultsHandler> results_handler;
  std::unique_ptr<transport::ZaloHandler> zalo_handler;
  std::unique_ptr<grpc::Server> grpc_server;
  int port = 0;
  web::Metrics metrics;
  std::unique_ptr<Web> web;

  absl::Status BuildStore(const Settings& settings);
  absl::Status BuildLogic(const Settings& settings);
  absl::Status BuildZalo(const Settings& settings, zalo::Settings zalo_settings);
  absl::Status BuildTransport(const Settings& settings,
                              const std::shared_ptr<grpc::ServerCredentials>& credentials);
  absl::Status BuildWeb(const WebPlan& plan);
};

absl::Status Server::Parts::BuildStore(const Settings& settings) {
  clock = settings.clock != nullptr ? settings.clock : &system_clock;
  RETURN_IF_ERROR(base::MakePrivateDirectory(settings.data_directory));
  ASSIGN_OR_RETURN(store, store::SqliteStore::Open({.path = settings.data_directory + "/hailong.db",
                                                    .vfs = settings.vfs}));
  ASSIGN_OR_RETURN(keys, store::KeyRing::Open(settings.data_directory + "/keys"));
  RETURN_IF_ERROR(store->VerifyAudit());
  ASSIGN_OR_RETURN(const std::vector<model::Record> records, store->ReadRecords());
  ASSIGN_OR_RETURN(auto loaded, model::Catalog::Empty()->With(records));
  catalog = std::make_unique<model::CatalogHolder>(std::move(loaded));
  return absl::OkStatus();
}

absl::Status Server::Parts::BuildLogic(const Settings& settings) {
  admission = std::make_unique<intake::Admission>(*catalog);
  // A broken row is told by whatever reads its round; new responses are taken all the same.
  const absl::Status recovered = admission->Recover(*store);
  if (absl::IsDataLoss(recovered)) {
    base::LogError(Cat("pace of collectors not recovered: ", recovered.message()));
  } else {
    RETURN_IF_ERROR(recovered);
  }
  writer = std::make_unique<store::Writer>(
      *store, store::Writer::Options{
                  .jobs_max = limits::kWriterJobsMax,
                  .commit_responses_max = limits::kCommitResponsesMax,
                  .admit = [this](model::NewResponse& response) { admission->Admit(response); },
                  .closed =
                      [this](const absl::Status& status) {
                        base::LogError(Cat("store closed: ", status.message()));
                        if (auto* service = health.load()) service->SetServingStatus(false);
                        store_closed.store(true);
                      },
                  .committed = [this](auto responses,
                                      auto stored) { writer_figures.Count(responses, stored); },
                  .acknowledge_before_commit_by = settings.acknowledge_before_commit_by});
  writer_figures.AddTo(metrics, *writer);
  catalog_writer = std::make_unique<store::CatalogWriter>(*writer, *catalog, *clock);
  ASSIGN_OR_RETURN(const auto definitions, frameworks::ShippedFrameworks());
  ASSIGN_OR_RETURN(results::Frameworks known, results::MakeFrameworks(definitions));
  results = std::make_unique<results::Results>(*catalog, *catalog_writer, *store, *clock,
                                               std::move(known), settings.scoring_threads);
  statuses = std::make_unique<registry::StatusBoard>(*store, *writer, *clock);
  RETURN_IF_ERROR(statuses->Recover());
  registry = std::make_unique<registry::Registry>(
      *catalog, *catalog_writer, *store, *keys, *statuses, *clock,
      [this](const model::Round& round) { return results->CheckRound(round); });
  kiosks = std::make_unique<registry::Kiosks>(*catalog, *catalog_writer, *store, *statuses, *clock);
  intake = std::make_unique<intake::Intake>(*catalog, *keys, *writer, *clock);
  AddRefusals(*intake, metrics);
  opened = std::make_unique<survey::OpenedBoard>(*writer, *clock);
  survey = std::make_unique<survey::Survey>(*catalog, *store, *keys, *intake, *opened, *clock);
  invitations =
      std::make_unique<survey::Invitations>(*catalog, *store, *writer, *keys, *opened, *clock);
  writer->Start();
  return registry->CreateFirstAdmin([&](const std::string& credential) {
    const std::string path = settings.data_directory + "/admin.token";
    base::LogInfo(Cat("first start: the credential of account 'admin' is in ", path));
    return base::WritePrivateFile(path, credential + "\n");
  });
}

absl::Status Server::Parts::BuildZalo(const Settings& settings, zalo::Settings zalo_settings) {
  ASSIGN_OR_RETURN(zalo,
                   zalo::Channel::Open(std::move(zalo_settings),
                                       {.catalog = *catalog,
                                        .round_keys = *keys,
                                        .writer = *writer,
                                        .store = *store,
                                        .clock = *clock,
                                        .http = http,
                                        .deliver = DeliverTo(*intake),
                                        .keys_directory = settings.data_directory + "/keys"}));
  return zalo->Start();
}

absl::Status Server::Parts::BuildTransport(
    const Settings& settings, const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  executor = std::make_unique<base::Executor>(kExecutorThreads, limits::kExecutorTasksMax);
  gate = std::make_unique<transport::Gate>(*catalog, *executor, gateway_key);
  survey_executor = std::make_unique<base::Executor>(kSurveyThreads, limits::kExecutorTasksMax);
  survey_gate = std::make_unique<transport::Gate>(*catalog, *survey_executor, gateway_key);
  ticker = std::make_unique<transport::WatchTicker>(*results, *clock);
  collection_handler = std::make_unique<transport::CollectionHandler>(*gate, *intake, *registry);
  kiosk_handler = std::make_unique<transport::KioskHandler>(*gate, *kiosks);
  survey_handler = std::make_unique<transport::SurveyHandler>(*survey_gate, *survey);
  invitation_handler = std::make_unique<transport::InvitationHandler>(*gate, *invitations);
  registry_handler = std::make_unique<transport::RegistryHandler>(*gate, *registry, *results);
  results_handler = std::make_unique<transport::ResultsHandler>(*gate, *results, *ticker);
  if (zalo != nullptr) zalo_handler = std::make_unique<transport::ZaloHandler>(*gate, *zalo);

  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits::kMessageBytesMax));
  // Two servers on one port would share its calls, and only one has the store.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Kiosks keep idle connections through routers that forget them.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddListeningPort(settings.listen, credentials, &port);
  builder.RegisterService(collection_handler.get());
  builder.RegisterService(kiosk_handler.get());
  builder.RegisterService(survey_handler.get());
  builder.RegisterService(invitation_handler.get());
  builder.RegisterService(registry_handler.get());
  builder.RegisterService(results_handler.get());
  if (zalo_handler != nullptr) builder.RegisterService(zalo_handler.get());
  grpc_server = builder.BuildAndStart();
  if (grpc_server == nullptr || port == 0) {
    return absl::UnavailableError(Cat("cannot listen on ", settings.listen,
                                      ": in use, not ours, or the TLS files do not fit together"));
  }
  health.store(grpc_server->GetHealthCheckService());
  return absl::OkStatus();
}

absl::Status Server::Parts::BuildWeb(const WebPlan& plan) {
  ASSIGN_OR_RETURN(web, Web::Start(
                            plan, *grpc_server, gateway_key, *clock, metrics,
                            [this] { return !store_closed.load(); },
                            [this](web::Site& site) {
                              if (zalo != nullptr) AddWebhook(zalo->webhook(), site);
                            }));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Settings& settings) {
  // First what can be wrong with the settings: nothing is made for a server that cannot start.
  ASSIGN_OR_RETURN(const auto credentials, Credentials(settings));
  ASSIGN_OR_RETURN(const WebPlan web_plan, CheckWebSettings(settings.web));
  std::optional<zalo::Settings> zalo_settings;
  if (!settings.zalo_settings_path.empty()) {
    if (!web_plan.serves) {
      return absl::InvalidArgumentError("--zalo-settings needs --web-listen, where Zalo posts");
    }
    ASSIGN_OR_RETURN(zalo_settings, zalo::ReadSettings(settings.zalo_settings_path));
  }
  auto server = std::unique_ptr<Server>(new Server(std::make_unique<Parts>()));
  RETURN_IF_ERROR(server->parts_->BuildStore(settings));
  RETURN_IF_ERROR(server->parts_->BuildLogic(settings));
  if (zalo_settings.has_value()) {
    RETURN_IF_ERROR(server->parts_->BuildZalo(settings, *std::move(zalo_settings)));
  }
  RETURN_IF_ERROR(server->parts_->BuildTransport(settings, credentials));
  RETURN_IF_ERROR(server->parts_->BuildWeb(web_plan));
  return server;
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  // Calls first, while all that they wait for still runs.
  if (parts_->web != nullptr) parts_->web->StopTaking();
  if (parts_->ticker != nullptr) parts_->ticker->Stop();
  if (parts_->grpc_server != nullptr) {
    parts_->grpc_server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
    parts_->grpc_server->Wait();
  }
  parts_->web.reset();
  parts_->health.store(nullptr);
  if (parts_->executor != nullptr) parts_->executor->Stop();
  if (parts_->survey_executor != nullptr) parts_->survey_executor->Stop();
  parts_->zalo.reset();
  if (parts_->statuses != nullptr) parts_->statuses->Save();
  if (parts_->opened != nullptr) parts_->opened->Save();
  if (parts_->writer != nullptr) parts_->writer->Stop();
}

void Server::Step() { parts_->opened->Step(); }

int Server::port() const { return parts_->port; }

int Server::web_port() const { return parts_->web->port(); }

int Server::operations_port() const { return parts_->web->operations_port(); }

bool Server::store_closed() const { return parts_->store_closed.load(); }

size_t Server::FrameBytes(const std::string& round_id) {
  return parts_->results->FrameBytes(round_id);
}

}  // namespace hailong::app
