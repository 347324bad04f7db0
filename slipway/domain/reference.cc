#include "slipway/domain/reference.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::domain {
namespace {

constexpr std::string_view kCollections[] = {"data", "models", "environments", "components", "codes"};
constexpr std::string_view kKindNames[] = {"data", "model", "environment", "component", "code"};

Error Malformed(std::string_view text, std::string_view right) {
  return InvalidArgument(fmt::format("'{}' is not a complete reference: {}", text, right));
}

// What follows the segment `name` (compared without case) in a path; nullopt when it is not there.
std::optional<std::string_view> After(const std::vector<std::string_view>& segments, std::string_view name) {
  for (size_t i = 0; i + 1 < segments.size(); ++i)
    if (EqualsIgnoreCase(segments[i], name)) return segments[i + 1];
  return std::nullopt;
}

// "/subscriptions/…/<collection>/<name>[/versions/<v> | /labels/<l>]".
Result<Reference> ParseAssetPath(std::string_view text, std::string_view path, AssetKind kind) {
  const auto segments = Split(path, '/');
  const std::string_view collection = AssetCollection(kind);
  auto name = After(segments, collection);
  if (!name || name->empty())
    return Malformed(text, fmt::format("the form for this is '/{}/<name>/versions/<version>'", collection));
  AssetReference reference;
  reference.name = *name;
  reference.version = After(segments, "versions").value_or("");
  reference.label = After(segments, "labels").value_or("");
  return Reference(std::move(reference));
}

// "<registry>/<collection>/<name>[/versions/<v> | /labels/<l>]" after "registries/". A name alone is its newest
// version; what is nearly a version is not.
Result<Reference> ParseRegistryPath(std::string_view text, std::string_view path, AssetKind kind) {
  const auto segments = Split(path, '/');
  const std::string_view collection = AssetCollection(kind);
  const bool has_name = (segments.size() == 3 || segments.size() == 5) && EqualsIgnoreCase(segments[1], collection) &&
                        std::none_of(segments.begin(), segments.end(), [](auto each) { return each.empty(); });
  const bool has_version = has_name && segments.size() == 5;
  AssetReference reference;
  if (has_version && EqualsIgnoreCase(segments[3], "versions")) reference.version = segments[4];
  if (has_version && EqualsIgnoreCase(segments[3], "labels")) reference.label = segments[4];
  if (!has_name || (has_version && reference.version.empty() && reference.label.empty()))
    return Malformed(text, fmt::format("azureml://registries/<registry>/{0}/<name>/versions/<version>, or "
                                       "…/labels/latest, is the form for this",
                                       collection));
  reference.name = segments[2];
  reference.registry = segments[0];
  return Reference(std::move(reference));
}

// Everything after "datastores/", "<d>/paths/<p>".
Result<Reference> ParseDatastorePath(std::string_view text, std::string_view rest) {
  const size_t slash = rest.find('/');
  const std::string_view datastore = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (datastore.empty() || !path.starts_with("paths/") || path.size() == 6)
    return Malformed(text, "azureml://datastores/<datastore>/paths/<path>");
  path.remove_prefix(6);
  return Reference(DatastorePath{std::string(datastore), std::string(path)});
}

// "<job>/outputs/<output>/paths/<path>".
Result<Reference> ParseJobOutput(std::string_view text, std::string_view rest) {
  const auto segments = Split(rest, '/');
  if (segments.size() < 3 || segments[0].empty() || segments[1] != "outputs" || segments[2].empty())
    return Malformed(text, "azureml://jobs/<job>/outputs/<output>/paths/<path>");
  JobOutputPath output{std::string(segments[0]), std::string(segments[2]), ""};
  const size_t paths = rest.find("/paths/");
  if (paths != std::string_view::npos) output.path = rest.substr(paths + 7);
  return Reference(std::move(output));
}

Result<Reference> ParseAzuremlUri(std::string_view text, AssetKind kind) {
  std::string_view rest = text.substr(std::string_view("azureml://").size());
  if (rest.starts_with("datastores/")) return ParseDatastorePath(text, rest.substr(11));
  if (rest.starts_with("jobs/")) return ParseJobOutput(text, rest.substr(5));
  if (rest.starts_with("registries/")) return ParseRegistryPath(text, rest.substr(11), kind);
  if (rest.starts_with("subscriptions/")) {
    const size_t datastores = rest.find("/datastores/");
    if (datastores != std::string_view::npos) return ParseDatastorePath(text, rest.substr(datastores + 12));
    const size_t jobs = rest.find("/jobs/");
    if (jobs != std::string_view::npos) return ParseJobOutput(text, rest.substr(jobs + 6));
    return ParseAssetPath(text, rest, kind);
  }
  return Malformed(text, "azureml://datastores/…, azureml://jobs/… and azureml://registries/… are known");
}

bool IsPathLike(std::string_view text) {
  return text.starts_with("./") || text.starts_with("../") || text == "." || text == "..";
}

// "azureml:name:version", "azureml:name@label", "azureml:name", "azureml:/subscriptions/…".
Result<Reference> ParseShort(std::string_view text, AssetKind kind) {
  const std::string_view rest = text.substr(std::string_view("azureml:").size());
  if (IsPathLike(rest))
    return InvalidArgument(fmt::format("'{}': a local path has no 'azureml:' before it; write '{}'", text, rest));
  if (StartsWithIgnoreCase(rest, "/subscriptions/")) return ParseAssetPath(text, rest, kind);
  AssetReference reference;
  const size_t at = rest.rfind('@');
  const size_t colon = rest.rfind(':');
  if (at != std::string_view::npos) {
    reference.name = rest.substr(0, at);
    reference.label = rest.substr(at + 1);
    if (reference.label.empty()) return Malformed(text, "azureml:<name>@latest");
  } else if (colon != std::string_view::npos) {
    reference.name = rest.substr(0, colon);
    reference.version = rest.substr(colon + 1);
    if (reference.version.empty()) return Malformed(text, "azureml:<name>:<version>");
  } else {
    reference.name = rest;
  }
  const NameKind rule = kind == AssetKind::kComponent ? NameKind::kComponent : NameKind::kModelOrEnvironment;
  SLIPWAY_RETURN_IF_ERROR(With(CheckName(rule, reference.name), fmt::format("'{}'", text)));
  return Reference(std::move(reference));
}

Result<Reference> ParseRun(std::string_view text) {
  const std::string_view rest = text.substr(std::string_view("runs:/").size());
  const size_t slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos) return Malformed(text, "runs:/<run>/<artifact path>");
  return Reference(JobOutputPath{std::string(rest.substr(0, slash)), "artifacts", std::string(rest.substr(slash + 1))});
}

