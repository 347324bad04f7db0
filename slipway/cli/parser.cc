#include "slipway/cli/parser.h"

#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::cli {
namespace {

// argparse's rule: "-1" and texts with a space are values, whatever they start with.
bool LooksLikeFlag(const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return false;
  if (word.find(' ') != std::string::npos && !word.starts_with("--")) return false;
  return !ParseDouble(word);
}

class Parser {
 public:
  Parser(const Command& command, std::span<const std::string> words) : command_(command), words_(words) {
    flags_ = command.flags;
    for (const Flag& flag : GlobalFlags()) AddUnlessDefined(flag);
    if (command.needs_workspace)
      for (const Flag& flag : ScopeFlags()) AddUnlessDefined(flag);
  }

  Result<Arguments> Parse() {
    while (at_ < words_.size()) {
      const std::string& word = words_[at_];
      if (word == "--" && !flags_ended_) {
        flags_ended_ = true;
        ++at_;
      } else if (!flags_ended_ && LooksLikeFlag(word)) {
        SLIPWAY_RETURN_IF_ERROR(word.starts_with("--") ? ParseLong(word) : ParseShort(word));
      } else {
        SLIPWAY_RETURN_IF_ERROR(ParsePositional(word));
      }
    }
    if (!result_.Has("help")) SLIPWAY_RETURN_IF_ERROR(CheckRequired());
    return std::move(result_);
  }

 private:
  // A command's own meaning of a name wins over the global one.
  void AddUnlessDefined(const Flag& flag) {
    Flag added = flag;
    for (const Flag& own : command_.flags) {
      if (own.name == flag.name) return;
      if (own.short_name == flag.short_name) added.short_name = 0;
    }
    if (flag.name == "output")
      for (std::string_view extra : command_.extra_outputs) added.choices.push_back(extra);
    flags_.push_back(std::move(added));
  }

  Result<const Flag*> FindLong(const std::string& name) const {
    std::vector<const Flag*> matches;
    std::vector<std::string> names;
    for (const Flag& flag : flags_) {
      if (flag.name == name) return &flag;
      if (flag.name.starts_with(name)) matches.push_back(&flag);
      names.emplace_back(flag.name);
    }
    if (matches.size() == 1) return matches.front();
    if (matches.empty())
      return InvalidArgument(fmt::format("unrecognized argument '--{}'{}", name, DidYouMean(name, names)));
    std::string list;
    for (const Flag* flag : matches) list += fmt::format("{}--{}", list.empty() ? "" : ", ", flag->name);
    return InvalidArgument(fmt::format("'--{}' is ambiguous: it could be {}", name, list));
  }

  Status ParseLong(const std::string& word) {
    const size_t equals = word.find('=');
    SLIPWAY_ASSIGN_OR_RETURN(const Flag* flag,
                             FindLong(word.substr(2, equals == std::string::npos ? equals : equals - 2)));
    ++at_;
    if (equals == std::string::npos) return TakeValues(*flag);
    if (flag->takes == Flag::Takes::kNothing)
      return InvalidArgument(fmt::format("argument --{} takes no value", flag->name));
    return Store(*flag, {word.substr(equals + 1)});
  }

  Status ParseShort(const std::string& word) {
    for (const Flag& flag : flags_) {
      if (flag.short_name == 0 || flag.short_name != word[1]) continue;
      ++at_;
      if (word.size() == 2) return TakeValues(flag);
      if (flag.takes == Flag::Takes::kNothing)
        return InvalidArgument(fmt::format("argument -{} takes no value", flag.short_name));
      return Store(flag, {word.substr(word[2] == '=' ? 3 : 2)});
    }
    return InvalidArgument(fmt::format("unrecognized argument '{}'", word));
  }

  Status TakeValues(const Flag& flag) {
    if (flag.takes == Flag::Takes::kNothing) {
      result_.Set(flag.name, "true");
      return {};
    }
    std::vector<std::string> values;
    while (at_ < words_.size() && !LooksLikeFlag(words_[at_]) && words_[at_] != "--") {
      values.push_back(words_[at_++]);
      if (flag.takes == Flag::Takes::kValue) break;
    }
    if (values.empty())
      return InvalidArgument(fmt::format("argument --{}: expected {}", flag.name,
                                         flag.takes == Flag::Takes::kValue ? "one value" : "at least one value"));
    return Store(flag, std::move(values));
  }

