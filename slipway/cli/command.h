// A command of the command line as data: its words, flags, help and handler. Parser, help and completion of every
// command are made from these tables.
//
// A new command: write `Command FooCommand()` in its own file, and add it to its group's list (cli/commands.cc; tools
// in cli/tools/tools.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/cli/arguments.h"

namespace slipway::cli {

class Context;

struct Flag {
  enum class Takes { kNothing, kValue, kValues };  // kValues: one or more, and the flag may be repeated

  std::string_view name;  // long name without dashes
  char short_name = 0;
  std::string_view help;
  Takes takes = Takes::kValue;
  bool required = false;
  std::vector<std::string_view> choices = {};  // compared without case, given to the handler as spelt here
};

struct Positional {
  std::string_view name;
  std::string_view help;
  bool required = true;
  bool many = false;  // takes the rest; only for the last one
};

// What a command prints on standard output.
struct Output {
  // Goes through --query and -o. null prints nothing.
  nlohmann::ordered_json value;
  // Printed as it is, whatever -o says, in place of `value`.
  std::string text;
  // One row of the built-in table (-o table without --query) from one element of `value`; empty = scalar keys of the
  // element itself.
  std::function<nlohmann::ordered_json(const nlohmann::ordered_json&)> table_row;
  // The keys of objects in `value` are in an order of their own (a query's columns); else they are sorted.
  bool keeps_order = false;
  // Set by commands that report their own failure in `value` or `text`.
  int exit_code = 0;

  static Output Nothing() { return {}; }
  static Output Of(nlohmann::ordered_json value) {
    Output output;
    output.value = std::move(value);
    return output;
  }
  static Output Text(std::string text) {
    Output output;
    output.text = std::move(text);
    return output;
  }
};

struct Command {
  std::string path;     // words: "job create", "monitor log-analytics query"
  std::string summary;  // one sentence
  std::vector<Flag> flags;
  std::vector<Positional> positionals;
  // An Error is printed to stderr; its code chooses the exit status (1, or 3 for kNotFound).
  std::function<Result<Output>(Context&, const Arguments&)> run;
  // Rules across flags ("one of --a, --b"); a failure is a usage error (exit status 2).
  std::function<Status(const Arguments&)> check = {};
  bool needs_workspace = true;                  // takes -g and -w
  std::vector<std::string_view> extra_outputs;  // further values of -o that the handler prints itself through `text`
  std::vector<std::string_view> examples;
  bool takes_rest = false;  // everything after the words goes, unparsed, to the positional "rest"
};

// Help of the words that lead to commands, and groups that exist in the dialect but not here.
struct Group {
  std::string_view path;
  std::string_view summary;
  bool unsupported = false;  // answers "… is not supported yet", exit status 2
};

}  // namespace slipway::cli
