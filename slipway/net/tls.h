// Certificates of this machine: a local authority made once, and a server certificate signed by it (EC P-256, SHA-256).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::net {

// What a listener needs to speak TLS 1.2 or 1.3.
struct TlsFiles {
  std::string certificate_chain_file;  // PEM
  std::string private_key_file;        // PEM
};

struct LocalCertificates {
  std::filesystem::path authority;    // ca.pem: what clients trust
  std::filesystem::path certificate;  // server.pem: the server's certificate, then the authority's
  std::filesystem::path private_key;  // server-key.pem, mode 0600
};

// Makes what is missing in `folder`: ca.pem with ca-key.pem (10 years) and server.pem with server-key.pem (2 years) for
// 127.0.0.1, ::1, localhost and `dns_names` ("*.local.inference.example.org" is allowed). The server certificate is
// made anew when it does not cover a name asked for or has less than 30 days left; the authority stays, so that clients
// that trust it go on.
Result<LocalCertificates> EnsureLocalCertificates(const std::filesystem::path& folder,
                                                  const std::vector<std::string>& dns_names, const Clock& clock);

}  // namespace slipway::net
