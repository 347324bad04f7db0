#include "apps/slipway/sdk_location.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace slipway::apps {
namespace {

namespace fs = std::filesystem;

bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// A build tree has the package file at its top, an installation below its library folder (lib, lib64, lib/<triplet>).
bool HoldsPackage(const fs::path& prefix) {
  if (Exists(prefix / "SlipwayConfig.cmake")) return true;
  std::error_code failed;
  for (const char* library_folder : {"lib", "lib64"}) {
    const fs::path folder = prefix / library_folder;
    if (Exists(folder / "cmake/Slipway/SlipwayConfig.cmake")) return true;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
      if (Exists(entry.path() / "cmake/Slipway/SlipwayConfig.cmake")) return true;
    }
  }
  return false;
}

std::optional<fs::path> LibraryBelow(const fs::path& prefix) {
  std::error_code failed;
  for (const char* library_folder : {"lib", "lib64"}) {
    const fs::path folder = prefix / library_folder;
    if (Exists(folder / "libslipway.so")) return folder / "libslipway.so";
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
      if (Exists(entry.path() / "libslipway.so")) return entry.path() / "libslipway.so";
    }
  }
  return std::nullopt;
}

// Size and time of the library: a rebuilt one is another one.
std::string StampOf(const fs::path& prefix) {
  const auto library = LibraryBelow(prefix);
  if (!library) return SLIPWAY_VERSION;
  std::error_code failed;
  const fs::path real = fs::canonical(*library, failed);
  const auto written = fs::last_write_time(real, failed).time_since_epoch().count();
  return fmt::format("{}-{}-{}", SLIPWAY_VERSION, fs::file_size(real, failed), written);
}

}  // namespace

SdkLocation FindSdk(const fs::path& program) {
  fs::path prefix;
  if (const char* variable = std::getenv("SLIPWAY_SDK"); variable && *variable) {
    prefix = variable;
  } else {
    prefix = program.parent_path().parent_path();
    if (!HoldsPackage(prefix)) return {};
  }
  return {prefix, StampOf(prefix)};
}

}  // namespace slipway::apps
