// A scoring script in C++: code that a deployment runs in a worker process of its own, built as a shared object.
//
//   void init() { … }                                   once, before the first request
//   std::string run(std::string_view request) { … }     a request's body in, the answer's body (JSON) out
//   SLIPWAY_SCORING_SCRIPT(init, run)
//
// or, with state in an object:
//
//   struct Scorer {
//     Scorer();                                         as init
//     std::string run(std::string_view request);
//   };
//   SLIPWAY_SCORER(Scorer)
//
// A worker calls run for one request at a time (the environment variable WORKER_COUNT gives an instance more workers).
// What init throws makes the deployment fail, with the message and the log's last lines; what run throws answers that
// one request with 500 (424 for the endpoint's caller) and goes to the log, an InvalidRequest with 400 and its message.
// Standard output and error are the deployment's console log. AZUREML_MODEL_DIR names the model's folder, AML_APP_ROOT
// the code's.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/sdk/program.h"

extern "C" {

// Takes text that a call of the ABI below produces; may be called more than once, the pieces are joined.
typedef void (*slipway_scoring_sink)(void* context, const char* bytes, size_t size);

enum slipway_scoring_status {
  SLIPWAY_SCORING_OK = 0,
  SLIPWAY_SCORING_FAILED = 1,           // the sink got the reason
  SLIPWAY_SCORING_INVALID_REQUEST = 2,  // run only: the request's fault; the sink got the reason
};

// What a scoring script exports. Any language that can export C functions can write one.
enum { SLIPWAY_SCORING_ABI_VERSION = 1 };
int slipway_scoring_abi_version(void);
int slipway_scoring_init(slipway_scoring_sink error, void* context);
// The sink takes the answer's body, or the reason when the status is not SLIPWAY_SCORING_OK.
int slipway_scoring_run(const char* request, size_t request_size, slipway_scoring_sink answer, void* context);
}

namespace slipway::sdk::scoring_abi {

// Runs `body`, which returns the text for the sink; exceptions become a status and their message.
template <class Body>
int Guarded(slipway_scoring_sink sink, void* context, Body&& body) {
  const auto give = [&](std::string_view text) { sink(context, text.data(), text.size()); };
  try {
    give(body());
    return SLIPWAY_SCORING_OK;
  } catch (const InvalidRequest& error) {
    give(error.what());
    return SLIPWAY_SCORING_INVALID_REQUEST;
  } catch (const std::exception& error) {
    give(error.what());
  } catch (...) {
    give("an exception that is not a std::exception");
  }
  return SLIPWAY_SCORING_FAILED;
}

}  // namespace slipway::sdk::scoring_abi

// `init_function`: void(); `run_function`: std::string(std::string_view), or anything that converts.
#define SLIPWAY_SCORING_SCRIPT(init_function, run_function)                                                       \
  extern "C" __attribute__((visibility("default"))) int slipway_scoring_abi_version(void) {                       \
    return SLIPWAY_SCORING_ABI_VERSION;                                                                           \
  }                                                                                                               \
  extern "C" __attribute__((visibility("default"))) int slipway_scoring_init(slipway_scoring_sink error,          \
                                                                             void* context) {                     \
    return ::slipway::sdk::scoring_abi::Guarded(error, context, [] {                                              \
      init_function();                                                                                            \
      return std::string();                                                                                       \
    });                                                                                                           \
  }                                                                                                               \
  extern "C" __attribute__((visibility("default"))) int slipway_scoring_run(                                      \
      const char* request, size_t request_size, slipway_scoring_sink answer, void* context) {                     \
    return ::slipway::sdk::scoring_abi::Guarded(                                                                  \
        answer, context, [&]() -> std::string { return run_function(std::string_view(request, request_size)); }); \
  }

// `type`: default-constructible, with a member run(std::string_view).
#define SLIPWAY_SCORER(type)                               \
  namespace {                                              \
  std::optional<type> slipway_scorer;                      \
  void SlipwayMakeScorer() {                               \
    slipway_scorer.emplace();                              \
  }                                                        \
  std::string SlipwayRunScorer(std::string_view request) { \
    return slipway_scorer->run(request);                   \
  }                                                        \
  }                                                        \
  SLIPWAY_SCORING_SCRIPT(SlipwayMakeScorer, SlipwayRunScorer)
