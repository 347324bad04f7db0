#include "slipway/tabular/mltable_file.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/tabular/yaml_value.h"

namespace slipway::tabular {
namespace {

namespace fs = std::filesystem;
using Member = YamlValue::Member;

constexpr std::string_view kFileName = "MLTable";
constexpr std::string_view kGlobCharacters = "*?[";

// --- paths ---

Result<fs::path> LocalPath(const YamlValue& value, std::string text, const fs::path& folder) {
  constexpr std::string_view kFileScheme = "file://";
  if (text.starts_with(kFileScheme))
    text.erase(0, kFileScheme.size());
  else if (const size_t scheme = text.find("://"); scheme != std::string::npos)
    return value.NotSupported(fmt::format("reading a table from {}://", text.substr(0, scheme)));
  if (text.empty()) return value.Complain("the path is empty");
  return (folder / text).lexically_normal();
}

bool IsHidden(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

// Files below `root` whose path relative to it passes, sorted.
template <typename Passes>
Result<std::vector<fs::path>> FilesBelow(const fs::path& root, Passes passes) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<FileEntry> entries, ListFiles(root));
  std::vector<fs::path> files;
  for (const FileEntry& entry : entries)
    if (!IsHidden(entry.path) && fs::path(entry.path).filename() != kFileName && passes(entry.path))
      files.push_back(root / entry.path);
  return files;
}

// The folders before the first segment with a wildcard, and the pattern below them.
std::pair<fs::path, std::string> SplitPattern(const fs::path& path) {
  fs::path root, pattern;
  for (const fs::path& segment : path) {
    const bool is_wild = segment.string().find_first_of(kGlobCharacters) != std::string::npos;
    (pattern.empty() && !is_wild ? root : pattern) /= segment;
  }
  return {root, pattern.string()};
}

Result<std::vector<fs::path>> FilesOfPattern(const YamlValue& value, const std::string& text, const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, LocalPath(value, text, folder));
  // Wildcards in the folder's own name are none.
  if (text.find_first_of(kGlobCharacters) == std::string::npos)
    return fs::is_regular_file(path) ? std::vector<fs::path>{path} : std::vector<fs::path>();
  const bool is_absolute = fs::path(text).is_absolute() || text.starts_with("file://");
  const auto [below, pattern] = SplitPattern(is_absolute ? path : fs::path(text).lexically_normal());
  const fs::path root = is_absolute ? below : (folder / below).lexically_normal();
  if (!fs::is_directory(root)) return std::vector<fs::path>();
  return FilesBelow(root, [pattern = pattern](const std::string& file) { return GlobMatch(pattern, file); });
}

Result<std::vector<fs::path>> FilesOfPath(const std::string& kind, const YamlValue& value, const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, value.Text(kind));
  if (kind == "pattern") return FilesOfPattern(value, text, folder);
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path path, LocalPath(value, text, folder));
  std::error_code ignored;
  if (kind == "folder")
    return fs::is_directory(path, ignored) ? FilesBelow(path, [](const std::string&) { return true; })
                                           : std::vector<fs::path>();
  if (fs::is_regular_file(path, ignored)) return std::vector<fs::path>{path};
  if (text.find_first_of(kGlobCharacters) != std::string::npos)
    return value.Complain(fmt::format("'file' is one file; write 'pattern: {}'", text));
  return std::vector<fs::path>();
}

Result<std::vector<fs::path>> ParsePath(const YamlValue& item, const fs::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto members, item.Members("an item of paths", {"file", "folder", "pattern"}));
  if (members.size() != 1) return item.Complain("needs exactly one of 'file', 'folder' and 'pattern'");
  SLIPWAY_ASSIGN_OR_RETURN(auto files, FilesOfPath(members[0].key, *members[0], folder));
  if (!files.empty()) return files;
  return NotFound(fmt::format("there is no file for the {} '{}' in '{}'", members[0].key,
                              members[0]->Text("").value_or(""), folder.string()))
      .At(members[0]->position());
}

Status ParsePaths(const YamlValue& value, const fs::path& folder, MltableFile& file) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto items, value.Items("paths"));
  if (items.empty()) return value.Complain("paths must not be empty");
  for (const YamlValue& item : items) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto files, ParsePath(item, folder));
    file.files.insert(file.files.end(), files.begin(), files.end());
  }
  return {};
}

