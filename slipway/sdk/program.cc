#include "slipway/sdk/program.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::sdk {
namespace {

std::string Canonical(std::string_view name) {
  std::string canonical(name);
  std::replace(canonical.begin(), canonical.end(), '_', '-');
  return canonical;
}

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (!argument.starts_with("--") || argument.size() == 2) {
      throw Failure(fmt::format("'{}' is not an argument of the form --name value", argument));
    }
    const std::string_view body = argument.substr(2);
    const size_t equals = body.find('=');
    if (equals != std::string_view::npos) {
      values_[Canonical(body.substr(0, equals))] = body.substr(equals + 1);
    } else if (i + 1 < argc) {
      values_[Canonical(body)] = argv[++i];
    } else {
      throw Failure(fmt::format("argument {} has no value", argument));
    }
  }
}

bool Arguments::Has(std::string_view name) const {
  return values_.contains(Canonical(name));
}

std::string Arguments::Get(std::string_view name) const {
  const auto found = values_.find(Canonical(name));
  if (found == values_.end()) throw Failure(fmt::format("argument --{} is missing", name));
  return found->second;
}

std::string Arguments::Get(std::string_view name, std::string_view otherwise) const {
  return Has(name) ? Get(name) : std::string(otherwise);
}

double Arguments::GetNumber(std::string_view name) const {
  const std::string text = Get(name);
  const auto number = ParseDouble(text);
  if (!number) throw Failure(fmt::format("argument --{} is '{}', which is not a number", name, text));
  return *number;
}

int Arguments::GetInteger(std::string_view name) const {
  const double number = GetNumber(name);
  if (!(number > -2147483649.0 && number < 2147483648.0)) {
    throw Failure(fmt::format("argument --{} is '{}', which does not fit a 32-bit integer", name, Get(name)));
  }
  return static_cast<int>(number);
}

int Arguments::GetInteger(std::string_view name, int otherwise) const {
  return Has(name) ? GetInteger(name) : otherwise;
}

int RunProgram(int argc, char** argv, const std::function<void(const Arguments&)>& body) {
  // Whoever follows the job's log sees each line as it is written.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    const Arguments arguments(argc, argv);
    try {
      body(arguments);
      return 0;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "error: %s\n", error.what());
      return 1;
    }
  } catch (const Failure& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}

}  // namespace slipway::sdk
