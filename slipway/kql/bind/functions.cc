#include "slipway/kql/bind/functions.h"

#include <algorithm>
#include <span>

namespace slipway::kql::bind {
namespace {

constexpr Naming kFirst = Naming::kFirstArgument;
constexpr Naming kPrefix = Naming::kPrefixed;

constexpr FunctionRow kFunctions[] = {
    // Conditions and nulls.
    {"iff", "b==", '=', "iff"},
    {"iif", "b==", '=', "iff"},
    {"coalesce", "==+", '=', "coalesce"},
    {"isnull", "*", 'b', "isnull"},
    {"isnotnull", "*", 'b', "isnotnull"},
    {"isempty", "*", 'b', "isempty"},
    {"isnotempty", "*", 'b', "isnotempty"},
    {"notempty", "*", 'b', "isnotempty"},
    {"notnull", "*", 'b', "isnotnull"},
    {"isnan", "r", 'b', "isnan"},
    {"isinf", "r", 'b', "isinf"},
    {"isfinite", "r", 'b', "isfinite"},
    {"not", "b", 'b', "not"},
    {"max_of", "==+", '=', "max_of"},
    {"min_of", "==+", '=', "min_of"},
    {"gettype", "*", 's', "gettype", kPrefix, "type"},
    // Conversions.
    {"tostring", "*", 's', "to_string", kFirst},
    {"tolong", "*", 'l', "to_long", kFirst},
    {"toint", "*", 'i', "to_int", kFirst},
    {"toreal", "*", 'r', "to_real", kFirst},
    {"todouble", "*", 'r', "to_real", kFirst},
    {"tobool", "*", 'b', "to_bool", kFirst},
    {"toboolean", "*", 'b', "to_bool", kFirst},
    {"todatetime", "*", 'd', "to_datetime", kFirst},
    {"totimespan", "*", 't', "to_timespan", kFirst},
    {"toguid", "*", 'g', "to_guid", kFirst},
    {"parse_json", "y", 'y', "identity", kFirst},
    {"parse_json", "s", 'y', "parse_json", kFirst},
    {"parsejson", "s", 'y', "parse_json", kFirst},
    {"todynamic", "y", 'y', "identity", kFirst},
    {"todynamic", "s", 'y', "parse_json", kFirst},
    {"todynamic", "*", 'y', "to_dynamic", kFirst},
    {"toobject", "s", 'y', "parse_json", kFirst},
    {"tohex", "l", 's', "tohex", kFirst},
    // Strings.
    {"strlen", "s", 'l', "strlen", kPrefix, "strlen"},
    {"string_size", "s", 'l', "string_size", kPrefix, "string_size"},
    {"substring", "al?l", 's', "substring"},
    {"strcat", "a+", 's', "strcat"},
    {"strcat_delim", "sa+", 's', "strcat_delim"},
    {"strcat_array", "ys", 's', "strcat_array"},
    {"strrep", "al", 's', "strrep"},
    {"toupper", "s", 's', "toupper"},
    {"tolower", "s", 's', "tolower"},
    {"reverse", "a", 's', "reverse"},
    {"trim", "ss", 's', "trim"},
    {"trim_start", "ss", 's', "trim_start"},
    {"trim_end", "ss", 's', "trim_end"},
    {"split", "ss?l", 'y', "split", kFirst},
    {"replace_string", "sss", 's', "replace_string"},
    {"replace_regex", "sss", 's', "replace_regex"},
    {"replace", "sss", 's', "replace_regex"},
    {"indexof", "aa?l", 'l', "indexof"},
    {"extract", "sls", 's', "extract"},
    {"extract", "slsT", 'T', "extract"},
    {"extract_json", "ss", 's', "extract_json"},
    {"extractjson", "ss", 's', "extract_json"},
    {"extract_json", "ssT", 'T', "extract_json"},
    {"strcmp", "ss", 'l', "strcmp"},
    {"translate", "sss", 's', "translate"},
    {"has_any_index", "sy", 'l', "has_any_index"},
    {"url_encode", "s", 's', "url_encode_query"},
    {"url_encode_component", "s", 's', "url_encode"},
    {"url_decode", "s", 's', "url_decode"},
    {"base64_encode_tostring", "s", 's', "base64_encode"},
    {"base64_decode_tostring", "s", 's', "base64_decode"},
    {"hash_md5", "a", 's', "hash_md5"},
    {"hash_sha1", "a", 's', "hash_sha1"},
    {"hash_sha256", "a", 's', "hash_sha256"},
    {"isascii", "s", 'b', "isascii"},
    {"regex_quote", "s", 's', "regex_quote"},
    {"new_guid", "", 'g', "new_guid"},
    // Dates and times.
    {"startofday", "d?l", 'd', "startofday", kFirst},
    {"startofweek", "d?l", 'd', "startofweek"},
    {"startofmonth", "d?l", 'd', "startofmonth"},
    {"startofyear", "d?l", 'd', "startofyear"},
    {"endofday", "d?l", 'd', "endofday"},
    {"endofweek", "d?l", 'd', "endofweek"},
    {"endofmonth", "d?l", 'd', "endofmonth"},
    {"endofyear", "d?l", 'd', "endofyear"},
    {"dayofweek", "d", 't', "dayofweek"},
    {"dayofmonth", "d", 'l', "dayofmonth"},
    {"dayofyear", "d", 'l', "dayofyear"},
    {"hourofday", "d", 'l', "hourofday"},
    {"monthofyear", "d", 'l', "monthofyear"},
    {"getmonth", "d", 'l', "monthofyear"},
    {"getyear", "d", 'l', "getyear"},
    {"week_of_year", "d", 'l', "week_of_year"},
    {"weekofyear", "d", 'l', "week_of_year"},
    {"datetime_add", "sld", 'd', "datetime_add"},
    {"datetime_diff", "sdd", 'l', "datetime_diff"},
    {"datetime_part", "sd", 'l', "datetime_part"},
    {"format_datetime", "ds", 's', "format_datetime", kFirst},
    {"make_datetime", "lll?llr", 'd', "make_datetime"},
    {"make_timespan", "ll?r", 't', "make_timespan"},
    {"make_timespan", "lllr", 't', "make_timespan"},
    {"unixtime_seconds_todatetime", "r", 'd', "unixtime_seconds"},
    {"unixtime_milliseconds_todatetime", "r", 'd', "unixtime_milliseconds"},
    {"unixtime_microseconds_todatetime", "r", 'd', "unixtime_microseconds"},
    {"unixtime_nanoseconds_todatetime", "r", 'd', "unixtime_nanoseconds"},
    // Numbers.
    {"abs", "n", '1', "abs", kFirst},
    {"abs", "t", 't', "abs", kFirst},
    {"round", "n?l", '1', "round", kFirst},
    {"ceiling", "r", 'r', "ceiling", kFirst},
    {"sign", "r", 'r', "sign", kFirst},
    {"sqrt", "r", 'r', "sqrt", kFirst},
    {"pow", "rr", 'r', "pow", kFirst},
    {"exp", "r", 'r', "exp", kFirst},
    {"exp2", "r", 'r', "exp2", kFirst},
    {"exp10", "r", 'r', "exp10", kFirst},
    {"log", "r", 'r', "log", kFirst},
    {"log2", "r", 'r', "log2", kFirst},
    {"log10", "r", 'r', "log10", kFirst},
    {"sin", "r", 'r', "sin", kFirst},
    {"cos", "r", 'r', "cos", kFirst},
    {"tan", "r", 'r', "tan", kFirst},
    {"atan", "r", 'r', "atan", kFirst},
    {"asin", "r", 'r', "asin", kFirst},
    {"acos", "r", 'r', "acos", kFirst},
    {"cot", "r", 'r', "cot", kFirst},
    {"degrees", "r", 'r', "degrees", kFirst},
    {"radians", "r", 'r', "radians", kFirst},
    {"gamma", "r", 'r', "gamma", kFirst},
    {"loggamma", "r", 'r', "loggamma", kFirst},
    {"atan2", "rr", 'r', "atan2", kFirst},
    {"pi", "", 'r', "pi"},
    {"rand", "", 'r', "rand", kFirst},
    {"binary_and", "ll", 'l', "binary_and", kFirst},
    {"binary_or", "ll", 'l', "binary_or", kFirst},
    {"binary_xor", "ll", 'l', "binary_xor", kFirst},
    {"binary_not", "l", 'l', "binary_not", kFirst},
    {"binary_shift_right", "ll", 'l', "binary_shift_right", kFirst},
    {"bitset_count_ones", "l", 'l', "bitset_count_ones", kFirst},
    // Arrays and bags.
    {"array_length", "y", 'l', "array_length"},
    {"array_concat", "y+", 'y', "array_concat"},
    {"array_index_of", "yp", 'l', "array_index_of"},
    {"set_has_element", "yp", 'b', "set_has_element"},
    {"pack_array", "p+", 'y', "pack_array"},
    {"bag_keys", "y", 'y', "bag_keys"},
    {"bag_has_key", "ys", 'b', "bag_has_key"},
    {"array_reverse", "y", 'y', "array_reverse"},
    {"array_rotate_left", "yl", 'y', "array_rotate_left"},
    {"array_rotate_right", "yl", 'y', "array_rotate_right"},
    {"array_shift_left", "yl?p", 'y', "array_shift_left"},
    {"array_shift_right", "yl?p", 'y', "array_shift_right"},
    {"array_slice", "yll", 'y', "array_slice"},
    {"array_sort_asc", "y", 'y', "array_sort_asc", Naming::kSuffixed, "sorted"},
    {"array_sort_desc", "y", 'y', "array_sort_desc", Naming::kSuffixed, "sorted"},
    {"array_sum", "y", 'r', "array_sum"},
    {"range", "ll?l", 'y', "range_numbers"},
    {"range", "dd?t", 'y', "range_datetimes"},
    {"range", "tt?t", 'y', "range_timespans"},
    {"repeat", "pl", 'y', "repeat_value", kPrefix, "repeat"},
    {"set_equals", "yy", 'b', "set_equals"},
    {"jaccard_index", "yy", 'r', "jaccard_index"},
    {"zip", "yy", 'y', "zip"},
    // Series.
    {"series_sum", "y", 'r', "array_sum"},
    {"series_fill_const", "yp", 'y', "series_fill_const", kFirst},
    {"series_fill_forward", "y", 'y', "series_fill_forward", kFirst},
    {"series_fill_backward", "y", 'y', "series_fill_backward", kFirst},
    {"series_stats_dynamic", "y", 'y', "series_stats_dynamic"},
};

constexpr std::string_view kUnsupportedFunctions[] = {
    "format_timespan",
    "dynamic_to_json",
    "array_iff",
    "array_split",
    "assert",
    "bag_remove_keys",
    "bag_set_key",
    "bag_zip",
    "bin_auto",
    "binary_shift_left",
    "cluster",
    "current_principal",
    "database",
    "datetime_local_to_utc",
    "datetime_utc_to_local",
    "erf",
    "erfc",
    "extent_id",
    "externaldata",
    "format_bytes",
    "geo_distance_2points",
    "geo_point_in_circle",
    "geo_point_in_polygon",
    "gzip_compress_to_base64_string",
    "gzip_decompress_from_base64_string",
    "hash",
    "hash_combine",
    "hash_many",
    "hash_xxhash64",
    "indexof_regex",
    "ingestion_time",
    "ipv4_compare",
    "ipv4_is_in_range",
    "ipv4_is_match",
    "ipv4_is_private",
    "parse_command_line",
    "parse_csv",
    "parse_ipv4",
    "parse_ipv6",
    "parse_path",
    "parse_url",
    "parse_urlquery",
    "parse_user_agent",
    "parse_version",
    "parse_xml",
    "replace_strings",
    "row_window_session",
    "series_add",
    "series_decompose",
    "series_decompose_anomalies",
    "series_decompose_forecast",
    "series_fill_linear",
    "series_fir",
    "series_fit_line",
    "series_iir",
    "series_multiply",
    "series_outliers",
    "series_stats",
    "series_subtract",
    "todecimal",
    "treepath",
    "welch_test",
    "workspace",
    "app",
    "resource",
    "beta_cdf",
    "beta_inv",
    "beta_pdf",
    "convert_angle",
    "convert_energy",
    "convert_force",
    "convert_length",
    "convert_mass",
    "convert_speed",
    "convert_temperature",
    "convert_volume",
    "current_database",
    "format_ipv4",
    "format_ipv4_mask",
    "has_any_ipv4",
    "has_any_ipv4_prefix",
    "has_ipv4",
    "has_ipv4_prefix",
    "isutf8",
    "parse_ipv4_mask",
    "parse_ipv6_mask",
    "punycode_from_string",
    "punycode_to_string",
    "unicode_codepoints_from_string",
    "unicode_codepoints_to_string",
    "base64_decode_toarray",
    "base64_decode_toguid",
    "base64_encode_fromarray",
    "base64_encode_fromguid",
    "zlib_compress_to_base64_string",
    "zlib_decompress_from_base64_string",
    "percentile_tdigest",
    "percentrank_tdigest",
    "table",
    "all",
    "around",
    "array_iif",
    "array_strcat",
    "arraylength",
    "base64_decodestring",
    "base64_encodestring",
    "column_names_of",
    "columnifexists",
    "current_cluster_endpoint",
    "current_cursor",
    "current_node_id",
    "current_principal_details",
    "current_principal_is_member_of",
    "cursor_after",
    "cursor_before_or_at",
    "cursor_current",
    "datepart",
    "datetime_list_timezones",
    "entity_group",
    "estimate_data_size",
    "extent_tags",
    "extentid",
    "external_table",
    "extractall",
    "graph",
    "hll_isvalid",
    "inner_nodes",
    "iscolumnexists",
    "labels",
    "make_string",
    "map",
    "materialized_view",
    "merge_tdigest",
    "node_degree_in",
    "node_degree_out",
    "node_id",
    "parseurl",
    "parseurlquery",
    "percentiles_array_tdigest",
    "punycode_domain_from_string",
    "punycode_domain_to_string",
    "rank_tdigest",
    "row_id",
    "row_rank",
    "rowstore_ordinal_range",
    "stored_query_result",
    "tdigest_isvalid",
    "to_utf8",
    "totime",
};

constexpr AggregateRow kAggregates[] = {
    {"count", "", 'l', "count", "count"},
    {"countif", "b", 'l', "count", "countif", true},
    {"sum", "n", '1', "sum", "sum"},
    {"sumif", "nb", '1', "sum", "sumif", true},
    {"avg", "n", 'r', "avg", "avg"},
    {"avgif", "nb", 'r', "avg", "avgif", true},
    {"min", "o", '1', "min", "min"},
    {"minif", "ob", '1', "min", "minif", true},
    {"max", "o", '1', "max", "max"},
    {"maxif", "ob", '1', "max", "maxif", true},
    {"dcount", "*?l", 'l', "dcount", "dcount"},
    {"dcountif", "*b", 'l', "dcount", "dcountif", true},
    {"count_distinct", "*", 'l', "dcount", "count_distinct"},
    {"count_distinctif", "*b", 'l', "dcount", "count_distinctif", true},
    {"percentile", "nr", '1', "percentile", "percentile"},
    {"stdev", "r", 'r', "stdev", "stdev"},
    {"stdevif", "rb", 'r', "stdev", "stdevif", true},
    {"stdevp", "r", 'r', "stdevp", "stdevp"},
    {"variance", "r", 'r', "variance", "variance"},
    {"varianceif", "rb", 'r', "variance", "varianceif", true},
    {"variancep", "r", 'r', "variancep", "variancep"},
    {"make_list", "p?l", 'y', "make_list", "list"},
    {"make_list_if", "pb", 'y', "make_list", "list", true},
    {"make_list_with_nulls", "p", 'y', "make_list_with_nulls", "list"},
    {"make_bag", "y", 'y', "make_bag", "bag"},
    {"make_bag_if", "yb", 'y', "make_bag", "bag", true},
    {"make_set", "p?l", 'y', "make_set", "set"},
    {"make_set_if", "pb", 'y', "make_set", "set", true},
    {"take_any", "*", '1', "take_any", ""},
    {"take_anyif", "*b", '1', "take_any", "", true},
    {"any", "*", '1', "take_any", "any"},
    {"anyif", "*b", '1', "take_any", "anyif", true},
    {"binary_all_and", "l", 'l', "binary_all_and", ""},
    {"binary_all_or", "l", 'l', "binary_all_or", ""},
    {"binary_all_xor", "l", 'l', "binary_all_xor", ""},
    {"covariance", "rr", 'r', "covariance", "covariance"},
    {"covariancep", "rr", 'r', "covariancep", "covariancep"},
    {"arg_max", "o*+", '1', "arg_max", "max"},
    {"arg_min", "o*+", '1', "arg_min", "min"},
    {"percentiles", "nr+", '1', "percentile", "percentile"},
};

constexpr std::string_view kUnsupportedAggregates[] = {
    "buildschema",     "dcount_hll",    "hll",
    "hll_if",          "hll_merge",     "percentiles_array",
    "percentilesw",    "percentilew",   "percentilesw_array",
    "tdigest",         "tdigest_merge", "covarianceif",
    "covariancepif",   "stdevpif",      "variancepif",
    "argmax",          "argmin",        "cnt",
    "make_dictionary", "makelist",      "makeset",
    "merge_tdigest",   "passthrough",
};

// Made by binding's own rules and not by a row above.
constexpr std::string_view kOperatorOperations[] = {"identity",
                                                    "add",
                                                    "subtract",
                                                    "multiply",
                                                    "divide_integer",
                                                    "divide_real",
                                                    "modulo",
                                                    "negate",
                                                    "scale_timespan",
                                                    "divide_timespan",
                                                    "eq",
                                                    "ne",
                                                    "lt",
                                                    "le",
                                                    "gt",
                                                    "ge",
                                                    "and",
                                                    "or",
                                                    "eq_ignore_case",
                                                    "ne_ignore_case",
                                                    "in",
                                                    "in_ignore_case",
                                                    "in_array",
                                                    "between",
                                                    "matches_regex",
                                                    "has",
                                                    "has_cs",
                                                    "hasprefix",
                                                    "hasprefix_cs",
                                                    "hassuffix",
                                                    "hassuffix_cs",
                                                    "contains",
                                                    "contains_cs",
                                                    "startswith",
                                                    "startswith_cs",
                                                    "endswith",
                                                    "endswith_cs",
                                                    "member",
                                                    "element",
                                                    "member_of_text",
                                                    "split_element",
                                                    "case",
                                                    "bin",
                                                    "bin_at",
                                                    "bag_pack",
                                                    "to_dynamic",
                                                    "slot_value",
                                                    "prev",
                                                    "next",
                                                    "row_number",
                                                    "row_cumsum",
                                                    "row_rank_dense",
                                                    "row_rank_min",
                                                    "in_array_ignore_case",
                                                    "has_any_of",
                                                    "has_all_of",
                                                    "countof",
                                                    "countof_regex",
                                                    "extract_all",
                                                    "bag_merge",
                                                    "set_union",
                                                    "set_intersect",
                                                    "set_difference",
                                                    "merge_bags",
                                                    "flatten_set",
                                                    "array_take",
                                                    "in_rows",
                                                    "scalar_of_rows",
                                                    "if_missing",
                                                    "series_bin",
                                                    "series_length",
                                                    "series_spread",
                                                    "series_axis"};

template <typename Row>
std::vector<std::string> Names(std::span<const Row> rows) {
  std::vector<std::string> names;
  for (const Row& row : rows) {
    if (names.empty() || names.back() != row.name) names.emplace_back(row.name);
  }
  return names;
}

}  // namespace

std::vector<const FunctionRow*> FindFunctions(std::string_view name) {
  std::vector<const FunctionRow*> found;
  for (const FunctionRow& row : kFunctions) {
    if (row.name == name) found.push_back(&row);
  }
  return found;
}

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names = Names<FunctionRow>(kFunctions);
  for (const std::string_view special :
       {"bin",        "floor",           "bin_at",           "case",        "now",         "ago",      "bag_pack",
        "pack",       "column_ifexists", "bag_pack_columns", "pack_all",    "extract_all", "countof",  "bag_merge",
        "set_union",  "set_intersect",   "set_difference",   "prev",        "next",        "toscalar", "materialize",
        "row_number", "row_cumsum",      "row_rank_dense",   "row_rank_min"}) {
    names.emplace_back(special);
  }
  return names;
}

