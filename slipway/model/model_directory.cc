#include "slipway/model/model_directory.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/model/boosted_trees.h"

namespace slipway::model {
namespace {

namespace fs = std::filesystem;

constexpr int kSearchDepth = 8;
constexpr size_t kFilesSearched = 100'000;
constexpr size_t kModelFileBytes = 4 << 20;

// One MLmodel file. yaml-cpp throws; Parse() is the one place that catches, so everything that touches nodes runs in
// it.
class ModelFileReader {
 public:
  explicit ModelFileReader(fs::path file) : file_(std::move(file)) { out_.folder = file_.parent_path(); }

  Result<ModelDirectory> Read() {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file_));
    if (text.size() > kModelFileBytes) return Wrong({}, "an MLmodel file has at most 4 MiB");
    try {
      SLIPWAY_RETURN_IF_ERROR(Parse(YAML::Load(text)));
    } catch (const YAML::Exception& error) {
      return Wrong(error.mark, error.msg);
    }
    return std::move(out_);
  }

 private:
  Error Wrong(const YAML::Mark& mark, std::string message) const {
    const SourcePosition position{file_.string(), mark.is_null() ? 0 : mark.line + 1,
                                  mark.is_null() ? 0 : mark.column + 1};
    return InvalidArgument(std::move(message)).At(position);
  }

  Status Parse(const YAML::Node& root) {
    if (!root.IsMap()) return Wrong(root.Mark(), "MLmodel must hold keys and values, among them 'flavors'");
    SLIPWAY_RETURN_IF_ERROR(ReadTexts(root));
    SLIPWAY_RETURN_IF_ERROR(ReadFlavors(root));
    SLIPWAY_RETURN_IF_ERROR(ReadSignature(root["signature"]));
    SLIPWAY_RETURN_IF_ERROR(ReadExample(root["saved_input_example_info"]));
    ReadMetadata(root["metadata"]);
    return {};
  }

  // A text that may be absent or null.
  Status ReadText(const YAML::Node& parent, const char* key, std::string& out) const {
    const YAML::Node value = parent[key];
    if (!value || value.IsNull()) return {};
    if (!value.IsScalar()) return Wrong(value.Mark(), fmt::format("'{}' must be a text", key));
    out = value.Scalar();
    return {};
  }

  Status ReadTexts(const YAML::Node& root) {
    SLIPWAY_RETURN_IF_ERROR(ReadText(root, "artifact_path", out_.artifact_path));
    SLIPWAY_RETURN_IF_ERROR(ReadText(root, "run_id", out_.run_id));
    SLIPWAY_RETURN_IF_ERROR(ReadText(root, "model_uuid", out_.model_uuid));
    SLIPWAY_RETURN_IF_ERROR(ReadText(root, "mlflow_version", out_.mlflow_version));
    return ReadText(root, "utc_time_created", out_.utc_time_created);
  }

  Status ReadFlavors(const YAML::Node& root) {
    const YAML::Node flavors = root["flavors"];
    if (!flavors) return Wrong(root.Mark(), "MLmodel has no 'flavors'");
    if (!flavors.IsMap()) return Wrong(flavors.Mark(), "'flavors' must map each flavor's name to its settings");
    for (const auto& flavor : flavors) out_.flavors.push_back(flavor.first.Scalar());
    const YAML::Node onnx = flavors["onnx"];
    if (onnx) return ReadFlavor(onnx, "onnx", "model.onnx", ModelFormat::kOnnx);
    if (flavors["xgboost"]) return ReadFlavor(flavors["xgboost"], "xgboost", "model.xgb", ModelFormat::kXgboost);
    if (flavors["lightgbm"]) return ReadFlavor(flavors["lightgbm"], "lightgbm", "model.lgb", ModelFormat::kLightgbm);
    return Unimplemented(fmt::format("the model has the flavors {}; models of the flavors onnx, xgboost and lightgbm "
                                     "are supported",
                                     Join(out_.flavors, ", ")))
        .At({file_.string(), flavors.Mark().line + 1, flavors.Mark().column + 1});
  }

  // `data` names the flavor's file.
  Status ReadFlavor(const YAML::Node& flavor, std::string_view name, std::string data, ModelFormat format) {
    if (!flavor.IsMap())
      return Wrong(flavor.Mark(), fmt::format("the flavor '{}' must hold 'data', the name of its file", name));
    SLIPWAY_RETURN_IF_ERROR(ReadText(flavor, "data", data));
    if (data.ends_with(".pkl"))
      return Unimplemented(fmt::format("'{}' is a pickle; save the {} model in its own format", data, name));
    out_.format = format;
    const YAML::Mark mark = flavor["data"] ? flavor["data"].Mark() : flavor.Mark();
    SLIPWAY_ASSIGN_OR_RETURN(out_.onnx_file, FileBeside(data, mark));
    return {};
  }

