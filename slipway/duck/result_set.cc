#include "slipway/duck/result_set.h"

#include <duckdb.h>

#include <utility>

#include "slipway/duck/result_impl.h"

namespace slipway::duck {
namespace {

ColumnType TypeOf(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return ColumnType::kBool;
    case DUCKDB_TYPE_INTEGER:
      return ColumnType::kInt32;
    case DUCKDB_TYPE_BIGINT:
      return ColumnType::kInt64;
    case DUCKDB_TYPE_DOUBLE:
      return ColumnType::kDouble;
    case DUCKDB_TYPE_VARCHAR:
      return ColumnType::kString;
    default:
      return ColumnType::kOther;
  }
}

}  // namespace

std::string_view ColumnView::String(size_t row) const {
  // The C API reads a string through a pointer to non-const and changes nothing.
  auto* text = const_cast<duckdb_string_t*>(static_cast<const duckdb_string_t*>(data_) + row);
  return {duckdb_string_t_data(text), duckdb_string_t_length(*text)};
}

ResultSet::Impl::~Impl() {
  if (chunk != nullptr) duckdb_destroy_data_chunk(&chunk);
  duckdb_destroy_result(&result);
}

void ResultSet::Impl::PrepareColumns() {
  columns.resize(duckdb_column_count(&result));
}

ResultSet::ResultSet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ResultSet::ResultSet(ResultSet&& other) noexcept = default;
ResultSet& ResultSet::operator=(ResultSet&& other) noexcept = default;
ResultSet::~ResultSet() = default;

size_t ResultSet::column_count() const {
  return impl_->columns.size();
}

std::string ResultSet::column_name(size_t column) const {
  const char* name = duckdb_column_name(&impl_->result, column);
  return name == nullptr ? "" : name;
}

bool ResultSet::NextChunk() {
  if (impl_->chunk != nullptr) duckdb_destroy_data_chunk(&impl_->chunk);
  impl_->chunk = duckdb_fetch_chunk(impl_->result);
  impl_->chunk_rows = impl_->chunk == nullptr ? 0 : duckdb_data_chunk_get_size(impl_->chunk);
  if (impl_->chunk_rows == 0) return false;
  for (size_t i = 0; i < impl_->columns.size(); ++i) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(impl_->chunk, i);
    ColumnView& view = impl_->columns[i];
    view.type_ = TypeOf(duckdb_column_type(&impl_->result, i));
    view.data_ = duckdb_vector_get_data(vector);
    view.validity_ = duckdb_vector_get_validity(vector);
  }
  return true;
}

size_t ResultSet::chunk_rows() const {
  return impl_->chunk_rows;
}

const ColumnView& ResultSet::column(size_t index) const {
  return impl_->columns[index];
}

}  // namespace slipway::duck
