#pragma once

#include "slipway/domain/stores.h"
#include "slipway/domain/testing/table.h"

namespace slipway::domain::testing {

class MemoryAssetStore final : public AssetStore {
 public:
  std::atomic<bool> hide_next_get = false;  // as if another request were to insert it a moment later

  Result<AssetVersion> InsertVersion(const Scope& scope, AssetVersion version) override {
    const std::lock_guard lock(mutex_);
    Entry& entry = EntryOf(scope, version.kind, version.name);
    if (version.version.empty()) version.version = std::to_string(entry.next_version);
    if (FindVersion(entry, version.version)) return AlreadyExists(version.name + ":" + version.version);
    if (entry.container.name.empty()) {
      entry.container.kind = version.kind;
      entry.container.name = version.name;
      entry.container.context = version.context;
      if (const auto* data = std::get_if<DataBody>(&version.body)) entry.container.data_type = data->type;
    }
    entry.next_version = std::max(entry.next_version, ParseInt(version.version).value_or(0) + 1);
    entry.versions.push_back(version);
    return version;
  }
  Status UpdateVersion(const Scope& scope, const AssetVersion& version) override {
    const std::lock_guard lock(mutex_);
    AssetVersion* stored = FindVersion(EntryOf(scope, version.kind, version.name), version.version);
    if (!stored) return NoVersion(version.name, version.version);
    *stored = version;
    return {};
  }
  Result<AssetVersion> GetVersion(const Scope& scope, AssetKind kind, const std::string& name,
                                  const std::string& version) override {
    const std::lock_guard lock(mutex_);
    if (hide_next_get.exchange(false)) return NoVersion(name, version);
    const AssetVersion* stored = FindVersion(EntryOf(scope, kind, name), version);
    if (!stored) return NoVersion(name, version);
    return *stored;
  }
  Result<AssetVersion> GetLatest(const Scope& scope, AssetKind kind, const std::string& name) override {
    SLIPWAY_ASSIGN_OR_RETURN(const auto versions, ListVersions(scope, kind, name, ListView::kActiveOnly));
    if (versions.empty()) return NotFound("there is no '" + name + "'");
    return versions.front();
  }
  Result<std::vector<AssetVersion>> ListVersions(const Scope& scope, AssetKind kind, const std::string& name,
                                                 ListView view) override {
    const std::lock_guard lock(mutex_);
    std::vector<AssetVersion> versions = EntryOf(scope, kind, name).versions;
    std::reverse(versions.begin(), versions.end());
    std::erase_if(versions, [&](const AssetVersion& version) { return !IsSeen(version.is_archived, view); });
    return versions;
  }
  Status DeleteVersion(const Scope& scope, AssetKind kind, const std::string& name,
                       const std::string& version) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(EntryOf(scope, kind, name).versions, [&](const auto& stored) { return stored.version == version; });
    return {};
  }
  Status DeleteContainer(const Scope& scope, AssetKind kind, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    entries_.Erase(scope, NameIn(kind, name));
    return {};
  }
  Result<AssetContainer> GetContainer(const Scope& scope, AssetKind kind, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const Entry& entry = EntryOf(scope, kind, name);
    if (!IsThere(entry)) return NotFound("there is no '" + name + "'");
    return Described(entry);
  }
  Status PutContainer(const Scope& scope, const AssetContainer& container) override {
    const std::lock_guard lock(mutex_);
    Entry& entry = EntryOf(scope, container.kind, container.name);
    entry.container = container;
    entry.was_put = true;
    return {};
  }
  Result<std::vector<AssetContainer>> ListContainers(const Scope& scope, AssetKind kind, ListView view) override {
    const std::lock_guard lock(mutex_);
    std::vector<AssetContainer> containers;
    for (const Entry& entry : entries_.NewestFirst(scope)) {
      const bool is_anonymous = !entry.versions.empty() && entry.versions.front().is_anonymous;
      if (entry.container.kind == kind && IsThere(entry) && !is_anonymous && IsSeen(entry.container.is_archived, view))
        containers.push_back(Described(entry));
    }
    return containers;
  }

 private:
  struct Entry {
    AssetContainer container;
    bool was_put = false;
    long long next_version = 1;
    std::vector<AssetVersion> versions;  // oldest first
  };
  static Error NoVersion(const std::string& name, const std::string& version) {
    return NotFound("there is no version '" + version + "' of '" + name + "'");
  }
  static std::string NameIn(AssetKind kind, const std::string& name) {
    return std::string(AssetCollection(kind)) + "/" + name;
  }
  static bool IsSeen(bool is_archived, ListView view) {
    return view == ListView::kAll || is_archived == (view == ListView::kArchivedOnly);
  }
  static bool IsThere(const Entry& entry) { return entry.was_put || !entry.versions.empty(); }
  static AssetVersion* FindVersion(Entry& entry, const std::string& version) {
    for (AssetVersion& stored : entry.versions)
      if (ToLower(stored.version) == ToLower(version)) return &stored;
    return nullptr;
  }
  static AssetContainer Described(const Entry& entry) {
    AssetContainer container = entry.container;
    container.next_version = std::to_string(entry.next_version);
    container.latest_version.clear();
    for (const AssetVersion& stored : entry.versions)
      if (!stored.is_archived) container.latest_version = stored.version;
    return container;
  }
  Entry& EntryOf(const Scope& scope, AssetKind kind, const std::string& name) {
    if (!entries_.Find(scope, NameIn(kind, name))) entries_.Put(scope, NameIn(kind, name), {});
    return *entries_.Find(scope, NameIn(kind, name));
  }

  std::mutex mutex_;
  Table<Entry> entries_{"asset"};
};

}  // namespace slipway::domain::testing
