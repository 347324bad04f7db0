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
// or, for whole HTTP requests and answers (methods GET, POST and OPTIONS, headers, status codes, any bytes):
//
//   HttpAnswer run(const HttpRequest& request) { … }
//   SLIPWAY_HTTP_SCORING_SCRIPT(init, run)
//
// What is to be kept of requests for monitoring goes to a Collector (collector.h).
//
// A worker calls run for one request at a time (the environment variable WORKER_COUNT gives an instance more workers).
// What init throws makes the deployment fail, with the message and the log's last lines; what run throws answers that
// one request with 500 (424 for the endpoint's caller) and goes to the log, an InvalidRequest with 400 and its message.
// Standard output and error are the deployment's console log. AZUREML_MODEL_DIR names the model's folder, AML_APP_ROOT
// (and AZUREML_APP_ROOT) the code's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/sdk/collector.h"
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

// In place of slipway_scoring_run, for whole HTTP messages. Header blocks are "Name: value\r\n" lines.
struct slipway_scoring_http_request {
  const char *method, *target;
  const char* headers;
  size_t headers_size;
  const char* body;
  size_t body_size;
};
typedef void (*slipway_scoring_http_answer)(void* context, int status, const char* headers, size_t headers_size,
                                            const char* body, size_t body_size);
// `answer` is called once when the status is SLIPWAY_SCORING_OK, `error` otherwise.
int slipway_scoring_run_http(const slipway_scoring_http_request* request, slipway_scoring_http_answer answer,
                             slipway_scoring_sink error, void* context);

// May be left out: called before init with the function to collect data with (collector.h).
void slipway_scoring_set_collector(slipway_scoring_collect collect, void* context);
}

namespace slipway::sdk {

// Views into the request; they end with run.
struct HttpRequest {
  std::string_view method;   // GET, POST, OPTIONS
  std::string_view target;   // "/score?…", as sent
  std::string_view headers;  // "Name: value\r\n" lines
  std::string_view body;

  // The first value of that header (names compare without case); "" when there is none.
  std::string_view Header(std::string_view name) const;
};

struct HttpAnswer {
  int status = 200;  // callers get any other one as 424, with this one in a header
  std::vector<std::pair<std::string, std::string>> headers = {{"Content-Type", "application/json"}};
  std::string body;
};

inline std::string_view HttpRequest::Header(std::string_view name) const {
  const auto is_equal = [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return lower(a) == lower(b);
  };
  for (std::string_view rest = headers; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const size_t colon = line.find(": ");
    if (colon == name.size() && std::equal(name.begin(), name.end(), line.begin(), is_equal))
      return line.substr(colon + 2);
  }
  return {};
}

}  // namespace slipway::sdk

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

// As Guarded, for a body that gives an HttpAnswer.
template <class Run>
int RunHttp(const slipway_scoring_http_request& request, slipway_scoring_http_answer answer, slipway_scoring_sink error,
            void* context, Run&& run) {
  HttpAnswer given;
  const int status = Guarded(error, context, [&] {
    given = run(HttpRequest{
        request.method, request.target, {request.headers, request.headers_size}, {request.body, request.body_size}});
    return std::string();
  });
  if (status != SLIPWAY_SCORING_OK) return status;
  std::string headers;
  for (const auto& [name, value] : given.headers) headers.append(name).append(": ").append(value).append("\r\n");
  answer(context, given.status, headers.data(), headers.size(), given.body.data(), given.body.size());
  return status;
}

}  // namespace slipway::sdk::scoring_abi

// The exports that all scripts share.
#define SLIPWAY_SCORING_SCRIPT_BASE(init_function)                                                       \
  extern "C" __attribute__((visibility("default"))) int slipway_scoring_abi_version(void) {              \
    return SLIPWAY_SCORING_ABI_VERSION;                                                                  \
  }                                                                                                      \
  extern "C" __attribute__((visibility("default"))) void slipway_scoring_set_collector(                  \
      slipway_scoring_collect collect, void* context) {                                                  \
    ::slipway::sdk::scoring_abi::collect_hook = {collect, context};                                      \
  }                                                                                                      \
  extern "C" __attribute__((visibility("default"))) int slipway_scoring_init(slipway_scoring_sink error, \
                                                                             void* context) {            \
    return ::slipway::sdk::scoring_abi::Guarded(error, context, [] {                                     \
      init_function();                                                                                   \
      return std::string();                                                                              \
    });                                                                                                  \
  }

// `init_function`: void(); `run_function`: std::string(std::string_view), or anything that converts.
#define SLIPWAY_SCORING_SCRIPT(init_function, run_function)                                                       \
  SLIPWAY_SCORING_SCRIPT_BASE(init_function)                                                                      \
  extern "C" __attribute__((visibility("default"))) int slipway_scoring_run(                                      \
      const char* request, size_t request_size, slipway_scoring_sink answer, void* context) {                     \
    return ::slipway::sdk::scoring_abi::Guarded(                                                                  \
        answer, context, [&]() -> std::string { return run_function(std::string_view(request, request_size)); }); \
  }

// `run_function`: HttpAnswer(const HttpRequest&), for scripts that read and write whole HTTP messages.
#define SLIPWAY_HTTP_SCORING_SCRIPT(init_function, run_function)                                                   \
  SLIPWAY_SCORING_SCRIPT_BASE(init_function)                                                                       \
  extern "C" __attribute__((visibility("default"))) int slipway_scoring_run_http(                                  \
      const slipway_scoring_http_request* request, slipway_scoring_http_answer answer, slipway_scoring_sink error, \
      void* context) {                                                                                             \
    return ::slipway::sdk::scoring_abi::RunHttp(                                                                   \
        *request, answer, error, context,                                                                          \
        [](const ::slipway::sdk::HttpRequest& http) -> ::slipway::sdk::HttpAnswer { return run_function(http); }); \
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
