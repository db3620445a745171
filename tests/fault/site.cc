#include "tests/fault/site.h"

#include <grpcpp/generic/generic_stub.h>

#include <atomic>

#include "absl/time/clock.h"
#include "base/check.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace hailong::tests {
namespace {

using base::Cat;

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  HAILONG_CHECK(value.ok());
  return *std::move(value);
}

base::FaultVfs& NewDisk() {
  static std::atomic<int> number = 0;
  return base::FaultVfs::Register(Cat("fault-", ++number));
}

}  // namespace

Site::Site(const Options& options) {
  if (options.directory.empty()) temporary_.emplace();
  settings_.data_directory =
      Cat(options.directory.empty() ? temporary_->path() : options.directory, "/data");
  settings_.listen = "127.0.0.1:0";
  settings_.clock = options.clock;
  if (options.faulty_disk) {
    disk_ = &NewDisk();
    settings_.vfs = disk_->name();
  }
  const absl::Status started = Start();
  if (!started.ok()) std::fprintf(stderr, "%s\n", started.ToString().c_str());
  HAILONG_CHECK(started.ok());
  admin_credential_ = Must(ReadAdminCredential(settings_.data_directory));
  Caller admin = Admin();
  const absl::Time now = options.clock != nullptr ? options.clock->Now() : absl::Now();
  uint64_t seed = options.seed;
  for (const CollectorAccess& access : Must(SetUpWorld(admin, options.devices, now))) {
    devices_.push_back(std::make_unique<Device>(
        access, Device::Options{.seed = ++seed, .now = now, .citizens = 50}));
  }
}

absl::Status Site::Start() {
  ASSIGN_OR_RETURN(server_, app::Server::Start(settings_));
  return absl::OkStatus();
}

std::string Site::address() const { return Cat("127.0.0.1:", port()); }

bool Site::IsServing() const {
  // grpc.health.v1.Health/Check with an empty request; HealthCheckResponse{status = SERVING} is
  // the two bytes of field 1, varint 1.
  const auto channel = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc::CompletionQueue queue;
  const grpc::ByteBuffer request(nullptr, 0);
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  HAILONG_CHECK(queue.Next(&tag, &ok));
  grpc::Slice bytes;
  if (!status.ok() || !response.DumpToSingleSlice(&bytes).ok()) return false;
  return bytes.size() == 2 && bytes.begin()[0] == 0x08 && bytes.begin()[1] == 0x01;
}

std::string Site::Settle() {
  for (const auto& device : devices_) {
    Caller caller = CallerOf(*device);
    while (device->unacknowledged() > 0) {
      const grpc::Status status = device->SendUnacknowledged(caller);
      if (!status.ok()) return status.error_message();
    }
    const grpc::Status status = device->SendAllAgain(caller);
    if (!status.ok()) return status.error_message();
  }
  return Check(/*complete=*/true);
}

std::string Site::Check(bool complete) {
  Caller admin = Admin();
  std::vector<const Device*> devices;
  for (const auto& device : devices_) devices.push_back(device.get());
  const auto violations = Validate(admin, devices, complete);
  if (!violations.ok()) return violations.status().ToString();
  return violations->empty() ? "" : Describe(*violations);
}

absl::Duration RetryDelayOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return absl::ZeroDuration();
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::RetryInfo info;
    if (detail.UnpackTo(&info)) {
      return absl::Seconds(info.retry_delay().seconds()) +
             absl::Nanoseconds(info.retry_delay().nanos());
    }
  }
  return absl::ZeroDuration();
}

}  // namespace hailong::tests
