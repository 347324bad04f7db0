// Registers a model as the next version of a name; with a verdict only when that says that it is better.
#include "steps.h"

#include <cstdio>

namespace slipway::steps {
namespace {

using Tags = std::map<std::string, std::string>;

std::string RegisterAs(sdk::Run& run, const sdk::Arguments& arguments, const Tags& tags) {
  const std::string name = arguments.Get("name");
  const std::string version = run.RegisterModel(arguments.Get("model") + "/model", name, tags);
  run.SetTag("registered", name + ":" + version);
  std::printf("registered %s version %s\n", name.c_str(), version.c_str());
  return name + ":" + version;
}

void RegisterIfBetter(sdk::Run& run, const sdk::Arguments& arguments) {
  const sdk::KeptVerdict verdict = sdk::KeptVerdict::Read(arguments.Get("verdict") + "/comparison.json");
  const Tags tags = verdict.Tags();
  std::string model = arguments.Get("name");
  if (verdict.verdict == "better") {
    model = RegisterAs(run, arguments, tags);
  } else {
    run.SetTag("registered", "nothing");
    std::printf("nothing is registered: %s: %s\n", verdict.verdict.c_str(), verdict.reason.c_str());
  }
  run.RecordComparison("azureml:" + model, verdict.verdict + ": " + verdict.reason, tags);
}

}  // namespace

void Register(const sdk::Arguments& arguments) {
  sdk::Run run = sdk::Run::Current();
  if (arguments.Has("verdict"))
    RegisterIfBetter(run, arguments);
  else
    RegisterAs(run, arguments, {});
}

}  // namespace slipway::steps
