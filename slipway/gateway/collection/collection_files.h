// The files of collected data: one a collection, instance and period, to which whole lines are appended.
//
//   <folder>/2026/03/04/05/blue-0.jsonl      hour; days, months and years have their files further up, and
//   <folder>/2026/03/04/05/blue-0.07.jsonl   minutes theirs beside one another in the hour's folder, where
//                                            readers of hours find them
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::gateway::collection {

// `rolling_rate`: minute, hour, day, month, year; anything else counts as hour. Times are UTC.
std::filesystem::path PeriodFolder(const std::filesystem::path& folder, std::string_view rolling_rate, Timestamp time);
std::filesystem::path PeriodFile(const std::filesystem::path& folder, std::string_view rolling_rate,
                                 std::string_view instance, Timestamp time);

// Not thread-safe. A process that is killed while it writes may leave the beginning of a line at a file's end: the next
// one cuts it off, at once when it starts, for all files that were open (`journal` lists them).
class CollectionFiles {
 public:
  explicit CollectionFiles(std::filesystem::path journal);
  ~CollectionFiles();
  CollectionFiles(const CollectionFiles&) = delete;
  CollectionFiles& operator=(const CollectionFiles&) = delete;

  // All of `lines` or, on failure, nothing. Makes the file with its folders.
  Status Append(const std::filesystem::path& file, std::string_view lines);

 private:
  Result<int> Open(const std::filesystem::path& file);
  void CloseAll();
  Status SaveJournal() const;

  const std::filesystem::path journal_;
  std::map<std::filesystem::path, int> open_;
};

}  // namespace slipway::gateway::collection
