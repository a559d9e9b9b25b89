#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/dense_weights.h"
#include "models/population.h"
#include "models/postsynaptic_potential.h"
#include "models/soma.h"
#include "models/thinning_clock.h"
#include "proto/network.pb.h"
#include "simulator/random_stream.h"

namespace apical {

class DenseProjection;

// A compartment of all neurons of a population, V_c = sum of W s over its projections + b.
struct CompartmentConstants {
  proto::Compartment kind;
  double conductance_per_ms;  // to the soma; 0 segregates it
};

// Neurons that fire as inhomogeneous Poisson processes of rate max_rate sigmoid(V), V the exact
// somatic potential: what pyramidal and output neurons have in common. Leak conductance, then one
// or more compartments of which the first has the biases.
//
// Spikes that drive the soma wait in an inbox until the population gets to their time. Advancing,
// it goes through received spikes and its own candidates in order of time, a stretch at a time; a
// candidate that is rejected costs no operation of the queue. See Soma::run for the cost. Where the
// kernel is cut off, the ends of spikes wait there too, and cost as much as spikes.
class SpikingPopulation : public Population {
 public:
  struct Constants {
    double max_rate_per_ms;
    double leak_conductance_per_ms;
    PostsynapticPotential kernel;
    std::vector<CompartmentConstants> compartments;

    // Sum of all conductances of the soma without teaching, per ms.
    double total_conductance() const;

    // Of that, the share of the compartment that feedforward projections reach, k.
    double feedforward_share() const {
      return compartments.front().conductance_per_ms / total_conductance();
    }
  };

  // `bias` has an element per neuron, padded, and must outlive the population.
  SpikingPopulation(std::string name, const Constants& constants, std::size_t size,
                    const AlignedFloats& bias, StreamKey key);

  const Constants& constants() const { return constants_; }

  // Conductance from a compartment to the soma; the population has the compartment.
  double conductance(proto::Compartment compartment) const;

  // ---- Spikes in ----

  using InputId = std::size_t;
  // Registers a projection onto this population, which must outlive it. Its spikes are to be
  // delivered if its compartment drives the soma.
  InputId add_input(DenseProjection& projection);

  // Spikes of an input, in order of time; they may lie in the population's future.
  void receive(InputId input, std::span<const Spike> spikes);

  // The part v[i] of V_c of an input that transmits rates: from `now` on, up to which the
  // population has caught up, until the next call. v is padded.
  void hold(InputId input, Time now, std::span<const float> v);

  // Whether its own spikes come back to it without delay; it then sends each one at once.
  void set_recurrent(bool recurrent) { recurrent_ = recurrent; }

  // ---- The process ----

  Time next() const override { return clock_.time(); }
  void advance(Horizon horizon) override;
  void restart(std::uint32_t context) override;
  void checkpoint(const Checkpoint& state) override;

  // Takes in everything before `now`, which is not later than any event still to come.
  void catch_up(Time now) { advance({now, 0}); }

  // No spikes waiting and all potentials at rest; time and random streams go on.
  void clear_state(Time now);

  // ---- State, read and changed at a time up to which the population has caught up ----

  // Somatic potentials.
  void potentials(Time now, std::span<float> v) const { soma_.potentials(now, v); }

  // V_c of chosen neurons, all spikes up to `now` and none after it having been sent.
  void compartment_potentials(Time now, proto::Compartment compartment,
                              std::span<const std::uint32_t> neurons, std::span<float> v) const;

  // max_rate sigmoid(V), per ms.
  void firing_rates(Time now, std::span<float> rates) const;

  // Adds to sums[i], for every neuron, sigmoid(V).
  void add_firing_probabilities(Time now, std::span<double> sums) const;

  // Starts and ends the window of the means below, and of the projections' traces.
  void open_window(Time now);
  void close_window(Time now);

  // Means over the last window of each neuron's V_c and V. v is padded; it is overwritten.
  void compartment_mean(proto::Compartment compartment, std::span<float> v) const;
  void somatic_mean(std::span<float> v) const;

  // A change of the weights W_ij of a projection by change[i] u_j, where `leak` and `synapse` are
  // the sums over j of u_j times the trace's exponential sums; see Soma::change_weights.
  void change_weights(Time now, std::span<const float> change, proto::Compartment compartment,
                      double leak, double synapse);
  void change_weights(Time now, std::span<const float> leak, std::span<const float> synapse,
                      proto::Compartment compartment);

  // Takes over the biases, which have been set by their owner. No potential jumps.
  void bias_changed(Time now);

 protected:
  // Sets the conductance of each soma besides leak and compartments, and its current.
  void set_somatic_input(Time now, double conductance_per_ms, std::span<const float> current);

 private:
  // The spikes of an input, or their ends.
  struct Arrivals {
    const DenseWeights* weights;
    float conductance;
    bool ends = false;
    std::vector<Spike> waiting = {};  // in order of time, from `taken` on
    std::size_t taken = 0;
    std::size_t seen = 0;  // end of those in the stretch

    void forget_taken();
    void clear();
  };
  struct Input {
    DenseProjection* projection;
    float conductance;
    std::size_t arrivals;                  // where in arrivals_
    std::optional<std::size_t> ends = {};  // likewise, where the kernel is cut off
    AlignedFloats held = {};               // the part of V_c that is held; empty if none ever was
  };

  void advance_to(Horizon horizon);
  Time next_arrival() const;
  void run_stretch(Horizon horizon);
  Time collect_arrivals(Time end, Time before);
  void collect_looks(Time end, Horizon horizon);
  void send_accepted();
  void sum_held_current();

  Constants constants_;
  const AlignedFloats* bias_;
  StreamKey key_;
  bool recurrent_ = false;
  AlignedFloats current_;       // I
  AlignedFloats held_current_;  // sum of g_c times what inputs hold
  Soma soma_;
  ThinningClock clock_;
  std::vector<Input> inputs_;
  std::vector<Arrivals> arrivals_;

  Soma::Stretch stretch_;  // that is run
  std::vector<Spike> accepted_;

  Time window_start_ = 0;
  double window_length_ = 0;
  std::vector<float> v_at_start_;
  std::vector<float> v_at_end_;
};

}  // namespace apical
