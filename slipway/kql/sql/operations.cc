#include "slipway/kql/sql/operations.h"

#include <algorithm>

namespace slipway::kql::sql {
namespace {

constexpr bool kRepeats = true;

constexpr OperationRow kOperations[] = {
    // Arithmetic. Durations are ticks.
    {"add", "", "($1 + $2)"},
    {"subtract", "", "($1 - $2)"},
    {"multiply", "", "($1 * $2)"},
    {"divide_integer", "", "($1 // $2)"},
    {"divide_real", "", "($1 / $2)"},
    {"modulo", "d.", "($1 % $2)"},
    {"modulo", "rr", "($1 - trunc($1 / $2) * $2)", kRepeats},
    {"modulo", "", "((($1 % $2) + abs($2)) % abs($2))", kRepeats},
    {"negate", "", "(-$1)"},
    {"scale_timespan", "", "CAST(round($1 * $2) AS BIGINT)"},
    {"divide_timespan", "", "CAST(trunc($1 / nullif($2, 0)) AS BIGINT)"},
    {"bin", "rr", "CASE WHEN $2 > 0 THEN floor($1 / $2) * $2 END", kRepeats},
    {"bin", "d.", "CASE WHEN $2 > 0 THEN $1 - $1 % $2 END", kRepeats},
    {"bin", "", "CASE WHEN $2 > 0 THEN $1 - ((($1 % $2) + $2) % $2) END", kRepeats},
    {"bin_at", "rrr", "CASE WHEN $2 > 0 THEN floor(($1 - $3) / $2) * $2 + $3 END", kRepeats},
    {"bin_at", "", "CASE WHEN $2 > 0 THEN $1 - (((($1 - $3) % $2) + $2) % $2) END", kRepeats},
    // Comparison.
    {"lt", "", "($1 < $2)"},
    {"le", "", "($1 <= $2)"},
    {"gt", "", "($1 > $2)"},
    {"ge", "", "($1 >= $2)"},
    {"between", "", "($1 BETWEEN $2 AND $3)"},
    {"not", "", "(NOT $1)"},
    {"eq_ignore_case", "", "(lower($1) = lower($2))"},
    {"ne_ignore_case", "", "(lower($1) <> lower($2))"},
    {"in_array", "", "coalesce(list_contains(json_extract_string($2, '$[*]'), $1), false)"},
    {"matches_regex", "", "regexp_matches($1, $2)"},
    {"contains", "", "contains(lower($1), lower($2))"},
    {"contains_cs", "", "contains($1, $2)"},
    {"startswith", "", "starts_with(lower($1), lower($2))"},
    {"startswith_cs", "", "starts_with($1, $2)"},
    {"endswith", "", "suffix(lower($1), lower($2))"},
    {"endswith_cs", "", "suffix($1, $2)"},
    // Nulls and choices.
    {"iff", "", "CASE WHEN $1 THEN $2 ELSE $3 END"},
    {"isnull", "s", "false"},
    {"isnull", "", "($1 IS NULL)"},
    {"isnotnull", "s", "true"},
    {"isnotnull", "", "($1 IS NOT NULL)"},
    {"isempty", "s", "($1 = '')"},
    {"isempty", "y", "(kql_dynamic_text($1) = '')"},
    {"isempty", "", "($1 IS NULL)"},
    {"isnotempty", "s", "($1 <> '')"},
    {"isnotempty", "y", "(kql_dynamic_text($1) <> '')"},
    {"isnotempty", "", "($1 IS NOT NULL)"},
    {"isnan", "", "isnan($1)"},
    {"isinf", "", "isinf($1)"},
    {"isfinite", "", "isfinite($1)"},
    {"gettype", "y",
     "coalesce(CASE json_type($1) WHEN 'VARCHAR' THEN 'string' WHEN 'BIGINT' THEN 'long' WHEN 'UBIGINT' THEN 'long' "
     "WHEN 'DOUBLE' THEN "
     "'double' WHEN 'BOOLEAN' THEN 'bool' WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'dictionary' END, 'null')"},
    {"gettype", "s", "'string'"},
    {"gettype", "b", "CASE WHEN $1 IS NULL THEN 'null' ELSE 'bool' END"},
    {"gettype", "i", "CASE WHEN $1 IS NULL THEN 'null' ELSE 'int' END"},
    {"gettype", "l", "CASE WHEN $1 IS NULL THEN 'null' ELSE 'long' END"},
    {"gettype", "r", "CASE WHEN $1 IS NULL THEN 'null' ELSE 'double' END"},
    {"gettype", "d", "CASE WHEN $1 IS NULL THEN 'null' ELSE 'datetime' END"},
    {"gettype", "t", "CASE WHEN $1 IS NULL THEN 'null' ELSE 'timespan' END"},
    {"gettype", "g", "CASE WHEN $1 IS NULL THEN 'null' ELSE 'guid' END"},
    // Conversions.
    {"to_string", "b", "CASE $1 WHEN true THEN 'True' WHEN false THEN 'False' ELSE '' END"},
    {"to_string", "r", "replace(coalesce(CAST($1 AS VARCHAR), ''), 'nan', 'NaN')"},
    {"to_string", "d", "coalesce(kql_datetime_text($1), '')", kRepeats},
    {"to_string", "t", "coalesce(kql_timespan_text($1), '')", kRepeats},
    {"to_string", "y", "kql_dynamic_text($1)"},
    {"to_string", "", "coalesce(CAST($1 AS VARCHAR), '')"},
    {"to_long", "r", "try_cast(trunc($1) AS BIGINT)"},
    {"to_long", "s", "kql_text_to_long($1)"},
    {"to_long", "y", "kql_dynamic_to_long($1)", kRepeats},
    {"to_long", "", "CAST($1 AS BIGINT)"},
    {"to_int", "r", "try_cast(trunc($1) AS INTEGER)"},
    {"to_int", "s", "try_cast(kql_text_to_long($1) AS INTEGER)"},
    {"to_int", "y", "try_cast(kql_dynamic_to_long($1) AS INTEGER)", kRepeats},
    {"to_int", "", "try_cast($1 AS INTEGER)"},
    {"to_real", "s", "try_cast(trim($1) AS DOUBLE)"},
    {"to_real", "y", "try_cast(json_extract_string($1, '$') AS DOUBLE)"},
    {"to_real", "b", "CAST(CAST($1 AS INTEGER) AS DOUBLE)"},
    {"to_real", "", "CAST($1 AS DOUBLE)"},
    {"to_bool", "s", "kql_text_to_bool($1)", kRepeats},
    {"to_bool", "y", "kql_text_to_bool(json_extract_string($1, '$'))", kRepeats},
    {"to_bool", "", "($1 <> 0)"},
    {"to_datetime", "s", "kql_text_to_ticks($1)"},
    {"to_datetime", "y", "kql_text_to_ticks(json_extract_string($1, '$'))"},
    {"to_datetime", "", "try_cast($1 AS BIGINT)"},
    {"to_timespan", "s", "kql_text_to_timespan($1)", kRepeats},
    {"to_timespan", "y", "kql_text_to_timespan(json_extract_string($1, '$'))", kRepeats},
    {"to_timespan", "", "try_cast($1 AS BIGINT)"},
    {"to_guid", "s", "CAST(try_cast($1 AS UUID) AS VARCHAR)"},
    {"to_guid", "y", "CAST(try_cast(json_extract_string($1, '$') AS UUID) AS VARCHAR)"},
    {"to_guid", "", "CAST(NULL AS VARCHAR)"},
    {"to_dynamic", "b", "CASE $1 WHEN true THEN 'true' WHEN false THEN 'false' END"},
    {"to_dynamic", "i", "CAST($1 AS VARCHAR)"},
    {"to_dynamic", "l", "CAST($1 AS VARCHAR)"},
    {"to_dynamic", "r", "CASE WHEN isfinite($1) THEN CAST($1 AS VARCHAR) ELSE '\"' || CAST($1 AS VARCHAR) || '\"' END",
     kRepeats},
    {"to_dynamic", "d", "('\"' || kql_datetime_text($1) || '\"')", kRepeats},
    {"to_dynamic", "t", "('\"' || kql_timespan_text($1) || '\"')", kRepeats},
    {"to_dynamic", "", "CAST(to_json($1) AS VARCHAR)"},
    {"parse_json", "", "kql_parse_json($1)", kRepeats},
    {"tohex", "", "lower(hex($1))"},
    // Strings.
    {"strlen", "", "length($1)"},
    {"string_size", "", "strlen($1)"},
    {"substring", "..", "substring($1, CASE WHEN $2 < 0 THEN $2 ELSE $2 + 1 END)", kRepeats},
    {"substring", "...",
     "CASE WHEN $3 < 0 THEN substring($1, CASE WHEN $2 < 0 THEN $2 ELSE $2 + 1 END) ELSE substring($1, CASE WHEN $2 < "
     "0 THEN $2 ELSE $2 + "
     "1 END, $3) END",
     kRepeats},
    {"strcat_array", "", "coalesce(array_to_string(json_extract_string($1, '$[*]'), $2), '')"},
    {"strrep", "", "repeat($1, $2)"},
    {"toupper", "", "upper($1)"},
    {"tolower", "", "lower($1)"},
    {"reverse", "", "reverse($1)"},
    {"trim", "", "regexp_replace(regexp_replace($2, '^(?:' || $1 || ')', ''), '(?:' || $1 || ')$', '')", kRepeats},
    {"trim_start", "", "regexp_replace($2, '^(?:' || $1 || ')', '')"},
    {"trim_end", "", "regexp_replace($2, '(?:' || $1 || ')$', '')"},
    {"split", "..", "CAST(to_json(string_split($1, $2)) AS VARCHAR)"},
    {"split", "...", "CAST(to_json(list_slice(string_split($1, $2), $3 + 1, $3 + 1)) AS VARCHAR)", kRepeats},
    {"split_element", "", "coalesce(string_split($1, $2)[CASE WHEN $3 < 0 THEN $3 ELSE $3 + 1 END], '')", kRepeats},
    {"replace_string", "", "replace($1, $2, $3)"},
    {"replace_regex", "", "regexp_replace($1, $2, $3, 'g')"},
    {"indexof", "..", "(instr($1, $2) - 1)"},
    {"indexof", "...",
     "CASE WHEN instr(substring($1, $3 + 1), $2) = 0 THEN -1 ELSE instr(substring($1, $3 + 1), $2) - 1 + $3 END",
     kRepeats},
    {"extract_json", "", "coalesce(json_extract_string(try_cast($2 AS JSON), $1), '')"},
    {"strcmp", "", "CASE WHEN $1 < $2 THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END", kRepeats},
    {"url_encode", "", "url_encode($1)"},
    {"url_decode", "", "url_decode($1)"},
    {"base64_encode", "", "to_base64(encode($1))"},
    {"base64_decode", "", "coalesce(TRY(decode(from_base64($1))), '')"},
    {"hash_md5", "", "md5($1)"},
    {"hash_sha1", "", "sha1($1)"},
    {"hash_sha256", "", "sha256($1)"},
    {"isascii", "", "regexp_full_match($1, '[\\x00-\\x7F]*')"},
    {"regex_quote", "", "regexp_escape($1)"},
    {"new_guid", "", "CAST(uuid() AS VARCHAR)"},
    // Dates and times. 0001-01-01 is a Monday.
    {"startofday", ".", "($1 - $1 % 864000000000)", kRepeats},
    {"startofday", "..", "($1 - $1 % 864000000000 + $2 * 864000000000)", kRepeats},
    {"endofday", ".", "($1 - $1 % 864000000000 + 863999999999)", kRepeats},
    {"endofday", "..", "($1 - $1 % 864000000000 + ($2 + 1) * 864000000000 - 1)", kRepeats},
    {"startofweek", ".", "($1 - ($1 + 864000000000) % 6048000000000)", kRepeats},
    {"startofweek", "..", "($1 - ($1 + 864000000000) % 6048000000000 + $2 * 6048000000000)", kRepeats},
    {"endofweek", ".", "($1 - ($1 + 864000000000) % 6048000000000 + 6047999999999)", kRepeats},
    {"endofweek", "..", "($1 - ($1 + 864000000000) % 6048000000000 + ($2 + 1) * 6048000000000 - 1)", kRepeats},
    {"startofmonth", ".", "kql_ticks(date_trunc('month', kql_timestamp($1)))"},
    {"startofmonth", "..", "kql_ticks(date_trunc('month', kql_timestamp($1)) + to_months(CAST($2 AS INTEGER)))"},
    {"endofmonth", ".", "(kql_ticks(date_trunc('month', kql_timestamp($1)) + to_months(1)) - 1)"},
    {"endofmonth", "..",
     "(kql_ticks(date_trunc('month', kql_timestamp($1)) + to_months(CAST($2 + 1 AS INTEGER))) - 1)"},
    {"startofyear", ".", "kql_ticks(date_trunc('year', kql_timestamp($1)))"},
    {"startofyear", "..", "kql_ticks(date_trunc('year', kql_timestamp($1)) + to_years(CAST($2 AS INTEGER)))"},
    {"endofyear", ".", "(kql_ticks(date_trunc('year', kql_timestamp($1)) + to_years(1)) - 1)"},
    {"endofyear", "..", "(kql_ticks(date_trunc('year', kql_timestamp($1)) + to_years(CAST($2 + 1 AS INTEGER))) - 1)"},
    {"dayofweek", "", "((($1 // 864000000000) + 1) % 7 * 864000000000)"},
    {"dayofmonth", "", "day(kql_timestamp($1))"},
    {"dayofyear", "", "dayofyear(kql_timestamp($1))"},
    {"hourofday", "", "($1 // 36000000000 % 24)"},
    {"monthofyear", "", "month(kql_timestamp($1))"},
    {"getyear", "", "year(kql_timestamp($1))"},
    {"week_of_year", "", "weekofyear(kql_timestamp($1))"},
    {"make_datetime", "...", "kql_ticks(TRY(make_timestamp($1, $2, $3, 0, 0, 0)))"},
    {"make_datetime", "....", "kql_ticks(TRY(make_timestamp($1, $2, $3, $4, 0, 0)))"},
    {"make_datetime", ".....", "kql_ticks(TRY(make_timestamp($1, $2, $3, $4, $5, 0)))"},
    {"make_datetime", "......", "kql_ticks(TRY(make_timestamp($1, $2, $3, $4, $5, $6)))"},
    {"unixtime_seconds", "", "(CAST(round($1 * 10000000) AS BIGINT) + 621355968000000000)"},
    {"unixtime_milliseconds", "", "(CAST(round($1 * 10000) AS BIGINT) + 621355968000000000)"},
    {"unixtime_microseconds", "", "(CAST(round($1 * 10) AS BIGINT) + 621355968000000000)"},
    {"unixtime_nanoseconds", "", "(CAST(round($1 / 100) AS BIGINT) + 621355968000000000)"},
    // Numbers.
    {"abs", "i", "CAST(abs($1) AS INTEGER)"},
    {"abs", "", "abs($1)"},
    {"round", "r", "round($1)"},
    {"round", "rl", "round($1, CAST($2 AS INTEGER))"},
    {"round", "i", "$1"},
    {"round", "l", "$1"},
    {"round", "il", "CAST(round($1, CAST($2 AS INTEGER)) AS INTEGER)"},
    {"round", "ll", "CAST(round($1, CAST($2 AS INTEGER)) AS BIGINT)"},
    {"ceiling", "", "ceil($1)"},
    {"sign", "", "CAST(sign($1) AS DOUBLE)"},
    {"sqrt", "", "CASE WHEN $1 < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt($1) END", kRepeats},
    {"pow", "", "pow($1, $2)"},
    {"exp", "", "exp($1)"},
    {"exp2", "", "pow(2, $1)"},
    {"exp10", "", "pow(10, $1)"},
    {"log", "",
     "CASE WHEN $1 > 0 THEN ln($1) WHEN $1 = 0 THEN CAST('-inf' AS DOUBLE) WHEN $1 IS NOT NULL THEN CAST('nan' AS "
     "DOUBLE) END",
     kRepeats},
    {"log2", "",
     "CASE WHEN $1 > 0 THEN log2($1) WHEN $1 = 0 THEN CAST('-inf' AS DOUBLE) WHEN $1 IS NOT NULL THEN CAST('nan' AS "
     "DOUBLE) END",
     kRepeats},
    {"log10", "",
     "CASE WHEN $1 > 0 THEN log10($1) WHEN $1 = 0 THEN CAST('-inf' AS DOUBLE) WHEN $1 IS NOT NULL THEN CAST('nan' AS "
     "DOUBLE) END",
     kRepeats},
    {"sin", "", "sin($1)"},
    {"cos", "", "cos($1)"},
    {"tan", "", "tan($1)"},
    {"atan", "", "atan($1)"},
    {"atan2", "", "atan2($1, $2)"},
    {"pi", "", "pi()"},
    {"rand", "", "random()"},
    {"binary_and", "", "($1 & $2)"},
    {"binary_or", "", "($1 | $2)"},
    {"binary_xor", "", "xor($1, $2)"},
    {"bitset_count_ones", "", "CAST(bit_count($1) AS BIGINT)"},
    // Dynamics. Keys are JSON pointers.
    {"member", "", "nullif(CAST(json_extract($1, $2) AS VARCHAR), 'null')"},
    {"member_of_text", "", "nullif(CAST(json_extract(try_cast($1 AS JSON), $2) AS VARCHAR), 'null')"},
    {"element", "yl", "nullif(CAST(json_extract($1, '$[' || CAST($2 AS VARCHAR) || ']') AS VARCHAR), 'null')"},
    {"element", "ys", "nullif(CAST(json_extract($1, kql_pointer($2)) AS VARCHAR), 'null')"},
    {"array_length", "", "CASE WHEN json_type($1) = 'ARRAY' THEN CAST(json_array_length($1) AS BIGINT) END", kRepeats},
    {"array_index_of", "", "(coalesce(list_position(CAST(json_extract($1, '$[*]') AS VARCHAR[]), $2), 0) - 1)"},
    {"set_has_element", "", "coalesce(list_contains(CAST(json_extract($1, '$[*]') AS VARCHAR[]), $2), false)"},
    {"bag_keys", "", "CASE WHEN json_type($1) = 'OBJECT' THEN CAST(to_json(json_keys($1)) AS VARCHAR) END", kRepeats},
    {"bag_has_key", "", "coalesce(json_exists($1, kql_pointer($2)), false)"},
};

// '@' stands where a FILTER clause goes.
constexpr OperationRow kAggregates[] = {
    {"count", "", "count(*)@"},
    {"sum", "r", "coalesce(sum($1)@, 0)"},
    {"sum", "", "coalesce(CAST(sum($1)@ AS BIGINT), 0)"},
    {"avg", "t", "CAST(avg($1)@ AS BIGINT)"},
    {"avg", "", "coalesce(avg($1)@, CAST('nan' AS DOUBLE))"},
    {"min", "s", "coalesce(min($1)@, '')"},
    {"min", "", "min($1)@"},
    {"max", "s", "coalesce(max($1)@, '')"},
    {"max", "", "max($1)@"},
    {"dcount", "", "count(DISTINCT $1)@"},
    {"stdev", "", "coalesce(stddev_samp($1)@, 0)"},
    {"stdevp", "", "coalesce(stddev_pop($1)@, 0)"},
    {"variance", "", "coalesce(var_samp($1)@, 0)"},
    {"variancep", "", "coalesce(var_pop($1)@, 0)"},
    {"make_list", "", "'[' || coalesce(string_agg($1, ',')@, '') || ']'"},
    {"make_set", "", "'[' || coalesce(string_agg(DISTINCT $1, ',')@, '') || ']'"},
    {"take_any", "s", "coalesce(any_value(nullif($1, ''))@, '')"},
    {"take_any", "", "any_value($1)@"},
    {"arg_max", "s.", "coalesce(arg_max_null($1, $2)@, '')"},
    {"arg_max", "..", "arg_max_null($1, $2)@"},
    {"arg_min", "s.", "coalesce(arg_min_null($1, $2)@, '')"},
    {"arg_min", "..", "arg_min_null($1, $2)@"},
};

char LetterOf(Type type) {
  constexpr std::string_view kLetters = "bilr.dtgsy.";
  return kLetters[static_cast<size_t>(type)];
}

bool Fits(std::string_view types, const std::vector<plan::Scalar>& arguments) {
  if (types.empty()) return true;
  if (types.size() != arguments.size()) return false;
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] != '.' && types[i] != LetterOf(arguments[i].type)) return false;
  }
  return true;
}

template <size_t count>
const OperationRow* Find(const OperationRow (&rows)[count], std::string_view operation,
                         const std::vector<plan::Scalar>& arguments) {
  const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const OperationRow& candidate) {
    return candidate.operation == operation && Fits(candidate.types, arguments);
  });
  return row == std::end(rows) ? nullptr : row;
}

}  // namespace

const OperationRow* FindOperation(std::string_view operation, const std::vector<plan::Scalar>& arguments) {
  return Find(kOperations, operation, arguments);
}

bool HasOperation(std::string_view operation) {
  return std::any_of(std::begin(kOperations), std::end(kOperations),
                     [&](const OperationRow& row) { return row.operation == operation; });
}

const OperationRow* FindAggregateOperation(std::string_view operation, const std::vector<plan::Scalar>& arguments) {
  return Find(kAggregates, operation, arguments);
}

}  // namespace slipway::kql::sql
