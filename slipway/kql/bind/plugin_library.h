// Plugins that can be said in the language itself: their queries, over rows whose columns have names of their own.
// Private to this room.
#pragma once

#include <span>
#include <string_view>

namespace slipway::kql::bind {

// How an argument is read.
enum class PluginArgument {
  kColumn,    // a column of any type but dynamic
  kTimeline,  // a column of datetimes, timespans or numbers
  kMoment,    // a value of the timeline's type
  kDistance,  // between two moments
  kBin,       // a distance, or 'week', 'month', 'year'
  kNumber     // a whole number
};

// The query sees `rows` with a column for each kColumn and kTimeline, named as its parameter, and d_0, d_1, … for the
// dimensions that end the arguments; other parameters are values. In its text {dims} stands for ", d_0, d_1 …", {order}
// for the same with asc, {same} for "and d_0 == prev(d_0) …", {slot} for the begin of the bin that t is in, {next} for
// the begin of the one after `slot`, {type} for the timeline's type. t and d_0 … come out under the user's names.
struct LibraryPlugin {
  struct Parameter {
    std::string_view name;
    PluginArgument kind;
  };
  std::string_view name;
  std::span<const Parameter> parameters;
  std::string_view query;
};

std::span<const LibraryPlugin> LibraryPlugins();

}  // namespace slipway::kql::bind
