// The page of worked examples is true: every command prints what stands there, and R computes the
// same figures.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/cli/cli.h"

namespace hailong::tests {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Struct;
using google::protobuf::Value;

struct Example {
  // Without "$ hailong".
  std::vector<std::string> arguments;
  std::string command;
  std::string output;
  // Empty: R has nothing to compare with.
  std::string r;
};

std::string ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<Example> ReadPage(const fs::path& path) {
  std::vector<Example> examples;
  std::istringstream in(ReadText(path));
  std::string block;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      block = block.empty() ? line.substr(3) : "";
      if (block == "console") examples.emplace_back();
      continue;
    }
    if (block == "r") examples.back().r += line + "\n";
    if (block != "console") continue;
    Example& example = examples.back();
    const bool continues = example.command.ends_with("\\");
    if (example.command.empty() || continues) {
      if (continues) example.command.pop_back();
      example.command += line;
    } else {
      example.output += line + "\n";
    }
  }
  for (Example& example : examples) {
    std::istringstream words(example.command);
    std::string word;
    words >> word;
    EXPECT_EQ(word, "$");
    words >> word;
    EXPECT_EQ(word, "hailong");
    while (words >> word) example.arguments.push_back(word);
  }
  return examples;
}

// What a terminal would show.
std::string ScreenOf(const std::vector<std::string>& arguments) {
  std::ostringstream screen;
  cli::Io io{screen, screen, false, [](const char*) { return std::string(); }};
  cli::RunCli(arguments, io);
  return screen.str();
}

std::map<std::string, double> RunR(const std::vector<Example>& examples) {
  const fs::path work =
      fs::temp_directory_path() / ("hailong-examples-" + std::to_string(getpid()));
  fs::create_directories(work);
  for (size_t e = 0; e < examples.size(); ++e) {
    if (examples[e].r.empty()) continue;
    std::ofstream(work / (std::to_string(e) + ".R")) << examples[e].r;
  }
  const std::string command = "Rscript --vanilla '" EXAMPLES_R "' '" + work.string() + "' '" +
                              (work / "results.csv").string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::map<std::string, double> results;
  std::istringstream in(ReadText(work / "results.csv"));
  for (std::string line; std::getline(in, line);) {
    const size_t comma = line.find(',');
    EXPECT_NE(comma, std::string::npos) << line;
    results[line.substr(0, comma)] = std::strtod(line.c_str() + comma + 1, nullptr);
  }
  fs::remove_all(work);
  return results;
}

class Examples : public testing::Test {
 protected:
  Examples() : before_(fs::current_path()) {
    fs::current_path(EXAMPLES_DIR);
    examples_ = ReadPage("estimates.md");
  }
  ~Examples() override { fs::current_path(before_); }

  fs::path before_;
  std::vector<Example> examples_;
};

TEST_F(Examples, EveryCommandPrintsWhatThePageShows) {
  ASSERT_GE(examples_.size(), 15u);
  for (const Example& example : examples_) {
    EXPECT_EQ(ScreenOf(example.arguments), example.output) << example.command;
  }
}

TEST_F(Examples, RComputesTheSameFigures) {
  std::map<std::string, double> results = RunR(examples_);
  ASSERT_FALSE(results.empty());
  for (size_t e = 0; e < examples_.size(); ++e) {
    if (examples_[e].r.empty()) continue;
    std::vector<std::string> arguments = examples_[e].arguments;
    arguments.insert(arguments.end(), {"--format", "json"});
    if (examples_[e].command.find("--format json") != std::string::npos) {
      arguments.resize(arguments.size() - 2);
    }
    // The JSON alone: nothing goes to the error stream beside it.
    const std::string json = ScreenOf(arguments);
    Struct document;
    const auto parsed = google::protobuf::util::JsonStringToMessage(json, &document);
    ASSERT_TRUE(parsed.ok()) << parsed.ToString() << '\n' << json;
    const auto& estimates = document.fields().at("estimates").list_value();
    ASSERT_GT(estimates.values_size(), 0);
    for (int i = 0; i < estimates.values_size(); ++i) {
      const auto& cell = estimates.values(i).struct_value().fields();
      const std::pair<std::string, std::string> names[] = {{"estimate", "estimate"},
                                                           {"se", "se"},
                                                           {"ci_low", "low"},
                                                           {"ci_high", "high"},
                                                           {"deff", "deff"}};
      for (const auto& [ours, theirs] : names) {
        const std::string key = std::to_string(e) + "." + theirs + "." + std::to_string(i);
        const auto found = results.find(key);
        if (theirs == "deff" && found == results.end()) continue;
        ASSERT_NE(found, results.end()) << key << ": R has fewer figures\n" << examples_[e].command;
        const Value& value = cell.at(ours);
        ASSERT_EQ(value.kind_case(), Value::kNumberValue) << key << '\n' << examples_[e].command;
        EXPECT_NEAR(value.number_value(), found->second, 1e-9 * std::abs(found->second))
            << key << '\n'
            << examples_[e].command;
        results.erase(found);
      }
    }
  }
  for (const auto& [key, value] : results) {
    ADD_FAILURE() << "nothing was compared with " << key << " = " << value << " of R";
  }
}

}  // namespace
}  // namespace hailong::tests
