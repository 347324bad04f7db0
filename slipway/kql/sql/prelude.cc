#include "slipway/kql/sql/sql.h"

namespace slipway::kql::sql {

// 621355968000000000 ticks lie between 0001-01-01 and 1970-01-01; 864000000000 ticks are a day.
std::string_view Prelude() {
  return R"sql(
CREATE OR REPLACE TEMP MACRO kql_timestamp(t) AS make_timestamp((t - 621355968000000000) // 10);
CREATE OR REPLACE TEMP MACRO kql_ticks(ts) AS epoch_us(ts) * 10 + 621355968000000000;
CREATE OR REPLACE TEMP MACRO kql_datetime_text(t) AS
  strftime(kql_timestamp(t - t % 10), '%Y-%m-%dT%H:%M:%S.%f') || CAST(t % 10 AS VARCHAR) || 'Z';
CREATE OR REPLACE TEMP MACRO kql_timespan_text(t) AS
  CASE WHEN t < 0 THEN '-' ELSE '' END
  || CASE WHEN abs(t) >= 864000000000 THEN CAST(abs(t) // 864000000000 AS VARCHAR) || '.' ELSE '' END
  || printf('%02d:%02d:%02d', (abs(t) // 36000000000) % 24, (abs(t) // 600000000) % 60, (abs(t) // 10000000) % 60)
  || CASE WHEN t % 10000000 <> 0 THEN printf('.%07d', abs(t) % 10000000) ELSE '' END;
CREATE OR REPLACE TEMP MACRO kql_parse_json(s) AS
  CASE WHEN trim(s) = '' OR trim(s) = 'null' THEN NULL WHEN json_valid(s) THEN s ELSE CAST(to_json(s) AS VARCHAR) END;
CREATE OR REPLACE TEMP MACRO kql_text_to_long(s) AS
  try_cast(nullif(regexp_extract(s, '^\s*([+-]?(?:\d+|0[xX][0-9a-fA-F]+))\s*$', 1), '') AS BIGINT);
CREATE OR REPLACE TEMP MACRO kql_text_to_bool(s) AS
  CASE lower(trim(s)) WHEN 'true' THEN true WHEN 'false' THEN false ELSE kql_text_to_long(s) <> 0 END;
CREATE OR REPLACE TEMP MACRO kql_dynamic_text(d) AS coalesce(json_extract_string(d, '$'), '');
CREATE OR REPLACE TEMP MACRO kql_dynamic_to_long(d) AS
  CASE json_type(d)
    WHEN 'DOUBLE' THEN try_cast(trunc(try_cast(d AS DOUBLE)) AS BIGINT)
    WHEN 'BOOLEAN' THEN CASE WHEN trim(d) = 'true' THEN 1 ELSE 0 END
    ELSE kql_text_to_long(json_extract_string(d, '$')) END;
CREATE OR REPLACE TEMP MACRO kql_pointer(k) AS '/' || replace(replace(k, '~', '~0'), '/', '~1');
CREATE OR REPLACE TEMP MACRO kql_bag_items(d) AS
  list_transform(json_keys(d), lambda k: '{' || CAST(to_json(k) AS VARCHAR) || ':' || CAST(json_extract(d, kql_pointer(k)) AS VARCHAR) || '}');
CREATE OR REPLACE TEMP MACRO kql_bag_pairs(d) AS
  list_transform(json_keys(d), lambda k: '[' || CAST(to_json(k) AS VARCHAR) || ',' || CAST(json_extract(d, kql_pointer(k)) AS VARCHAR) || ']');
CREATE OR REPLACE TEMP MACRO kql_items(d) AS
  CASE WHEN json_type(d) = 'ARRAY' THEN CAST(json_extract(d, '$[*]') AS VARCHAR[]) END;
CREATE OR REPLACE TEMP MACRO kql_array(l) AS
  CASE WHEN l IS NOT NULL THEN '[' || coalesce(array_to_string(l, ','), '') || ']' END;
CREATE OR REPLACE TEMP MACRO kql_numbers(d) AS list_transform(kql_items(d), lambda x: try_cast(x AS DOUBLE));
CREATE OR REPLACE TEMP MACRO kql_texts(l) AS kql_array(list_transform(l, lambda x: CAST(to_json(x) AS VARCHAR)));
CREATE OR REPLACE TEMP MACRO kql_rows_of_texts(groups) AS
  CASE WHEN len(groups[1]) > 0 THEN kql_array(list_transform(range(1, len(groups[1]) + 1), lambda i: kql_texts(list_transform(groups, lambda g: g[i])))) END;
CREATE OR REPLACE TEMP MACRO kql_texts_of_numbers(l) AS kql_array(list_transform(l, lambda x: CAST(x AS VARCHAR)));
CREATE OR REPLACE TEMP MACRO kql_texts_of_datetimes(l) AS
  kql_array(list_transform(l, lambda x: '"' || kql_datetime_text(x) || '"'));
CREATE OR REPLACE TEMP MACRO kql_texts_of_timespans(l) AS
  kql_array(list_transform(l, lambda x: '"' || kql_timespan_text(x) || '"'));
CREATE OR REPLACE TEMP MACRO kql_real_text(x) AS CASE WHEN isnan(x) THEN 'NaN' ELSE CAST(x AS VARCHAR) END;
CREATE OR REPLACE TEMP MACRO kql_json_real(x) AS
  CASE WHEN isfinite(x) THEN CAST(x AS VARCHAR) WHEN isnan(x) THEN '"NaN"' WHEN x > 0 THEN '"Infinity"' WHEN x < 0 THEN '"-Infinity"' END;
CREATE OR REPLACE TEMP MACRO kql_range_of_reals(a, b, s) AS
  kql_array(CASE WHEN s <> 0 THEN list_transform(range(CAST(greatest(0, least(floor((b - a) / s + 1e-9) + 1, 1048576)) AS BIGINT)),
                                                 lambda i: kql_json_real(a + i * s)) END);
CREATE OR REPLACE TEMP MACRO kql_range(a, b, s) AS
  CASE WHEN s > 0 THEN generate_series(a, least(b, a + 1048575 * s), s)
       WHEN s < 0 THEN generate_series(a, greatest(b, a + 1048575 * s), s) END;
CREATE OR REPLACE TEMP MACRO kql_sum_lengths(l) AS coalesce(list_sum(list_transform(l, lambda x: length(x))), 0);
CREATE OR REPLACE TEMP MACRO kql_place_of_match(gaps, matches, n) AS
  CASE WHEN n < 1 OR len(matches) < n THEN -1
       ELSE kql_sum_lengths(gaps[1:n]) + kql_sum_lengths(matches[1:n - 1]) END;
CREATE OR REPLACE TEMP MACRO kql_place_from(place, start) AS CASE WHEN place < 0 THEN -1 ELSE CAST(place + start AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO kql_indexof_regex(s, re, start, len, n) AS
  CASE WHEN start >= 0 AND start <= length(s) AND len >= -1 AND n >= 1 THEN
    kql_place_from(kql_place_of_match(
      regexp_extract_all(substring(s, start + 1, CASE WHEN len < 0 THEN length(s) ELSE len END), '(?s)(.*?)((?-s:' || re || '))', 1),
      regexp_extract_all(substring(s, start + 1, CASE WHEN len < 0 THEN length(s) ELSE len END), '(?s)(.*?)((?-s:' || re || '))', 2),
      n), start) END;
CREATE OR REPLACE TEMP MACRO kql_rotate(l, n) AS
  list_transform(range(len(l)), lambda i: l[((i + n) % len(l) + len(l)) % len(l) + 1]);
CREATE OR REPLACE TEMP MACRO kql_shift(l, n, fill) AS
  list_transform(range(len(l)), lambda i: CASE WHEN i + n >= 0 AND i + n < len(l) THEN l[i + n + 1] ELSE fill END);
CREATE OR REPLACE TEMP MACRO kql_distinct(l) AS list_filter(l, lambda x, i: list_position(l, x) = i);
CREATE OR REPLACE TEMP MACRO kql_flatten_set(l) AS
  kql_array(kql_distinct(flatten(list_transform(l, lambda x: coalesce(kql_items(x), [x])))));
CREATE OR REPLACE TEMP MACRO kql_bag_member(bags, k) AS
  CAST(json_extract(list_filter(bags, lambda b: json_exists(b, kql_pointer(k)))[1], kql_pointer(k)) AS VARCHAR);
CREATE OR REPLACE TEMP MACRO kql_merge_keys(bags, keys) AS
  '{' || coalesce(array_to_string(list_transform(keys, lambda k: CAST(to_json(k) AS VARCHAR) || ':' || kql_bag_member(bags, k)), ','), '') || '}';
CREATE OR REPLACE TEMP MACRO kql_merge_bags(bags) AS
  kql_merge_keys(list_filter(bags, lambda b: json_type(b) = 'OBJECT'),
                 kql_distinct(flatten(list_transform(list_filter(bags, lambda b: json_type(b) = 'OBJECT'), lambda b: json_keys(b)))));
CREATE OR REPLACE TEMP MACRO kql_json_number(x) AS coalesce(CAST(x AS VARCHAR), 'null');
CREATE OR REPLACE TEMP MACRO kql_series_stats(l) AS
  CASE WHEN l IS NOT NULL THEN
  '{"min":' || kql_json_number(list_min(l)) || ',"min_idx":' || kql_json_number(list_position(l, list_min(l)) - 1)
  || ',"max":' || kql_json_number(list_max(l)) || ',"max_idx":' || kql_json_number(list_position(l, list_max(l)) - 1)
  || ',"avg":' || kql_json_number(list_avg(l)) || ',"stdev":' || kql_json_number(coalesce(list_stddev_samp(l), 0))
  || ',"variance":' || kql_json_number(coalesce(list_var_samp(l), 0)) || ',"sum":' || kql_json_number(list_sum(l))
  || ',"len":' || CAST(len(l) AS VARCHAR) || '}' END;
CREATE OR REPLACE TEMP MACRO kql_spread(bins, vals, n, missing) AS
  kql_array(list_transform(range(n), lambda i: coalesce(vals[list_position(bins, CAST(i AS VARCHAR))], missing)));
CREATE OR REPLACE TEMP MACRO kql_translate(f, t, s) AS
  translate(s, f, CASE WHEN t = '' THEN '' ELSE rpad(t, CAST(length(f) AS INTEGER), right(t, 1)) END);
CREATE OR REPLACE TEMP MACRO kql_countof(s, x) AS
  CASE WHEN x = '' THEN 0
       ELSE CAST(len(list_filter(range(length(s) - length(x) + 1), lambda i: substring(s, i + 1, length(x)) = x)) AS BIGINT) END;
CREATE OR REPLACE TEMP MACRO kql_has(s, w) AS
  contains(lower(s), lower(w)) AND regexp_matches(s, '(?is)'
    || CASE WHEN regexp_matches(w, '^[\pL\pN]') THEN '(?:^|[^\pL\pN])' ELSE '' END || regexp_escape(w)
    || CASE WHEN regexp_matches(w, '[\pL\pN]$') THEN '(?:$|[^\pL\pN])' ELSE '' END);
CREATE OR REPLACE TEMP MACRO kql_has_any(s, words) AS len(list_filter(words, lambda w: kql_has(s, w))) > 0;
CREATE OR REPLACE TEMP MACRO kql_has_all(s, words) AS len(list_filter(words, lambda w: NOT kql_has(s, w))) = 0;
CREATE OR REPLACE TEMP MACRO kql_has_any_index(s, words) AS
  coalesce(list_position(list_transform(words, lambda w: kql_has(s, w)), true), 0) - 1;
)sql";
}

}  // namespace slipway::kql::sql
