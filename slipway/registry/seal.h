// The seal of a version in a registry: a statement of what it is (kind, name, version, definition, digest of its files,
// where it came from), kept word for word and signed. Description, tags, stage and the like stand outside and may
// change. docs/formats/registry-seal.md describes the statement. For this room's own files.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/registry/signing.h"

namespace slipway::registry {

inline constexpr const char* kStatementProperty = "slipway.statement";  // JSON
inline constexpr const char* kStatementDigestProperty = "slipway.statement_sha256";
inline constexpr const char* kSignatureOfSealProperty = "slipway.seal_ed25519";  // base64; none = not signed
inline constexpr const char* kSignerProperty = "slipway.signed_by";              // base64 of the public key

// Writes the statement of what `version` says, its kTreeProperty and `provenance`, and signs it.
Result<domain::AssetVersion> Seal(domain::AssetVersion version, const nlohmann::json& provenance,
                                  const SigningKey& key);

// kDataLoss when the version is not what its statement says, or the signature is not the signer's.
Status CheckSeal(const domain::AssetVersion& version);
// "" when nobody signed.
PublicKey SignerOf(const domain::AssetVersion& version);
// `null` without a statement.
nlohmann::json ProvenanceOf(const domain::AssetVersion& version);
// The digest of the files; "" without.
std::string TreeOf(const domain::AssetVersion& version);

}  // namespace slipway::registry
