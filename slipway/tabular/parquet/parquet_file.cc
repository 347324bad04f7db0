// Parquet files as column sources.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/tabular/column_source.h"
#include "slipway/tabular/parquet/chunk_reader.h"
#include "slipway/tabular/parquet/metadata.h"

namespace slipway::tabular {
namespace {

namespace fs = std::filesystem;
using parquet::Bytes;

constexpr std::string_view kMagic = "PAR1";

// Reads from any thread.
class OpenFile {
 public:
  static Result<OpenFile> Open(const fs::path& path) {
    OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.descriptor_ < 0) return NotFound(fmt::format("'{}': {}", path.string(), std::strerror(errno)));
    struct stat status {};
    if (::fstat(file.descriptor_, &status) != 0) return Internal(std::strerror(errno));
    file.size_ = static_cast<uint64_t>(status.st_size);
    return file;
  }
  OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  uint64_t size() const { return size_; }
  Result<std::vector<uint8_t>> ReadAt(uint64_t offset, uint64_t size) const {
    std::vector<uint8_t> bytes(size);
    for (uint64_t done = 0; done < size;) {
      const ssize_t got = ::pread(descriptor_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return parquet::Damaged("it became shorter");
      done += static_cast<uint64_t>(got);
    }
    return bytes;
  }

 private:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  uint64_t size_ = 0;
};

Result<parquet::Metadata> ReadFooter(const OpenFile& file) {
  constexpr uint64_t kTail = 8;
  const auto no_parquet = [] {
    return InvalidArgument("it is no Parquet file: it does not begin and end with 'PAR1'");
  };
  if (file.size() < kTail + kMagic.size()) return no_parquet();
  SLIPWAY_ASSIGN_OR_RETURN(const auto tail, file.ReadAt(file.size() - kTail, kTail));
  if (!std::equal(kMagic.begin(), kMagic.end(), tail.begin() + 4)) return no_parquet();
  uint32_t size = 0;
  std::memcpy(&size, tail.data(), sizeof(size));
  if (size > file.size() - kTail - kMagic.size()) return parquet::Damaged("its footer is longer than it is");
  SLIPWAY_ASSIGN_OR_RETURN(const auto footer, file.ReadAt(file.size() - kTail - size, size));
  return parquet::ReadMetadata(footer, file.size());
}

struct Part {
  std::string name;
  OpenFile file;
  parquet::Metadata metadata;
};

class ParquetColumns final : public ColumnSource {
 public:
  explicit ParquetColumns(std::vector<Part> parts) : parts_(std::move(parts)) {
    for (const auto& column : parts_.front().metadata.columns) columns_.push_back({column.name, column.type});
    for (const Part& part : parts_) rows_ += part.metadata.rows;
  }
  uint64_t rows() const override { return rows_; }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }

  // Holds one chunk beside the column.
  Result<std::shared_ptr<const Column>> Read(size_t index) const override {
    const parquet::StoredColumn& stored = parts_.front().metadata.columns[index];
    constexpr uint64_t kRoomMax = uint64_t{1} << 24;  // a damaged count must not take all memory
    parquet::ChunkReader reader(stored, std::min(rows_, kRoomMax));
    for (const Part& part : parts_)
      for (const parquet::RowGroup& group : part.metadata.groups) {
        const parquet::Chunk& chunk = group.chunks[index];
        SLIPWAY_ASSIGN_OR_RETURN(const auto pages, part.file.ReadAt(chunk.offset, chunk.size));
        SLIPWAY_RETURN_IF_ERROR(
            With(reader.Append(chunk, pages), fmt::format("'{}': the column '{}'", part.name, stored.name)));
      }
    return std::make_shared<const Column>(std::move(reader).Finish());
  }

 private:
  const std::vector<Part> parts_;
  std::vector<ColumnInfo> columns_;
  uint64_t rows_ = 0;
};

bool HasParquetEnding(const fs::path& path) {
  return ToLower(path.extension().string()) == ".parquet";
}

Result<std::vector<fs::path>> FilesOf(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return std::vector<fs::path>{path};
  SLIPWAY_ASSIGN_OR_RETURN(const auto entries, ListFiles(path));
  std::vector<fs::path> files;
  for (const FileEntry& entry : entries)
    if (HasParquetEnding(entry.path)) files.push_back(path / entry.path);
  return files;
}

// A reader goes by the columns of the first file.
Status CheckAlike(const parquet::Metadata& first, const parquet::Metadata& other) {
  const auto are_alike = [](const parquet::StoredColumn& a, const parquet::StoredColumn& b) {
    return a.name == b.name && a.physical == b.physical && a.meaning == b.meaning && a.scale == b.scale &&
           a.is_optional == b.is_optional;
  };
  if (std::equal(first.columns.begin(), first.columns.end(), other.columns.begin(), other.columns.end(), are_alike))
    return {};
  return InvalidArgument("its columns are not those of the first file of the folder");
}

}  // namespace

bool IsParquet(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return HasParquetEnding(path);
  if (fs::exists(path / "MLTable", ignored)) return false;
  const auto entries = ListFiles(path);
  return entries && !entries->empty() && std::all_of(entries->begin(), entries->end(), [](const FileEntry& entry) {
           const std::string name = fs::path(entry.path).filename().string();
           return HasParquetEnding(name) || name.starts_with('.') || name.starts_with('_');
         });
}

Result<std::unique_ptr<ColumnSource>> OpenParquet(const fs::path& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, FilesOf(path));
  std::vector<Part> parts;
  for (const fs::path& name : files) {
    SLIPWAY_ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(name));
    SLIPWAY_ASSIGN_OR_RETURN(auto metadata, With(ReadFooter(file), fmt::format("'{}'", name.string())));
    if (!parts.empty())
      SLIPWAY_RETURN_IF_ERROR(With(CheckAlike(parts.front().metadata, metadata), fmt::format("'{}'", name.string())));
    parts.push_back({name.string(), std::move(file), std::move(metadata)});
  }
  if (parts.empty()) return NotFound(fmt::format("there is no Parquet file in the folder '{}'", path.string()));
  return std::make_unique<ParquetColumns>(std::move(parts));
}

}  // namespace slipway::tabular
