// Dynamics: arrays, bags and sets.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "slipway/base/text.h"
#include "slipway/kql/native/support.h"

namespace slipway::kql::native {
namespace {

constexpr size_t kElementsMax = 1 << 20;

// The steps of "$.a.b", "$['a'][0]", or the one key of a plain text. Indices stand as numbers.
std::vector<Json> PathOf(std::string_view text) {
  if (!text.starts_with('$')) return {Json(std::string(text))};
  std::vector<Json> path;
  size_t at = 1;
  while (at < text.size()) {
    if (text[at] == '.') {
      const size_t end = std::min(text.find_first_of(".[", at + 1), text.size());
      path.emplace_back(std::string(text.substr(at + 1, end - at - 1)));
      at = end;
    } else if (text[at] == '[') {
      const size_t end = text.find(']', at);
      if (end == std::string_view::npos) break;
      std::string_view inner = text.substr(at + 1, end - at - 1);
      const bool quoted = inner.size() >= 2 && (inner.front() == '\'' || inner.front() == '"');
      if (quoted) inner = inner.substr(1, inner.size() - 2);
      const auto index = quoted ? std::nullopt : ParseInt(inner);
      path.push_back(index ? Json(*index) : Json(std::string(inner)));
      at = end + 1;
    } else {
      break;
    }
  }
  return path;
}

Json* Step(Json& json, const Json& step) {
  if (step.is_string()) {
    const auto found = json.is_object() ? json.find(step.get<std::string>()) : json.end();
    return json.is_object() && found != json.end() ? &*found : nullptr;
  }
  const auto index = step.get<int64_t>();
  const bool inside = json.is_array() && index >= 0 && index < static_cast<int64_t>(json.size());
  return inside ? &json[static_cast<size_t>(index)] : nullptr;
}

Value BagHasKey(Arguments a) {
  Json bag = ParseJson(a[0]);
  if (!bag.is_object()) return {};
  Json* at = &bag;
  for (const Json& step : PathOf(Text(a[1]))) {
    at = Step(*at, step);
    if (at == nullptr) return false;
  }
  return true;
}

void RemovePath(Json& bag, const std::vector<Json>& path) {
  Json* at = &bag;
  for (size_t i = 0; at != nullptr && i + 1 < path.size(); ++i) at = Step(*at, path[i]);
  if (at != nullptr && at->is_object() && !path.empty() && path.back().is_string())
    at->erase(path.back().get<std::string>());
}

Value BagRemoveKeys(Arguments a) {
  Json bag = ParseJson(a[0]);
  const Json keys = ParseJson(a[1]);
  if (!bag.is_object() || !keys.is_array()) return {};
  for (const Json& key : keys) {
    if (!key.is_string()) continue;
    const std::string text = key.get<std::string>();
    if (bag.contains(text)) {
      bag.erase(text);
    } else {
      RemovePath(bag, PathOf(text));
    }
  }
  return Dynamic(bag);
}

// A key that is there moves to the end of its bag.
Value BagSetKey(Arguments a) {
  Json bag = ParseJson(a[0]);
  if (!bag.is_object()) return {};
  Json* at = &bag;
  const std::vector<Json> path = PathOf(Text(a[1]));
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (!at->is_object() || !path[i].is_string()) return Dynamic(bag);
    Json& next = (*at)[path[i].get<std::string>()];
    if (next.is_null()) next = Json::object();
    at = &next;
  }
  if (path.empty() || !at->is_object() || !path.back().is_string()) return Dynamic(bag);
  at->erase(path.back().get<std::string>());
  (*at)[path.back().get<std::string>()] = ParseJson(a[2]);
  return Dynamic(bag);
}

Value BagZip(Arguments a) {
  const Json keys = ParseJson(a[0]), values = ParseJson(a[1]);
  if (!keys.is_array()) return {};
  Json bag = Json::object();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].is_string()) continue;
    bag[keys[i].get<std::string>()] = values.is_array() && i < values.size() ? values[i] : Json(nullptr);
  }
  return Dynamic(bag);
}

