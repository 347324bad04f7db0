// Registers the best trial's model as the next version of its name.
#include <slipway/sdk/sdk.h>

#include <cstdio>

using namespace slipway::sdk;

int main(int argc, char** argv) {
  return RunProgram(argc, argv, [](const Arguments& arguments) {
    const std::string name = arguments.Get("name");
    const std::string version = Run::Current().RegisterModel(arguments.Get("model") + "/model", name);
    std::printf("registered %s version %s\n", name.c_str(), version.c_str());
  });
}
