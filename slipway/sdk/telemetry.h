// Sends records to Application Insights (or whatever listens at the connection string's IngestionEndpoint).
#pragma once

#include <map>
#include <memory>
#include <string>

namespace slipway::sdk {

// Not thread-safe. Records are sent by Flush; the destructor does not send.
class Telemetry {
 public:
  // `connection_string` as Azure writes it: "InstrumentationKey=…;IngestionEndpoint=…"; "" takes the environment
  // variable APPLICATIONINSIGHTS_CONNECTION_STRING, which jobs and scoring scripts have.
  explicit Telemetry(const std::string& connection_string = "");

  void Trace(const std::string& message, const std::map<std::string, std::string>& properties = {});
  void Metric(const std::string& name, double value, const std::map<std::string, std::string>& properties = {});
  // Returns when the server has accepted every record; throws Failure otherwise.
  void Flush();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace slipway::sdk
