#include <set>

#include "slipway/kql/pass/pass.h"
#include "slipway/kql/pass/rewrite.h"

namespace slipway::kql::pass {
namespace {

using plan::Node;
using plan::NodePtr;
using plan::Scalar;
using Ids = std::set<int>;

void Require(const Scalar& scalar, Ids& required) {
  std::vector<int> ids;
  plan::CollectColumns(scalar, ids);
  required.insert(ids.begin(), ids.end());
}

// Keeps outputs that are required, and what stands beside them in `parallel`.
template <typename T>
void KeepRequired(std::vector<plan::Column>& outputs, std::vector<T>& parallel, size_t offset, const Ids& required) {
  for (size_t i = parallel.size(); i-- > 0;) {
    if (required.count(outputs[offset + i].id) > 0) continue;
    outputs.erase(outputs.begin() + static_cast<std::ptrdiff_t>(offset + i));
    parallel.erase(parallel.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void KeepOutputs(Node& node, const Ids& required) {
  std::erase_if(node.outputs, [&](const plan::Column& column) { return required.count(column.id) == 0; });
}

// All columns that a plan reads anywhere.
void CollectAll(Node& node, Ids& ids) {
  plan::ForEachScalar(node, [&](Scalar& scalar) { Require(scalar, ids); });
  for (const plan::NodePtr& input : node.inputs) CollectAll(*input, ids);
}

void Prune(Node& node, const Ids& required);

struct Pruner {
  Node& node;
  const Ids& required;

  void operator()(plan::Scan& scan) const { KeepRequired(node.outputs, scan.sources, 0, required); }
  void operator()(plan::Values&) const {}
  void operator()(plan::Range&) const {}
  void operator()(plan::Project& project) const {
    KeepRequired(node.outputs, project.expressions, 0, required);
    Ids below;
    for (const Scalar& expression : project.expressions) Require(expression, below);
    Prune(*node.inputs[0], below);
  }
  void operator()(plan::Summarize& summarize) const {
    KeepRequired(node.outputs, summarize.aggregates, summarize.keys.size(), required);
    Ids below;
    plan::ForEachScalar(node, [&](Scalar& scalar) { Require(scalar, below); });
    Prune(*node.inputs[0], below);
  }
  void operator()(plan::Unpack& unpack) const {
    std::erase_if(unpack.slots, [&](const plan::Unpack::Slot& slot) { return required.count(slot.output) == 0; });
    PassOn({unpack.bag});
  }
  void operator()(plan::Expand& expand) const {
    // Elements decide how many rows there are: all stay.
    Ids own;
    for (const plan::Expand::Item& item : expand.items) own.insert(item.output);
    if (expand.index_output) own.insert(*expand.index_output);
    Ids wanted = required;
    wanted.insert(own.begin(), own.end());
    KeepOutputs(node, wanted);
    Ids below = required;
    plan::ForEachScalar(node, [&](Scalar& scalar) { Require(scalar, below); });
    Prune(*node.inputs[0], below);
  }
  void operator()(plan::Union& all) const {
    std::vector<plan::Column> outputs = node.outputs;
    for (size_t leg = 0; leg < all.sources.size(); ++leg) {
      outputs = node.outputs;
      KeepRequired(outputs, all.sources[leg], 0, required);
      Ids below;
      for (const Scalar& scalar : all.sources[leg]) Require(scalar, below);
      Prune(*node.inputs[leg], below);
    }
    node.outputs = outputs;
  }
  void operator()(plan::Join& join) const {
    Ids below = required;
    for (const plan::Join::Key& key : join.keys) {
      below.insert(key.left);
      below.insert(key.right);
    }
    KeepOutputs(node, required);
    for (const plan::NodePtr& input : node.inputs) Prune(*input, below);
  }
  // The inner plan reads columns of the outer one anywhere in it.
  void operator()(plan::Apply&) const {
    Ids read = required;
    CollectAll(*node.inputs[1], read);
    Prune(*node.inputs[1], required);
    KeepOutputs(node, required);
    Prune(*node.inputs[0], read);
  }
  void operator()(plan::Walk& walk) const { PassOn({walk.number}); }
  void operator()(plan::Number&) const { PassOn({}); }
  void operator()(plan::Filter&) const { PassOn({}); }
  void operator()(plan::Sort&) const { PassOn({}); }
  void operator()(plan::Limit&) const { PassOn({}); }

  // For nodes whose outputs are their input's.
  void PassOn(Ids below) const {
    KeepOutputs(node, required);
    below.insert(required.begin(), required.end());
    plan::ForEachScalar(node, [&](Scalar& scalar) { Require(scalar, below); });
    Prune(*node.inputs[0], below);
  }
};

void Prune(Node& node, const Ids& required) {
  std::visit(Pruner{node, required}, node.body);
}

}  // namespace

void PruneColumns(NodePtr& root) {
  Ids required;
  for (const plan::Column& column : root->outputs) required.insert(column.id);
  Prune(*root, required);
}

}  // namespace slipway::kql::pass
