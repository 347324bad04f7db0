// A deployment made concrete on this machine: what stands for it in the routing snapshot.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/endpoint.h"

namespace slipway::endpoints {

// A folder of a datastore.
struct Folder {
  std::string path;  // absolute
  std::string uri;   // azureml://datastores/…
};

// What a preparation found. Paths are absolute; "" = the deployment has no such thing.
struct Prepared {
  std::string model_dir, model_path, model_name, model_version;
  std::string code_dir;
  std::string scoring_script;                    // relative to code_dir; "" = scored inside the gateway
  std::string language;                          // "cpp", "python"
  std::vector<std::string> program;              // Python's interpreter
  std::map<std::string, std::string> variables;  // of the environment; the deployment's own win
  std::string environment;                       // "name:version"
  std::map<std::string, Folder> collections;     // of the data collector, where each is written
  std::optional<Folder> long_lines;              // where console lines go that are too long for a log record
};

struct Placement {
  int revision = 0;
  nlohmann::json document;  // the deployment's element of the snapshot
};

Placement MakePlacement(const domain::OnlineDeployment& deployment, const Prepared& prepared);

// The placements of one deployment, as docs/formats/placements.md keeps them.
struct Placements {
  int last_revision = 0;      // highest ever given to a deployment of this name: never given again
  int prepared_revision = 0;  // newest that reached the gateway
  std::optional<Placement> serving, candidate;

  // What the snapshot shows; nullptr when there is nothing yet.
  const Placement* Routed() const { return candidate ? &*candidate : serving ? &*serving : nullptr; }
};

// Drops what a server that died half-way through a change left behind: placements of a deployment that is gone
// (nullptr), and a candidate that is not, or no longer, what is wanted.
void Reconcile(Placements& placements, const domain::OnlineDeployment* stored);

// By deployment name, lower case.
using EndpointPlacements = std::map<std::string, Placements>;

std::string PlacementsToText(const std::string& endpoint, const EndpointPlacements& placements);
// kDataLoss for a text that is damaged or of a newer version.
Result<EndpointPlacements> PlacementsFromText(std::string_view text);

}  // namespace slipway::endpoints
