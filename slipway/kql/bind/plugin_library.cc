#include "slipway/kql/bind/plugin_library.h"

namespace slipway::kql::bind {
namespace {

using enum PluginArgument;
using Parameter = LibraryPlugin::Parameter;

constexpr Parameter kActiveUsers[] = {
    {"id", kColumn},         {"t", kTimeline},      {"start", kMoment}, {"end", kMoment},
    {"lookback", kDistance}, {"period", kDistance}, {"least", kNumber}, {"bin", kBin}};
constexpr Parameter kByStep[] = {
    {"id", kColumn}, {"t", kTimeline}, {"start", kMoment}, {"end", kMoment}, {"bin", kBin}};
constexpr Parameter kEngagement[] = {{"id", kColumn},  {"t", kTimeline},   {"start", kMoment},
                                     {"end", kMoment}, {"bin", kDistance}, {"outer", kDistance}};
constexpr Parameter kSliding[] = {{"id", kColumn},  {"t", kTimeline},        {"start", kMoment},
                                  {"end", kMoment}, {"lookback", kDistance}, {"bin", kDistance}};
constexpr Parameter kSessions[] = {{"id", kColumn},  {"t", kTimeline},   {"start", kMoment},
                                   {"end", kMoment}, {"bin", kDistance}, {"lookback", kDistance}};

constexpr LibraryPlugin kPlugins[] = {
    // Each appearance counts whose id appeared in enough periods of the time before it.
    {"active_users_count", kActiveUsers, R"(
rows | where t between (start .. end) | summarize by id, t{dims}
| join kind=inner (rows | where t <= end | summarize by id, earlier = t{dims}) on id{dims}
| where earlier > t - lookback and earlier <= t
| summarize periods = count_distinct(bin(earlier, period)) by id, t{dims}
| where periods >= least
| summarize dcount = count_distinct(id) by t = {slot}{dims}
| sort by t asc{order})"},
    // An id is new in the bin that it appears in first.
    {"activity_counts_metrics", kByStep, R"(
let seen = rows | where t between (start .. end) | extend slot = {slot};
let news = seen | summarize slot = min(slot) by id{dims} | summarize fresh = count() by slot{dims};
seen
| summarize all = count(), ids = count_distinct(id) by slot{dims}
| lookup kind=leftouter news on slot{dims}
| extend fresh = coalesce(fresh, 0)
| sort by {first}slot asc
| project t = slot{dims}, ['count'] = all, dcount = ids, new_dcount = fresh, aggregated_dcount = row_cumsum(fresh, not(true {same})))"},
    // Each bin is compared with the one before it.
    {"activity_metrics", kByStep, R"(
let seen = rows | where t between (start .. end) | summarize by id, slot = {slot}{dims};
let before = seen | project id, slot = {next}{dims};
let sizes = before | summarize size = count() by slot{dims};
seen
| join kind=leftouter (before | extend was = true) on id, slot{dims}
| summarize ids = count(), back = countif(was == true) by slot{dims}
| lookup kind=leftouter sizes on slot{dims}
| extend retention = todouble(back) / coalesce(todouble(size), 0.0)
| project t = slot{dims}, dcount_values = ids, dcount_newvalues = ids - back, retention_rate = retention, churn_rate = 1.0 - retention
| sort by t asc{order})"},
    {"activity_engagement", kEngagement, R"(
rows | where t between (start .. end) | summarize by id, slot = {slot}{dims}
| extend t = range(slot, slot + outer - bin, bin) | mv-expand t to typeof({type}) | where t <= end
| summarize inside = count_distinctif(id, t == slot), around = count_distinct(id) by t{dims}
| project t{dims}, dcount_activities_inner = inside, dcount_activities_outer = around, activity_ratio = todouble(inside) / around
| sort by t asc{order})"},
    {"sliding_window_counts", kSliding, R"(
rows | where t between (start .. end) | extend slot = {slot}
| project id, t = range(slot, slot + lookback - bin, bin){dims} | mv-expand t to typeof({type}) | where t <= end
| summarize Count = count(), Dcount = count_distinct(id) by t{dims}
| sort by t asc{order})"},
    // A session begins where an id was not seen for longer than the time that is looked back.
    {"session_count", kSessions, R"(
rows | where t <= end | summarize by id, t{dims}
| sort by id asc{order}, t asc
| extend before = prev(t), goes_on = id == prev(id) {same}
| where t >= start and (isnull(before) or not(goes_on) or t - before > lookback)
| summarize count_sessions = count() by t = {slot}{dims}
| sort by t asc{order})"},
};

}  // namespace

std::span<const LibraryPlugin> LibraryPlugins() {
  return kPlugins;
}

}  // namespace slipway::kql::bind
