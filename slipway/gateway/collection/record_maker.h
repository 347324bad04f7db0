// Turns queued calls and rows into lines for files. For the collecting thread alone.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "slipway/gateway/collection/collection_files.h"
#include "slipway/gateway/collection/collector.h"
#include "slipway/gateway/collection/record.h"

namespace slipway::gateway::collection {

class RecordMaker {
 public:
  RecordMaker(CollectionWriter& writer, CollectionFiles& files) : writer_(writer), files_(files) {}
  void Add(const CollectionWriter::Item& item);
  // Appends what was added, counts it, and starts anew.
  void Flush();
  size_t bytes() const { return bytes_; }

 private:
  using Item = CollectionWriter::Item;
  struct Lines {
    std::shared_ptr<const DeploymentCollector> of;
    std::string collection, text;
    uint64_t records = 0;
  };
  void AddCall(const Item& item);
  void AddModelRows(const Item& item);
  void AddRows(const Item& item, std::string_view collection, Result<std::string> rows, std::string_view data_type);
  void AddBody(const Item& item, std::string_view collection, std::string_view body);
  void AddRecord(const Item& item, const WantedCollection& wanted, std::string_view collection, Record record,
                 Payload payload);
  // Puts a payload that does not belong into a line into a file beside it.
  Result<Payload> PutAside(const Item& item, const WantedCollection& wanted, std::string_view id,
                           std::string_view content, Payload::Kind kind);

  CollectionWriter& writer_;
  CollectionFiles& files_;
  std::map<std::filesystem::path, Lines> lines_;  // by file
  size_t bytes_ = 0;
};

}  // namespace slipway::gateway::collection
