// Registers a model as the next version of a name; with a verdict only when that says that it is better.
#include "steps.h"

#include <cstdio>

namespace slipway::steps {

void Register(const sdk::Arguments& arguments) {
  const std::string name = arguments.Get("name");
  sdk::Run run = sdk::Run::Current();
  std::map<std::string, std::string> tags;
  if (arguments.Has("verdict")) {
    const sdk::KeptVerdict verdict = sdk::KeptVerdict::Read(arguments.Get("verdict") + "/comparison.json");
    if (verdict.verdict != "better") {
      std::printf("nothing is registered: %s: %s\n", verdict.verdict.c_str(), verdict.reason.c_str());
      run.SetTag("registered", "nothing");
      return;
    }
    tags = verdict.Tags();
    tags["evidence"] = run.InputReference("verdict");
  }
  const std::string version = run.RegisterModel(arguments.Get("model") + "/model", name, tags);
  run.SetTag("registered", name + ":" + version);
  std::printf("registered %s version %s\n", name.c_str(), version.c_str());
}

}  // namespace slipway::steps
