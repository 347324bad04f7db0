#include "slipway/runner/execute/reuse_key.h"

#include <fmt/format.h>

#include "slipway/base/hash.h"

namespace slipway::runner {
namespace {

// Every part with its length, so that no two lists of parts run together into the same bytes.
class KeyBuilder {
 public:
  void Add(std::string_view part) {
    sha_.Update(fmt::format("{}:", part.size()));
    sha_.Update(part);
  }
  void Add(const std::map<std::string, std::string>& map) {
    Add(fmt::format("{}", map.size()));
    for (const auto& [key, value] : map) {
      Add(key);
      Add(value);
    }
  }
  std::string Finish() { return sha_.FinishHex(); }

 private:
  Sha256 sha_;
};

void AddEnvironment(KeyBuilder& key, const domain::EnvironmentBody& environment) {
  for (const std::string* part :
       {&environment.image, &environment.conda_file, &environment.build_path, &environment.dockerfile_path}) {
    key.Add(*part);
  }
  const domain::NativeProvider native = environment.native.value_or(domain::NativeProvider{});
  key.Add(native.provider);
  key.Add(native.build_command);
  key.Add(native.environment_variables);
}

}  // namespace

Result<std::string> ReuseKey(environments::ContentHasher& hasher, const domain::CommandSpec& command,
                             const std::string& code_hash, const domain::EnvironmentBody& environment,
                             const std::map<std::string, InputSource>& inputs) {
  KeyBuilder key;
  key.Add("command 1");  // the key's own version
  key.Add(code_hash);
  AddEnvironment(key, environment);
  key.Add(command.command);
  key.Add(command.environment_variables);
  for (const auto& [name, source] : inputs) {
    key.Add("input");
    key.Add(name);
    if (source.local.empty()) {
      key.Add(source.text);
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string digest, hasher.Hash(source.local));
      key.Add(digest);
    }
  }
  for (const auto& [name, output] : command.outputs) {
    key.Add("output");
    for (const std::string* part : {&name, &output.type, &output.mode, &output.path, &output.name, &output.version}) {
      key.Add(*part);
    }
  }
  return key.Finish();
}

}  // namespace slipway::runner
