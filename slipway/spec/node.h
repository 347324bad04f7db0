// A YAML document as a tree that remembers where each key and value stood.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "slipway/base/error.h"

namespace slipway::spec {

// The file (or flag) a node came from; shared by its nodes.
struct Source {
  std::string name;              // as shown in complaints
  std::filesystem::path folder;  // relative paths inside are relative to it
};

struct Node;

struct Mark {
  std::shared_ptr<const Source> source;
  int line = 0;
  int column = 0;
  SourcePosition Position() const;
};

struct Key {
  std::string text;
  Mark mark{};
};

// A value. Anchors, aliases and merge keys (`<<`) are already resolved.
struct Node {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  std::string text{};   // scalars: exactly as written, so that 1.10 stays 1.10
  bool quoted = false;  // scalars: written with quotes or as a block, hence text whatever it looks like
  std::vector<Node> items{};
  std::vector<std::pair<Key, Node>> members{};  // maps: in order, keys unique
  Mark mark{};

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMap() const { return kind == Kind::kMap; }
  const Node* Find(std::string_view key) const;
  Node* Find(std::string_view key);
  // "text", "number", "boolean", "nothing", "list", "object": for complaints.
  std::string_view Describe() const;
};

}  // namespace slipway::spec
