#include "models/rate_network_check.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "models/field_ranges.h"
#include "models/file_check.h"
#include "models/network_check.h"

namespace apical {
namespace {

class RateNetworkCheck : private FileCheck {
 public:
  RateNetworkCheck(const ExperimentFile& file, std::vector<Mistake>& mistakes)
      : FileCheck(file, mistakes), network_(file.experiment().rate_network()) {}

  void run() {
    check_ranges(file_, network_, "rate_network", mistakes_);
    if (network_.layer().empty()) {
      add_missing("rate_network", {"layer"}, "no layers", "add layer { dense { units: ... } }");
    }
    check_names();
    for (int l = 0; l < network_.layer_size(); ++l) {
      check_connectivity(network_.layer(l), path_of(l));
      check_activation(network_.layer(l), path_of(l) + ".activation",
                       l + 1 == network_.layer_size());
    }
    check_algorithm();
    if (!classifies() && network_.loss() == proto::SOFTMAX_CROSS_ENTROPY) {
      add("rate_network.loss", "`loss` is SOFTMAX_CROSS_ENTROPY with `task` AUTOENCODING",
          "give SQUARED_ERROR");
    }
  }

 private:
  static std::string path_of(int l) { return fmt::format("rate_network.layer[{}]", l); }

  bool classifies() const { return network_.task() == proto::CLASSIFICATION; }

  bool has_softmax_loss() const {
    return network_.has_loss() ? network_.loss() == proto::SOFTMAX_CROSS_ENTROPY : classifies();
  }

  void check_names() {
    std::map<std::string, int> first;
    for (int l = 0; l < network_.layer_size(); ++l) {
      const std::string& name = network_.layer(l).name();
      if (name.empty()) {
        add_missing(path_of(l), {"name"}, "layer without a name", "add name: \"...\"");
        continue;
      }
      if (!is_name(name)) {
        add(path_of(l) + ".name", fmt::format("`{}` cannot be a layer's name", name),
            "use letters, digits and `_`");
      }
      const auto [same, is_new] = first.emplace(name, l);
      if (!is_new) {
        add(path_of(l) + ".name", fmt::format("second layer named `{}`", name),
            fmt::format("the first is at {}; give each a name of its own",
                        file_.where(path_of(same->second) + ".name")));
      }
    }
  }

  void check_connectivity(const proto::RateLayer& layer, const std::string& path) {
    switch (layer.connectivity_case()) {
      case proto::RateLayer::kDense:
        if (!layer.dense().has_units()) {
          add_missing(path + ".dense", {"units"}, "dense layer without `units`",
                      "add the number of neurons, units: ...");
        }
        break;
      case proto::RateLayer::kLocallyConnected:
        check_local(layer.locally_connected(), path + ".locally_connected");
        break;
      case proto::RateLayer::kConvolutional:
        check_local(layer.convolutional(), path + ".convolutional");
        break;
      case proto::RateLayer::CONNECTIVITY_NOT_SET:
        add_missing(path, {"dense", "locally_connected", "convolutional"},
                    fmt::format("layer `{}` has no connectivity", layer.name()),
                    "add dense { ... }, locally_connected { ... } or convolutional { ... }");
    }
  }

  void check_local(const proto::LocalLayer& local, const std::string& path) {
    if (!local.has_kernel()) {
      add_missing(path, {"kernel"}, "layer without `kernel`",
                  "add the width of the receptive field, kernel: ...");
    }
    if (!local.has_channels()) {
      add_missing(path, {"channels"}, "layer without `channels`",
                  "add the number of neurons at each place, channels: ...");
    }
    if (local.kernel() >= 1 && local.stride() > local.kernel()) {
      add(path + ".stride",
          fmt::format("`stride` is {} with `kernel` {}: no neuron would see what lies between",
                      local.stride(), local.kernel()),
          fmt::format("give at most {}", local.kernel()));
    }
  }

  void check_activation(const proto::RateLayer& layer, const std::string& path, bool is_output) {
    if (!layer.has_activation()) {
      return;
    }
    const bool may_be_softmax = is_output && has_softmax_loss();
    if (layer.activation() == proto::SOFTMAX && !may_be_softmax) {
      add(path, fmt::format("`activation` of `{}` is SOFTMAX", layer.name()),
          is_output ? (classifies() ? "give LINEAR, or loss: SOFTMAX_CROSS_ENTROPY" : "give LINEAR")
                    : "give TANH, RELU, SIGMOID or LINEAR; only an output is a softmax");
    }
    if (layer.activation() != proto::SOFTMAX && may_be_softmax) {
      add(path,
          fmt::format("`activation` of the output `{}` is {} with the loss SOFTMAX_CROSS_ENTROPY",
                      layer.name(), proto::Activation_Name(layer.activation())),
          "remove it, or give loss: SQUARED_ERROR");
    }
  }

  void check_algorithm() {
    const proto::RateLearning& learning = file_.experiment().training().rate_learning();
    if (learning.algorithm() == proto::ALGORITHM_UNSPECIFIED) {
      add_missing("training.rate_learning", {"algorithm"}, "no algorithm for `rate_network`",
                  "add training { rate_learning { algorithm: BP } }, or another");
    }
    const int last = network_.layer_size() - 1;
    if (learning.algorithm() == proto::AO_SDTP && learning.auxiliary_outputs() > 0 && last >= 0 &&
        (network_.layer(last).has_locally_connected() ||
         network_.layer(last).has_convolutional())) {
      add(path_of(last),
          fmt::format("the output `{}` is not dense, with auxiliary outputs beside it",
                      network_.layer(last).name()),
          "give dense { units: ... }, algorithm: SDTP, or auxiliary_outputs: 0");
    }
  }

  const proto::RateNetwork& network_;
};

}  // namespace

void check_rate_network(const ExperimentFile& file, std::vector<Mistake>& mistakes) {
  if (file.experiment().has_rate_network()) {
    RateNetworkCheck(file, mistakes).run();
  }
}

}  // namespace apical
