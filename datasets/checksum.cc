#include "datasets/checksum.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "datasets/gzip_file.h"

namespace apical {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void require(int openssl_result) {
  if (openssl_result != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

}  // namespace

std::string sha256_of_content(const std::filesystem::path& path) {
  GzipFile file(path);
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  require(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
  std::vector<std::uint8_t> chunk(kChunkBytes);
  while (const std::size_t count = file.read(chunk)) {
    require(EVP_DigestUpdate(context.get(), chunk.data(), count));
  }
  std::array<std::uint8_t, 32> digest = {};
  require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace apical
