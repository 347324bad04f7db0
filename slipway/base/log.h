// The process' own log (stderr), one line a record: time, level, text. Not the log tables of logstore/.
#pragma once

#include <string_view>

#include <fmt/format.h>

namespace slipway {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Records below `level` are dropped. The level at start is kInfo.
void SetLogLevel(LogLevel level);
void WriteLog(LogLevel level, std::string_view text);

template <typename... Args>
void LogDebug(fmt::format_string<Args...> format, Args&&... args) {
  WriteLog(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogInfo(fmt::format_string<Args...> format, Args&&... args) {
  WriteLog(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogWarning(fmt::format_string<Args...> format, Args&&... args) {
  WriteLog(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void LogError(fmt::format_string<Args...> format, Args&&... args) {
  WriteLog(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace slipway