  // The file `name` of the directory, which has to exist.
  Result<fs::path> FileBeside(const std::string& name, const YAML::Mark& mark) const {
    auto path = JoinBelow(out_.folder, name);
    if (!path) return Wrong(mark, fmt::format("'{}' does not stay inside the model's directory", name));
    std::error_code ignored;
    if (!fs::is_regular_file(*path, ignored)) return Wrong(mark, fmt::format("the directory has no file '{}'", name));
    return *path;
  }

  Status ReadSignature(const YAML::Node& signature) {
    if (!signature || signature.IsNull()) return {};
    if (!signature.IsMap()) return Wrong(signature.Mark(), "'signature' must hold 'inputs' and 'outputs'");
    SLIPWAY_RETURN_IF_ERROR(ReadSide(signature["inputs"], "inputs", out_.signature.inputs));
    return ReadSide(signature["outputs"], "outputs", out_.signature.outputs);
  }

  Status ReadSide(const YAML::Node& side, const char* name, std::vector<ColumnSpec>& out) const {
    if (!side || side.IsNull()) return {};
    if (!side.IsScalar()) {
      return Wrong(side.Mark(), fmt::format("'{}' of the signature must be a text that holds JSON", name));
    }
    auto columns = ParseColumnSpecs(side.Scalar());
    if (!columns) {
      return std::move(columns.error())
          .With(fmt::format("'{}' of the signature", name))
          .At({file_.string(), side.Mark().line + 1, side.Mark().column + 1});
    }
    out = std::move(*columns);
    return {};
  }

  Status ReadExample(const YAML::Node& info) {
    if (!info || !info.IsMap()) return {};
    std::string name;
    SLIPWAY_RETURN_IF_ERROR(ReadText(info, "artifact_path", name));
    if (name.empty()) return {};
    SLIPWAY_ASSIGN_OR_RETURN(out_.input_example, FileBeside(name, info["artifact_path"].Mark()));
    return {};
  }

  void ReadMetadata(const YAML::Node& metadata) {
    if (!metadata || !metadata.IsMap()) return;
    for (const auto& entry : metadata) {
      if (entry.first.IsScalar() && entry.second.IsScalar())
        out_.metadata[entry.first.Scalar()] = entry.second.Scalar();
    }
  }

  fs::path file_;
  ModelDirectory out_;
};

// What lies below a folder: MLmodel files and .onnx files. Symbolic links to folders are not followed.
struct FoundModels {
  std::vector<fs::path> model_files;
  std::vector<fs::path> onnx_files;
};

Result<FoundModels> SearchBelow(const fs::path& folder) {
  FoundModels found;
  std::error_code code;
  size_t seen = 0;
  fs::recursive_directory_iterator entry(folder, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    if (++seen > kFilesSearched) {
      return Error(Code::kResourceExhausted,
                   fmt::format("'{}' holds more than {} files; name the model's own directory", folder.string(),
                               kFilesSearched));
    }
    if (entry.depth() >= kSearchDepth) entry.disable_recursion_pending();
    const fs::path& path = entry->path();
    if (path.filename() == kModelFileName) found.model_files.push_back(path);
    if (path.extension() == ".onnx") found.onnx_files.push_back(path);
  }
  if (code) return FromErrno(code.value(), fmt::format("cannot list '{}'", folder.string()));
  std::sort(found.model_files.begin(), found.model_files.end());
  std::sort(found.onnx_files.begin(), found.onnx_files.end());
  return found;
}

// The one path of `candidates`; an Error that lists them when there are several.
Result<fs::path> OnlyOne(const std::vector<fs::path>& candidates, const fs::path& folder) {
  if (candidates.size() == 1) return candidates[0];
  std::vector<std::string> names;
  for (const fs::path& candidate : candidates) names.push_back(candidate.lexically_relative(folder).string());
  if (names.size() > 5) {
    names.resize(5);
    names.emplace_back("…");
  }
  return InvalidArgument(fmt::format("'{}' holds {} models ({}); name one of them", folder.string(), candidates.size(),
                                     Join(names, ", ")));
}

// The MLmodel or .onnx file that `path` means.
Result<fs::path> FindModel(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return path;
  if (!fs::is_directory(path, ignored)) return NotFound(fmt::format("there is no model at '{}'", path.string()));
  if (fs::is_regular_file(path / kModelFileName, ignored)) return path / kModelFileName;
  SLIPWAY_ASSIGN_OR_RETURN(const FoundModels found, SearchBelow(path));
  if (!found.model_files.empty()) return OnlyOne(found.model_files, path);
  if (!found.onnx_files.empty()) return OnlyOne(found.onnx_files, path);
  return NotFound(fmt::format("'{}' holds no model: neither an MLmodel file nor an .onnx file", path.string()));
}

