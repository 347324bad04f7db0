// A Parquet file of any content: it is read or refused, and what is read holds together. The last eight bytes of a file
// tell the footer's size and the magic; inputs without them would never get further, so they get them here.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "slipway/base/file.h"
#include "slipway/tabular/column_source.h"

namespace {

namespace fs = std::filesystem;
using namespace slipway;           // NOLINT
using namespace slipway::tabular;  // NOLINT

constexpr std::string_view kMagic = "PAR1";

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// The input as it is when it is framed as a file; else the whole of it between the magics, its last bytes the footer.
std::string Framed(std::string_view input) {
  if (input.size() > 12 && input.starts_with(kMagic) && input.ends_with(kMagic)) return std::string(input);
  if (input.empty()) return "";
  const uint32_t size =
      static_cast<uint32_t>(std::min<size_t>(static_cast<uint8_t>(input[0]) * size_t{4}, input.size() - 1));
  std::string file(kMagic);
  file += input.substr(1);
  file.append(reinterpret_cast<const char*>(&size), sizeof(size));
  file += kMagic;
  return file;
}

void CheckColumn(const Column& column, uint64_t rows) {
  if (column.size() != rows) Fail("a column is not as long as the table");
  if (!column.nulls.empty() && column.nulls.size() != rows) Fail("a column's nulls are not as many as its rows");
  if (column.type != ColumnType::kString) return;
  for (size_t row = 0; row < column.size(); ++row) {
    if (!column.is_null(row) && column.codes[row] >= column.dictionary.size()) Fail("a code stands for no text");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const TemporaryDirectory root = std::move(*TemporaryDirectory::Make("/dev/shm"));
  const fs::path path = root.path() / "t.parquet";
  const std::string file = Framed({reinterpret_cast<const char*>(data), size});
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(file.data(), static_cast<std::streamsize>(file.size()));
  const auto source = OpenParquet(path);
  if (!source) return 0;
  constexpr uint64_t kRowsMax = 1'000'000;  // a column of one value repeated may truly have as many as it says
  if ((*source)->rows() > kRowsMax) return 0;
  for (size_t i = 0; i < (*source)->columns().size() && i < 64; ++i) {
    const auto column = (*source)->Read(i);
    if (column) CheckColumn(**column, (*source)->rows());
  }
  return 0;
}
