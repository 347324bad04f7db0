// Versioned, immutable assets: data, models, environments, components, code snapshots.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slipway/domain/common.h"
#include "slipway/domain/job.h"
#include "slipway/domain/reference.h"

namespace slipway::domain {

enum class DataType { kUriFile, kUriFolder, kMltable };

struct DataBody {
  DataType type = DataType::kUriFolder;
  std::string path;  // datastore URI or URL; on the client, before upload, a local path
};

struct ModelBody {
  std::string type = "custom_model";  // custom_model, mlflow_model, triton_model
  std::string path;                   // datastore URI, job output URI; on the client a local path
  std::string stage;
  std::string job_name;  // the job that made it
  std::map<std::string, std::map<std::string, std::string>> flavors;
};

struct Route {
  int port = 0;
  std::string path;
};

// `slipway:` in an environment's YAML: how the environment is made real without a container.
struct NativeProvider {
  std::string provider;               // "native", "venv"; "" = derived: native when build_command is there, else venv
  std::string build_command;          // run once per code snapshot, in a copy of it; cached by content
  std::vector<std::string> packages;  // Debian packages that must be present
  std::vector<std::string> programs;  // programs that must be on the PATH
  std::map<std::string, std::string> environment_variables;
};

struct EnvironmentBody {
  std::string image;
  std::string conda_file;  // its YAML text
  std::string build_path;
  std::string dockerfile_path;
  std::string os_type = "linux";
  std::optional<Route> liveness_route, readiness_route, scoring_route;
  std::optional<NativeProvider> native;
};

struct CodeBody {
  std::string uri;   // datastore URI of the uploaded folder
  std::string hash;  // content hash: equal content, equal snapshot
};

using AssetBody = std::variant<DataBody, ModelBody, EnvironmentBody, CommandComponent, CodeBody>;

// One version of an asset. The body's alternative belongs to the kind.
struct AssetVersion {
  AssetKind kind = AssetKind::kData;
  std::string name;
  std::string version;
  std::string description;
  Tags tags;
  Tags properties;
  bool is_archived = false;
  bool is_anonymous = false;
  AssetBody body;
  CreationContext context;
};

// What is known of all versions of a name.
struct AssetContainer {
  AssetKind kind = AssetKind::kData;
  std::string name;
  std::string description;
  Tags tags;
  Tags properties;
  bool is_archived = false;
  std::string latest_version;                 // newest not archived; "" when none
  std::string next_version;                   // largest integer version + 1, "1" at first
  DataType data_type = DataType::kUriFolder;  // data only
  CreationContext context;
};

}  // namespace slipway::domain
