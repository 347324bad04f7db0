#include "slipway/domain/registry.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::domain {
namespace {

constexpr std::string_view kScheme = "azureml://registries/";
constexpr AssetKind kKinds[] = {AssetKind::kData, AssetKind::kModel, AssetKind::kEnvironment, AssetKind::kComponent,
                                AssetKind::kCode};

}  // namespace

std::string RegistryAddress::ToString() const {
  return fmt::format("{}{}/{}/{}/{}", kScheme, registry, AssetCollection(kind), name,
                     version.empty() ? "labels/latest" : "versions/" + version);
}

std::optional<RegistryAddress> ParseRegistryAddress(std::string_view text) {
  if (!text.starts_with(kScheme)) return std::nullopt;
  const auto segments = Split(text.substr(kScheme.size()), '/');
  if (segments.size() < 3 || segments[0].empty()) return std::nullopt;
  for (const AssetKind kind : kKinds) {
    if (!EqualsIgnoreCase(segments[1], AssetCollection(kind))) continue;
    const auto parsed = ParseReference(text, kind);
    const auto* reference = parsed ? std::get_if<AssetReference>(&*parsed) : nullptr;
    if (reference == nullptr) return std::nullopt;
    return RegistryAddress{reference->registry, kind, reference->name, reference->version};
  }
  return std::nullopt;
}

}  // namespace slipway::domain