  Status Store(const Flag& flag, std::vector<std::string> values) {
    for (std::string& value : values) SLIPWAY_RETURN_IF_ERROR(Choose(flag.name, flag.choices, value));
    if (flag.takes == Flag::Takes::kValue)
      result_.Set(flag.name, std::move(values.back()));
    else
      result_.Add(flag.name, std::move(values));
    return {};
  }

  static Status Choose(std::string_view name, const std::vector<std::string_view>& choices, std::string& value) {
    if (choices.empty()) return {};
    std::vector<std::string> names;
    for (std::string_view choice : choices) {
      if (EqualsIgnoreCase(choice, value)) {
        value = choice;
        return {};
      }
      names.emplace_back(choice);
    }
    return InvalidArgument(fmt::format("argument --{}: '{}' is not one of {}{}", name, value, Join(names, ", "),
                                       DidYouMean(value, names)));
  }

  Status ParsePositional(const std::string& word) {
    if (positional_ >= command_.positionals.size())
      return InvalidArgument(fmt::format("unrecognized argument '{}'", word));
    const Positional& positional = command_.positionals[positional_];
    result_.Add(positional.name, {word});
    if (!positional.many) ++positional_;
    ++at_;
    return {};
  }

  Status CheckRequired() const {
    std::vector<std::string> missing;
    for (const Flag& flag : command_.flags)
      if (flag.required && !result_.Has(flag.name))
        missing.push_back(flag.short_name ? fmt::format("--{}/-{}", flag.name, flag.short_name)
                                          : fmt::format("--{}", flag.name));
    for (const Positional& positional : command_.positionals)
      if (positional.required && !result_.Has(positional.name)) missing.emplace_back(ToUpper(positional.name));
    if (missing.empty()) return {};
    return InvalidArgument(fmt::format("the following arguments are required: {}", Join(missing, ", ")));
  }

  static std::string ToUpper(std::string_view text) {
    std::string result(text);
    for (char& c : result)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return result;
  }

  const Command& command_;
  std::span<const std::string> words_;
  std::vector<Flag> flags_;
  Arguments result_;
  size_t at_ = 0;
  size_t positional_ = 0;
  bool flags_ended_ = false;
};

}  // namespace

std::vector<Flag> GlobalFlags() {
  using enum Flag::Takes;
  return {
      {"debug", 0, "Show everything that goes over the wire.", kNothing},
      {"help", 'h', "Show this help message and exit.", kNothing},
      {"only-show-errors", 0, "Only show errors, suppressing warnings and notes.", kNothing},
      {"output",
       'o',
       "Output format. Default: json.",
       kValue,
       false,
       {"json", "jsonc", "yaml", "yamlc", "table", "tsv", "none"}},
      {"query", 0, "JMESPath query string. See http://jmespath.org/ for more information and examples."},
      {"subscription", 0, "Name or ID of subscription."},
      {"verbose", 0, "Increase logging verbosity.", kNothing},
  };
}

std::vector<Flag> ScopeFlags() {
  return {
      {"resource-group", 'g', "Name of resource group. Default: `configure --defaults group=<name>`, else local."},
      {"workspace-name", 'w', "Name of the workspace. Default: `configure --defaults workspace=<name>`, else default."},
  };
}

Result<Arguments> ParseArguments(const Command& command, std::span<const std::string> words) {
  if (command.takes_rest) {
    Arguments arguments;
    arguments.Add("rest", {words.begin(), words.end()});
    return arguments;
  }
  return Parser(command, words).Parse();
}

std::vector<std::string> ExpandFiles(std::vector<std::string> words) {
  for (std::string& word : words) {
    std::error_code ignored;
    if (word.size() < 2 || word[0] != '@' || !std::filesystem::is_regular_file(word.substr(1), ignored)) continue;
    if (auto text = ReadFile(word.substr(1))) {
      while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
      word = std::move(*text);
    }
  }
  return words;
}

}  // namespace slipway::cli
