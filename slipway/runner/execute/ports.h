// Inputs and outputs of a command on this machine: where they are, and making them ready.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/registry/catalog.h"
#include "slipway/runner/execute/run_folder.h"

namespace slipway::runner {

// An input as the command gets it.
struct InputSource {
  std::string pinned;           // reference or literal, for the job's record
  std::string text;             // what stands for ${{inputs.x}}, unless `copy_from` is set
  std::filesystem::path local;  // data: the file or folder; "" for literals and mode direct
  bool is_copied = false;       // mode download: the command gets a copy of `local`
  bool is_writable = false;     // mode rw_mount
};

// Follows every input to its file or text; checks that the data is there. kNotFound names input, reference and path.
Result<std::map<std::string, InputSource>> LocateInputs(registry::Catalog& catalog, const domain::Scope& scope,
                                                        const domain::CommandSpec& command);

// The values of ${{inputs.x}}, private copies made below `folder`.
Result<std::map<std::string, std::string>> PlaceInputs(const std::map<std::string, InputSource>& sources,
                                                       const RunFolder& folder);

// The values of ${{outputs.x}}: folders that exist and, at their default places, are empty. Explicit paths keep what is
// in them: several jobs may collect there.
Result<std::map<std::string, std::string>> PlaceOutputs(registry::Catalog& catalog, const domain::Scope& scope,
                                                        const domain::Job& job, const RunFolder& folder);

// Moves the outputs of mode upload to their places.
Status MoveUploads(registry::Catalog& catalog, const domain::Scope& scope, const domain::Job& job,
                   const RunFolder& folder);

}  // namespace slipway::runner
