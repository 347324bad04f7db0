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
CREATE OR REPLACE TEMP MACRO kql_text_to_ticks(s) AS kql_ticks(try_cast(nullif(trim(s), '') AS TIMESTAMP));
CREATE OR REPLACE TEMP MACRO kql_dynamic_text(d) AS coalesce(json_extract_string(d, '$'), '');
CREATE OR REPLACE TEMP MACRO kql_dynamic_to_long(d) AS
  CASE json_type(d)
    WHEN 'DOUBLE' THEN try_cast(trunc(try_cast(d AS DOUBLE)) AS BIGINT)
    WHEN 'BOOLEAN' THEN CASE WHEN trim(d) = 'true' THEN 1 ELSE 0 END
    ELSE kql_text_to_long(json_extract_string(d, '$')) END;
CREATE OR REPLACE TEMP MACRO kql_timespan_parts(p) AS
  (CASE WHEN p[1] = '-' THEN -1 ELSE 1 END) *
  (coalesce(try_cast(p[2] AS BIGINT), 0) * 864000000000 + try_cast(p[3] AS BIGINT) * 36000000000
   + try_cast(p[4] AS BIGINT) * 600000000 + coalesce(try_cast(p[5] AS BIGINT), 0) * 10000000
   + coalesce(try_cast(rpad(left(p[6], 7), 7, '0') AS BIGINT), 0));
CREATE OR REPLACE TEMP MACRO kql_text_to_timespan(s) AS
  kql_timespan_parts([regexp_extract(s, '^\s*(-?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$', 1),
                      regexp_extract(s, '^\s*(-?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$', 2),
                      regexp_extract(s, '^\s*(-?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$', 3),
                      regexp_extract(s, '^\s*(-?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$', 4),
                      regexp_extract(s, '^\s*(-?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$', 5),
                      regexp_extract(s, '^\s*(-?)(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?\s*$', 6)]);
CREATE OR REPLACE TEMP MACRO kql_pointer(k) AS '/' || replace(replace(k, '~', '~0'), '/', '~1');
CREATE OR REPLACE TEMP MACRO kql_bag_items(d) AS
  list_transform(json_keys(d), lambda k: '{' || CAST(to_json(k) AS VARCHAR) || ':' || CAST(json_extract(d, kql_pointer(k)) AS VARCHAR) || '}');
CREATE OR REPLACE TEMP MACRO kql_bag_pairs(d) AS
  list_transform(json_keys(d), lambda k: '[' || CAST(to_json(k) AS VARCHAR) || ',' || CAST(json_extract(d, kql_pointer(k)) AS VARCHAR) || ']');
)sql";
}

}  // namespace slipway::kql::sql
