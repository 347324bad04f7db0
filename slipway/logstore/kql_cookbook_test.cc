// Runs every query of docs/kql-cookbook.md over a week of seeded logs and compares its answer with the table that
// stands below it. With SLIPWAY_WRITE_COOKBOOK set the tables are written anew.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/logstore/log_store.h"

namespace slipway::logstore {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kRowsShown = 8;

// Small numbers that look random and are the same on every machine.
class Numbers {
 public:
  uint32_t Below(uint32_t bound) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<uint32_t>(state_ >> 33) % bound;
  }

 private:
  uint64_t state_ = 42;
};

// A week of one endpoint with two deployments: green, the newer one, is slower and fails more on its last day. Requests
// leave a row of traffic, their inputs and scores on the console, spans and exceptions; a drift run a day leaves
// traces.
class World {
 public:
  explicit World(Timestamp now) : now_(now) {}

  Status Fill(LogStore& store) {
    for (int hour = 7 * 24; hour > 0; --hour) AddHour(hour);
    for (int day = 7; day > 0; --day) AddDriftRun(day);
    return store.IngestAll(rows_);
  }

 private:
  std::string Before(int64_t seconds) const { return FormatTimestamp(now_ - std::chrono::seconds(seconds)); }
  void Add(const char* table, const json& row) { rows_.push_back({table, row.dump()}); }

  void AddHour(int hour) {
    const int requests = 4 + (hour % 24 < 12 ? 4 : 0);
    for (int i = 0; i < requests; ++i) AddRequest(hour, hour * 3600LL - i * (3600LL / requests) - numbers_.Below(60));
    if (hour % 24 == 3) {
      Add("AmlOnlineEndpointEventLog", {{"TimeGenerated", Before(hour * 3600LL)},
                                        {"Name", "ContainerStarted"},
                                        {"Message", "instance started"},
                                        {"DeploymentName", "green"},
                                        {"InstanceId", fmt::format("green-{}", hour / 24)}});
    }
  }

  void AddRequest(int hour, int64_t ago) {
    const bool green = numbers_.Below(10) < 3;
    const bool last_day = hour <= 24;
    const std::string id = fmt::format("req-{:05}", ++requests_);
    const int status = numbers_.Below(100) < (green && last_day ? 20u : 2u) ? 500 : numbers_.Below(50) == 0 ? 401 : 200;
    const auto duration = static_cast<int>(4 + numbers_.Below(20) + (green ? 12 : 0) + (green && last_day ? 25 : 0));
    const std::string time = Before(ago), deployment = green ? "green" : "blue";
    Add("AmlOnlineEndpointTrafficLog",
        {{"TimeGenerated", time},
         {"Method", "POST"},
         {"Path", "/score"},
         {"EndpointName", "credit-card-default-oe"},
         {"DeploymentName", deployment},
         {"ResponseCode", status},
         {"ResponseCodeReason", status == 200   ? "OK"
                                : status == 401 ? "Unauthorized"
                                                : "Internal Server Error"},
         {"RequestPayloadSize", static_cast<int>(300 + numbers_.Below(200))},
         {"ResponsePayloadSize", 60},
         {"UserAgent", numbers_.Below(2) == 0 ? "python-requests/2.31" : "azsdk-net/1.0"},
         {"XRequestId", id},
         {"TotalDurationMs", duration},
         {"ModelStatusCode", status == 401 ? 0 : status}});
    if (status == 401) return;
    AddConsole(id, time, deployment, status);
    AddSpans(id, time, deployment, status, duration);
  }

