// The values of one command's flags and positional arguments, after parsing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::cli {

// Keys are the names of the Flag or Positional, without dashes: "endpoint-name".
class Arguments {
 public:
  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }
  // The (last) value; nullopt when the flag was not given.
  std::optional<std::string> Get(std::string_view name) const;
  std::string GetOr(std::string_view name, std::string_view fallback) const;
  // All values in order; empty when the flag was not given.
  std::vector<std::string> All(std::string_view name) const;
  // The names in all values: "--columns a,b --columns c" and "--columns a b c" name the same columns.
  std::vector<std::string> Names(std::string_view name) const;

  void Add(std::string_view name, std::vector<std::string> values);
  void Set(std::string_view name, std::string value);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace slipway::cli
