// Makes what a user's file says fit for the server: local folders become uploads, code snapshots and datastore URIs.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "slipway/base/result.h"
#include "slipway/client/upload.h"
#include "slipway/client/workspace.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/job.h"

namespace slipway::client {

// Uploads each local path once, however often a job names it.
class Uploader {
 public:
  Uploader(Workspace& workspace, Report report) : workspace_(workspace), report_(std::move(report)) {}

  // Replaces a local folder or file by its code asset's ARM id; other references and "" stay.
  Status ReplaceCode(std::string& code);
  // Replaces a local file or folder by its datastore URI (of a registry: that of an upload); other references stay.
  Status ReplaceData(std::string& path, domain::AssetKind kind);
  // All code and local inputs of a job.
  Status ReplaceAll(domain::JobSpec& job);

  // The first local code folder that was replaced, for the job's source properties; "" when there was none.
  const std::filesystem::path& code_folder() const { return code_folder_; }

 private:
  Status ReplaceInputs(std::map<std::string, domain::JobInput>& inputs);
  Status ReplaceSweep(domain::SweepSpec& sweep);
  Status ReplacePipeline(domain::PipelineSpec& pipeline);

  Workspace& workspace_;
  Report report_;
  std::map<std::string, std::string> codes_, data_;
  std::string datastore_;
  std::filesystem::path code_folder_;
};

}  // namespace slipway::client
