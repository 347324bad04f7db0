// Reading and writing experiments inside a transaction. For this room's own files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/domain/run.h"
#include "slipway/sql/database.h"

namespace slipway::store {

std::vector<std::string> ExperimentTableStatements();

// nullopt for a text that is no id.
std::optional<int64_t> ExperimentNumber(const std::string& id);
Error NoSuchExperiment(const std::string& id);

// `condition` goes on after "WHERE workspace = :p1".
Result<std::vector<domain::Experiment>> SelectExperiments(sql::Connection& connection,
                                                          const std::vector<sql::Value>& parameters,
                                                          const std::string& condition);
// Fills the id when it is "".
Status InsertExperimentRow(sql::Connection& connection, const domain::Scope& scope, domain::Experiment& experiment);
Status UpdateExperimentRow(sql::Connection& connection, const domain::Scope& scope,
                           const domain::Experiment& experiment);

}  // namespace slipway::store
