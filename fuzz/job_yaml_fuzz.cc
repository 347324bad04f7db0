// Any text as the YAML of a job: no crash, no hang.
#include <string_view>

#include "slipway/spec/job.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = slipway::spec::ParseDocument(text, "job.yml", "/nonexistent");
  if (document) (void)slipway::spec::ReadJob(*document);
  return 0;
}
