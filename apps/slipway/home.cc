#include "apps/slipway/home.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::apps {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kTokenBytes = 32;

uint16_t PortMember(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number_unsigned()) return 0;
  const auto port = object[key].get<uint64_t>();
  return port <= 65535 ? static_cast<uint16_t>(port) : 0;
}

}  // namespace

Result<Home> Home::Open(fs::path folder) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  std::error_code failed;
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return FromErrno(errno, folder.string());
  // Where a gateway has let in workers of another user, their group passes through.
  const mode_t passing = status.st_gid == getegid() ? 0 : status.st_mode & S_IXGRP;
  if (chmod(folder.c_str(), S_IRWXU | passing) != 0) return FromErrno(errno, folder.string());
  SLIPWAY_ASSIGN_OR_RETURN(FileLock lock,
                           With(FileLock::Acquire(folder / "lock"),
                                fmt::format("the home '{}' is in use by another server", folder.string())));
  Home home(std::move(folder), std::move(lock));
  SLIPWAY_RETURN_IF_ERROR(home.ReadOrMakeToken());
  return home;
}

Status Home::ReadOrMakeToken() {
  const fs::path file = folder_ / "credentials";
  const auto stored = ReadFile(file);
  if (stored) {
    const json document = json::parse(*stored, nullptr, false);
    token_ = document.is_object() ? document.value("token", "") : std::string(Trim(*stored));
    if (!token_.empty()) return {};
    return DataLoss(fmt::format("'{}' holds no token; remove it to get a new one", file.string()));
  }
  if (stored.error().code() != Code::kNotFound) return stored.error();
  token_ = RandomHex(kTokenBytes);
  return WriteFileAtomic(file, json{{"token", token_}}.dump() + "\n", 0600);
}

ServerPorts Home::LastPorts() const {
  const auto text = ReadFile(folder_ / "server.json");
  if (!text) return {};
  const json document = json::parse(*text, nullptr, false);
  return {PortMember(document, "port"), PortMember(document, "tls_port")};
}

Status Home::WriteServerFile(ServerPorts ports, const std::string& version) const {
  const json document = {{"url", fmt::format("http://127.0.0.1:{}", ports.plain)},
                         {"tls_url", fmt::format("https://127.0.0.1:{}", ports.tls)},
                         {"port", ports.plain},
                         {"tls_port", ports.tls},
                         {"pid", getpid()},
                         {"version", version}};
  return WriteFileAtomic(folder_ / "server.json", document.dump(1) + "\n");
}

}  // namespace slipway::apps
