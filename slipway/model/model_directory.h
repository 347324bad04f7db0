// The directory a model lives in, as MLflow lays it out: the file `MLmodel` (YAML) says what the others are; ours hold
// `model.onnx`. Reads what MLflow and Slipway wrote; writes what `mlflow.pyfunc.load_model` accepts.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/model/signature.h"

namespace slipway::model {

inline constexpr std::string_view kModelFileName = "MLmodel";

// What the model's file holds.
enum class ModelFormat { kOnnx, kXgboost, kLightgbm };

// What MLmodel says; a bare .onnx file fills the paths and the signature alone.
struct ModelDirectory {
  std::filesystem::path folder;
  std::filesystem::path onnx_file;  // exists; of another format where `format` says so
  ModelFormat format = ModelFormat::kOnnx;
  // From MLmodel; from the graph's inputs and outputs when there is none.
  Signature signature;
  bool signature_from_graph = false;
  std::vector<std::string> flavors;  // as in MLmodel, e.g. "onnx", "python_function"
  std::string artifact_path;
  std::string run_id;
  std::string model_uuid;
  std::string mlflow_version;
  std::string utc_time_created;                 // "2025-06-11 22:09:41.968097"
  std::filesystem::path input_example;          // empty when there is none
  std::map<std::string, std::string> metadata;  // texts and numbers of `metadata`; nested values are left out
};

// `path`: a model directory, a folder with exactly one below it (or, with none, exactly one .onnx file), or an .onnx
// file; or XGBoost's .json or .ubj, or LightGBM's .txt or .lgb. kNotFound when there is no model; kInvalidArgument
// names what is wrong in MLmodel by file, line and column; kUnimplemented for a model of none of the flavors onnx,
// xgboost and lightgbm.
Result<ModelDirectory> ReadModelDirectory(const std::filesystem::path& path);
// The graph in its file, whatever its format.
Result<OnnxModel> ReadModel(const ModelDirectory& directory);

// The signature that a graph's inputs and outputs spell. [N] and [N,1] are columns, others tensors; sequences of maps
// (ZipMap) are left out.
Signature SignatureOfGraph(const OnnxGraph& graph);

struct ModelToWrite {
  const OnnxModel& onnx;
  Signature signature = {};
  std::string input_example = {};  // JSON in pandas' split form; empty: none is written
  std::string model_uuid = {};     // 32 hex digits
  std::string run_id = {};         // empty: left out
  std::string artifact_path = "model";
  Timestamp created = {};
  std::map<std::string, std::string> metadata = {};
  std::map<std::string, std::string> more_files = {};  // content by name; beside the model
};

// Writes the directory beside `folder` and renames it into place: a killed process leaves the old model, no model or
// the new one, never half of one. Replaces an empty folder or an older model; kAlreadyExists when `folder` holds
// anything else. Makes parent folders.
Status WriteModelDirectory(const std::filesystem::path& folder, const ModelToWrite& model);

}  // namespace slipway::model
