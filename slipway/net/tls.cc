#include "slipway/net/tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "slipway/base/file.h"

namespace slipway::net {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, Deleter<X509_free>>;
using BioPointer = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

constexpr int kAuthorityDays = 3650;
constexpr int kServerDays = 730;
constexpr auto kRenewBefore = std::chrono::days(30);
constexpr char kAuthorityName[] = "Slipway local authority";

struct KeyAndCertificate {
  KeyPointer key;
  CertificatePointer certificate;
};

Error OpenSslError(std::string_view what) {
  char text[256] = "no details";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return Internal(fmt::format("cannot {}: {}", what, text));
}

std::string BioText(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string KeyPem(EVP_PKEY* key) {
  const BioPointer bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return BioText(bio.get());
}

std::string CertificatePem(X509* certificate) {
  const BioPointer bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return BioText(bio.get());
}

KeyPointer ReadKey(const std::filesystem::path& path) {
  const auto text = ReadFile(path);
  if (!text) return nullptr;
  const BioPointer bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  return KeyPointer(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

CertificatePointer ReadCertificate(const std::filesystem::path& path) {
  const auto text = ReadFile(path);
  if (!text) return nullptr;
  const BioPointer bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  return CertificatePointer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

bool AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (!extension) return false;
  const bool is_added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return is_added;
}

bool SetRandomSerial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] &= 0x7f;  // serial numbers are positive
  BIGNUM* number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  const bool is_set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return is_set;
}

bool SetValidity(X509* certificate, std::time_t now, int days) {
  constexpr long kClockSkewSeconds = 3600;
  std::time_t begin = now - kClockSkewSeconds;
  return X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &begin) &&
         X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, &now);
}

bool SetName(X509_NAME* name, const std::string& text) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1,
                                    -1, 0) == 1;
}

// A fresh key with an unsigned certificate of it, named and dated.
Result<KeyAndCertificate> MakeUnsigned(const std::string& name, std::time_t now, int days) {
  KeyAndCertificate made{KeyPointer(EVP_EC_gen("P-256")), CertificatePointer(X509_new())};
  X509* certificate = made.certificate.get();
  const bool is_good = made.key && certificate && X509_set_version(certificate, X509_VERSION_3) &&
                       SetRandomSerial(certificate) && SetValidity(certificate, now, days) &&
                       SetName(X509_get_subject_name(certificate), name) &&
                       X509_set_pubkey(certificate, made.key.get());
  if (!is_good) return OpenSslError("make a key and certificate");
  return made;
}

Result<KeyAndCertificate> MakeAuthority(std::time_t now) {
  SLIPWAY_ASSIGN_OR_RETURN(KeyAndCertificate made, MakeUnsigned(kAuthorityName, now, kAuthorityDays));
  X509* certificate = made.certificate.get();
  const bool is_good = X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) &&
                       AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                       AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                       AddExtension(certificate, certificate, NID_subject_key_identifier, "hash") &&
                       X509_sign(certificate, made.key.get(), EVP_sha256()) > 0;
  if (!is_good) return OpenSslError("make the local authority's certificate");
  return made;
}

std::string AlternativeNames(const std::vector<std::string>& dns_names) {
  std::string names = "IP:127.0.0.1,IP:::1,DNS:localhost";
  for (const std::string& name : dns_names) names += ",DNS:" + name;
  return names;
}

Result<KeyAndCertificate> MakeServer(const KeyAndCertificate& authority, const std::vector<std::string>& dns_names,
                                     std::time_t now) {
  SLIPWAY_ASSIGN_OR_RETURN(KeyAndCertificate made, MakeUnsigned("Slipway gateway", now, kServerDays));
  X509* certificate = made.certificate.get();
  X509* issuer = authority.certificate.get();
  const bool is_good = X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) &&
                       AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                       AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
                       AddExtension(certificate, issuer, NID_ext_key_usage, "serverAuth") &&
                       AddExtension(certificate, issuer, NID_subject_key_identifier, "hash") &&
                       AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid") &&
                       AddExtension(certificate, issuer, NID_subject_alt_name, AlternativeNames(dns_names)) &&
                       X509_sign(certificate, authority.key.get(), EVP_sha256()) > 0;
  if (!is_good) return OpenSslError("make the server's certificate");
  return made;
}

