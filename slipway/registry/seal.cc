#include "slipway/registry/seal.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/registry/definition.h"
#include "slipway/registry/model_files.h"
#include "slipway/wire/asset.h"

namespace slipway::registry {
namespace {

using domain::AssetVersion;
using nlohmann::json;

constexpr int kFormat = 1;

std::string PropertyOf(const AssetVersion& version, const char* key) {
  const auto found = version.properties.find(key);
  return found == version.properties.end() ? "" : found->second;
}

// What may change is no part of it.
json DefinitionOf(const AssetVersion& version) {
  AssetVersion bare;
  bare.kind = version.kind;
  bare.name = version.name;
  bare.version = version.version;
  bare.body = version.body;
  if (auto* model = std::get_if<domain::ModelBody>(&bare.body)) {
    model->stage.clear();
    model->flavors.clear();
  } else if (auto* component = std::get_if<domain::CommandComponent>(&bare.body)) {
    component->display_name.clear();
    component->description.clear();
    component->tags.clear();
  }
  return wire::AssetVersionToArm({}, bare)["properties"];
}

Error Broken(const AssetVersion& version, std::string_view why) {
  return DataLoss(fmt::format("the {} '{}:{}' was tampered with: {}", domain::AssetKindName(version.kind), version.name,
                              version.version, why));
}

Status CheckStatement(const AssetVersion& version, const json& statement) {
  const auto says = [&](const char* key, std::string_view wanted) {
    return statement.contains(key) && statement[key].is_string() &&
           EqualsIgnoreCase(statement[key].get_ref<const std::string&>(), wanted);
  };
  if (!says("kind", domain::AssetCollection(version.kind)) || !says("name", version.name) ||
      !says("version", version.version))
    return Broken(version, "its statement is about something else");
  if (!says("tree", TreeOf(version))) return Broken(version, "the digest of its files is not the stated one");
  const auto stated = wire::AssetVersionFromArm(version.kind, {{"properties", statement.value("definition", json())}});
  if (!stated) return Broken(version, "its statement holds no definition");
  const auto differences = DefinitionDifferences(stated->body, version.body);
  if (differences.empty()) return {};
  return Broken(version, fmt::format("it differs from its statement in {}", Join(differences, ", ")));
}

}  // namespace

std::string TreeOf(const AssetVersion& version) {
  return PropertyOf(version, kTreeProperty);
}

PublicKey SignerOf(const AssetVersion& version) {
  return PropertyOf(version, kSignerProperty);
}

json ProvenanceOf(const AssetVersion& version) {
  const json statement = json::parse(PropertyOf(version, kStatementProperty), nullptr, false);
  return statement.is_object() ? statement.value("provenance", json()) : json();
}

Result<AssetVersion> Seal(AssetVersion version, const json& provenance, const SigningKey& key) {
  const json statement = {{"format", kFormat},       {"kind", domain::AssetCollection(version.kind)},
                          {"name", version.name},    {"version", version.version},
                          {"tree", TreeOf(version)}, {"definition", DefinitionOf(version)},
                          {"provenance", provenance}};
  const std::string text = statement.dump(-1, ' ', false, json::error_handler_t::replace);
  version.properties[kStatementProperty] = text;
  version.properties[kStatementDigestProperty] = Sha256Hex(text);
  SLIPWAY_ASSIGN_OR_RETURN(version.properties[kSignatureOfSealProperty], key.Sign(text));
  version.properties[kSignerProperty] = key.public_key();
  return version;
}

Status CheckSeal(const AssetVersion& version) {
  const std::string text = PropertyOf(version, kStatementProperty);
  const json statement = json::parse(text, nullptr, false);
  if (!statement.is_object()) return Broken(version, "it has no statement of what it is");
  if (Sha256Hex(text) != PropertyOf(version, kStatementDigestProperty))
    return Broken(version, "its statement has another digest");
  SLIPWAY_RETURN_IF_ERROR(CheckStatement(version, statement));
  const PublicKey signer = SignerOf(version);
  const std::string signature = PropertyOf(version, kSignatureOfSealProperty);
  if (signer.empty() && signature.empty()) return {};
  if (IsSignatureOf(signer, text, signature)) return {};
  return Broken(version, fmt::format("its signature is not that of the key {}", signer));
}

}  // namespace slipway::registry
