#include "slipway/gateway/collection/collector.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/gateway/collection/collection_files.h"
#include "slipway/gateway/collection/record_maker.h"

namespace slipway::gateway::collection {
namespace {

constexpr size_t kBatchBytes = 4 << 20;  // of lines that are written at once
constexpr auto kReportPeriod = std::chrono::minutes(1);
constexpr auto kReportTick = std::chrono::seconds(1);

// Even over ids that are alike: the checksum is spread by a generator.
double UnitOf(std::string_view id) {
  return SplitMix64(Crc32c(id)).NextUnit();
}

std::vector<std::pair<std::string, std::string>> Captured(std::span<const net::HeaderView> headers,
                                                          const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, std::string>> captured;
  for (const std::string& name : names) {
    for (const net::HeaderView& header : headers) {
      if (EqualsIgnoreCase(header.name, name)) captured.emplace_back(ToLower(name), header.value);
    }
  }
  return captured;
}

}  // namespace

// DeploymentCollector

std::shared_ptr<DeploymentCollector> DeploymentCollector::Make(CollectionWriter& writer, const WantedEndpoint& endpoint,
                                                               const WantedDeployment& deployment,
                                                               std::vector<std::string> columns,
                                                               std::shared_ptr<DeploymentCounts> counts) {
  if (deployment.data_collector.collections.empty()) return nullptr;
  return std::shared_ptr<DeploymentCollector>(
      new DeploymentCollector(writer, endpoint, deployment, std::move(columns), std::move(counts)));
}

DeploymentCollector::DeploymentCollector(CollectionWriter& writer, const WantedEndpoint& endpoint,
                                         const WantedDeployment& deployment, std::vector<std::string> columns,
                                         std::shared_ptr<DeploymentCounts> counts)
    : writer_(writer),
      identity_(endpoint),
      deployment_(deployment.name),
      source_(fmt::format("{}/deployments/{}", endpoint.arm_id, deployment.name)),
      is_model_(deployment.kind == WantedDeployment::Kind::kModel),
      wanted_(deployment.data_collector),
      columns_(std::move(columns)),
      counts_(std::move(counts)) {}

const WantedCollection* DeploymentCollector::Wanted(std::string_view collection, std::string_view id) const {
  for (const auto& [name, wanted] : wanted_.collections) {
    if (EqualsIgnoreCase(name, collection)) return UnitOf(id) < wanted.sampling_rate ? &wanted : nullptr;
  }
  return nullptr;
}

void DeploymentCollector::TakeCall(const CollectedCall& call) const {
  const auto is_wanted = [&](const auto& entry) { return UnitOf(call.request_id) < entry.second.sampling_rate; };
  if (std::none_of(wanted_.collections.begin(), wanted_.collections.end(), is_wanted)) return;
  CollectionWriter::Item item;
  item.of = shared_from_this();
  item.time = writer_.clock_.Now();
  item.instance = deployment_ + "-0";
  item.correlation_id = call.request_id;
  item.method = call.method;
  item.path = call.path;
  item.request = call.request;
  item.response = call.response;
  item.headers = Captured(call.headers, wanted_.capture_headers);
  item.form = call.form;
  item.status = call.status;
  writer_.Push(std::move(item));
}

void DeploymentCollector::TakeRows(const CollectedRows& rows) const {
  if (!Wanted(rows.collection, rows.correlation_id)) return;
  CollectionWriter::Item item;
  item.of = shared_from_this();
  item.time = writer_.clock_.Now();
  item.instance = rows.instance;
  item.correlation_id = rows.correlation_id;
  item.collection = ToLower(rows.collection);
  item.rows = rows.rows;
  item.data_type = rows.data_type;
  writer_.Push(std::move(item));
}

// CollectionWriter

size_t CollectionWriter::Item::bytes() const {
  constexpr size_t kOwnBytes = 512;
  return kOwnBytes + rows.size() + request.size() + response.size();
}

CollectionWriter::CollectionWriter(std::filesystem::path journal, LogSink& sink, const Clock& clock)
    : journal_(std::move(journal)), sink_(sink), clock_(clock), thread_([this] { Run(); }) {}

CollectionWriter::~CollectionWriter() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void CollectionWriter::Push(Item item) {
  const size_t bytes = item.bytes();
  std::unique_lock lock(mutex_);
  if (queued_bytes_ + bytes > kQueueBytesMax) {
    lock.unlock();
    const std::string collection = item.collection.empty() ? "request" : item.collection;
    return CountFailed(item.of, collection, "queue_full", 1, "they came faster than the disk takes them");
  }
  queued_bytes_ += bytes;
  queue_.push_back(std::move(item));
  const bool was_empty = queue_.size() == 1;
  lock.unlock();
  if (was_empty) changed_.notify_one();
}

std::deque<CollectionWriter::Item> CollectionWriter::TakeQueued() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return !queue_.empty() || is_stopping_; };
  if (failures_.empty()) {
    changed_.wait(lock, has_work);
  } else {
    changed_.wait_for(lock, kReportTick, has_work);
  }
  return std::exchange(queue_, {});
}

void CollectionWriter::Run() {
  CollectionFiles files(journal_);
  RecordMaker records(*this, files);
  while (true) {
    const std::deque<Item> items = TakeQueued();
    for (const Item& item : items) {
      records.Add(item);
      if (records.bytes() >= kBatchBytes) records.Flush();
      // As it goes, not at the end: what is being written makes room for what comes.
      const std::lock_guard lock(mutex_);
      queued_bytes_ -= item.bytes();
    }
    records.Flush();
    ReportFailures(false);
    const std::lock_guard lock(mutex_);
    if (is_stopping_ && queue_.empty()) break;
  }
  ReportFailures(true);
}

void CollectionWriter::CountFailed(const std::shared_ptr<const DeploymentCollector>& of, std::string_view collection,
                                   std::string_view reason, uint64_t records, std::string message) {
  of->counts_->collection().CountFailed(collection, reason, records);
  const std::lock_guard lock(mutex_);
  Failures& failures = failures_[{of, std::string(collection), std::string(reason)}];
  failures.unreported += records;
  failures.message = std::move(message);
}

void CollectionWriter::ReportFailures(bool all) {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::pair<FailureKey, Failures>> due;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [key, failures] : failures_) {
      if (failures.unreported == 0 || (!all && now < failures.next_report)) continue;
      due.emplace_back(key, failures);
      failures.unreported = 0;
      failures.next_report = now + kReportPeriod;
    }
    std::erase_if(failures_, [&](const auto& entry) {
      return entry.second.unreported == 0 && entry.second.next_report + kReportPeriod < now;
    });
  }
  for (const auto& [key, failures] : due) {
    const std::string message = fmt::format("{} records of the collection '{}' were not written ({}): {}",
                                            failures.unreported, key.collection, key.reason, failures.message);
    sink_.Event(key.of->identity_, {key.of->deployment_, key.of->deployment_ + "-0", "DataCollectionFailed", message});
  }
}

}  // namespace slipway::gateway::collection
