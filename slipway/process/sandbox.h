// Which files a process, and all it starts, may touch: Landlock, Linux' access control for unprivileged programs
// (https://docs.kernel.org/userspace-api/landlock.html).
#pragma once

#include <filesystem>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/descriptor.h"

namespace slipway::process {

// Files, or folders with all that is below them. What does not exist is left out; links count as what they lead to.
// Looking at attributes (stat) stays possible everywhere.
struct FileAccess {
  std::vector<std::filesystem::path> readable;  // and may be executed
  std::vector<std::filesystem::path> writable;  // and readable; below a folder files may be made and removed
};

// The running kernel's version of Landlock's interface; 0 when it has none, or was started without it.
int LandlockVersion();

// The rules, to be entered by a child. Later versions of the kernel also keep those inside from signalling processes
// outside (6) and from talking to their abstract sockets; tracing them, and reading what that allows to read below
// /proc, is refused by all. kUnimplemented without Landlock.
Result<Descriptor> MakeSandbox(const FileAccess& access);

// For good, of the calling thread; needs no_new_privs. Async-signal-safe. False with errno on failure.
bool EnterSandbox(int sandbox);

}  // namespace slipway::process
