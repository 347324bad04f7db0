#include "slipway/tabular/missing_column.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::tabular {
namespace {

std::string Delimiter(const std::vector<std::string>& names) {
  if (names.size() != 1) return "";
  for (const char delimiter : {';', '\t', '|'})
    if (names[0].find(delimiter) != std::string::npos)
      return fmt::format(
          "; the table has one column, whose name holds '{0}': if that parts the fields, an MLTable file "
          "says so (read_delimited: {{delimiter: \"{0}\"}})",
          delimiter == '\t' ? "\\t" : std::string(1, delimiter));
  return "";
}

}  // namespace

Error NoSuchColumn(std::string_view name, const std::vector<std::string>& names) {
  const std::string delimiter = Delimiter(names);
  return NotFound(
      fmt::format("there is no column '{}'{}", name, delimiter.empty() ? DidYouMean(name, names) : delimiter));
}

}  // namespace slipway::tabular
