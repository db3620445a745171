// The commands: each function adds a group to the program and, when one of its commands is on the
// command line, leaves in `chosen` what to run once a session is there.
//
// Thread promise: one thread.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "analysis/cli/session.h"

namespace hailong::cli {

// What a command that needs no server comes to.
using OfflineCommand = std::function<ExitCode(const GlobalOptions&, Io&)>;

// The whole program: its options and every command below.
void AddAll(CLI::App& app, GlobalOptions& options, Command& chosen, OfflineCommand& offline);

void AddUnitCommands(CLI::App& app, Command& chosen);
void AddPopulationCommands(CLI::App& app, Command& chosen);
void AddQuestionnaireCommands(CLI::App& app, Command& chosen);
void AddRoundCommands(CLI::App& app, Command& chosen);
void AddCollectorCommands(CLI::App& app, Command& chosen);
// Below the group `collector`.
void AddConfigureCommand(CLI::App* collector, Command& chosen);
void AddConfigureWebCommand(CLI::App* collector, Command& chosen);
void AddAccountCommands(CLI::App& app, Command& chosen);
void AddResultsCommands(CLI::App& app, Command& chosen);
void AddImproveCommand(CLI::App& app, Command& chosen);
void AddExportCommand(CLI::App& app, Command& chosen);
void AddImportCommand(CLI::App& app, Command& chosen);
void AddEstimateCommand(CLI::App& app, OfflineCommand& chosen);
void AddInviteCommands(CLI::App& app, Command& chosen, OfflineCommand& offline);
void AddZaloCommands(CLI::App& app, Command& chosen, OfflineCommand& offline);
// Below the group `zalo`.
void AddZaloConnectCommand(CLI::App* zalo, OfflineCommand& chosen);
// Below the group `invite`.
void AddSheetCommand(CLI::App* invite, OfflineCommand& chosen);
void AddSendCommand(CLI::App* invite, Command& chosen);

// Below a table on the screen; beside CSV on the error stream, since made-up data must never pass
// for real.
void PrintNotes(const std::vector<std::string>& notes, Session& session);

// The units' names by id.
RpcStatus ReadUnitNames(Session& session, std::map<std::string, std::string>* names);

// Adds a command that runs `run` with the arguments that `T` holds; the caller binds options to the
// returned arguments, which live as long as the app.
template <typename T>
std::shared_ptr<T> Bind(CLI::App* command, Command& chosen,
                        ExitCode (*run)(const T& arguments, Session& session)) {
  auto arguments = std::make_shared<T>();
  command->callback([&chosen, arguments, run] {
    chosen = [arguments, run](Session& session) { return run(*arguments, session); };
  });
  return arguments;
}

// The option that shows everything of a round that hides small cells; `request` lives as long as
// the command.
template <typename Request>
void AddLift(CLI::App* command, Request* request) {
  command->add_flag_callback(
      "--without-protection", [request] { request->set_without_protection(true); },
      "Hide nothing (administrators only; not for publication)");
}

}  // namespace hailong::cli
