// Tables and models that a command line names: files of this machine, or assets of the workspace. What is here goes
// before an asset of that name.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "slipway/base/result.h"
#include "slipway/cli/context.h"
#include "slipway/model/signature.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/tabular/read.h"
#include "slipway/tabular/table.h"

namespace slipway::cli {

// Reads a file or folder of this machine.
using TableReader = std::function<Result<tabular::Table>(const std::filesystem::path&)>;

// A file or folder, a data asset (NAME, NAME:VERSION, NAME@LABEL) or an azureml:// path, whose files are read where
// they were downloaded to.
Result<tabular::Table> ReadNamedTable(Context& context, const std::string& text,
                                      const TableReader& read = tabular::ReadTable);
// The same for rows to score: a column that the model takes as text is read as text, whatever it looks like.
Result<tabular::Table> ReadNamedRows(Context& context, const std::string& text, const model::Signature& signature);
Result<tabular::Table> ReadRows(const std::filesystem::path& path, const model::Signature& signature);

struct NamedModel {
  std::string name;  // as a reader knows it: a path, or "azureml:NAME:VERSION"
  std::shared_ptr<const scoring::CompiledModel> model;
};
// Whatever CompiledModel::Load takes, or a model (NAME:VERSION, NAME@latest, azureml:NAME…).
Result<NamedModel> LoadNamedModel(Context& context, const std::string& text);

}  // namespace slipway::cli
