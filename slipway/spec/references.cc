#include "slipway/spec/references.h"

#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/spec/asset.h"
#include "slipway/spec/document.h"
#include "slipway/spec/print.h"

namespace slipway::spec {
namespace {

namespace fs = std::filesystem;

std::string LocalPath(const Value& value, std::string_view text, bool must_exist) {
  const fs::path path = ResolvePath(value.node(), text);
  std::error_code ignored;
  if (must_exist && !fs::exists(path, ignored)) {
    value.Complain(fmt::format("no file or folder '{}'", path.string()));
    return {};
  }
  return path.string();
}

bool IsComplete(const domain::AssetReference& reference) {
  return !reference.version.empty() || !reference.label.empty();
}

}  // namespace

std::string ReadReference(const Value& value, const ReferenceRules& rules) {
  auto text = value.Text();
  if (!text) return {};
  auto parsed = domain::ParseReference(*text, rules.kind);
  if (!parsed) {
    value.Complain(parsed.error().message());
    return {};
  }
  const std::string_view kind = domain::AssetKindName(rules.kind);
  if (auto* asset = std::get_if<domain::AssetReference>(&*parsed)) {
    if (IsComplete(*asset) || rules.version_optional) return *text;
    value.Complain(fmt::format("'{0}' names no version: write 'azureml:{1}:<version>' or 'azureml:{1}@latest'", *text,
                               asset->name));
    return {};
  }
  if (auto* local = std::get_if<domain::LocalPath>(&*parsed)) {
    if (rules.allow_local) return LocalPath(value, local->text, rules.must_exist);
    value.Complain(
        fmt::format("'{}' is not a reference to {} {}: write 'azureml:<name>:<version>' or 'azureml:<name>@latest'",
                    *text, kind == "environment" ? "an" : "a", kind));
    return {};
  }
  if (rules.allow_uri) return *text;
  value.Complain(fmt::format("'{}' cannot stand for {} {} here", *text, kind == "environment" ? "an" : "a", kind));
  return {};
}

std::string ReadBareName(const Value& value) {
  auto text = value.Text();
  return text ? domain::BareName(*text) : std::string();
}

std::string ReadCode(const Value& value) {
  auto text = value.Text();
  if (!text) return {};
  if (text->starts_with("git+") || text->starts_with("http://") || text->starts_with("https://")) {
    value.Complain(fmt::format("code from '{}' is not supported yet: check it out and give the folder", *text),
                   Code::kUnimplemented);
    return {};
  }
  return ReadReference(value, {.kind = domain::AssetKind::kCode, .allow_local = true});
}

std::string ReadEnvironmentReference(const Value& value, AnonymousAssets& anonymous) {
  if (!value.node().IsMap()) return ReadReference(value, {.kind = domain::AssetKind::kEnvironment});
  domain::AssetVersion environment = ReadInlineEnvironment(value);
  environment.name = kAnonymousEnvironmentName;
  environment.version = Sha256Hex(ToJson(environment).dump()).substr(0, 32);
  environment.is_anonymous = true;
  std::string reference = fmt::format("azureml:{}:{}", environment.name, environment.version);
  anonymous.push_back(std::move(environment));
  return reference;
}

}  // namespace slipway::spec
