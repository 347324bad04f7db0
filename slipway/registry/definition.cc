#include "slipway/registry/definition.h"

#include <yaml-cpp/yaml.h>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/reference.h"

namespace slipway::registry {
namespace {

using TextMap = std::map<std::string, std::string>;

constexpr size_t kShownLength = 120;

// Maps compare without order, scalars by their text.
bool IsSameNode(const YAML::Node& a, const YAML::Node& b) {
  if (a.Type() != b.Type() || a.size() != b.size()) return false;
  if (a.IsScalar()) return a.Scalar() == b.Scalar();
  if (a.IsMap()) {
    for (const auto& member : a) {
      if (!member.first.IsScalar()) return false;
      const YAML::Node other = b[member.first.Scalar()];
      if (!other || !IsSameNode(member.second, other)) return false;
    }
    return true;
  }
  for (size_t i = 0; i < a.size(); ++i) {
    if (!IsSameNode(a[i], b[i])) return false;
  }
  return true;
}

bool IsSameYaml(const std::string& a, const std::string& b) {
  if (a == b) return true;
  try {
    return IsSameNode(YAML::Load(a), YAML::Load(b));
  } catch (const YAML::Exception&) {
    return false;
  }
}

std::string RouteText(const std::optional<domain::Route>& route) {
  return route ? fmt::format("{}:{}", route->port, route->path) : "";
}

std::string MapText(const TextMap& map) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : map) parts.push_back(fmt::format("{}={}", key, value));
  return Join(parts, ", ");
}

std::string NumberText(const std::optional<double>& number) {
  return number ? FormatDouble(*number) : "";
}

std::string_view DataTypeText(domain::DataType type) {
  if (type == domain::DataType::kUriFile) return "uri_file";
  return type == domain::DataType::kMltable ? "mltable" : "uri_folder";
}

std::string PortText(const domain::InputPort& port) {
  return fmt::format("{} mode={} optional={} default={} min={} max={} enum=[{}] {}", port.type, port.mode,
                     port.optional, port.default_value ? port.default_value->text : "-", NumberText(port.min),
                     NumberText(port.max), Join(port.choices, ", "), port.description);
}

std::string PortText(const domain::OutputPort& port) {
  return fmt::format("{} mode={} {}", port.type, port.mode, port.description);
}

// Collects what differs between the stored body and the one sent.
class Comparison {
 public:
  void Text(std::string_view name, const std::string& stored, const std::string& sent) {
    if (stored == sent) return;
    if (std::max(stored.size(), sent.size()) > kShownLength) return Note(std::string(name));
    Note(fmt::format("{} ('{}' is stored, '{}' was sent)", name, stored, sent));
  }
  void Path(std::string_view name, const std::string& stored, const std::string& sent) {
    if (NormalPath(stored) != NormalPath(sent)) Text(name, stored, sent);
  }
  template <typename Port>
  void Ports(std::string_view what, const std::map<std::string, Port>& stored,
             const std::map<std::string, Port>& sent) {
    for (const auto& [key, port] : stored) {
      const auto other = sent.find(key);
      if (other == sent.end())
        Note(fmt::format("{} '{}' (is stored, was not sent)", what, key));
      else
        Text(fmt::format("{} '{}'", what, key), PortText(port), PortText(other->second));
    }
    for (const auto& [key, port] : sent) {
      if (!stored.contains(key)) Note(fmt::format("{} '{}' (was sent, is not stored)", what, key));
    }
  }
  void Note(std::string text) { differences_.push_back(std::move(text)); }
  std::vector<std::string> Take() && { return std::move(differences_); }

 private:
  std::vector<std::string> differences_;
};

void Compare(const domain::DataBody& stored, const domain::DataBody& sent, Comparison& out) {
  out.Text("type", std::string(DataTypeText(stored.type)), std::string(DataTypeText(sent.type)));
  out.Path("path", stored.path, sent.path);
}

void Compare(const domain::ModelBody& stored, const domain::ModelBody& sent, Comparison& out) {
  out.Text("type", stored.type, sent.type);
  out.Path("path", stored.path, sent.path);
}

void Compare(const domain::NativeProvider& stored, const domain::NativeProvider& sent, Comparison& out) {
  out.Text("provider", stored.provider, sent.provider);
  out.Text("build_command", stored.build_command, sent.build_command);
  out.Text("packages", Join(stored.packages, ", "), Join(sent.packages, ", "));
  out.Text("programs", Join(stored.programs, ", "), Join(sent.programs, ", "));
  out.Text("environment_variables", MapText(stored.environment_variables), MapText(sent.environment_variables));
}

void Compare(const domain::EnvironmentBody& stored, const domain::EnvironmentBody& sent, Comparison& out) {
  out.Text("image", stored.image, sent.image);
  if (!IsSameYaml(stored.conda_file, sent.conda_file)) out.Note("conda_file");
  out.Path("build path", stored.build_path, sent.build_path);
  out.Text("dockerfile_path", stored.dockerfile_path, sent.dockerfile_path);
  out.Text("os_type", ToLower(stored.os_type), ToLower(sent.os_type));
  out.Text("liveness_route", RouteText(stored.liveness_route), RouteText(sent.liveness_route));
  out.Text("readiness_route", RouteText(stored.readiness_route), RouteText(sent.readiness_route));
  out.Text("scoring_route", RouteText(stored.scoring_route), RouteText(sent.scoring_route));
  Compare(stored.native.value_or(domain::NativeProvider{}), sent.native.value_or(domain::NativeProvider{}), out);
}

void Compare(const domain::Resources& stored, const domain::Resources& sent, Comparison& out) {
  out.Text("instance_count", std::to_string(stored.instance_count), std::to_string(sent.instance_count));
  out.Text("instance_type", stored.instance_type, sent.instance_type);
  out.Text("shm_size", stored.shm_size, sent.shm_size);
  out.Text("resources' properties", MapText(stored.properties), MapText(sent.properties));
}

void Compare(const domain::CommandComponent& stored, const domain::CommandComponent& sent, Comparison& out) {
  out.Text("command", stored.command, sent.command);
  out.Text("code", stored.code, sent.code);
  out.Text("environment", stored.environment, sent.environment);
  out.Text("environment_variables", MapText(stored.environment_variables), MapText(sent.environment_variables));
  out.Text("is_deterministic", stored.is_deterministic ? "true" : "false", sent.is_deterministic ? "true" : "false");
  out.Ports("input", stored.inputs, sent.inputs);
  out.Ports("output", stored.outputs, sent.outputs);
  Compare(stored.resources, sent.resources, out);
}

void Compare(const domain::CodeBody& stored, const domain::CodeBody& sent, Comparison& out) {
  out.Path("uri", stored.uri, sent.uri);
  if (!stored.hash.empty() && !sent.hash.empty()) out.Text("hash", stored.hash, sent.hash);
}

}  // namespace

std::string NormalPath(std::string_view path) {
  const auto reference = domain::ParseReference(path, domain::AssetKind::kData);
  std::string text(path);
  if (reference) {
    if (const auto* stored = std::get_if<domain::DatastorePath>(&*reference)) text = stored->ToString();
  }
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::vector<std::string> DefinitionDifferences(const domain::AssetBody& stored, const domain::AssetBody& sent) {
  Comparison comparison;
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        if (const auto* other = std::get_if<Body>(&sent)) Compare(body, *other, comparison);
      },
      stored);
  return std::move(comparison).Take();
}

}  // namespace slipway::registry
