// The frame of a pipeline step: arguments, errors and exit codes.
//
//   int main(int argc, char** argv) {
//     return slipway::sdk::RunProgram(argc, argv, [](const slipway::sdk::Arguments& arguments) {
//       const auto data = slipway::sdk::Table::Read(arguments.Get("data"));
//       …
//     });
//   }
//
// Everything in the SDK that can fail throws Failure; RunProgram prints its message on stderr and exits with 1, so that
// a step needs no error handling of its own.
#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace slipway::sdk {

// What went wrong, as one text a user can act on.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A scoring request that cannot be answered as it is: the caller's mistake, answered with status 400 and this message.
class InvalidRequest : public Failure {
 public:
  using Failure::Failure;
};

// "--name value" and "--name=value" arguments; names are kept without the dashes, '-' and '_' are the same.
class Arguments {
 public:
  Arguments(int argc, char** argv);

  bool Has(std::string_view name) const;
  // Throws Failure naming the argument when it is missing or not of the type asked for.
  std::string Get(std::string_view name) const;
  std::string Get(std::string_view name, std::string_view otherwise) const;
  double GetNumber(std::string_view name) const;
  // Whole numbers, also written as "523.77" (a sweep's uniform draw): the fraction is dropped.
  int GetInteger(std::string_view name) const;
  int GetInteger(std::string_view name, int otherwise) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Parses the arguments, runs `body`; 0 when it returns, 1 when it throws (the message goes to stderr), 2 for arguments
// that cannot be parsed.
int RunProgram(int argc, char** argv, const std::function<void(const Arguments&)>& body);

}  // namespace slipway::sdk