bool Covers(X509* certificate, const std::vector<std::string>& dns_names) {
  return std::all_of(dns_names.begin(), dns_names.end(), [&](const std::string& name) {
    // A wildcard is covered when a name below it is.
    const std::string probe = name.starts_with("*.") ? "any" + name.substr(1) : name;
    return X509_check_host(certificate, probe.data(), probe.size(), 0, nullptr) == 1;
  });
}

bool LivesBeyond(X509* certificate, Timestamp time) {
  std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return X509_cmp_time(X509_get0_notAfter(certificate), &seconds) > 0;
}

Status CheckNames(const std::vector<std::string>& dns_names) {
  for (const std::string& name : dns_names) {
    const std::string_view labels = name.starts_with("*.") ? std::string_view(name).substr(2) : name;
    const bool is_good = !labels.empty() && std::all_of(labels.begin(), labels.end(), [](unsigned char c) {
      return std::isalnum(c) || c == '-' || c == '.';
    });
    if (!is_good) return InvalidArgument(fmt::format("'{}' is not a DNS name that a certificate can carry", name));
  }
  return {};
}

Result<KeyAndCertificate> LoadOrMakeAuthority(const std::filesystem::path& folder, Timestamp now, std::time_t seconds) {
  KeyAndCertificate stored{ReadKey(folder / "ca-key.pem"), ReadCertificate(folder / "ca.pem")};
  if (stored.key && stored.certificate && LivesBeyond(stored.certificate.get(), now + kRenewBefore)) return stored;
  SLIPWAY_ASSIGN_OR_RETURN(KeyAndCertificate made, MakeAuthority(seconds));
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(folder / "ca-key.pem", KeyPem(made.key.get()), 0600));
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(folder / "ca.pem", CertificatePem(made.certificate.get())));
  return made;
}

bool IsServerCertificateGood(const LocalCertificates& files, X509* authority, const std::vector<std::string>& dns_names,
                             Timestamp now) {
  const KeyPointer key = ReadKey(files.private_key);
  const CertificatePointer certificate = ReadCertificate(files.certificate);
  if (!key || !certificate || X509_check_private_key(certificate.get(), key.get()) != 1) return false;
  const KeyPointer authority_key(X509_get_pubkey(authority));
  return X509_verify(certificate.get(), authority_key.get()) == 1 && Covers(certificate.get(), dns_names) &&
         LivesBeyond(certificate.get(), now + kRenewBefore);
}

}  // namespace

Result<LocalCertificates> EnsureLocalCertificates(const std::filesystem::path& folder,
                                                  const std::vector<std::string>& dns_names, const Clock& clock) {
  SLIPWAY_RETURN_IF_ERROR(CheckNames(dns_names));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder));
  const Timestamp now = clock.Now();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  SLIPWAY_ASSIGN_OR_RETURN(const KeyAndCertificate authority, LoadOrMakeAuthority(folder, now, seconds));
  const LocalCertificates files{folder / "ca.pem", folder / "server.pem", folder / "server-key.pem"};
  X509* authority_certificate = authority.certificate.get();
  if (IsServerCertificateGood(files, authority_certificate, dns_names, now)) return files;
  SLIPWAY_ASSIGN_OR_RETURN(const KeyAndCertificate server, MakeServer(authority, dns_names, seconds));
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(files.private_key, KeyPem(server.key.get()), 0600));
  const std::string chain = CertificatePem(server.certificate.get()) + CertificatePem(authority_certificate);
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(files.certificate, chain));
  return files;
}

}  // namespace slipway::net
