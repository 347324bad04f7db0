// Bytes of files to UTF-8, and places in texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/error.h"
#include "slipway/base/result.h"
#include "slipway/tabular/csv.h"

namespace slipway::tabular {

// The offset of the first byte that is not part of well-formed UTF-8 (RFC 3629); nullopt when all is well.
std::optional<size_t> FirstInvalidUtf8(std::string_view text);
// The offset of the first byte above 127.
std::optional<size_t> FirstNonAscii(std::string_view text);

// Where `offset` stands in `text`: lines end with LF, CRLF or CR, columns count characters.
SourcePosition PositionIn(std::string_view text, size_t offset, std::string_view file);

// `text` without its byte order mark and as UTF-8; made in `storage` when it has to change. kInvalidArgument with the
// place of a byte that the encoding does not know.
Result<std::string_view> DecodeText(std::string_view text, Encoding encoding, std::string_view file,
                                    std::string& storage);

}  // namespace slipway::tabular
