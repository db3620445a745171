#pragma once

// Command lines as people type them: run in this process, in a folder of their own, against small
// servers that the test writes.

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/cli.h"
#include "analysis/cli/files.h"
#include "analysis/cli/session.h"
#include "base/temp_directory_for_test.h"

namespace hailong::cli {

struct Output {
  int exit_code = 0;
  std::string out;
  std::string err;
};

inline Output RunLine(const std::vector<std::string>& arguments,
                      std::function<std::string(const char*)> environment,
                      const std::string& typed = "") {
  std::ostringstream out;
  std::ostringstream err;
  Io io{out, err, false, std::move(environment), [&typed](const char*) { return typed; }};
  const ExitCode code = RunCli(arguments, io);
  return {static_cast<int>(code), out.str(), err.str()};
}

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

class CliTest : public testing::Test {
 protected:
  // The services belong to the test; it gives them to the server as it is made.
  void Serve(std::initializer_list<grpc::Service*> services) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    for (grpc::Service* service : services) builder.RegisterService(service);
    server_ = builder.BuildAndStart();
    environment_["HAILONG_SERVER"] = absl::StrCat("127.0.0.1:", port_);
    environment_["HAILONG_TOKEN_FILE"] = Write("token", "admin-token\n");
  }
  // Before the services end.
  void TearDown() override {
    if (server_ != nullptr) server_->Shutdown();
  }

  Output Hailong(const std::vector<std::string>& arguments) {
    return RunLine(
        arguments, [this](const char* name) { return environment_[name]; }, typed_);
  }

  std::string Path(const std::string& name) const { return folder_.File(name); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    std::filesystem::permissions(Path(name), std::filesystem::perms(0600));
    return Path(name);
  }
  std::string Read(const std::string& name) const {
    const auto text = ReadFile(Path(name), 1 << 20);
    return text.ok() ? *text : text.status().ToString();
  }

  const base::TempDirectory folder_;
  std::map<std::string, std::string> environment_;
  std::string typed_;  // at the terminal, when asked for a secret
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace hailong::cli
