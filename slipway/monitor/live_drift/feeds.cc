#include "slipway/monitor/live_drift/feeds.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/monitor/score_shift.h"
#include "slipway/tabular/call_rows.h"

namespace slipway::monitor {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const logstore::QuerySettings kLimits = {.timeout_ms = 20'000, .rows_max = 100'000};
constexpr size_t kLineBytesMax = 4 << 20;  // of one reading: rows take about ten microseconds each
constexpr std::string_view kInputMark = "InputData";
constexpr Duration kScoresReach = std::chrono::hours(48);

std::string LinesQuery(const std::string& after, const std::string& until, Timestamp since, size_t lines_max) {
  std::string query = fmt::format("AmlOnlineEndpointConsoleLog\n| where _TimeReceived <= datetime({})", until);
  if (!after.empty()) query += fmt::format("\n| where _TimeReceived > datetime({})", after);
  return query + fmt::format(
                     "\n| where TimeGenerated > datetime({})"
                     "\n| where Message contains 'InputData' or Message contains 'OutputData'"
                     "\n| top {} by _TimeReceived desc"
                     "\n| project TimeGenerated, _ResourceId, DeploymentName, Message",
                     FormatTimestamp(since), lines_max);
}

std::string TextIn(const std::string& cell) {
  const json value = json::parse(cell, nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? value.get<std::string>() : std::string();
}

// {"data": "<JSON>"} becomes {"data": <JSON>}.
std::string Unwrapped(std::string_view envelope) {
  json value = json::parse(envelope, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object() || !value.contains("data") || !value["data"].is_string()) return std::string(envelope);
  value["data"] = json::parse(value["data"].get_ref<const std::string&>(), nullptr, /*allow_exceptions=*/false);
  return value["data"].is_discarded() ? std::string(envelope) : value.dump();
}

// Where collected files of this time are: in the folder of its hour, or further up.
std::vector<fs::path> FoldersOf(const fs::path& folder, Timestamp time) {
  const std::string text = FormatTimestamp(time, 0);  // 2026-03-04T05:06:07Z
  const fs::path year = folder / text.substr(0, 4), month = year / text.substr(5, 2), day = month / text.substr(8, 2);
  return {year, month, day, day / text.substr(11, 2)};
}

// The files of records in a folder, with their sizes; none when it is not there yet.
Result<std::vector<std::pair<fs::path, uint64_t>>> FilesIn(const fs::path& folder) {
  std::vector<std::pair<fs::path, uint64_t>> files;
  std::error_code failed;
  fs::directory_iterator entries(folder, failed);
  for (; !failed && entries != fs::directory_iterator(); entries.increment(failed)) {
    std::error_code gone;
    const uint64_t size = entries->path().extension() == ".jsonl" ? entries->file_size(gone) : 0;
    if (!gone && size > 0) files.emplace_back(entries->path(), size);
  }
  if (!failed || failed == std::errc::no_such_file_or_directory) return files;
  return Unavailable(fmt::format("reading the folder '{}': {}", folder.string(), failed.message()));
}

struct ByteRange {
  uint64_t begin, end;
};

// Whole lines of a part of a file; of a part of more than `bytes_max` its end. Where the last whole line ends.
uint64_t AppendWholeLines(const fs::path& file, ByteRange range, uint64_t bytes_max, std::vector<std::string>& lines) {
  const bool is_skipping = range.end - range.begin > bytes_max;
  const uint64_t begin = is_skipping ? range.end - bytes_max : range.begin;
  std::string text(range.end - begin, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(begin));
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(0, stream.gcount())));
  const size_t whole = text.rfind('\n');
  if (whole == std::string::npos) return range.begin;
  size_t from = is_skipping ? text.find('\n') + 1 : 0;
  for (size_t end; from <= whole && (end = text.find('\n', from)) != std::string::npos; from = end + 1)
    if (end > from) lines.push_back(text.substr(from, end - from));
  return begin + whole + 1;
}

}  // namespace

