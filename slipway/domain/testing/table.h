// What the stores of this folder are made of. They forget when they go, and keep the contracts of domain/stores.h:
// names without regard to case, one workspace apart from another, the same error codes. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/text.h"
#include "slipway/domain/common.h"

namespace slipway::domain::testing {

// Lets writes fail from one on, as if the process or the disk had died before it.
class Writes {
 public:
  std::optional<int> left;  // no bound when not set
  int done = 0;

  Status Count() {
    if (left && (*left)-- <= 0) return Unavailable("the disk is full");
    ++done;
    return {};
  }
};

// Values by workspace and name, in the order of their insertion.
template <class T>
class Table {
 public:
  explicit Table(std::string what) : what_(std::move(what)) {}

  void Put(const Scope& scope, const std::string& name, T value) {
    const std::string key = Key(scope, name);
    if (const auto found = Position(key); found != rows_.end())
      found->second = std::move(value);
    else
      rows_.emplace_back(key, std::move(value));
  }
  Status Insert(const Scope& scope, const std::string& name, T value) {
    if (Find(scope, name)) return AlreadyExists("there is a " + what_ + " '" + name + "'");
    Put(scope, name, std::move(value));
    return {};
  }
  T* Find(const Scope& scope, const std::string& name) {
    const auto found = Position(Key(scope, name));
    return found == rows_.end() ? nullptr : &found->second;
  }
  Result<T> Get(const Scope& scope, const std::string& name) {
    if (T* found = Find(scope, name)) return *found;
    return NotFound("there is no " + what_ + " '" + name + "'");
  }
  // Oldest first; `wanted` leaves out.
  std::vector<T> List(const Scope& scope, const std::function<bool(const T&)>& wanted = nullptr) const {
    std::vector<T> list;
    for (const auto& [key, value] : rows_)
      if (key.starts_with(Key(scope, "")) && (!wanted || wanted(value))) list.push_back(value);
    return list;
  }
  std::vector<T> NewestFirst(const Scope& scope, const std::function<bool(const T&)>& wanted = nullptr) const {
    std::vector<T> list = List(scope, wanted);
    std::reverse(list.begin(), list.end());
    return list;
  }
  // By name, as SQL gives them.
  std::vector<T> ByName(const Scope& scope) const {
    std::map<std::string, T> sorted;
    for (const auto& [key, value] : rows_)
      if (key.starts_with(Key(scope, ""))) sorted.emplace(key, value);
    std::vector<T> list;
    for (auto& [key, value] : sorted) list.push_back(std::move(value));
    return list;
  }
  std::vector<T> Everything() const {  // of every workspace
    std::vector<T> list;
    for (const auto& [key, value] : rows_) list.push_back(value);
    return list;
  }
  void Erase(const Scope& scope, const std::string& name) {
    std::erase_if(rows_, [key = Key(scope, name)](const auto& row) { return row.first == key; });
  }
  void EraseIf(const Scope& scope, const std::function<bool(const T&)>& doomed) {
    std::erase_if(rows_, [&](const auto& row) { return row.first.starts_with(Key(scope, "")) && doomed(row.second); });
  }
  void Clear() { rows_.clear(); }

 private:
  static std::string Key(const Scope& scope, const std::string& name) { return ToLower(scope.ArmId() + "|" + name); }
  auto Position(const std::string& key) {
    return std::find_if(rows_.begin(), rows_.end(), [&](const auto& row) { return row.first == key; });
  }

  std::string what_;
  std::vector<std::pair<std::string, T>> rows_;
};

}  // namespace slipway::domain::testing
