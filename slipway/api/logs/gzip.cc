#include "slipway/api/logs/gzip.h"

#include <zlib.h>

#include <fmt/format.h>

namespace slipway::api {
namespace {

class Inflater {
 public:
  Inflater() { good_ = ::inflateInit2(&stream_, kAnyWindow) == Z_OK; }
  ~Inflater() {
    if (good_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  static constexpr int kAnyWindow = 15 + 32;  // gzip or zlib, told by the header
  z_stream stream_{};
  bool good_ = false;
};

}  // namespace

Result<std::string> Decompress(std::string_view data, uint64_t bytes_max) {
  Inflater inflater;
  if (!inflater.good()) return Internal("zlib cannot start");
  z_stream& stream = inflater.stream();
  // zlib reads through a pointer to non-const and changes nothing.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  std::string text;
  char buffer[64 << 10];
  for (int state = Z_OK; state != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    state = ::inflate(&stream, Z_NO_FLUSH);
    const size_t produced = sizeof(buffer) - stream.avail_out;
    if (state != Z_OK && state != Z_STREAM_END)
      return InvalidArgument("the body is not well-formed gzip or deflate data");
    if (state == Z_OK && produced == 0 && stream.avail_in == 0)
      return InvalidArgument("the compressed body is cut short");
    text.append(buffer, produced);
    if (text.size() > bytes_max) {
      return Error(Code::kResourceExhausted,
                   fmt::format("the body is larger than {} bytes once decompressed", bytes_max));
    }
  }
  return text;
}

}  // namespace slipway::api
