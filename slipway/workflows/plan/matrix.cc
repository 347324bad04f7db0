#include "slipway/workflows/plan/matrix.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::workflows {
namespace {

using expressions::workflow::Array;
using expressions::workflow::Object;
using expressions::workflow::Value;

// A combination while includes are applied: what a vector gave must not be overwritten.
struct Draft {
  Object values;
  Object original;
};

bool IsVector(const std::string& key) {
  return !EqualsIgnoreCase(key, "include") && !EqualsIgnoreCase(key, "exclude");
}

// Objects and lists leaf by leaf.
bool SameLeaves(const Value& a, const Value& b) {
  if (a.is_primitive() || b.is_primitive()) return expressions::workflow::LooselyEqual(a, b);
  if (a.array() && b.array())
    return std::equal(a.array()->begin(), a.array()->end(), b.array()->begin(), b.array()->end(), SameLeaves);
  if (!a.object() || !b.object()) return false;
  return std::all_of(b.object()->members.begin(), b.object()->members.end(), [&](const auto& member) {
    const Value* own = a.object()->Find(member.first);
    return own && SameLeaves(*own, member.second);
  });
}

bool HasAll(const Object& combination, const Object& wanted) {
  return std::all_of(wanted.members.begin(), wanted.members.end(), [&](const auto& member) {
    const Value* own = combination.Find(member.first);
    return own && SameLeaves(*own, member.second);
  });
}

Result<std::vector<Object>> EntriesOf(const Object& matrix, std::string_view key) {
  std::vector<Object> entries;
  const Value* list = matrix.Find(key);
  if (!list || list->is_null()) return entries;
  if (!list->array()) return InvalidArgument(fmt::format("the matrix' '{}' is no list", key));
  for (const Value& item : *list->array()) {
    if (!item.object()) return InvalidArgument(fmt::format("an entry of the matrix' '{}' is no object", key));
    entries.push_back(*item.object());
  }
  return entries;
}

Result<std::vector<Draft>> Cross(const Object& matrix) {
  std::vector<Draft> drafts(1);
  bool has_vector = false;
  for (const auto& [key, value] : matrix.members) {
    if (!IsVector(key)) continue;
    has_vector = true;
    if (!value.array()) return InvalidArgument(fmt::format("the matrix' '{}' is no list", key));
    if (value.array()->empty()) return InvalidArgument(fmt::format("the matrix' list '{}' is empty", key));
    std::vector<Draft> next;
    if (drafts.size() * value.array()->size() > kMatrixMax * 16)
      return InvalidArgument(fmt::format("the matrix has more than {} jobs", kMatrixMax));
    for (const Draft& draft : drafts) {
      for (const Value& item : *value.array()) {
        Draft grown = draft;
        grown.original.Set(key, item);
        next.push_back(std::move(grown));
      }
    }
    drafts = std::move(next);
  }
  if (!has_vector) drafts.clear();
  for (Draft& draft : drafts) draft.values = draft.original;
  return drafts;
}

Status CheckExcludes(const Object& matrix, const std::vector<Object>& excludes) {
  for (const Object& entry : excludes)
    for (const auto& [key, value] : entry.members)
      if (!matrix.Find(key) || !IsVector(key))
        return InvalidArgument(fmt::format("the matrix' 'exclude' names '{}', which is no key of the matrix", key));
  return {};
}

// The parts of an include: what has to fit, and what is added.
struct Include {
  Object filter, extras;
};

Include SplitInclude(const Object& matrix, const Object& entry) {
  Include include;
  for (const auto& [key, value] : entry.members)
    (matrix.Find(key) && IsVector(key) ? include.filter : include.extras).Set(key, value);
  return include;
}

bool Apply(const Include& include, std::vector<Draft>& drafts) {
  bool was_used = false;
  for (Draft& draft : drafts) {
    if (!HasAll(draft.original, include.filter)) continue;
    was_used = true;
    for (const auto& [key, value] : include.extras.members) draft.values.Set(key, value);
  }
  return was_used;
}

void AppendLeaves(const Value& value, std::vector<std::string>& into) {
  if (value.array())
    for (const Value& item : *value.array()) AppendLeaves(item, into);
  else if (value.object())
    for (const auto& [key, member] : value.object()->members) AppendLeaves(member, into);
  else
    into.push_back(value.ToText());
}

std::string LabelOf(const Object& shown) {
  std::vector<std::string> leaves;
  for (const auto& [key, value] : shown.members) AppendLeaves(value, leaves);
  return Join(leaves, ", ");
}

}  // namespace

Result<std::vector<Combination>> UnfoldMatrix(const Value& matrix) {
  const Object* object = matrix.object();
  if (!object) return InvalidArgument(fmt::format("a matrix is an object with lists, not {}", matrix.KindName()));
  SLIPWAY_ASSIGN_OR_RETURN(std::vector<Draft> drafts, Cross(*object));
  SLIPWAY_ASSIGN_OR_RETURN(const auto excludes, EntriesOf(*object, "exclude"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto includes, EntriesOf(*object, "include"));
  SLIPWAY_RETURN_IF_ERROR(CheckExcludes(*object, excludes));
  std::erase_if(drafts, [&](const Draft& draft) {
    return std::any_of(excludes.begin(), excludes.end(),
                       [&](const Object& each) { return HasAll(draft.values, each); });
  });
  std::vector<Combination> alone;
  for (const Object& entry : includes)
    if (!Apply(SplitInclude(*object, entry), drafts)) alone.push_back({entry, LabelOf(entry)});
  std::vector<Combination> combinations;
  for (Draft& draft : drafts) combinations.push_back({std::move(draft.values), LabelOf(draft.original)});
  std::move(alone.begin(), alone.end(), std::back_inserter(combinations));
  if (combinations.empty()) return InvalidArgument("the matrix gives no job at all");
  if (combinations.size() > kMatrixMax)
    return InvalidArgument(fmt::format("the matrix gives {} jobs, more than {}", combinations.size(), kMatrixMax));
  return combinations;
}

}  // namespace slipway::workflows
