// Data collection from a scoring script: what it hands over is written to the deployment's collections, as its
// `data_collector` says (docs/data-collection.md). Header only; for code of scoring scripts, whose
// SLIPWAY_SCORING_SCRIPT or SLIPWAY_SCORER connects it with the worker.
//
//   Collector inputs("model_inputs"), outputs("model_outputs");      in init
//   const auto context = inputs.Collect(table);                      in run
//   outputs.Collect(R"([{"score": 0.7}])", context);
//
// The records of one context have one correlation id: the request's, unless one is given.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "slipway/sdk/program.h"

extern "C" {

enum slipway_scoring_collect_status {
  SLIPWAY_SCORING_COLLECTED = 0,
  SLIPWAY_SCORING_COLLECTION_OFF = 1,  // the deployment has no such collection, or it is not enabled
  SLIPWAY_SCORING_COLLECT_FAILED = 2,  // the gateway is gone
};

// What a worker gives a script to collect with. `rows`: a JSON array of objects. `correlation_id` may be "": the
// request's. The sink of `used_id` takes the id that was used. Thread-safe. With `rows` NULL it only looks whether the
// collection is on.
typedef int (*slipway_scoring_collect)(void* context, const char* collection, const char* correlation_id,
                                       const char* rows, size_t rows_size,
                                       void (*used_id)(void* id_context, const char* bytes, size_t size),
                                       void* id_context);
}

namespace slipway::sdk {

// What the records of one call share.
class CorrelationContext {
 public:
  CorrelationContext() = default;  // the request's id
  explicit CorrelationContext(std::string id) : id_(std::move(id)) {}
  const std::string& id() const { return id_; }

 private:
  std::string id_;
};

namespace scoring_abi {

// The worker's function, once it has given it; nullptr outside of a worker.
struct CollectHook {
  slipway_scoring_collect collect = nullptr;
  void* context = nullptr;
};
inline CollectHook collect_hook;

}  // namespace scoring_abi

// Thread-safe. Every failure throws Failure (program.h), or goes to `on_error` when there is one: collecting then never
// fails a request.
class Collector {
 public:
  using OnError = std::function<void(const std::string& message)>;

  explicit Collector(std::string name, OnError on_error = nullptr)
      : name_(std::move(name)), on_error_(std::move(on_error)) {
    Call({}, nullptr, 0);
  }

  // `rows`: a JSON array of one object a row. Gives the context for what belongs to the same call.
  CorrelationContext Collect(std::string_view rows, const CorrelationContext& context = {}) const {
    return Call(context, rows.data(), rows.size());
  }
  // A Table, or anything else with ToJsonRecords().
  template <class Rows, class = decltype(std::declval<const Rows&>().ToJsonRecords())>
  CorrelationContext Collect(const Rows& rows, const CorrelationContext& context = {}) const {
    return Collect(std::string_view(rows.ToJsonRecords()), context);
  }

 private:
  CorrelationContext Call(const CorrelationContext& context, const char* rows, size_t size) const {
    const scoring_abi::CollectHook& hook = scoring_abi::collect_hook;
    std::string id;
    const auto take_id = [](void* into, const char* bytes, size_t count) {
      static_cast<std::string*>(into)->assign(bytes, count);
    };
    const int status = hook.collect
                           ? hook.collect(hook.context, name_.c_str(), context.id().c_str(), rows, size, take_id, &id)
                           : SLIPWAY_SCORING_COLLECTION_OFF;
    if (status != SLIPWAY_SCORING_COLLECTED) Fail(status);
    return CorrelationContext(id.empty() ? context.id() : id);
  }
  void Fail(int status) const {
    const std::string message =
        status == SLIPWAY_SCORING_COLLECTION_OFF
            ? "the collection '" + name_ + "' is not enabled: add it to the deployment's data_collector"
            : "the collection '" + name_ + "' could not be handed to the gateway";
    if (!on_error_) throw Failure(message);
    on_error_(message);
  }

  const std::string name_;
  const OnError on_error_;
};

}  // namespace slipway::sdk
