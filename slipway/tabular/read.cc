#include "slipway/tabular/read.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/tabular/column_source.h"
#include "slipway/tabular/concatenate.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/json_lines.h"
#include "slipway/tabular/mltable.h"

namespace slipway::tabular {
namespace {

namespace fs = std::filesystem;

enum class Format { kCsv, kTabSeparated, kJson, kParquet, kCompressed };

std::optional<Format> FormatByEnding(const fs::path& path) {
  static const std::vector<std::pair<std::string, Format>> endings = {
      {".csv", Format::kCsv},         {".tsv", Format::kTabSeparated}, {".tab", Format::kTabSeparated},
      {".jsonl", Format::kJson},      {".ndjson", Format::kJson},      {".json", Format::kJson},
      {".parquet", Format::kParquet}, {".gz", Format::kCompressed},    {".zip", Format::kCompressed},
      {".bz2", Format::kCompressed},  {".zst", Format::kCompressed},   {".xz", Format::kCompressed}};
  const std::string ending = ToLower(path.extension().string());
  for (const auto& [known, format] : endings)
    if (known == ending) return format;
  return std::nullopt;
}

Result<Table> ReadParquet(const fs::path& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto source, OpenParquet(path));
  return ReadAll(*source);
}

Result<Table> ReadTableFile(const fs::path& path) {
  switch (FormatByEnding(path).value_or(Format::kCsv)) {
    case Format::kCsv:
      return ReadCsvFile(path);
    case Format::kTabSeparated:
      return ReadCsvFile(path, {.delimiter = '\t'});
    case Format::kJson:
      return ReadJsonFile(path);
    case Format::kParquet:
      return ReadParquet(path);
    case Format::kCompressed:
      return Unimplemented(fmt::format("reading compressed files is not supported yet: '{}'", path.string()));
  }
  return Internal("unknown table format");
}

bool IsHidden(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

Result<Table> ReadFolder(const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, ListFiles(folder));
  std::vector<Table> tables;
  std::vector<std::string> names;
  for (const FileEntry& entry : entries) {
    if (IsHidden(entry.path) || !FormatByEnding(entry.path)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(Table table, ReadTableFile(folder / entry.path));
    tables.push_back(std::move(table));
    names.push_back((folder / entry.path).string());
  }
  if (tables.empty())
    return NotFound(fmt::format("there is no CSV, JSON or Parquet file in the folder '{}'", folder.string()));
  return Concatenate(std::move(tables), names);
}

}  // namespace

Result<Table> ReadTable(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return ReadTableFile(path);
  return fs::exists(path / "MLTable", ignored) ? ReadMltable(path) : ReadFolder(path);
}

}  // namespace slipway::tabular