bool IsUnsupportedFunction(std::string_view name) {
  return std::find(std::begin(kUnsupportedFunctions), std::end(kUnsupportedFunctions), name) !=
         std::end(kUnsupportedFunctions);
}

const AggregateRow* FindAggregate(std::string_view name) {
  const auto* row = std::find_if(std::begin(kAggregates), std::end(kAggregates),
                                 [name](const AggregateRow& candidate) { return candidate.name == name; });
  return row == std::end(kAggregates) ? nullptr : row;
}

std::vector<std::string> AggregateNames() {
  return Names<AggregateRow>(kAggregates);
}

bool IsUnsupportedAggregate(std::string_view name) {
  return std::find(std::begin(kUnsupportedAggregates), std::end(kUnsupportedAggregates), name) !=
         std::end(kUnsupportedAggregates);
}

Arity ArityOf(std::string_view parameters) {
  Arity arity;
  size_t all = 0;
  bool optional = false, repeated = false;
  for (const char c : parameters) {
    if (c == '?') {
      optional = true;
    } else if (c == '+') {
      repeated = true;
    } else {
      ++all;
      if (!optional) ++arity.least;
    }
  }
  if (!repeated) arity.most = all;
  return arity;
}

char ParameterAt(std::string_view parameters, size_t index) {
  char last = '*';
  for (const char c : parameters) {
    if (c == '?' || c == '+') continue;
    last = c;
    if (index-- == 0) break;
  }
  return last;
}

std::vector<std::string_view> AllOperations() {
  std::vector<std::string_view> operations(std::begin(kOperatorOperations), std::end(kOperatorOperations));
  for (const FunctionRow& row : kFunctions) operations.push_back(row.operation);
  std::sort(operations.begin(), operations.end());
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  return operations;
}

}  // namespace slipway::kql::bind