Result<std::vector<ConsoleLine>> ConsoleFeed::ReadNew(Timestamp now, size_t lines_max) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string until, logs_.NewestReceived());
  std::vector<ConsoleLine> lines;
  if (until == after_) return lines;
  SLIPWAY_ASSIGN_OR_RETURN(const auto result,
                           logs_.Query(LinesQuery(after_, until, now - kFeedReach, lines_max), {}, "", kLimits));
  after_ = until;
  size_t bytes = 0;
  for (const auto& row : result.rows) {
    if (row.size() != 4) return Internal("the query of console lines gave no row of four");
    bytes += row[3].size();
    if (bytes > kLineBytesMax && !lines.empty()) break;
    const auto time = ParseTimestamp(TextIn(row[0]));
    if (time) lines.push_back({TextIn(row[1]), TextIn(row[2]), *time, TextIn(row[3])});
  }
  return lines;
}

std::string RowsOfLine(const std::string& message, const std::vector<std::string>& columns) {
  const size_t mark = message.find(kInputMark);
  if (mark == std::string::npos) return "";
  const size_t begin = message.find_first_of("{[", mark);
  if (begin == std::string::npos) return "";
  const auto rows =
      tabular::InputRows(Unwrapped(std::string_view(message).substr(begin)), tabular::BodyForm::kJson, columns);
  return rows ? *rows : std::string();
}

Result<std::vector<std::string>> CollectionFeed::ReadNew(Timestamp now, uint64_t bytes_max) {
  std::set<fs::path> folders;
  for (const Timestamp time : {now - kFeedReach, now})
    for (fs::path& folder : FoldersOf(folder_, time)) folders.insert(std::move(folder));
  std::erase_if(offsets_, [&](const auto& entry) { return !folders.contains(entry.first.parent_path()); });
  std::vector<std::string> lines;
  for (const fs::path& folder : folders) SLIPWAY_RETURN_IF_ERROR(ReadFolder(folder, bytes_max, lines));
  return lines;
}

Status CollectionFeed::ReadFolder(const fs::path& folder, uint64_t bytes_max, std::vector<std::string>& lines) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, FilesIn(folder));
  for (const auto& [file, size] : files) ReadTail(file, size, bytes_max, lines);
  return {};
}

void CollectionFeed::ReadTail(const fs::path& file, uint64_t size, uint64_t bytes_max,
                              std::vector<std::string>& lines) {
  uint64_t& offset = offsets_[file];
  if (size < offset) offset = 0;  // cut off after a crash, or another file of that name
  if (size == offset) return;
  offset = AppendWholeLines(file, {offset, size}, bytes_max, lines);
}

std::optional<CollectedRecord> ReadRecord(const std::string& line) {
  json record = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object() || !record.contains("data") || !record["data"].is_array()) return std::nullopt;
  const json time = record.value("time", json());
  const auto parsed = ParseTimestamp(time.is_string() ? time.get<std::string>() : "");
  if (!parsed) return std::nullopt;
  return CollectedRecord{std::move(record["data"]), *parsed};
}

Result<std::vector<double>> ReadCollectedScores(const fs::path& folder, Timestamp begin, Timestamp end, size_t most) {
  constexpr uint64_t kBytesMax = 16 << 20;
  std::set<fs::path> folders;
  for (Timestamp time = std::max(begin, end - kScoresReach); time < end + std::chrono::hours(1);
       time += std::chrono::hours(1))
    for (fs::path& one : FoldersOf(folder, time)) folders.insert(std::move(one));
  std::vector<std::string> lines;
  for (const fs::path& one : folders) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto files, FilesIn(one));
    for (const auto& [file, size] : files) AppendWholeLines(file, {0, size}, kBytesMax, lines);
  }
  std::vector<std::pair<Timestamp, double>> found;
  for (const std::string& line : lines) {
    const auto record = ReadRecord(line);
    if (!record || record->time < begin || record->time >= end) continue;
    for (const double score : ScoresOfAnswer(record->rows.dump())) found.emplace_back(record->time, score);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (found.size() > most) found.resize(most);
  std::vector<double> scores;
  for (const auto& [time, score] : found) scores.push_back(score);
  return scores;
}

}  // namespace slipway::monitor