// As bag_zip, but of a key that is repeated the first value counts.
Value BagOfFirst(Arguments a) {
  const Json keys = ParseJson(a[0]), values = ParseJson(a[1]);
  Json bag = Json::object();
  for (size_t i = 0; i < std::min(keys.size(), values.size()); ++i) {
    const std::string key(Trim(keys[i].get<std::string>()));
    if (!bag.contains(key)) bag[key] = std::string(Trim(values[i].get<std::string>()));
  }
  return Dynamic(bag);
}

// Leaves out null and empty members.
Value DropEmpty(Arguments a) {
  const Json bag = ParseJson(a[0]);
  if (!bag.is_object()) return {};
  Json kept = Json::object();
  for (const auto& [key, value] : bag.items()) {
    if (!value.is_null() && !(value.is_string() && value.get<std::string>().empty())) kept[key] = value;
  }
  return Dynamic(kept);
}

void CollectPaths(const Json& json, const std::string& path, Json& paths, int depth) {
  if (depth > 64 || paths.size() > kElementsMax) return;
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      const std::string here = path + "['" + key + "']";
      paths.push_back(here);
      CollectPaths(value, here, paths, depth + 1);
    }
  } else if (json.is_array() && !json.empty()) {
    const std::string here = path + "[0]";
    paths.push_back(here);
    for (const Json& item : json) {
      Json inner = Json::array();
      CollectPaths(item, here, inner, depth + 1);
      for (const Json& one : inner) {
        if (std::find(paths.begin(), paths.end(), one) == paths.end()) paths.push_back(one);
      }
    }
  }
}

Value TreePath(Arguments a) {
  Json paths = Json::array();
  CollectPaths(ParseJson(a[0]), "", paths, 0);
  return Dynamic(paths);
}

Json Sorted(const Json& json) {
  if (json.is_array()) {
    Json items = Json::array();
    for (const Json& item : json) items.push_back(Sorted(item));
    return items;
  }
  if (!json.is_object()) return json;
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  Json bag = Json::object();
  for (const std::string& key : keys) bag[key] = Sorted(json[key]);
  return bag;
}

Value DynamicToJson(Arguments a) {
  return Write(Sorted(ParseJson(a[0])));
}

Value ArraySplit(Arguments a) {
  const Json array = ParseJson(a[0]);
  Json places = ParseJson(a[1]);
  if (!array.is_array()) return {};
  if (places.is_number_integer()) places = Json::array({places});
  if (!places.is_array()) return {};
  Json parts = Json::array(), part = Json::array();
  const auto size = static_cast<int64_t>(array.size());
  int64_t from = 0;
  for (const Json& place : places) {
    if (!place.is_number_integer()) return {};
    int64_t to = place.get<int64_t>();
    if (to < 0) to = std::max<int64_t>(0, size + to);
    to = std::clamp(to, from, size);
    part = Json::array();
    for (; from < to; ++from) part.push_back(array[static_cast<size_t>(from)]);
    parts.push_back(part);
  }
  part = Json::array();
  for (; from < size; ++from) part.push_back(array[static_cast<size_t>(from)]);
  parts.push_back(part);
  return Dynamic(parts);
}

Value ArrayIff(Arguments a) {
  const Json conditions = ParseJson(a[0]), yes = ParseJson(a[1]), no = ParseJson(a[2]);
  if (!conditions.is_array()) return {};
  const auto pick = [](const Json& from, size_t i) {
    if (!from.is_array()) return from;
    return i < from.size() ? from[i] : Json(nullptr);
  };
  Json result = Json::array();
  for (size_t i = 0; i < conditions.size(); ++i) {
    const Json& condition = conditions[i];
    if (condition.is_boolean() || condition.is_number()) {
      const bool holds = condition.is_boolean() ? condition.get<bool>() : condition.get<double>() != 0;
      result.push_back(pick(holds ? yes : no, i));
    } else {
      result.push_back(nullptr);
    }
  }
  return Dynamic(result);
}

