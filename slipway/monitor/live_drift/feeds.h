// Where the live gauges get their rows from: the lines `… InputData | <JSON>` and `… OutputData | <JSON>` of scoring
// scripts in the console log, and the files of data collection (docs/data-collection.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/logstore/log_store.h"

namespace slipway::monitor {

// How far back a feed begins: the longest window of the gauges.
inline constexpr Duration kFeedReach = std::chrono::hours(1);

struct ConsoleLine {
  std::string resource_id;  // the endpoint's ARM id
  std::string deployment;
  Timestamp time{};
  std::string message;
};

// Not thread-safe. Lines of all workspaces, each once.
class ConsoleFeed {
 public:
  explicit ConsoleFeed(logstore::LogStore& logs) : logs_(logs) {}

  // What came since the last call, at first of the last hour. Of more than `lines_max`, or 4 MiB, the newest: a gauge
  // is then one of a sample.
  Result<std::vector<ConsoleLine>> ReadNew(Timestamp now, size_t lines_max = 5'000);

 private:
  logstore::LogStore& logs_;
  std::string after_;
};

// The rows of an "InputData" line, as a JSON array of one object a row; "" for any other line. `columns` name the
// values of rows that are lists. Envelopes whose "data" is itself JSON as text are taken, too.
std::string RowsOfLine(const std::string& message, const std::vector<std::string>& columns);

// A line of a collected file.
struct CollectedRecord {
  nlohmann::json rows;  // an array of one object a row
  Timestamp time{};
};
// nullopt for a line that is no record of rows.
std::optional<CollectedRecord> ReadRecord(const std::string& line);

// The scores in the collected files of `model_outputs`, of records from `begin` up to `end`; of more than `most` the
// latest. Looks back two days at most, and at the last 16 MiB of a file.
Result<std::vector<double>> ReadCollectedScores(const std::filesystem::path& folder, Timestamp begin, Timestamp end,
                                                size_t most);

// One collection of one deployment. Not thread-safe.
class CollectionFeed {
 public:
  // `folder`: of the collection, in a local datastore; it need not exist yet.
  explicit CollectionFeed(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Whole lines that were appended since the last call, at first to the files of the last hour. Of a file that grew by
  // more than `bytes_max` the end.
  Result<std::vector<std::string>> ReadNew(Timestamp now, uint64_t bytes_max = 4 << 20);

 private:
  Status ReadFolder(const std::filesystem::path& folder, uint64_t bytes_max, std::vector<std::string>& lines);
  void ReadTail(const std::filesystem::path& file, uint64_t size, uint64_t bytes_max, std::vector<std::string>& lines);

  const std::filesystem::path folder_;
  std::map<std::filesystem::path, uint64_t> offsets_;  // of the files of the last hour
};

}  // namespace slipway::monitor