// --- how files are read ---

// The value of `choices` that the text names.
template <typename T>
Result<T> Choose(const YamlValue& value, std::string_view what, const std::vector<std::pair<std::string, T>>& choices) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, value.Text(what));
  std::vector<std::string> names;
  for (const auto& [name, meaning] : choices) {
    if (name == text) return meaning;
    names.push_back(name);
  }
  return value.Complain(fmt::format("{} has to be one of {}, not '{}'", what, Join(names, ", "), text));
}

Result<char> ParseDelimiter(const YamlValue& value) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, value.Text("delimiter"));
  if (text == "\\t") return '\t';
  const bool is_usable = text.size() == 1 && text[0] != '"' && text[0] != '\n' && text[0] != '\r';
  if (!is_usable) return value.Complain(fmt::format("the delimiter has to be a single character, not '{}'", text));
  return text[0];
}

Result<Encoding> ParseEncoding(const YamlValue& value) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string name, value.Text("encoding"));
  for (const char* unsupported : {"utf16", "utf32", "windows1252"})
    if (name == unsupported) return value.NotSupported(fmt::format("the encoding {}", name));
  return Choose<Encoding>(value, "encoding",
                          {{"utf8", Encoding::kUtf8},
                           {"utf8bom", Encoding::kUtf8},
                           {"ascii", Encoding::kAscii},
                           {"latin1", Encoding::kLatin1},
                           {"iso88591", Encoding::kLatin1}});
}

Result<HeaderMode> ParseHeader(const YamlValue& value) {
  return Choose<HeaderMode>(value, "header",
                            {{"all_files_same_headers", HeaderMode::kAllSame},
                             {"all_files_different_headers", HeaderMode::kAllDifferent},
                             {"from_first_file", HeaderMode::kFirstFile},
                             {"no_header", HeaderMode::kNone}});
}

Status ParseInference(const YamlValue& value, CsvOptions& csv) {
  if (value.is_map()) return value.NotSupported("infer_column_types with options");
  SLIPWAY_ASSIGN_OR_RETURN(csv.infer_types, value.Boolean("infer_column_types"));
  return {};
}

Status ParseDelimitedOption(const Member& option, MltableReading& reading) {
  if (option.key == "delimiter") {
    SLIPWAY_ASSIGN_OR_RETURN(reading.csv.delimiter, ParseDelimiter(*option));
  } else if (option.key == "encoding") {
    SLIPWAY_ASSIGN_OR_RETURN(reading.csv.encoding, ParseEncoding(*option));
  } else if (option.key == "header") {
    SLIPWAY_ASSIGN_OR_RETURN(reading.header, ParseHeader(*option));
  } else if (option.key == "infer_column_types") {
    return ParseInference(*option, reading.csv);
  } else if (option.key == "empty_as_string") {
    SLIPWAY_ASSIGN_OR_RETURN(reading.empty_as_string, option->Boolean(option.key));
  } else if (option.key == "support_multi_line") {
    SLIPWAY_ASSIGN_OR_RETURN(reading.csv.multi_line, option->Boolean(option.key));
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(reading.include_path_column, option->Boolean(option.key));
  }
  return {};
}

Result<MltableReading> ParseDelimited(const Member& step) {
  MltableReading reading;
  reading.csv.null_texts = {""};
  reading.csv.multi_line = false;
  reading.csv.types_may_be_missing = true;
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto options,
      step->Members("read_delimited", {"delimiter", "encoding", "header", "infer_column_types", "empty_as_string",
                                       "support_multi_line", "include_path_column"}));
  for (const Member& option : options) SLIPWAY_RETURN_IF_ERROR(ParseDelimitedOption(option, reading));
  return reading;
}

Result<MltableReading> ParseJsonLines(const Member& step) {
  MltableReading reading;
  reading.format = MltableReading::Format::kJsonLines;
  SLIPWAY_ASSIGN_OR_RETURN(const auto options,
                           step->Members("read_json_lines", {"encoding", "invalid_lines", "include_path_column"}));
  for (const Member& option : options) {
    if (option.key == "encoding") {
      SLIPWAY_ASSIGN_OR_RETURN(const Encoding encoding, ParseEncoding(*option));
      if (encoding == Encoding::kLatin1) return option->NotSupported("JSON in latin1");
    } else if (option.key == "invalid_lines") {
      SLIPWAY_ASSIGN_OR_RETURN(reading.json.drop_invalid_lines,
                               Choose<bool>(*option, option.key, {{"error", false}, {"drop", true}}));
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(reading.include_path_column, option->Boolean(option.key));
    }
  }
  return reading;
}

