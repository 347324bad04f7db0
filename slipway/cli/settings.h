// The dialect's configuration file, `~/.azure/config` (INI; AZURE_CONFIG_DIR moves it): defaults for group, workspace,
// output format.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/cli/context.h"

namespace slipway::cli {

class Settings {
 public:
  explicit Settings(const EnvironmentReader& environment);

  // AZURE_<SECTION>_<KEY> wins over the file.
  std::optional<std::string> Get(std::string_view section, std::string_view key) const;
  // An empty value removes the key. Written at once, other lines of the file kept in meaning.
  Status Set(const std::string& section, const std::string& key, const std::string& value);
  // Keys of one section of the file.
  std::map<std::string, std::string> Section(const std::string& section) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  EnvironmentReader environment_;
  std::filesystem::path file_;
  std::map<std::string, std::map<std::string, std::string>> sections_;
};

}  // namespace slipway::cli
