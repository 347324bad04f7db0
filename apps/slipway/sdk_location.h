// Where build commands of native environments find the SDK.
#pragma once

#include <filesystem>
#include <string>

namespace slipway::apps {

struct SdkLocation {
  std::filesystem::path prefix;  // of find_package(Slipway): an installation's prefix or a build tree; "" = none
  std::string stamp;             // changes whenever the library does
};

// $SLIPWAY_SDK, else what belongs to the program at `program` (…/bin/slipway-serve).
SdkLocation FindSdk(const std::filesystem::path& program);

}  // namespace slipway::apps
