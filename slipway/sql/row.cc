#include "slipway/base/text.h"
#include "slipway/sql/database.h"

namespace slipway::sql {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

int64_t Row::Int(size_t i) const {
  return std::visit(
      Overloaded{[](std::monostate) -> int64_t { return 0; }, [](int64_t value) -> int64_t { return value; },
                 [](double value) -> int64_t { return static_cast<int64_t>(value); },
                 [](const std::string& text) -> int64_t { return ParseInt(text).value_or(0); }},
      values_[i]);
}

double Row::Double(size_t i) const {
  return std::visit(
      Overloaded{[](std::monostate) { return 0.0; }, [](int64_t value) { return static_cast<double>(value); },
                 [](double value) { return value; },
                 [](const std::string& text) { return ParseDouble(text).value_or(0); }},
      values_[i]);
}

std::string Row::Text(size_t i) const {
  return std::visit(
      Overloaded{[](std::monostate) { return std::string(); }, [](int64_t value) { return std::to_string(value); },
                 [](double value) { return FormatDouble(value); }, [](const std::string& text) { return text; }},
      values_[i]);
}

std::optional<std::string> Row::MaybeText(size_t i) const {
  if (is_null(i)) return std::nullopt;
  return Text(i);
}

}  // namespace slipway::sql