std::optional<ModelFormat> FormatOf(const fs::path& file) {
  const std::string ending = ToLower(file.extension().string());
  if (ending == ".onnx") return ModelFormat::kOnnx;
  if (ending == ".json" || ending == ".ubj") return ModelFormat::kXgboost;
  if (ending == ".txt" || ending == ".lgb") return ModelFormat::kLightgbm;
  return std::nullopt;
}

Status FillSignatureFromGraph(ModelDirectory& directory) {
  SLIPWAY_ASSIGN_OR_RETURN(const OnnxModel model, ReadModel(directory));
  directory.signature = SignatureOfGraph(model.graph);
  directory.signature_from_graph = true;
  return {};
}

DataType TypeOf(ElementType type) {
  switch (type) {
    case ElementType::kFloat:
    case ElementType::kFloat16:
      return DataType::kFloat;
    case ElementType::kDouble:
      return DataType::kDouble;
    case ElementType::kString:
      return DataType::kString;
    case ElementType::kBool:
      return DataType::kBoolean;
    case ElementType::kInt64:
    case ElementType::kUint32:
    case ElementType::kUint64:
      return DataType::kLong;
    default:
      return DataType::kInteger;
  }
}

std::vector<ColumnSpec> ColumnsOf(const std::vector<ValueInfo>& values) {
  std::vector<ColumnSpec> columns;
  for (const ValueInfo& value : values) {
    if (value.kind == ValueInfo::Kind::kMaps) continue;
    const bool is_column = value.shape.size() <= 1 || (value.shape.size() == 2 && value.shape[1] == 1);
    columns.push_back({.name = value.name,
                       .type = TypeOf(value.element),
                       .tensor_shape = is_column ? std::vector<int64_t>() : value.shape});
  }
  return columns;
}

// --- writing ---

// Versions whose layout and meaning these files have.
constexpr std::string_view kMlflowVersion = "2.16.0";
constexpr std::string_view kOnnxVersion = "1.12.0";
constexpr std::string_view kPythonVersion = "3.11.2";
constexpr std::string_view kExampleName = "input_example.json";
constexpr std::string_view kServingExampleName = "serving_input_example.json";

// In single quotes nothing but the quote itself is special, and the text is never taken for a number or a time.
std::string Quoted(std::string_view text) {
  return fmt::format("'{}'", ReplaceAll(std::string(text), "'", "''"));
}

std::string SideText(const std::vector<ColumnSpec>& columns) {
  return columns.empty() ? "null" : Quoted(PrintColumnSpecs(columns));
}

// "2025-06-11 22:09:41.968097": Python's str(datetime) without a zone.
std::string PythonTime(Timestamp time) {
  std::string text = FormatTimestamp(time, 6);
  text.pop_back();
  return ReplaceAll(std::move(text), "T", " ");
}

// Keys in alphabetical order, as MLflow writes them.
std::string ModelFileText(const ModelToWrite& model, size_t bytes) {
  std::string text;
  const auto line = [&](std::string_view content) { text.append(content).push_back('\n'); };
  line(fmt::format("artifact_path: {}", Quoted(model.artifact_path)));
  line("flavors:\n  onnx:\n    code: null\n    data: model.onnx\n    onnx_session_options: null");
  line(fmt::format("    onnx_version: {}\n    providers:\n    - CPUExecutionProvider", kOnnxVersion));
  line(
      "  python_function:\n    data: model.onnx\n    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml");
  line(fmt::format("    loader_module: mlflow.onnx\n    python_version: {}", kPythonVersion));
  if (!model.metadata.empty()) line("metadata:");
  for (const auto& [key, value] : model.metadata) line(fmt::format("  {}: {}", Quoted(key), Quoted(value)));
  line(fmt::format("mlflow_version: {}\nmodel_size_bytes: {}", kMlflowVersion, bytes));
  if (!model.model_uuid.empty()) line(fmt::format("model_uuid: {}", Quoted(model.model_uuid)));
  if (!model.run_id.empty()) line(fmt::format("run_id: {}", Quoted(model.run_id)));
  if (!model.input_example.empty()) {
    line(
        fmt::format("saved_input_example_info:\n  artifact_path: {}\n  pandas_orient: split\n"
                    "  serving_input_path: {}\n  type: dataframe",
                    kExampleName, kServingExampleName));
  }
  if (!model.signature.empty()) {
    line(fmt::format("signature:\n  inputs: {}\n  outputs: {}\n  params: null", SideText(model.signature.inputs),
                     SideText(model.signature.outputs)));
  }
  line(fmt::format("utc_time_created: {}", Quoted(PythonTime(model.created))));
  return text;
}

