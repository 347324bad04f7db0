// All processes that a child has brought about, however they try to leave it: found by descent, by session, and by a
// mark in their environment that a process which made a session of its own and lost its parent still carries.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/process/identity.h"

namespace slipway::process {

// The environment variable with the marks of all the trees that a process belongs to, the innermost last ("a:b").
inline constexpr const char* kTreeVariable = "SLIPWAY_PROCESS_TREE";

// Adds `mark` to the variable.
void AddTreeMark(std::map<std::string, std::string>& environment, std::string_view mark);
// The innermost mark of a running process; "" when it has none or is not ours to look at.
std::string TreeMarkOf(int64_t pid);
// A mark for what `name` names: equal names, equal marks.
std::string TreeMarkFor(std::string_view name);

// Children and their children, as the kernel lists them at the moment; without `pid` itself.
std::vector<int64_t> DescendantsOf(int64_t pid);

// What lives of a tree, without its leader: descendants of `leader`, processes of its session, and those younger than
// it that carry `mark` ("": none does). Zombies are left out. A leader of {}: by the mark alone.
std::vector<Identity> LivingTree(const Identity& leader, std::string_view mark);

// Kills (SIGKILL) the tree, the leader excepted, and `also` where they still live; looks again until nothing new turns
// up, since a process may start another before it is hit.
void KillTree(const Identity& leader, std::string_view mark, const std::vector<Identity>& also = {});

}  // namespace slipway::process
