// The one error type of the project: a code that says what a caller can do next, a message a user can act on, the
// context it travelled through, and where in the user's own text the trouble stands.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

// Codes say what the caller can do next. api/ maps them to HTTP statuses, cli/ to exit codes.
enum class Code {
  kInvalidArgument,     // change the input
  kNotFound,            // name something that exists
  kAlreadyExists,       // pick another name, or update
  kFailedPrecondition,  // change the state of the system first
  kConflict,            // somebody else was there; read again and retry
  kUnauthenticated,     // say who you are
  kPermissionDenied,    // somebody else may do this
  kResourceExhausted,   // too big, too many, disk full
  kUnavailable,         // try again later
  kDeadlineExceeded,    // took too long
  kCancelled,           // somebody asked to stop
  kDataLoss,            // stored bytes are not what was written
  kUnimplemented,       // not supported (yet); the message names what
  kInternal,            // our fault
};

// The stable text of a code, e.g. "InvalidArgument".
std::string_view CodeName(Code code);

// A place in a text the user wrote. Lines and columns count from 1; 0 means unknown.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;

  // "file:line:column", leaving out what is unknown.
  std::string ToString() const;
};

// A value: cheap to move, one pointer wide. Never empty.
class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;

  Code code() const { return body_->code; }
  // The innermost message, without context.
  const std::string& message() const { return body_->message; }
  const std::optional<SourcePosition>& position() const { return body_->position; }
  // Further complaints found in the same pass (parsers collect), each complete in itself.
  const std::vector<Error>& more() const { return body_->more; }

  // Adds what was being done, outermost last; ToString() prints it outermost first.
  Error With(std::string context) &&;
  Error At(SourcePosition position) &&;
  Error Also(std::vector<Error> more) &&;

  // "position: outer: inner: message", one line an error of more().
  std::string ToString() const;

 private:
  struct Body {
    Code code;
    std::string message;
    std::vector<std::string> context;
    std::optional<SourcePosition> position;
    std::vector<Error> more;
  };
  std::unique_ptr<Body> body_;
};

Error InvalidArgument(std::string message);
Error NotFound(std::string message);
Error AlreadyExists(std::string message);
Error FailedPrecondition(std::string message);
Error Unimplemented(std::string message);
Error Internal(std::string message);
Error Unavailable(std::string message);
Error DataLoss(std::string message);
// The Error for a failed system call: maps ENOENT, EEXIST, EACCES, ENOSPC … to codes; `what` names the call's object.
Error FromErrno(int error_number, std::string what);

}  // namespace slipway
