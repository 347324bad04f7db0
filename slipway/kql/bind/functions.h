// The functions of the language as tables: names, parameters, results, and how an unnamed result is called. What an
// operation computes is said by sql/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/type.h"

namespace slipway::kql::bind {

// How "extend f(a)" names its column.
enum class Naming {
  kNumbered,       // Column1, Column2, …
  kFirstArgument,  // as its first argument
  kPrefixed,       // "<prefix>_<first argument>"
  kSuffixed,       // "<first argument>_<prefix>"
};

// One form of a function. Parameters are letters:
//   s string (a dynamic is read as its text)   a anything, as its text      l integer        r number, as real
//   n number, type kept                        b bool                       d datetime       t timespan
//   m number or decimal                        v the same or a datetime
//   I int, not long                            c decimal                                  g guid
//   y dynamic                                  * anything as it is          = anything, all '=' of one type
//   o anything that can be ordered             p anything, as a dynamic   T typeof(…)
//   ? what follows is optional                 + the one before may be repeated
// Results: a letter as above (i int), or 1: the type of the first argument, '=': the common type, T: the type
// named.
struct FunctionRow {
  std::string_view name;
  std::string_view parameters;
  char result;
  std::string_view operation;
  Naming naming = Naming::kNumbered;
  std::string_view prefix = "";
};

// All forms of a function in the order they are tried; empty when there is none of that name.
std::vector<const FunctionRow*> FindFunctions(std::string_view name);
std::vector<std::string> FunctionNames();
// Part of the language, but not of these tables.
bool IsUnsupportedFunction(std::string_view name);

// Aggregation functions, with the same parameter letters. The result of an unnamed aggregate is "<prefix>_<argument>".
struct AggregateRow {
  std::string_view name;
  std::string_view parameters;
  char result;
  std::string_view operation;
  std::string_view prefix;
  bool has_condition = false;  // the last parameter decides which rows count
};

const AggregateRow* FindAggregate(std::string_view name);
std::vector<std::string> AggregateNames();
bool IsUnsupportedAggregate(std::string_view name);

std::vector<std::string> UnsupportedFunctionNames();
std::vector<std::string> UnsupportedAggregateNames();
// Plugins of evaluate that there are, or that are part of the language and refused.
std::vector<std::string> PluginNames(bool supported);

// Least and most arguments that `parameters` takes; most is nullopt without a bound.
struct Arity {
  size_t least = 0;
  std::optional<size_t> most;
};
Arity ArityOf(std::string_view parameters);
// The letter for the argument at `index`.
char ParameterAt(std::string_view parameters, size_t index);

// Every operation that binding can put into a plan, for the test that sql/ knows them all.
std::vector<std::string_view> AllOperations();

}  // namespace slipway::kql::bind
