// parse_json(text).key needs no JSON value in between, split(…)[n] no array, and tostring of either no quotes.
#include "slipway/kql/pass/pass.h"
#include "slipway/kql/pass/rewrite.h"

namespace slipway::kql::pass {
namespace {

using plan::Scalar;

void Simplify(Scalar& scalar) {
  if (scalar.IsCall("member") && scalar.arguments[0].IsCall("parse_json")) {
    Scalar text = std::move(scalar.arguments[0].arguments[0]);
    scalar.arguments[0] = std::move(text);
    scalar.operation = "member_of_text";
    return;
  }
  // tostring(split(s, d)[n]) is the part itself.
  if (scalar.IsCall("to_string") && scalar.arguments[0].IsCall("element")) {
    const Scalar& element = scalar.arguments[0];
    const bool is_part = element.arguments[0].IsCall("split") && element.arguments[0].arguments.size() == 2 &&
                         element.arguments[1].type == Type::kLong;
    if (!is_part) return;
    Scalar part =
        Scalar::Call("split_element", Type::kString,
                     {element.arguments[0].arguments[0], element.arguments[0].arguments[1], element.arguments[1]});
    scalar = std::move(part);
  }
}

}  // namespace

void SimplifyDynamics(plan::NodePtr& root) {
  RewriteNodes(root, [](plan::NodePtr& node) {
    plan::ForEachScalar(*node, [](Scalar& scalar) { RewriteScalar(scalar, Simplify); });
  });
}

}  // namespace slipway::kql::pass