  void AddConsole(const std::string& id, const std::string& time, const std::string& deployment, int status) {
    const auto line = [&](const std::string& message) {
      Add("AmlOnlineEndpointConsoleLog", {{"TimeGenerated", time},
                                          {"DeploymentName", deployment},
                                          {"InstanceId", deployment + "-0"},
                                          {"ContainerName", "inference-server"},
                                          {"Message", message}});
    };
    if (status == 500)
      return line(
          fmt::format("ERROR request {} failed: feature store timeout after {} ms", id, 900 + numbers_.Below(3) * 100));
    json inputs = json::array();
    const uint32_t count = 1 + numbers_.Below(2);
    for (uint32_t i = 0; i < count; ++i) {
      inputs.push_back({{"credit_limit", 10000 * (1 + numbers_.Below(20))},
                        {"age", 21 + numbers_.Below(50)},
                        {"sex", numbers_.Below(2) == 0 ? "female" : "male"}});
    }
    const json envelope = {
        {"name", "online/credit-card-default/1"}, {"type", "InputData"}, {"request_id", id}, {"data", inputs}};
    line("online/credit-card-default/1 | " + envelope["type"].get<std::string>() + " | " + envelope.dump());
    const json outputs = {{"type", "OutputData"},
                          {"request_id", id},
                          {"data", json::array({{{"probability", numbers_.Below(1000) / 1000.0}}})}};
    line("online/credit-card-default/1 | OutputData | " + outputs.dump());
  }

  void AddSpans(const std::string& id, const std::string& time, const std::string& deployment, int status,
                int duration) {
    const std::string user = fmt::format("user-{}", numbers_.Below(6));
    Add("AppRequests", {{"TimeGenerated", time},
                        {"Id", id},
                        {"Name", "POST /score"},
                        {"Success", status == 200},
                        {"ResultCode", std::to_string(status)},
                        {"DurationMs", duration * 1.0},
                        {"OperationId", id},
                        {"AppRoleName", deployment},
                        {"UserId", user}});
    Add("AppDependencies", {{"TimeGenerated", time},
                            {"Id", id + "-d"},
                            {"Target", "feature-store"},
                            {"DependencyType", "HTTP"},
                            {"Name", "GET /features"},
                            {"Success", status == 200},
                            {"DurationMs", duration * 0.5},
                            {"OperationId", id}});
    if (status == 200) return;
    Add("AppExceptions", {{"TimeGenerated", time},
                          {"ExceptionType", "TimeoutError"},
                          {"Message", "feature store timeout"},
                          {"OuterMessage", fmt::format("request {} could not be scored", id)},
                          {"SeverityLevel", 3},
                          {"OperationId", id},
                          {"AppRoleName", deployment}});
  }

  void AddDriftRun(int day) {
    const double shift = (8 - day) * 0.05;
    const auto trace = [&](const char* type, const json& data) {
      const json message = {{"name", "credit-card-default"}, {"type", type}, {"data", data}};
      Add("AppTraces",
          {{"TimeGenerated", Before(day * 86400LL - 7200)}, {"Message", message.dump()}, {"SeverityLevel", 1}});
    };
    trace("OverallDriftMetrics", {{"n_features", 3},
                                  {"n_drifted_features", day > 4   ? 0
                                                         : day > 2 ? 1
                                                                   : 2},
                                  {"share", (day > 4   ? 0
                                             : day > 2 ? 1
                                                       : 2) /
                                                4.0},
                                  {"dataset_drift", day <= 2}});
    trace("FeatureDriftMetrics",
          json::array({{{"feature", "credit_limit"}, {"score", 0.05 + shift}, {"drifted", day <= 4}},
                       {{"feature", "age"}, {"score", 0.02 + shift / 2}, {"drifted", day <= 2}},
                       {{"feature", "sex"}, {"score", 0.01}, {"drifted", false}}}));
  }

  const Timestamp now_;
  Numbers numbers_;
  std::vector<LogRow> rows_;
  int requests_ = 0;
};

// A recipe: its title, its query, and where the lines of its answer stand.
struct Recipe {
  std::string title, query;
  std::vector<std::string> answer;
  size_t answer_begin = 0, answer_end = 0;
};

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : Split(text, '\n')) lines.emplace_back(line);
  return lines;
}

