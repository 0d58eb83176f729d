// A test's own certificate, trusted only by clients that are told to; and owned OpenSSL handles.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace wxpipe::support {

template <class T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* handle) const { destroy(handle); }
};
using Key = std::unique_ptr<EVP_PKEY, Destroy<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Destroy<X509, X509_free>>;
using SslContext = std::unique_ptr<SSL_CTX, Destroy<SSL_CTX, SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Destroy<SSL, SSL_free>>;

// Makes a key and a self-signed certificate for "localhost", as PEM files. With a passphrase, the key is encrypted.
inline void make_certificate(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file,
                             const char* passphrase = nullptr) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  auto* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const auto write = [](const std::filesystem::path& path, auto&& pem) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    if (!file || pem(file.get()) != 1) throw std::runtime_error("can't write " + path.string());
  };
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) throw std::runtime_error("can't sign a certificate");
  write(certificate_file, [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
  write(key_file, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), passphrase == nullptr ? nullptr : EVP_aes_256_cbc(), nullptr, 0,
                                nullptr, const_cast<char*>(passphrase));
  });
}

}  // namespace wxpipe::support
