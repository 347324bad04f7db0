// A PostgreSQL server of its own for tests: its cluster in a temporary folder, reached by a Unix socket there, gone
// with the test program. Header only; for tests.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/sql/database.h"

namespace slipway::sql::testing {

class PostgresServer {
 public:
  // The program's one server, started when it is first asked for; null with a reason in `why` when there is none.
  static PostgresServer* Get(std::string* why) {
    static std::string reason;
    static const std::unique_ptr<PostgresServer> server = Start(&reason);
    *why = reason;
    return server.get();
  }

  ~PostgresServer() {
    ::kill(process_, SIGQUIT);
    ::waitpid(process_, nullptr, 0);
  }

  // An empty schema of its own, as a database URL.
  std::string MakeDatabaseUrl() {
    const std::string schema = "test_" + std::to_string(++schemas_);
    auto database = Database::Open(BaseUrl());
    if (!database) return {};
    const Status made = (*database)->Write([&](Connection& connection) -> Status {
      SLIPWAY_RETURN_IF_ERROR(connection.Execute("CREATE SCHEMA " + schema));
      return {};
    });
    return made ? BaseUrl() + "&options=" + UrlEncode("-csearch_path=" + schema) : "";
  }

 private:
  PostgresServer(TemporaryDirectory folder, pid_t process) : folder_(std::move(folder)), process_(process) {}

  static std::filesystem::path FindPrograms() {
    std::vector<std::filesystem::path> found;
    std::error_code code;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", code))
      if (std::filesystem::exists(version.path() / "bin/initdb", code)) found.push_back(version.path() / "bin");
    return found.empty() ? std::filesystem::path() : *std::max_element(found.begin(), found.end());
  }

  // A child that runs `arguments` with its output thrown away. PostgreSQL refuses to run as root.
  static pid_t Spawn(const std::vector<std::string>& arguments, const passwd* user) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
      ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    const int null = ::open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; ++i) ::dup2(null, i);
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }

  static std::unique_ptr<PostgresServer> Start(std::string* why) {
    const std::filesystem::path programs = FindPrograms();
    if (programs.empty()) return *why = "no PostgreSQL server is installed (Debian package postgresql)", nullptr;
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    if (::geteuid() == 0 && !user) return *why = "there is no user postgres, and PostgreSQL refuses root", nullptr;
    auto folder = TemporaryDirectory::Make();
    if (!folder) return *why = folder.error().ToString(), nullptr;
    if (user && ::chown(folder->path().c_str(), user->pw_uid, user->pw_gid) != 0)
      return *why = "cannot give the cluster's folder to the user postgres", nullptr;
    const std::string data = folder->path() / "data";
    const pid_t initdb = Spawn(
        {programs / "initdb", "-D", data, "-U", "slipway", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"},
        user);
    int result = 1;
    if (::waitpid(initdb, &result, 0) != initdb || result != 0) return *why = "initdb failed", nullptr;
    const pid_t process =
        Spawn({programs / "postgres", "-D", data, "-k", folder->path(), "-c", "listen_addresses="}, user);
    std::unique_ptr<PostgresServer> server(new PostgresServer(std::move(*folder), process));
    if (!server->WaitUntilReady()) return *why = "the PostgreSQL server did not start", nullptr;
    return server;
  }

  // The server says it is ready by answering.
  bool WaitUntilReady() {
    while (::waitpid(process_, nullptr, WNOHANG) == 0) {
      if (Database::Open(BaseUrl())) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  std::string BaseUrl() const {
    return "postgresql:///postgres?user=slipway&host=" + UrlEncode(folder_.path().string());
  }

  TemporaryDirectory folder_;
  pid_t process_;
  int schemas_ = 0;
};

}  // namespace slipway::sql::testing
