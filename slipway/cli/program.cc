// serve, gateway, worker, version, tls show, az-shim: commands about the installed programs themselves.
#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/shell.h"
#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/siblings.h"
#include "slipway/cli/version.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

Command SiblingCommand(std::string_view path, std::string_view summary, std::string program,
                       std::vector<std::string> leading = {}) {
  Command command;
  command.path = path;
  command.summary = summary;
  command.takes_rest = true;
  command.needs_workspace = false;
  command.run = [program, leading](Context& context, const Arguments& arguments) -> Result<Output> {
    SLIPWAY_ASSIGN_OR_RETURN(const fs::path file, FindSibling(program));
    std::vector<std::string> words = leading;
    for (const std::string& word : arguments.All("rest")) words.push_back(word);
    context.console().Flush();
    return ReplaceProcess(file, words);
  };
  return command;
}

Result<Output> ShowVersion(Context&, const Arguments&) {
  return Output::Of({{"slipway", std::string(kVersion)}});
}

// SHA-256 of the certificate itself, as browsers and openssl show it.
std::string Fingerprint(std::string_view pem) {
  std::string base64;
  bool inside = false;
  for (std::string_view line : Split(pem, '\n')) {
    if (line.starts_with("-----END")) break;
    if (inside) base64 += Trim(line);
    inside = inside || line.starts_with("-----BEGIN CERTIFICATE");
  }
  auto der = Base64Decode(base64);
  return der ? Sha256Hex(*der) : "";
}

Result<Output> ShowTls(Context& context, const Arguments&) {
  const fs::path file = context.Home() / "tls" / "ca.pem";
  auto pem = ReadFile(file);
  if (!pem)
    return FailedPrecondition(
        fmt::format("no certificate authority at '{}': it is made when `slipway serve` starts", file.string()));
  return Output::Of({{"ca_file", file.string()}, {"sha256_fingerprint", Fingerprint(*pem)}, {"ca_pem", *pem}});
}

Result<Output> InstallShim(Context& context, const Arguments& arguments) {
  const fs::path folder = *arguments.Get("install");
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path own, OwnProgram());
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  const fs::path file = folder / "az";
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string existing, ReadFile(file));
    if (existing.find("Slipway's stand-in") == std::string::npos)
      return Error(Code::kAlreadyExists, fmt::format("'{}' is another program: choose another folder", file.string()));
  }
  const std::string script = fmt::format(
      "#!/bin/sh\n# Slipway's stand-in for the az command line.\nexec {} az \"$@\"\n", ShellQuoted(own.string()));
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(file, script, 0755));
  context.Note(fmt::format("Wrote '{}'. Put its folder first on the PATH: export PATH={}:$PATH", file.string(),
                           fs::absolute(folder, ignored).lexically_normal().string()));
  return Output::Nothing();
}

Command Plain(std::string_view path, std::string_view summary, Result<Output> (*run)(Context&, const Arguments&)) {
  Command command;
  command.path = path;
  command.summary = summary;
  command.needs_workspace = false;
  command.run = run;
  return command;
}

}  // namespace

std::vector<Command> ProgramCommands() {
  Command shim = Plain("az-shim", "Write an `az` program that runs existing scripts on Slipway.", InstallShim);
  shim.flags = {{"install", 0, "Folder to write `az` into.", Flag::Takes::kValue, true}};
  return {
      SiblingCommand("serve", "Start the server: control plane, and a gateway beside it.", "slipway-serve"),
      SiblingCommand("gateway", "Start a gateway, the data plane, by itself.", "slipway-gateway"),
      SiblingCommand("worker", "Start one instance of a deployment (the gateway does this).", "slipway-gateway",
                     {"worker"}),
      Plain("version", "Show the version.", ShowVersion),
      Plain("tls show", "Show the certificate authority that signs the gateway's certificate.", ShowTls),
      shim,
  };
}

}  // namespace slipway::cli
