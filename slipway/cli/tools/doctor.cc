// doctor: what is wrong with this installation and its server.
#include <unistd.h>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/siblings.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/cli/version.h"
#include "slipway/client/workspace.h"
#include "slipway/process/spawn.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;

class Report {
 public:
  void Add(std::string_view check, bool is_good, std::string detail) {
    all_good_ = all_good_ && is_good;
    checks_.push_back(
        {{"check", std::string(check)}, {"result", is_good ? "ok" : "wrong"}, {"detail", std::move(detail)}});
  }
  // Something that is missed only by those who need it.
  void AddOptional(std::string_view check, bool is_there, std::string detail) {
    checks_.push_back(
        {{"check", std::string(check)}, {"result", is_there ? "ok" : "missing"}, {"detail", std::move(detail)}});
  }
  bool all_good() const { return all_good_; }
  ordered_json Take() && { return std::move(checks_); }

 private:
  ordered_json checks_ = ordered_json::array();
  bool all_good_ = true;
};

void CheckHome(Context& context, Report& report) {
  const auto home = context.Home();
  std::error_code failed;
  if (!std::filesystem::exists(home, failed))
    return report.AddOptional("home", false, fmt::format("'{}' is made when the server starts first", home.string()));
  report.Add("home", access(home.c_str(), R_OK | W_OK | X_OK) == 0, home.string());
  const auto space = std::filesystem::space(home, failed);
  constexpr uintmax_t kLowBytes = 1ULL << 30;
  if (!failed) report.Add("disk", space.available > kLowBytes, fmt::format("{} MB free", space.available >> 20));
  const auto permissions = std::filesystem::status(home / "credentials", failed).permissions();
  if (!failed)
    report.Add("credentials",
               (permissions & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
                   std::filesystem::perms::none,
               "readable by its owner alone");
}

void CheckPrograms(Context& context, Report& report) {
  for (const char* name : {"slipway-serve", "slipway-gateway"}) {
    auto program = FindSibling(name);
    report.Add(name, program.has_value(), program ? program->string() : program.error().message());
  }
  const std::string path = context.Variable("PATH").value_or("");
  for (const char* name : {"git", "cmake", "ninja", "c++", "python3"}) {
    auto program = process::FindProgram(name, path);
    report.AddOptional(name, program.has_value(), program ? *program : "not on the PATH; some environments need it");
  }
}

// The server's own findings: {"checks": [{"name", "ok", "detail"}]}, or any object of facts.
void AddServerChecks(const nlohmann::json& answer, Report& report) {
  if (answer.contains("checks") && answer["checks"].is_array()) {
    for (const auto& check : answer["checks"])
      report.Add("server: " + check.value("name", ""), check.value("ok", true), check.value("detail", ""));
    return;
  }
  for (const auto& fact : answer.items())
    report.Add("server: " + fact.key(), true,
               fact.value().is_string() ? fact.value().get<std::string>() : fact.value().dump());
}

void CheckServer(Context& context, Report& report) {
  auto server = context.Server();
  if (!server) return report.Add("server", false, server.error().message());
  auto& connection = (*server)->connection();
  auto health = connection.Get("/healthz");
  if (!health) return report.Add("server", false, health.error().message());
  const std::string version = health->value("version", "");
  report.Add("server", true, fmt::format("{} answers, version {}", connection.address().url, version));
  report.Add("versions", version == kVersion, fmt::format("server {}, command line {}", version, kVersion));
  auto findings = connection.Get("/slipway/doctor");
  if (!findings) return report.Add("server's report", false, findings.error().message());
  AddServerChecks(*findings, report);
}

Result<Output> Run(Context& context, const Arguments&) {
  Report report;
  CheckHome(context, report);
  CheckPrograms(context, report);
  CheckServer(context, report);
  const bool all_good = report.all_good();
  Output output = Output::Of(std::move(report).Take());
  output.table_row = [](const ordered_json& check) { return check; };
  output.exit_code = all_good ? 0 : 1;
  return output;
}

}  // namespace

Command DoctorCommand() {
  Command command;
  command.path = "doctor";
  command.summary = "Check this installation and its server.";
  command.run = Run;
  command.examples = {"slipway doctor -o table"};
  return command;
}

}  // namespace slipway::cli