using NamedFiles = std::vector<std::pair<std::string, std::string>>;

// Every file but MLmodel. The Python files let MLflow build an environment that can load the model.
NamedFiles FilesOf(const ModelToWrite& model) {
  NamedFiles files = {
      {"conda.yaml",
       fmt::format("channels:\n- conda-forge\ndependencies:\n- python={}\n- pip\n- pip:\n  - mlflow\n  - onnx\n"
                   "  - onnxruntime\nname: mlflow-env\n",
                   kPythonVersion)},
      {"model.onnx", WriteOnnx(model.onnx)},
      {"python_env.yaml", fmt::format("python: {}\nbuild_dependencies:\n- pip\n- setuptools\n- wheel\ndependencies:\n"
                                      "- -r requirements.txt\n",
                                      kPythonVersion)},
      {"requirements.txt", "mlflow\nonnx\nonnxruntime\n"},
  };
  if (!model.input_example.empty()) {
    files.emplace_back(kExampleName, model.input_example);
    files.emplace_back(kServingExampleName, fmt::format("{{\"dataframe_split\": {}}}", model.input_example));
  }
  files.insert(files.end(), model.more_files.begin(), model.more_files.end());
  return files;
}

Status WriteFiles(const fs::path& folder, const ModelToWrite& model) {
  size_t bytes = 0;
  for (const auto& [name, content] : FilesOf(model)) {
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(folder / name, content));
    bytes += content.size();
  }
  return WriteFileAtomic(folder / kModelFileName, ModelFileText(model, bytes));
}

// Moves what stands at `folder` out of the way, if that is nothing or an older model.
Status MakeRoom(const fs::path& folder, const fs::path& aside) {
  std::error_code code;
  if (!fs::exists(folder, code)) return {};
  if (!fs::is_directory(folder, code))
    return AlreadyExists(fmt::format("'{}' is a file, not a folder", folder.string()));
  if (!fs::is_empty(folder, code) && !fs::exists(folder / kModelFileName, code)) {
    return AlreadyExists(
        fmt::format("'{}' holds files that are not a model; name an empty or a new folder", folder.string()));
  }
  fs::rename(folder, aside, code);
  if (code) return FromErrno(code.value(), fmt::format("cannot replace '{}'", folder.string()));
  return {};
}

}  // namespace

Result<ModelDirectory> ReadModelDirectory(const fs::path& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path file, FindModel(path));
  ModelDirectory directory;
  if (file.filename() == kModelFileName) {
    SLIPWAY_ASSIGN_OR_RETURN(directory, ModelFileReader(file).Read());
  } else if (const auto format = FormatOf(file)) {
    directory.folder = file.parent_path();
    directory.onnx_file = file;
    directory.format = *format;
  } else {
    return InvalidArgument(fmt::format(
        "'{}' is no model: name a model directory, an .onnx file, or a model file of XGBoost (.json, .ubj) or LightGBM "
        "(.txt)",
        path.string()));
  }
  if (directory.signature.inputs.empty()) SLIPWAY_RETURN_IF_ERROR(FillSignatureFromGraph(directory));
  return directory;
}

Result<OnnxModel> ReadModel(const ModelDirectory& directory) {
  if (directory.format == ModelFormat::kOnnx) return ReadOnnxFile(directory.onnx_file);
  SLIPWAY_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(directory.onnx_file));
  auto model = directory.format == ModelFormat::kXgboost ? ReadXgboostModel(bytes) : ReadLightgbmModel(bytes);
  return With(std::move(model), fmt::format("'{}'", directory.onnx_file.string()));
}

Signature SignatureOfGraph(const OnnxGraph& graph) {
  return {ColumnsOf(graph.inputs), ColumnsOf(graph.outputs)};
}

Status WriteModelDirectory(const fs::path& folder, const ModelToWrite& model) {
  std::error_code code;
  fs::path target = fs::weakly_canonical(folder, code);
  if (code) return FromErrno(code.value(), fmt::format("cannot resolve '{}'", folder.string()));
  if (!target.has_filename()) target = target.parent_path();
  if (!target.has_parent_path()) target = "." / target;  // a folder of the current one
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(target.parent_path()));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory stage, TemporaryDirectory::Make(target.parent_path()));
  const fs::path staged = stage.path() / "model";
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(staged));
  SLIPWAY_RETURN_IF_ERROR(WriteFiles(staged, model));
  SLIPWAY_RETURN_IF_ERROR(MakeRoom(target, stage.path() / "replaced"));
  fs::rename(staged, target, code);
  if (code) return FromErrno(code.value(), fmt::format("cannot put the model at '{}'", folder.string()));
  return {};
}

}  // namespace slipway::model
