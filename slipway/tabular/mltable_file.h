// An `MLTable` file as a value: which files, how to read them, what to do with the table.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/json_lines.h"
#include "slipway/tabular/mltable_steps.h"

namespace slipway::tabular {

enum class HeaderMode { kNone, kFirstFile, kAllDifferent, kAllSame };

struct MltableReading {
  enum class Format { kDelimited, kJsonLines, kParquet };
  Format format = Format::kDelimited;
  CsvOptions csv;
  HeaderMode header = HeaderMode::kAllSame;
  bool empty_as_string = false;
  JsonOptions json;
  bool include_path_column = false;
};

struct MltableFile {
  std::vector<std::filesystem::path> files;  // in the order they are read; never empty
  MltableReading reading;
  std::vector<MltableStep> steps;
};

// Reads `folder`/MLTable and looks up the files that it names.
Result<MltableFile> LoadMltableFile(const std::filesystem::path& folder);

}  // namespace slipway::tabular
