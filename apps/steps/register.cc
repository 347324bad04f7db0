// Registers a model as the next version of a name.
#include "steps.h"

#include <cstdio>

namespace slipway::steps {

void Register(const sdk::Arguments& arguments) {
  const std::string name = arguments.Get("name");
  const std::string version = sdk::Run::Current().RegisterModel(arguments.Get("model") + "/model", name);
  std::printf("registered %s version %s\n", name.c_str(), version.c_str());
}

}  // namespace slipway::steps
