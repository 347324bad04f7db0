// The type decimal: texts of plain digits, 34 significant, in one form a value, so that equal values are equal texts.
#include <algorithm>
#include <cctype>

#include <boost/multiprecision/cpp_dec_float.hpp>

#include "slipway/base/text.h"
#include "slipway/kql/native/decimal.h"
#include "slipway/kql/native/support.h"

namespace slipway::kql {
namespace {

using Decimal = boost::multiprecision::number<boost::multiprecision::cpp_dec_float<50>>;

// Digits, perhaps a sign, a point and an exponent; nothing else, and no more than the type can hold.
bool LooksLikeNumber(std::string_view text) {
  size_t at = 0, digits = 0;
  const auto skip_digits = [&] {
    for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); ++at) ++digits;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  skip_digits();
  if (at < text.size() && text[at] == '.') ++at;
  skip_digits();
  if (digits == 0) return false;
  if (at < text.size() && (text[at] | 32) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const size_t before = digits;
    const size_t begin = at;
    skip_digits();
    if (digits == before || at - begin > 3) return false;
  }
  return at == text.size();
}

std::string Show(const Decimal& value) {
  if (value == 0) return "0";
  std::string text = value.str(34, std::ios_base::scientific);
  const size_t e = text.find('e');
  const int exponent =
      static_cast<int>(ParseInt(text[e + 1] == '+' ? text.substr(e + 2) : text.substr(e + 1)).value_or(0));
  const bool negative = text[0] == '-';
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (std::isdigit(static_cast<unsigned char>(c))) digits += c;
  }
  digits.resize(std::min<size_t>(digits.size(), 34));
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  std::string plain;
  if (exponent < 0) {
    plain = "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  } else {
    const auto whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() <= whole) {
      plain = digits + std::string(whole - digits.size(), '0');
    } else {
      plain = digits.substr(0, whole) + "." + digits.substr(whole);
    }
  }
  return negative ? "-" + plain : plain;
}

}  // namespace

std::optional<std::string> NormalizeDecimal(std::string_view text) {
  text = Trim(text);
  if (!LooksLikeNumber(text)) return std::nullopt;
  return Show(Decimal(std::string(text[0] == '+' ? text.substr(1) : text)));
}

}  // namespace slipway::kql

namespace slipway::kql::native {
namespace {

Decimal Read(const Argument& argument) {
  return Decimal(std::string(Text(argument)));
}

Value FromText(Arguments a) {
  auto normal = NormalizeDecimal(Text(a[0]));
  return normal ? Value(std::move(*normal)) : Value();
}
Value Add(Arguments a) {
  return Show(Read(a[0]) + Read(a[1]));
}
Value Subtract(Arguments a) {
  return Show(Read(a[0]) - Read(a[1]));
}
Value Multiply(Arguments a) {
  return Show(Read(a[0]) * Read(a[1]));
}
Value Divide(Arguments a) {
  const Decimal divisor = Read(a[1]);
  if (divisor == 0) return {};
  return Show(Read(a[0]) / divisor);
}
Value Modulo(Arguments a) {
  const Decimal divisor = Read(a[1]);
  if (divisor == 0) return {};
  return Show(fmod(Read(a[0]), divisor));
}
Value Negate(Arguments a) {
  return Show(-Read(a[0]));
}
Value Abs(Arguments a) {
  return Show(abs(Read(a[0])));
}
Value Compare(Arguments a) {
  return static_cast<int64_t>(Read(a[0]).compare(Read(a[1])));
}
Value Round(Arguments a) {
  const Decimal scale = pow(Decimal(10), static_cast<int>(std::clamp<int64_t>(Long(a[1]), -30, 30)));
  return Show(round(Read(a[0]) * scale) / scale);
}
Value Bin(Arguments a) {
  const Decimal size = Read(a[1]);
  if (size <= 0) return {};
  return Show(floor(Read(a[0]) / size) * size);
}
Value ToLong(Arguments a) {
  const Decimal value = trunc(Read(a[0]));
  if (value > Decimal(INT64_MAX) || value < Decimal(INT64_MIN)) return {};
  return value.convert_to<int64_t>();
}

// A text that sorts as the value does: sign, exponent, digits; those of negative values complemented.
Value Key(Arguments a) {
  const std::string_view text = Text(a[0]);
  const bool negative = text.starts_with('-');
  const std::string_view plain = negative ? text.substr(1) : text;
  if (plain == "0") return std::string("1");
  const size_t point = std::min(plain.find('.'), plain.size());
  std::string digits(plain.substr(0, point));
  if (point < plain.size()) digits += plain.substr(point + 1);
  const size_t first = digits.find_first_not_of('0');
  const int exponent = 5000 + static_cast<int>(point) - static_cast<int>(first);
  std::string key = std::to_string(exponent) + digits.substr(first);
  key.resize(4 + 40, '0');
  if (!negative) return "2" + key;
  for (char& c : key) c = static_cast<char>('9' - c + '0');
  return "0" + key;
}

// Values as one text, with commas between.
Value Sum(Arguments a) {
  Decimal sum = 0;
  for (const std::string_view part : Split(Text(a[0]), ',')) {
    if (!part.empty()) sum += Decimal(std::string(part));
  }
  return Show(sum);
}

constexpr Function kFunctions[] = {
    {"to_decimal", "s", 's', FromText},
    {"decimal_add", "ss", 's', Add},
    {"decimal_subtract", "ss", 's', Subtract},
    {"decimal_multiply", "ss", 's', Multiply},
    {"decimal_divide", "ss", 's', Divide},
    {"decimal_modulo", "ss", 's', Modulo},
    {"decimal_negate", "s", 's', Negate},
    {"decimal_abs", "s", 's', Abs},
    {"decimal_compare", "ss", 'l', Compare},
    {"decimal_round", "sl", 's', Round},
    {"decimal_bin", "ss", 's', Bin},
    {"decimal_to_long", "s", 'l', ToLong},
    {"decimal_key", "s", 's', Key},
    {"decimal_sum", "s", 's', Sum},
};

}  // namespace

std::span<const Function> DecimalFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
