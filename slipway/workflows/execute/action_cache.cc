// actions/cache: folders kept between runs, by key. <cache>/<paths>/<branch>/<key>.tar with <key>.json; both hashed to
// names that any text fits.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/workflows/execute/actions.h"
#include "slipway/workflows/execute/glob.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKeyMax = 512;

struct Entry {
  std::string key;
  fs::path archive;
  std::string saved_at;
};

std::string NameOf(std::string_view text) {
  return Sha256Hex(text).substr(0, 32);
}

std::string BranchOf(const ActionCall& call) {
  return call.ref.starts_with("refs/heads/") ? call.ref.substr(11) : call.ref;
}

fs::path FolderOf(const ActionCall& call, const std::string& branch) {
  return call.cache / NameOf(call.Input("path")) / NameOf(branch);
}

Status CheckKey(const std::string& key) {
  if (key.empty()) return InvalidArgument("the input 'key' is required");
  if (key.size() <= kKeyMax && key.find(',') == std::string::npos) return {};
  return InvalidArgument(fmt::format("a key has at most {} characters and no comma", kKeyMax));
}

std::vector<Entry> EntriesOf(const fs::path& folder) {
  std::vector<Entry> entries;
  std::error_code failed;
  for (const auto& file : fs::directory_iterator(folder, failed)) {
    if (file.path().extension() != ".json") continue;
    const auto text = ReadFile(file.path());
    const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
    if (!json.is_object()) continue;
    entries.push_back(
        {json.value("key", ""), fs::path(file.path()).replace_extension(".tar"), json.value("savedAt", "")});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.saved_at > b.saved_at; });
  return entries;
}

// The key itself, then the prefixes in order, each on the branch and then on the default branch.
std::optional<Entry> FindEntry(const ActionCall& call, const std::string& key) {
  std::vector<std::string> branches = {BranchOf(call)};
  if (branches[0] != call.default_branch) branches.push_back(call.default_branch);
  for (const std::string& branch : branches)
    for (const Entry& entry : EntriesOf(FolderOf(call, branch)))
      if (entry.key == key) return entry;
  const std::string prefixes = call.Input("restore-keys");
  for (const std::string_view line : Split(prefixes, '\n')) {
    const std::string_view prefix = Trim(line);
    if (prefix.empty()) continue;
    for (const std::string& branch : branches)
      for (const Entry& entry : EntriesOf(FolderOf(call, branch)))
        if (entry.key.starts_with(prefix)) return entry;
  }
  return std::nullopt;
}

Status Tar(ActionCall& call, std::vector<std::string> words) {
  words.insert(words.begin(), "tar");
  SLIPWAY_ASSIGN_OR_RETURN(const ProgramEnd end, call.run(std::move(words), call.work, nullptr));
  return end.ok() ? Status() : FailedPrecondition("tar failed");
}

Status Save(ActionCall& call) {
  const std::string key = call.Input("key");
  SLIPWAY_RETURN_IF_ERROR(CheckKey(key));
  const fs::path folder = FolderOf(call, BranchOf(call));
  for (const Entry& entry : EntriesOf(folder)) {
    if (entry.key != key) continue;
    call.log(fmt::format("the cache has the key '{}' already: it stays as it is", key));
    return {};
  }
  std::vector<std::string> paths;
  const std::string given = call.Input("path");
  for (const std::string_view line : Split(given, '\n')) paths.emplace_back(line);
  SLIPWAY_ASSIGN_OR_RETURN(const Globbed found, FindFiles(call.work, paths, call.home, {}));
  if (found.files.empty()) {
    call.warn(fmt::format("nothing is cached: '{}' holds no files", call.Input("path")));
    return {};
  }
  // Names in the workspace are relative: the next job has another one.
  std::string names;
  const std::string inside = call.work.string() + "/";
  for (const fs::path& file : found.files)
    names += (file.string().starts_with(inside) ? file.string().substr(inside.size()) : file.string()) + '\0';
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory staging, TemporaryDirectory::Make(folder));
  SLIPWAY_RETURN_IF_ERROR(AppendFile(staging.path() / "names", names));
  SLIPWAY_RETURN_IF_ERROR(
      Tar(call, {"--create", "--absolute-names", "--null", "--verbatim-files-from", "--file",
                 (staging.path() / "a.tar").string(), "--files-from", (staging.path() / "names").string()}));
  const fs::path archive = folder / (NameOf(key) + ".tar");
  std::error_code failed;
  fs::rename(staging.path() / "a.tar", archive, failed);
  if (failed) return FromErrno(failed.value(), archive.string());
  const nlohmann::json about = {{"key", key}, {"savedAt", FormatTimestamp(call.now)}};
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(fs::path(archive).replace_extension(".json"), about.dump()));
  call.log(fmt::format("cached {} files under the key '{}'", found.files.size(), key));
  return {};
}

// True for a hit of the key itself.
Result<bool> Restore(ActionCall& call) {
  const std::string key = call.Input("key");
  SLIPWAY_RETURN_IF_ERROR(CheckKey(key));
  if (call.Input("path").empty()) return InvalidArgument("the input 'path' is required");
  call.outputs["cache-primary-key"] = key;
  SLIPWAY_ASSIGN_OR_RETURN(const bool only_looks, call.Flag("lookup-only", false));
  SLIPWAY_ASSIGN_OR_RETURN(const bool must_hit, call.Flag("fail-on-cache-miss", false));
  const auto entry = FindEntry(call, key);
  if (!entry) {
    call.log(fmt::format("the cache has no '{}'", key));
    if (must_hit) return NotFound(fmt::format("the cache has no '{}'", key));
    call.outputs["cache-hit"] = "";
    return false;
  }
  const bool is_exact = entry->key == key;
  if (!only_looks)
    SLIPWAY_RETURN_IF_ERROR(Tar(call, {"--extract", "--absolute-names", "--file", entry->archive.string()}));
  call.log(fmt::format("{} from the cache: '{}'", only_looks ? "found" : "restored", entry->key));
  call.outputs["cache-hit"] = is_exact ? "true" : "false";
  call.outputs["cache-matched-key"] = entry->key;
  return is_exact;
}

}  // namespace

Status CacheRestore(ActionCall& call) {
  SLIPWAY_RETURN_IF_ERROR(Restore(call));
  return {};
}

Status CacheSave(ActionCall& call) {
  return Save(call);
}

Status Cache(ActionCall& call) {
  SLIPWAY_ASSIGN_OR_RETURN(const bool is_exact, Restore(call));
  if (!is_exact) call.post = Save;
  return {};
}

}  // namespace slipway::workflows
