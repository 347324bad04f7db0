// A scratch folder of YAML files for tests of this room.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/file.h"
#include "slipway/spec/document.h"

namespace slipway::spec {

class ScratchFiles {
 public:
  ScratchFiles() : folder_(std::move(*TemporaryDirectory::Make())) {}

  std::filesystem::path Write(const std::string& name, std::string_view text) const {
    const auto path = folder_.path() / name;
    EXPECT_TRUE(WriteFileAtomic(path, text));
    return path;
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  // Writes `text` as "file.yml" and loads it.
  Document Load(std::string_view text) const {
    auto document = LoadDocument(Write("file.yml", text));
    EXPECT_TRUE(document) << document.error().ToString();
    return std::move(*document);
  }

  // "line:column message" of every complaint of a failed reading, positions in "file.yml" without its folder.
  template <typename T>
  std::vector<std::string> Complaints(const Result<T>& result) const {
    EXPECT_FALSE(result) << "nothing was complained about";
    if (result) return {};
    std::vector<std::string> texts{Text(result.error())};
    for (const Error& more : result.error().more()) texts.push_back(Text(more));
    return texts;
  }

 private:
  std::string Text(const Error& error) const {
    std::string text = error.message();
    if (!error.position()) return text;
    const auto& position = *error.position();
    const std::string file = std::filesystem::path(position.file).filename().string();
    const std::string where = std::to_string(position.line) + ":" + std::to_string(position.column);
    return (file == "file.yml" ? where : file + ":" + where) + " " + text;
  }

  TemporaryDirectory folder_;
};

}  // namespace slipway::spec