Result<MltableReading> ParseParquet(const Member& step) {
  MltableReading reading;
  reading.format = MltableReading::Format::kParquet;
  SLIPWAY_ASSIGN_OR_RETURN(const auto options, step->Members("read_parquet", {"include_path_column"}));
  for (const Member& option : options) {
    SLIPWAY_ASSIGN_OR_RETURN(reading.include_path_column, option->Boolean(option.key));
  }
  return reading;
}

// --- transformations ---

// A step is a text ("- read_delimited") or an object with one key.
Result<Member> StepOf(const YamlValue& item) {
  if (item.is_scalar()) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string name, item.Text("a transformation"));
    return Member{std::move(name), item.position(), {item.NothingHere()}};
  }
  SLIPWAY_ASSIGN_OR_RETURN(auto members, item.Members("a transformation"));
  if (members.size() != 1) return item.Complain("a transformation is one name with its arguments");
  return std::move(members[0]);
}

Result<std::optional<MltableReading>> ParseReading(const Member& step) {
  if (step.key == "read_delimited") return ParseDelimited(step);
  if (step.key == "read_json_lines") return ParseJsonLines(step);
  if (step.key == "read_parquet") return ParseParquet(step);
  if (step.key == "read_delta_lake")
    return Unimplemented(fmt::format("the transformation {} is not supported yet", step.key)).At(step.key_position);
  return std::nullopt;
}

Status ParseTransformations(const YamlValue& value, MltableFile& file) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto items, value.Items("transformations"));
  if (items.empty())
    return value.Complain("transformations start with read_delimited, read_json_lines or read_parquet");
  bool reads_values = false;
  for (size_t i = 0; i < items.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(const Member step, StepOf(items[i]));
    SLIPWAY_ASSIGN_OR_RETURN(auto reading, ParseReading(step));
    if (reading.has_value() != (i == 0))
      return InvalidArgument(i == 0
                                 ? "the first transformation has to be read_delimited, read_json_lines or read_parquet"
                                 : "files are read by the first transformation alone")
          .At(step.key_position);
    if (reading) {
      file.reading = std::move(*reading);
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(MltableStep parsed, ParseMltableStep(step));
    reads_values = reads_values || parsed.reads_values;
    // Read as texts at once, so that 007 stays 007; unless something wants the numbers before.
    for (const std::string& name : parsed.text_columns)
      if (!reads_values) file.reading.csv.types.emplace(name, ColumnType::kString);
    file.steps.push_back(std::move(parsed));
  }
  return {};
}

Status CheckType(const YamlValue& value) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string type, value.Text("type"));
  if (type != "mltable") return value.Complain(fmt::format("type has to be mltable, not '{}'", type));
  return {};
}

}  // namespace

Result<MltableFile> LoadMltableFile(const fs::path& folder) {
  const fs::path path = folder / kFileName;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  SLIPWAY_ASSIGN_OR_RETURN(const YamlValue root, YamlValue::Parse(text, path.string()));
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto members,
      root.Members("an MLTable file", {"$schema", "type", "paths", "transformations", "traits", "metadata"}));
  MltableFile file;
  bool has_transformations = false;
  for (const Member& member : members) {
    if (member.key == "type") SLIPWAY_RETURN_IF_ERROR(CheckType(*member));
    if (member.key == "paths") SLIPWAY_RETURN_IF_ERROR(ParsePaths(*member, folder, file));
    if (member.key != "transformations") continue;
    SLIPWAY_RETURN_IF_ERROR(ParseTransformations(*member, file));
    has_transformations = true;
  }
  if (file.files.empty()) return root.Complain("an MLTable file needs 'paths'");
  if (!has_transformations)
    return root.Complain(
        "nothing says how to read the files: add read_delimited, read_json_lines or read_parquet to transformations");
  return file;
}

}  // namespace slipway::tabular
