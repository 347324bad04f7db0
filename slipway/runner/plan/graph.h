// Checks of a job's shape that need nothing but the spec itself, with every component filled in.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/error.h"
#include "slipway/domain/job.h"

namespace slipway::runner {

// Every complaint about a pipeline: cycles (listed), bindings to nothing (with the nearest name), an output used as an
// input of its own step, two steps that write one pipeline output, types that do not fit, required inputs without a
// value, inputs that the component does not have, and placeholders of commands that name nothing. Each names its step.
std::vector<Error> CheckPipeline(const domain::PipelineSpec& pipeline);

// The same for the two kinds of job that run by themselves.
std::vector<Error> CheckCommandJob(const domain::CommandSpec& command);
std::vector<Error> CheckSweepJob(const domain::SweepSpec& sweep);

// Whether what a port of type `from` gives may flow into a port of type `to`. Folders, tables and models flow into
// each other (a model is a folder); files and literals do not mix with them. A "table", which curated components take,
// is read from any file, folder or table.
bool TypesFit(std::string_view from, std::string_view to);

// The type that a literal has as a port: integer, number, boolean, string.
std::string_view LiteralTypeName(const domain::Literal& literal);

}  // namespace slipway::runner
