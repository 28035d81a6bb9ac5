//! Who used the processor's energy. The parts add up to the whole in every reading:
//! attributed = all groups shown + groups gone + idle + unattributed.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// All energy that was divided.
    ATTRIBUTED = counter("hearth_attributed_energy_joules_total", Unit::Joules, "Energy of the processor packages that was divided: the sum of all parts.")
        .scale(Scale::MICRO).paced();
    /// What the machine draws with nothing to do.
    IDLE = counter("hearth_idle_energy_joules_total", Unit::Joules, "Energy that the processor packages would have used with nothing to do, by the measured floor.")
        .scale(Scale::MICRO).paced();
    /// Of CPU time of nobody who is followed.
    UNATTRIBUTED = counter("hearth_unattributed_energy_joules_total", Unit::Joules, "Energy for CPU time that no followed group had: the kernel's, ended groups' last, and before the idle floor is known.")
        .scale(Scale::MICRO).paced();
    /// Of groups that are not shown any more.
    GONE = counter("hearth_gone_cgroups_energy_joules_total", Unit::Joules, "Energy that was given to groups which are gone or not followed any more.")
        .scale(Scale::MICRO).paced();
    /// A group's share.
    GROUP = counter("hearth_cgroup_energy_joules_total", Unit::Joules, "Energy for the group's own CPU time, without the followed groups in it.")
        .labels(&["cgroup"]).scale(Scale::MICRO).paced();
    /// Its power.
    POWER = gauge("hearth_cgroup_power_watts", Unit::Watts, "The same over the last interval, as power.")
        .labels(&["cgroup"]).scale(Scale::MICRO).paced();
    /// What it cost.
    COST = counter("hearth_cgroup_energy_cost_total", Unit::None, "What the group's energy cost at the configured price.")
        .labels(&["cgroup", "currency"]).scale(Scale::NANO).paced();
    /// The floor.
    IDLE_POWER = gauge("hearth_idle_power_watts", Unit::Watts, "The measured floor: the tenth percentile of the packages' power while next to nothing ran.")
        .scale(Scale::MICRO).paced();
    /// Hearth's own share; part of its group's, not beside it.
    OWN = counter("hearth_own_energy_joules_total", Unit::Joules, "Energy for Hearth's own CPU time, by the same division; it is part of its group's.")
        .scale(Scale::MICRO).paced();
    /// Intervals that could not be divided.
    LOST = counter("hearth_attribution_lost_intervals_total", Unit::None, "Intervals whose energy is not known and was divided among nobody.");
}
