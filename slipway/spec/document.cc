#include "slipway/spec/document.h"

#include <yaml-cpp/yaml.h>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::spec {
namespace {

constexpr size_t kBytesMax = 4 << 20;
constexpr int kDepthMax = 64;
constexpr size_t kNodesMax = 200'000;

// Turns yaml-cpp's graph into our tree. Aliases are copied, hence the budget of nodes.
class Converter {
 public:
  explicit Converter(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  Result<Node> Convert(const YAML::Node& from, int depth = 0) {
    if (++nodes_ > kNodesMax) return Fail(from.Mark(), fmt::format("the document has more than {} values", kNodesMax));
    if (depth > kDepthMax) return Fail(from.Mark(), fmt::format("nested deeper than {} levels", kDepthMax));
    Node node;
    node.mark = MarkOf(from.Mark());
    switch (from.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return node;
      case YAML::NodeType::Scalar:
        if (from.Tag().size() > 1 && from.Tag()[0] == '!')
          return Fail(from.Mark(), fmt::format("'{}' is a YAML tag here: put quotes around a text that begins with '!'",
                                               from.Tag()));
        ConvertScalar(from, node);
        return node;
      case YAML::NodeType::Sequence:
        return ConvertSequence(from, std::move(node), depth);
      case YAML::NodeType::Map:
        return ConvertMap(from, std::move(node), depth);
    }
    return node;
  }

 private:
  Mark MarkOf(const YAML::Mark& mark) const {
    return mark.is_null() ? Mark{source_, 0, 0} : Mark{source_, mark.line + 1, mark.column + 1};
  }

  Error Fail(const YAML::Mark& mark, std::string message) const {
    return InvalidArgument(std::move(message)).At(MarkOf(mark).Position());
  }

  static void ConvertScalar(const YAML::Node& from, Node& node) {
    node.kind = Node::Kind::kScalar;
    node.text = from.Scalar();
    node.quoted = from.Tag() == "!" || from.Tag() == "tag:yaml.org,2002:str";
  }

  Result<Node> ConvertSequence(const YAML::Node& from, Node node, int depth) {
    node.kind = Node::Kind::kSequence;
    for (const auto& item : from) {
      SLIPWAY_ASSIGN_OR_RETURN(Node converted, Convert(item, depth + 1));
      node.items.push_back(std::move(converted));
    }
    return node;
  }

  Result<Node> ConvertMap(const YAML::Node& from, Node node, int depth) {
    node.kind = Node::Kind::kMap;
    std::vector<Node> merged;
    for (const auto& member : from) {
      if (!member.first.IsScalar()) return Fail(member.first.Mark(), "a key has to be text");
      SLIPWAY_ASSIGN_OR_RETURN(Node value, Convert(member.second, depth + 1));
      if (member.first.Scalar() == "<<") {
        merged.push_back(std::move(value));
        continue;
      }
      Key key{member.first.Scalar(), MarkOf(member.first.Mark())};
      if (node.Find(key.text)) return Fail(member.first.Mark(), fmt::format("the key '{}' is given twice", key.text));
      if (value.IsNull() && value.mark.line == 0) value.mark = key.mark;
      node.members.emplace_back(std::move(key), std::move(value));
    }
    for (const Node& other : merged) Merge(other, node);
    return node;
  }

  // YAML's merge key: members of `from` (or of each of its items) that `into` does not have itself.
  static void Merge(const Node& from, Node& into) {
    for (const Node& item : from.items) Merge(item, into);
    for (const auto& [key, value] : from.members)
      if (!into.Find(key.text)) into.members.emplace_back(key, value);
  }

  std::shared_ptr<const Source> source_;
  size_t nodes_ = 0;
};

Result<Node> ParseText(std::string_view text, const std::shared_ptr<const Source>& source) {
  if (text.size() > kBytesMax)
    return InvalidArgument(fmt::format("larger than {} MiB", kBytesMax >> 20)).At({source->name, 0, 0});
  if (!IsUtf8(text)) return InvalidArgument("not UTF-8 text").At({source->name, 0, 0});
  try {
    return Converter(source).Convert(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& e) {
    return InvalidArgument(fmt::format("not valid YAML: {}", e.msg))
        .At({source->name, e.mark.line + 1, e.mark.column + 1});
  }
}

void Emit(const Node& node, YAML::Emitter& out) {
  switch (node.kind) {
    case Node::Kind::kNull:
      out << YAML::Null;
      return;
    case Node::Kind::kScalar:
      if (node.quoted) out << YAML::DoubleQuoted;
      out << node.text;
      return;
    case Node::Kind::kSequence:
      out << YAML::BeginSeq;
      for (const Node& item : node.items) Emit(item, out);
      out << YAML::EndSeq;
      return;
    case Node::Kind::kMap:
      out << YAML::BeginMap;
      for (const auto& [key, value] : node.members) {
        out << YAML::Key << key.text << YAML::Value;
        Emit(value, out);
      }
      out << YAML::EndMap;
      return;
  }
}

Status ApplyOne(Document& document, const Override& change) {
  auto source =
      std::make_shared<Source>(Source{change.origin, change.folder.empty() ? document.source().folder : change.folder});
  const Mark mark{source, 0, 0};
  Node* at = &document.root;
  for (std::string_view segment : Split(change.path, '.')) {
    if (segment.empty())
      return InvalidArgument(fmt::format("'{}' is not a dotted path of keys", change.path)).At(mark.Position());
    if (at->IsNull()) *at = Node{.kind = Node::Kind::kMap, .mark = mark};
    if (!at->IsMap())
      return InvalidArgument(fmt::format("cannot set '{}': the value before '{}' is {}{}", change.path, segment,
                                         at->Describe(), at->IsScalar() ? fmt::format(" ('{}')", at->text) : ""))
          .At(mark.Position());
    Node* next = at->Find(segment);
    if (!next) next = &at->members.emplace_back(Key{std::string(segment), mark}, Node{.mark = mark}).second;
    at = next;
  }
  *at = Node{.kind = Node::Kind::kScalar, .text = change.value, .mark = mark};
  return {};
}

}  // namespace

Result<Override> ParseSetting(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return InvalidArgument(fmt::format("--set takes KEY=VALUE, not '{}'", text));
  std::string path(text.substr(0, equals));
  return Override{path, std::string(text.substr(equals + 1)), "--set " + path, {}};
}

Result<Document> LoadDocument(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return InvalidArgument(fmt::format("'{}' is a folder, where a YAML file is needed", file.string()));
  auto text = ReadFile(file);
  if (!text) {
    if (text.error().code() == Code::kNotFound)
      return InvalidArgument(fmt::format("no file '{}'", std::filesystem::absolute(file, ignored).string()));
    return std::move(text.error()).With(fmt::format("reading '{}'", file.string()));
  }
  return ParseDocument(*text, file.string(), std::filesystem::absolute(file, ignored).parent_path());
}

Result<Document> ParseDocument(std::string_view text, std::string name, std::filesystem::path folder) {
  auto source = std::make_shared<Source>(Source{std::move(name), std::move(folder)});
  SLIPWAY_ASSIGN_OR_RETURN(Node root, ParseText(text, source));
  root.mark.source = source;
  if (root.IsNull()) return InvalidArgument("the file is empty").At({source->name, 0, 0});
  if (!root.IsMap())
    return InvalidArgument(fmt::format("keys and values are expected here, this is {}", root.Describe()))
        .At(root.mark.Position());
  return Document{std::move(root)};
}

Document EmptyDocument(std::filesystem::path folder) {
  Document document;
  document.root.kind = Node::Kind::kMap;
  document.root.mark.source = std::make_shared<Source>(Source{"", std::move(folder)});
  return document;
}

Status Apply(Document& document, std::span<const Override> overrides) {
  for (const Override& change : overrides) SLIPWAY_RETURN_IF_ERROR(ApplyOne(document, change));
  return {};
}

std::filesystem::path ResolvePath(const Node& node, std::string_view path) {
  std::filesystem::path result(path);
  if (result.is_relative() && node.mark.source) result = node.mark.source->folder / result;
  return result.lexically_normal();
}

std::string EmitYaml(const Node& node) {
  YAML::Emitter out;
  Emit(node, out);
  return std::string(out.c_str()) + "\n";
}

}  // namespace slipway::spec
