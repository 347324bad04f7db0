// Collects what the online endpoint was asked to score from the logs, as one CSV file with an MLTable beside it.
#include <slipway/sdk/sdk.h>

#include <cstdio>
#include <fstream>

using namespace slipway::sdk;

namespace {

// "1d" becomes "ago(1d)", a date-time "datetime(…)".
std::string Since(const std::string& text) {
  return text.find('-') == std::string::npos ? "ago(" + text + ")" : "datetime(" + text + ")";
}

std::string InferenceQuery(const std::string& model, const std::string& since) {
  return "AmlOnlineEndpointConsoleLog\n"
         "| where TimeGenerated > " +
         Since(since) +
         "\n"
         "| where Message has '" +
         model +
         "' and Message has 'InputData'\n"
         "| project TimeGenerated, ResponsePayload=split(Message, '|')\n"
         "| project TimeGenerated, InputData=parse_json(tostring(ResponsePayload[-1])).data\n"
         "| project TimeGenerated, InputData=parse_json(tostring(InputData))\n"
         "| mv-expand InputData\n"
         "| evaluate bag_unpack(InputData)";
}

}  // namespace

int main(int argc, char** argv) {
  return RunProgram(argc, argv, [](const Arguments& arguments) {
    const Table rows =
        QueryLogs(InferenceQuery(arguments.Get("model"), arguments.Get("since"))).Without("TimeGenerated");
    const std::string folder = arguments.Get("output");
    rows.WriteCsv(folder + "/01.csv");
    std::ofstream(folder + "/MLTable") << "type: mltable\npaths:\n  - pattern: ./*.csv\ntransformations:\n"
                                          "  - read_delimited: {delimiter: ',', header: all_files_same_headers}\n";
    Run::Current().LogMetric("exported_rows", static_cast<double>(rows.rows()));
    std::printf("exported %zu rows\n", rows.rows());
  });
}
