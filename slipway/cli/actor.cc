#include "slipway/cli/actor.h"

#include <pwd.h>
#include <unistd.h>

namespace slipway::cli {

Flag ActorFlag() {
  return {"as", 0, "Who acts (default: $SLIPWAY_USER, else the user of this process)."};
}

std::string ActorOf(Context& context, const Arguments& arguments) {
  if (const auto name = arguments.Get("as")) return *name;
  for (const char* variable : {"SLIPWAY_USER", "USER", "LOGNAME"})
    if (const auto name = context.Variable(variable); name && !name->empty()) return *name;
  const passwd* user = getpwuid(getuid());
  return user ? user->pw_name : "local";
}

Result<Json> SendAs(const std::string& actor, client::Connection& connection, std::string_view method,
                    const std::string& path, const Json* body) {
  net::Headers headers;
  headers.Set("x-slipway-actor", actor);
  const std::string text = body ? body->dump(-1, ' ', false, Json::error_handler_t::replace) : "";
  SLIPWAY_ASSIGN_OR_RETURN(const net::Response response,
                           connection.Send(method, path, text, "application/json", headers));
  if (response.status >= 400) return client::ErrorOf(response);
  if (response.body.empty()) return Json();
  Json answer = Json::parse(response.body, nullptr, false);
  if (answer.is_discarded()) return DataLoss("the server's answer is no JSON");
  return answer;
}

}  // namespace slipway::cli
