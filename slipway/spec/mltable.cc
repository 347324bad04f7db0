#include "slipway/spec/mltable.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/spec/document.h"

namespace slipway::spec {
namespace {

namespace fs = std::filesystem;

bool IsRemote(std::string_view text) {
  return text.find("://") != std::string_view::npos;
}

bool AnyFileMatches(const fs::path& folder, std::string pattern) {
  if (pattern.starts_with("./")) pattern.erase(0, 2);
  auto files = ListFiles(folder);
  return files && std::any_of(files->begin(), files->end(),
                              [&](const FileEntry& file) { return GlobMatch(pattern, file.path); });
}

void CheckPath(const Value& value, const fs::path& folder) {
  ObjectReader reader(value, "an item of 'paths'");
  int given = 0;
  for (std::string_view key : {"file", "folder", "pattern"}) {
    auto found = reader.Find(key);
    if (!found) continue;
    ++given;
    auto text = found->Text();
    if (!text || IsRemote(*text)) continue;
    std::error_code ignored;
    const bool exists = key == "pattern" ? AnyFileMatches(folder, *text) : fs::exists(folder / *text, ignored);
    if (!exists) found->Complain(fmt::format("nothing in '{}' matches '{}'", folder.string(), *text));
  }
  reader.Finish();
  if (given != 1 && value.node().IsMap()) value.Complain("needs exactly one of 'file', 'folder' and 'pattern'");
}

}  // namespace

void CheckMltableFolder(const fs::path& folder, const Value& at, Complaints& complaints) {
  std::error_code ignored;
  const fs::path file = folder / "MLTable";
  if (!fs::exists(file, ignored)) {
    at.Complain(fmt::format("type mltable needs a folder with the file 'MLTable', '{}' has none", folder.string()));
    return;
  }
  auto document = LoadDocument(file);
  if (!document) {
    complaints.Add(std::move(document.error()));
    return;
  }
  ObjectReader reader(Value(document->root, "", complaints), "an MLTable file");
  std::string type;
  reader.Choice("type", {"mltable"}, type);
  if (auto paths = reader.Require("paths")) {
    if (paths->node().IsSequence() && paths->node().items.empty()) paths->Complain("must not be empty");
    paths->ForEachItem([&](const Value& item) { CheckPath(item, folder); });
  }
  if (auto transformations = reader.Find("transformations")) transformations->ForEachItem([](const Value&) {});
  reader.Ignore({"traits", "metadata"});
  reader.Finish();
}

}  // namespace slipway::spec