bool IsUrl(std::string_view text) {
  for (std::string_view scheme : {"http://", "https://", "wasb://", "wasbs://", "abfs://", "abfss://", "adl://"})
    if (StartsWithIgnoreCase(text, scheme)) return true;
  return false;
}

}  // namespace

std::string_view AssetCollection(AssetKind kind) {
  return kCollections[static_cast<size_t>(kind)];
}
std::string_view AssetKindName(AssetKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

std::string AssetReference::ToString() const {
  if (!registry.empty())
    return fmt::format("azureml://registries/{}/{}{}", registry, name,
                       !version.empty() ? "/versions/" + version
                       : !label.empty() ? "/labels/" + label
                                        : "");
  if (!version.empty()) return fmt::format("azureml:{}:{}", name, version);
  return label.empty() ? "azureml:" + name : fmt::format("azureml:{}@{}", name, label);
}

std::string DatastorePath::ToString() const {
  return fmt::format("azureml://datastores/{}/paths/{}", datastore, path);
}

Result<Reference> ParseReference(std::string_view text, AssetKind kind) {
  if (text.empty()) return InvalidArgument("an empty reference");
  if (text.find('\0') != std::string_view::npos) return InvalidArgument("a reference has no NUL characters");
  if (text.starts_with("azureml://")) return ParseAzuremlUri(text, kind);
  if (text.starts_with("azureml:")) return ParseShort(text, kind);
  if (text.starts_with("runs:/")) return ParseRun(text);
  if (IsUrl(text)) return Reference(Url{std::string(text)});
  if (StartsWithIgnoreCase(text, "/subscriptions/")) return ParseAssetPath(text, text, kind);
  if (text.starts_with("file:")) text.remove_prefix(text.starts_with("file://") ? 7 : 5);
  return Reference(LocalPath{std::string(text)});
}

std::string BareName(std::string_view text) {
  if (text.starts_with("azureml:")) text.remove_prefix(8);
  const size_t slash = text.rfind('/');
  return std::string(slash == std::string_view::npos ? text : text.substr(slash + 1));
}

std::string AssetArmId(const Scope& scope, AssetKind kind, std::string_view name, std::string_view version) {
  return fmt::format("{}/{}/{}/versions/{}", scope.ArmId(), AssetCollection(kind), name, version);
}

}  // namespace slipway::domain
