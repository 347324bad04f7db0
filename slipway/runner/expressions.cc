#include "slipway/runner/expressions.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::runner {
namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The next "$[[ … ]]" from `from` on: offsets of the brackets' outer ends.
std::optional<std::pair<size_t, size_t>> NextOptional(std::string_view text, size_t from) {
  const size_t begin = text.find("$[[", from);
  if (begin == std::string_view::npos) return std::nullopt;
  const size_t end = text.find("]]", begin + 3);
  if (end == std::string_view::npos) return std::nullopt;
  return std::pair(begin, end + 2);
}

const std::string* FindValue(const Values& values, const Placeholder& placeholder) {
  const auto& map = placeholder.context == "inputs"    ? values.inputs
                    : placeholder.context == "outputs" ? values.outputs
                                                       : values.search_space;
  const auto found = map.find(placeholder.name);
  return found == map.end() ? nullptr : &found->second;
}

bool IsKnownContext(const std::string& context) {
  return context == "inputs" || context == "outputs" || context == "search_space";
}

std::string Written(const Placeholder& placeholder) {
  return placeholder.name.empty() ? fmt::format("${{{{{}}}}}", placeholder.context)
                                  : fmt::format("${{{{{}.{}}}}}", placeholder.context, placeholder.name);
}

// Replaces the placeholders of a text in which no $[[ … ]] is left.
Result<std::string> SubstitutePlain(std::string_view text, const Values& values) {
  std::string result;
  size_t at = 0;
  for (const Placeholder& placeholder : FindPlaceholders(text)) {
    if (!IsKnownContext(placeholder.context)) continue;
    const std::string* value = FindValue(values, placeholder);
    if (!value) return InvalidArgument(fmt::format("the command names {}, which has no value", Written(placeholder)));
    result += text.substr(at, placeholder.begin - at);
    result += *value;
    at = placeholder.end;
  }
  result += text.substr(at);
  return result;
}

bool AllHaveValues(std::string_view text, const Values& values) {
  const auto placeholders = FindPlaceholders(text);
  return std::all_of(placeholders.begin(), placeholders.end(), [&](const Placeholder& placeholder) {
    return !IsKnownContext(placeholder.context) || FindValue(values, placeholder) != nullptr;
  });
}

Error Undeclared(const Placeholder& placeholder, const std::vector<std::string>& names, std::string_view what) {
  return InvalidArgument(fmt::format("the command names {}, but there is no {} '{}'{}", Written(placeholder), what,
                                     placeholder.name, DidYouMean(placeholder.name, names)));
}

}  // namespace

std::vector<Placeholder> FindPlaceholders(std::string_view text) {
  std::vector<Placeholder> found;
  for (size_t begin = text.find("${{"); begin != std::string_view::npos; begin = text.find("${{", begin)) {
    const size_t end = text.find("}}", begin);
    if (end == std::string_view::npos) break;
    const std::string_view inside = Trim(text.substr(begin + 3, end - begin - 3));
    const size_t dot = inside.find('.');
    Placeholder placeholder;
    placeholder.context = std::string(inside.substr(0, dot));
    if (dot != std::string_view::npos) placeholder.name = std::string(inside.substr(dot + 1));
    placeholder.begin = begin;
    placeholder.end = end + 2;
    found.push_back(std::move(placeholder));
    begin = end + 2;
  }
  for (auto range = NextOptional(text, 0); range; range = NextOptional(text, range->second)) {
    for (Placeholder& placeholder : found) {
      if (placeholder.begin >= range->first && placeholder.end <= range->second) placeholder.is_optional = true;
    }
  }
  return found;
}

std::vector<Error> CheckCommand(std::string_view command, const Declared& declared) {
  std::vector<Error> errors;
  for (const Placeholder& placeholder : FindPlaceholders(command)) {
    const bool is_named = Contains(declared.inputs, placeholder.name);
    if (placeholder.context == "inputs" && !is_named) {
      errors.push_back(Undeclared(placeholder, declared.inputs, "input"));
    } else if (placeholder.context == "inputs" && Contains(declared.optional_inputs, placeholder.name) &&
               !placeholder.is_optional) {
      errors.push_back(InvalidArgument(fmt::format(
          "the optional input '{}' may have no value: write $[[ {} ]] around the part of the command that needs it",
          placeholder.name, Written(placeholder))));
    } else if (placeholder.context == "outputs" && !Contains(declared.outputs, placeholder.name)) {
      errors.push_back(Undeclared(placeholder, declared.outputs, "output"));
    } else if (placeholder.context == "search_space" && !Contains(declared.search_space, placeholder.name)) {
      errors.push_back(Undeclared(placeholder, declared.search_space, "entry in the search space named"));
    } else if (!IsKnownContext(placeholder.context)) {
      errors.push_back(InvalidArgument(
          fmt::format("the command names {}: a command knows ${{{{inputs.x}}}}, ${{{{outputs.x}}}} and, in trials, "
                      "${{{{search_space.x}}}}",
                      Written(placeholder))));
    }
  }
  return errors;
}

Result<std::string> SubstituteCommand(std::string_view command, const Values& values) {
  std::string without_brackets;
  size_t at = 0;
  for (auto range = NextOptional(command, 0); range; range = NextOptional(command, at)) {
    without_brackets += command.substr(at, range->first - at);
    const std::string_view inside = command.substr(range->first + 3, range->second - range->first - 5);
    if (AllHaveValues(inside, values)) without_brackets += inside;
    at = range->second;
  }
  without_brackets += command.substr(at);
  return SubstitutePlain(without_brackets, values);
}

std::string SubstituteSearchSpace(std::string_view command, const std::map<std::string, std::string>& values) {
  std::string result;
  size_t at = 0;
  for (const Placeholder& placeholder : FindPlaceholders(command)) {
    const auto found = values.find(placeholder.name);
    if (placeholder.context != "search_space" || found == values.end()) continue;
    result += command.substr(at, placeholder.begin - at);
    result += found->second;
    at = placeholder.end;
  }
  result += command.substr(at);
  return result;
}

Result<std::string> ExpandOutputPath(std::string_view path, std::string_view job, std::string_view output,
                                     std::string_view default_datastore) {
  std::string result;
  size_t at = 0;
  for (const Placeholder& placeholder : FindPlaceholders(path)) {
    std::string_view value;
    if (placeholder.name.empty() && placeholder.context == "name") {
      value = job;
    } else if (placeholder.name.empty() && placeholder.context == "output_name") {
      value = output;
    } else if (placeholder.name.empty() && placeholder.context == "default_datastore") {
      value = default_datastore;
    } else {
      return InvalidArgument(
          fmt::format("the path of output '{}' names {}: it may name ${{{{name}}}}, ${{{{output_name}}}} and "
                      "${{{{default_datastore}}}}",
                      output, Written(placeholder)));
    }
    result += path.substr(at, placeholder.begin - at);
    result += value;
    at = placeholder.end;
  }
  result += path.substr(at);
  return result;
}

}  // namespace slipway::runner