std::vector<Recipe> ReadRecipes(const std::vector<std::string>& lines) {
  std::vector<Recipe> recipes;
  std::string title;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with("### ")) title = lines[i].substr(4);
    if (lines[i] != "```kql") continue;
    Recipe recipe;
    recipe.title = title;
    for (++i; i < lines.size() && lines[i] != "```"; ++i) recipe.query += lines[i] + "\n";
    size_t next = i + 1;
    while (next < lines.size() && lines[next].empty()) ++next;
    recipe.answer_begin = recipe.answer_end = i + 1;
    if (next < lines.size() && lines[next].starts_with("| ")) {
      recipe.answer_begin = next;
      for (; next < lines.size() && lines[next].starts_with('|'); ++next) recipe.answer.push_back(lines[next]);
      recipe.answer_end = next;
    }
    recipes.push_back(std::move(recipe));
  }
  return recipes;
}

std::string ShowCell(const std::string& cell) {
  std::string text = cell.starts_with('"') ? json::parse(cell).get<std::string>() : cell;
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return ReplaceAll(text, "|", "\\|");
}

// Rows of a query that leaves their order open are shown sorted.
bool IsOrdered(const std::string& query) {
  return query.find("| sort by") != std::string::npos || query.find("| order by") != std::string::npos ||
         query.find("| top ") != std::string::npos;
}

std::vector<std::string> ShowTable(QueryResult result, bool is_ordered) {
  if (!is_ordered) std::sort(result.rows.begin(), result.rows.end());
  std::string head = "|", rule = "|";
  for (const ResultColumn& column : result.columns) {
    head += fmt::format(" {} |", column.name);
    rule += " --- |";
  }
  std::vector<std::string> lines = {head, rule};
  for (size_t i = 0; i < std::min(kRowsShown, result.rows.size()); ++i) {
    std::string line = "|";
    for (const std::string& cell : result.rows[i]) line += fmt::format(" {} |", ShowCell(cell));
    lines.push_back(line);
  }
  return lines;
}

TEST(KqlCookbook, EveryQueryAnswersAsItSays) {
  const fs::path file = fs::path(SLIPWAY_SOURCE_DIR) / "docs" / "kql-cookbook.md";
  const auto text = ReadFile(file);
  ASSERT_TRUE(text);
  std::vector<std::string> lines = LinesOf(*text);
  const std::vector<Recipe> recipes = ReadRecipes(lines);
  ASSERT_GE(recipes.size(), 43u);
  auto root = TemporaryDirectory::Make();
  ASSERT_TRUE(root);
  const ManualClock clock(*ParseTimestamp("2026-03-04T12:00:00Z"));
  auto store = LogStore::Open(root->path() / "logs", root->path() / "spool", clock);
  ASSERT_TRUE(store) << store.error().ToString();
  const Status filled = World(clock.Now()).Fill(**store);
  ASSERT_TRUE(filled) << filled.error().ToString();
  const bool writes = std::getenv("SLIPWAY_WRITE_COOKBOOK") != nullptr;
  for (auto recipe = recipes.rbegin(); recipe != recipes.rend(); ++recipe) {
    SCOPED_TRACE(recipe->title + "\n" + recipe->query);
    const auto result = (*store)->Query(recipe->query, {}, "");
    ASSERT_TRUE(result) << result.error().ToString();
    EXPECT_FALSE(result->rows.empty());
    std::vector<std::string> shown = ShowTable(*result, IsOrdered(recipe->query));
    if (!writes) {
      EXPECT_EQ(Join(shown, "\n"), Join(recipe->answer, "\n"));
      continue;
    }
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(recipe->answer_begin);
    const auto end = lines.begin() + static_cast<std::ptrdiff_t>(recipe->answer_end);
    if (recipe->answer.empty()) shown.insert(shown.begin(), "");
    const auto at = lines.erase(begin, end);
    lines.insert(at, shown.begin(), shown.end());
  }
  if (writes) {
    ASSERT_TRUE(WriteFileAtomic(file, Join(lines, "\n")));
  }
}

}  // namespace
}  // namespace slipway::logstore
