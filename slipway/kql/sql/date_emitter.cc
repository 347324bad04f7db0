// The part of ScalarEmitter for datetime_part, datetime_add, datetime_diff and format_datetime.
#include <fmt/format.h>

#include "slipway/kql/datetime_format.h"
#include "slipway/kql/sql/scalar_emitter.h"

namespace slipway::kql::sql {

using plan::Scalar;

namespace {

DatePart PartOf(const Scalar& call) {
  return *FindDatePart(std::get<std::string>(call.arguments[0].constant.value));
}

// Ticks of a part of fixed length; 0 for months, quarters and years. A nanosecond is a hundredth of a tick.
int64_t TicksOf(DatePart part) {
  switch (part) {
    case DatePart::kWeek:
      return 7 * kTicksPerDay;
    case DatePart::kDay:
    case DatePart::kDayOfYear:
      return kTicksPerDay;
    case DatePart::kHour:
      return kTicksPerSecond * 3600;
    case DatePart::kMinute:
      return kTicksPerSecond * 60;
    case DatePart::kSecond:
      return kTicksPerSecond;
    case DatePart::kMillisecond:
      return kTicksPerSecond / 1000;
    case DatePart::kMicrosecond:
      return kTicksPerMicrosecond;
    default:
      return 0;
  }
}

int MonthsOf(DatePart part) {
  return part == DatePart::kYear ? 12 : part == DatePart::kQuarter ? 3 : 1;
}

std::string PartSql(DatePart part, const std::string& ticks) {
  const auto within = [&](int64_t unit, int64_t count) { return fmt::format("({} // {} % {})", ticks, unit, count); };
  switch (part) {
    case DatePart::kYear:
      return fmt::format("year(kql_timestamp({}))", ticks);
    case DatePart::kQuarter:
      return fmt::format("quarter(kql_timestamp({}))", ticks);
    case DatePart::kMonth:
      return fmt::format("month(kql_timestamp({}))", ticks);
    case DatePart::kWeek:
      return fmt::format("weekofyear(kql_timestamp({}))", ticks);
    case DatePart::kDay:
      return fmt::format("day(kql_timestamp({}))", ticks);
    case DatePart::kDayOfYear:
      return fmt::format("dayofyear(kql_timestamp({}))", ticks);
    case DatePart::kHour:
      return within(TicksOf(part), 24);
    case DatePart::kMinute:
    case DatePart::kSecond:
      return within(TicksOf(part), 60);
    case DatePart::kMillisecond:
      return within(TicksOf(part), 1000);
    case DatePart::kMicrosecond:
      return within(TicksOf(part), 1'000'000);
    case DatePart::kNanosecond:
      return fmt::format("({} % 10000000 * 100)", ticks);
  }
  return "NULL";
}

// Boundaries crossed from b to a: the difference of the two numbers of the period. Weeks begin on Sunday.
std::string DifferenceSql(DatePart part, const std::string& a, const std::string& b) {
  if (part == DatePart::kNanosecond) return fmt::format("(({} - {}) * 100)", a, b);
  if (const int64_t ticks = TicksOf(part)) {
    const int64_t shift = part == DatePart::kWeek ? kTicksPerDay : 0;
    return fmt::format("(({0} + {2}) // {3} - ({1} + {2}) // {3})", a, b, shift, ticks);
  }
  const auto number = [&](const std::string& ticks) {
    return fmt::format("((year(kql_timestamp({0})) * 12 + month(kql_timestamp({0})) - 1) // {1})", ticks,
                       MonthsOf(part));
  };
  return fmt::format("({} - {})", number(a), number(b));
}

}  // namespace

std::string ScalarEmitter::EmitDatePart(const Scalar& call, bool) {
  const DatePart part = PartOf(call);
  const std::string first = Hoist(Emit(call.arguments[1]));
  if (call.operation == "datetime_part") return PartSql(part, first);
  const std::string second = Hoist(Emit(call.arguments[2]));
  if (call.operation == "datetime_diff") return DifferenceSql(part, first, second);
  if (part == DatePart::kNanosecond) return fmt::format("({} + {} // 100)", second, first);
  if (const int64_t ticks = TicksOf(part)) return fmt::format("({} + {} * {})", second, first, ticks);
  return fmt::format("kql_ticks(kql_timestamp({}) + to_months(CAST({} * {} AS INTEGER)))", second, first,
                     MonthsOf(part));
}

std::string ScalarEmitter::EmitFormatDatetime(const Scalar& call, bool) {
  const std::string ticks = Hoist(Emit(call.arguments[0]));
  const auto pieces = ParseDateTimeFormat(std::get<std::string>(call.arguments[1].constant.value));
  std::string parts, pattern;
  const auto flush = [&] {
    if (!pattern.empty()) parts += fmt::format(", strftime(kql_timestamp({}), '{}')", ticks, pattern);
    pattern.clear();
  };
  for (const FormatPiece& piece : *pieces) {
    const bool padded = piece.count == 2;
    switch (piece.letter) {
      case 'y':
        pattern += padded ? "%y" : "%Y";
        break;
      case 'M':
        pattern += padded ? "%m" : "%-m";
        break;
      case 'd':
        pattern += padded ? "%d" : "%-d";
        break;
      case 'H':
        pattern += padded ? "%H" : "%-H";
        break;
      case 'h':
        pattern += padded ? "%I" : "%-I";
        break;
      case 'm':
        pattern += padded ? "%M" : "%-M";
        break;
      case 's':
        pattern += padded ? "%S" : "%-S";
        break;
      case 't':
        pattern += "%p";
        break;
      case 'f':
      case 'F': {
        flush();
        const std::string digits =
            fmt::format("left(lpad(CAST({} % 10000000 AS VARCHAR), 7, '0'), {})", ticks, piece.count);
        parts += piece.letter == 'f' ? ", " + digits : fmt::format(", rtrim({}, '0')", digits);
        break;
      }
      default:
        pattern += piece.letter;
    }
  }
  flush();
  return fmt::format("concat(''{})", parts);
}

}  // namespace slipway::kql::sql