// array, value, start, length, occurrence
Value ArrayIndexOf(Arguments a) {
  const Json array = ParseJson(a[0]), value = ParseJson(a[1]);
  if (!array.is_array()) return {};
  const auto size = static_cast<int64_t>(array.size());
  int64_t start = Long(a[2]), occurrence = Long(a[4]);
  if (start < 0) start = std::max<int64_t>(0, size + start);
  const int64_t end = Long(a[3]) < 0 || Long(a[3]) > size - start ? size : start + Long(a[3]);
  for (int64_t i = start; i < end; ++i) {
    if (array[static_cast<size_t>(i)] == value && --occurrence <= 0) return i;
  }
  return int64_t{-1};
}

// Places an array of several arrays side by side, filled with null.
Value ZipAll(Arguments a) {
  const Json arrays = ParseJson(a[0]);
  size_t longest = 0;
  for (const Json& array : arrays) longest = std::max(longest, array.is_array() ? array.size() : 0);
  Json rows = Json::array();
  for (size_t i = 0; i < longest; ++i) {
    Json row = Json::array();
    for (const Json& array : arrays) row.push_back(array.is_array() && i < array.size() ? array[i] : Json(nullptr));
    rows.push_back(row);
  }
  return Dynamic(rows);
}

int Rank(const Json& json) {
  return json.is_number() ? 0 : json.is_boolean() ? 1 : json.is_string() ? 2 : 3;
}

bool Less(const Json& x, const Json& y) {
  if (Rank(x) != Rank(y)) return Rank(x) < Rank(y);
  if (x.is_number()) return x.get<double>() < y.get<double>();
  if (x.is_structured()) return Write(x) < Write(y);
  return x < y;
}

// An array of arrays, all in the order of the first; nulls at the end unless asked otherwise. Arguments: the arrays,
// descending, nulls last.
Value ArraySort(Arguments a) {
  const Json arrays = ParseJson(a[0]);
  const bool descending = std::get<bool>(a[1]), nulls_last = std::get<bool>(a[2]);
  if (arrays.empty() || !arrays[0].is_array()) return {};
  const Json& first = arrays[0];
  std::vector<size_t> order(first.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t x, size_t y) {
    if (first[x].is_null() || first[y].is_null())
      return first[x].is_null() != first[y].is_null() && first[x].is_null() != nulls_last;
    return descending ? Less(first[y], first[x]) : Less(first[x], first[y]);
  });
  Json sorted = Json::array();
  for (const Json& array : arrays) {
    if (!array.is_array() || array.size() != first.size()) {
      sorted.push_back(nullptr);
      continue;
    }
    Json one = Json::array();
    for (const size_t i : order) one.push_back(array[i]);
    sorted.push_back(one);
  }
  return Dynamic(sorted);
}

// The schema of a dynamic, as buildschema writes it: types, "`indexer`" for the elements of arrays.
Json SchemaOf(const Json& json) {
  if (json.is_null()) return "null";
  if (json.is_boolean()) return "bool";
  if (json.is_number_integer()) return "long";
  if (json.is_number()) return "double";
  if (json.is_string()) return "string";
  return nullptr;
}

Json MergeSchemas(const std::vector<Json>& values, int depth) {
  std::vector<Json> types;
  const auto add = [&](Json type) {
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(std::move(type));
  };
  std::vector<std::string> keys;
  bool any_object = false, any_array = false;
  std::vector<Json> elements;
  for (const Json& value : values) {
    if (value.is_object() && depth < 32) {
      any_object = true;
      for (const auto& [key, member] : value.items()) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
      }
    } else if (value.is_array() && depth < 32) {
      any_array = true;
      elements.insert(elements.end(), value.begin(), value.end());
    } else {
      add(SchemaOf(value));
    }
  }
  if (any_object) {
    Json bag = Json::object();
    for (const std::string& key : keys) {
      std::vector<Json> members;
      for (const Json& value : values) {
        if (value.is_object() && value.contains(key)) members.push_back(value[key]);
      }
      bag[key] = MergeSchemas(members, depth + 1);
    }
    add(bag);
  }
  if (any_array) add(Json{{"`indexer`", MergeSchemas(elements, depth + 1)}});
  if (types.size() == 1) return types[0];
  return Json(types);
}

