// Filter strings and order_by of MLflow's searches:
//   filter     := clause { AND clause }
//   clause     := identifier comparator value | identifier IS [NOT] NULL
//   identifier := [entity "."] key        -- without an entity an attribute; the key plain, "quoted" or `quoted`
//   comparator := = != > >= < <= LIKE ILIKE IN "NOT IN"
//   value      := number | 'text' | "text" | ('a', 'b')
// What lacks the thing that a clause names never matches it, except with IS NULL. Mistakes are kInvalidArgument with
// the column in the text.
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::api::mlflow {

enum class Entity { kAttribute, kMetric, kParameter, kTag, kDataset };

struct Identifier {
  Entity entity = Entity::kAttribute;
  std::string key;
};

// Several texts: a clause holds when it does for one of them.
using FilterValue = std::variant<double, std::string, std::vector<std::string>>;

// What a thing has under an identifier.
using Lookup = std::function<std::optional<FilterValue>(const Identifier&)>;

// An attribute of what is searched, and other names for it.
struct Attribute {
  std::string_view name;
  bool is_number = false;
  bool takes_lists = false;  // IN and NOT IN
  std::vector<std::string_view> aliases{};
};

// What can be searched for.
struct Dialect {
  std::vector<Attribute> attributes;
  bool has_metrics = false, has_parameters = false, has_tags = true;
  bool has_datasets = false;  // their name, digest and context
};

enum class Comparator {
  kEqual,
  kNotEqual,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kLike,
  kIlike,
  kIn,
  kNotIn,
  kIsNull,
  kIsNotNull
};

struct Clause {
  Identifier what;
  Comparator comparator = Comparator::kEqual;
  FilterValue value;
  std::vector<std::string> list;  // kIn, kNotIn
};

class Filter {
 public:
  static Result<Filter> Parse(std::string_view text, const Dialect& dialect);
  bool Matches(const Lookup& lookup) const;

 private:
  std::vector<Clause> clauses_;  // all must hold
};

// "%" any run of characters, "_" one.
bool IsLike(std::string_view text, std::string_view pattern, bool ignores_case);

// Terms "identifier [ASC|DESC]". Missing values come last and NaN before them, whatever the direction.
class Order {
 public:
  static Result<Order> Parse(std::span<const std::string> terms, const Dialect& dialect);
  // Less: `a` comes before `b`.
  std::strong_ordering Compare(const Lookup& a, const Lookup& b) const;

 private:
  struct Term {
    Identifier what;
    bool is_descending = false;
  };
  std::vector<Term> terms_;
};

}  // namespace slipway::api::mlflow