Value BuildSchema(Arguments a) {
  const Json values = ParseJson(a[0]);
  if (!values.is_array() || values.empty()) return {};
  return Dynamic(MergeSchemas({values.begin(), values.end()}, 0));
}

// A constant share of a sorted array of numbers, by nearest rank; weights are numbers beside them.
double NearestRank(const std::vector<std::pair<double, double>>& sorted, double share) {
  double total = 0, sum = 0;
  for (const auto& [value, weight] : sorted) total += weight;
  for (const auto& [value, weight] : sorted) {
    sum += weight;
    if (sum >= share * total - 1e-9) return value;
  }
  return sorted.back().first;
}

Json PercentilesOf(std::vector<std::pair<double, double>> sorted, bool whole, const Json& shares) {
  std::sort(sorted.begin(), sorted.end());
  Json result = Json::array();
  if (sorted.empty()) return result;
  for (const Json& share : shares) {
    if (sorted.empty() || !share.is_number()) {
      result.push_back(nullptr);
      continue;
    }
    const double value = NearestRank(sorted, std::clamp(share.get<double>(), 0.0, 100.0) / 100);
    result.push_back(whole ? Whole(value) : Json(value));
  }
  return result;
}

// Pairs of a value and its weight, and percentages, as arrays; the answers as an array.
Value WeightedPercentiles(Arguments a) {
  const Json pairs = ParseJson(a[0]), shares = ParseJson(a[1]);
  if (!pairs.is_array() || !shares.is_array()) return {};
  std::vector<std::pair<double, double>> values;
  bool whole = true;
  for (const Json& pair : pairs) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number() || !pair[1].is_number()) continue;
    if (pair[1].get<double>() <= 0) continue;
    whole &= pair[0].is_number_integer();
    values.emplace_back(pair[0].get<double>(), pair[1].get<double>());
  }
  return Dynamic(PercentilesOf(std::move(values), whole, shares));
}

Value Percentiles(Arguments a) {
  const Json state = ParseJson(a[0]), shares = ParseJson(a[1]);
  if (!state.is_array() || !shares.is_array()) return {};
  std::vector<std::pair<double, double>> values;
  bool whole = true;
  for (const Json& value : state) {
    if (!value.is_number()) continue;
    whole &= value.is_number_integer();
    values.emplace_back(value.get<double>(), 1.0);
  }
  return Dynamic(PercentilesOf(std::move(values), whole, shares));
}

// Where a value stands among those of a state, as a share of them.
Value PercentRank(Arguments a) {
  const Json state = ParseJson(a[0]);
  if (!state.is_array() || state.empty()) return {};
  int64_t below = 0;
  for (const Json& value : state) below += value.is_number() && value.get<double>() <= Real(a[1]) ? 1 : 0;
  return 100.0 * static_cast<double>(below) / static_cast<double>(state.size());
}

constexpr Function kFunctions[] = {
    {"bag_has_key", "ss", 'b', BagHasKey},
    {"bag_remove_keys", "ss", 's', BagRemoveKeys},
    {"bag_set_key", "sss", 's', BagSetKey, true},
    {"bag_zip", "ss", 's', BagZip},
    {"bag_of_first", "ss", 's', BagOfFirst},
    {"drop_empty", "s", 's', DropEmpty},
    {"treepath", "s", 's', TreePath},
    {"dynamic_to_json", "s", 's', DynamicToJson},
    {"array_split", "ss", 's', ArraySplit},
    {"array_iff", "sss", 's', ArrayIff, true},
    {"array_index_of_in", "sslll", 'l', ArrayIndexOf},
    {"zip_all", "s", 's', ZipAll},
    {"array_sort", "sbb", 's', ArraySort},
    {"buildschema", "s", 's', BuildSchema},
    {"weighted_percentiles", "ss", 's', WeightedPercentiles},
    {"percentiles_of", "ss", 's', Percentiles},
    {"percent_rank", "sr", 'r', PercentRank},
};

}  // namespace

std::span<const Function> DynamicFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
