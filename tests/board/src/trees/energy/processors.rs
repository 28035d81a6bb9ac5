//! Which processors there are: `/proc/cpuinfo`, `/proc/stat` and `/sys/devices/system/cpu`.

use super::super::{cpu, lines};
use crate::{Board, Content};

/// What a processor says it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model {
    pub(super) vendor: &'static str,
    pub(super) family: u32,
    pub(super) model: u32,
    pub(super) name: &'static str,
}

/// Where a logical CPU sits. Its number is its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) package: usize,
    pub(super) die: usize,
    pub(super) core: usize,
}

/// A place in a package of one die.
pub(super) const fn at(package: usize, core: usize) -> Place {
    Place { package, die: 0, core }
}

/// The CPUs of `places` that `alike` finds, as the kernel lists them: `0,2` or, in a row, `0-1`.
fn list(places: &[Place], alike: impl Fn(&Place) -> bool) -> String {
    let cpus: Vec<usize> =
        places.iter().enumerate().filter(|(_, place)| alike(place)).map(|(cpu, _)| cpu).collect();
    let in_a_row = cpus.len() > 1 && cpus.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    if in_a_row {
        return format!("{}-{}", cpus[0], cpus[cpus.len() - 1]);
    }
    cpus.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Puts these processors in place of those of the small home server.
pub(super) fn put(board: Board, model: Model, places: &[Place]) -> Board {
    let board =
        board.file("proc/stat", cpu::stat_of(places.len())).file("proc/cpuinfo", cpuinfo(model, places));
    let all = list(places, |_| true);
    let lists = [("online", all.as_str()), ("possible", &all), ("present", &all)];
    let board = lines(board, "sys/devices/system/cpu", &lists);
    places.iter().enumerate().fold(board, |board, (cpu, place)| {
        let siblings = list(places, |other| other == place);
        let package = list(places, |other| other.package == place.package);
        let die = list(places, |other| (other.package, other.die) == (place.package, place.die));
        let topology = [
            ("core_id", place.core.to_string()),
            ("physical_package_id", place.package.to_string()),
            ("die_id", place.die.to_string()),
            ("thread_siblings_list", siblings.clone()),
            ("core_cpus_list", siblings),
            ("die_cpus_list", die),
            ("core_siblings_list", package.clone()),
            ("package_cpus_list", package),
        ];
        let topology: Vec<_> = topology.iter().map(|(name, line)| (*name, line.as_str())).collect();
        lines(board, &format!("sys/devices/system/cpu/cpu{cpu}/topology"), &topology)
    })
}

/// `show_cpuinfo` in `arch/x86/kernel/cpu/proc.c`.
fn cpuinfo(model: Model, places: &[Place]) -> Content {
    let Model { vendor, family, model, name } = model;
    let of_cpu = |(cpu, place): (usize, &Place)| {
        let siblings = places.iter().filter(|other| other.package == place.package).count();
        let Place { package, core, .. } = place;
        format!(
            "processor\t: {cpu}\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\n\
             model name\t: {name}\nstepping\t: 1\nmicrocode\t: 0x1\ncpu MHz\t\t: 2400.000\n\
             cache size\t: 8192 KB\nphysical id\t: {package}\nsiblings\t: {siblings}\ncore id\t\t: {core}\n\
             cpu cores\t: {siblings}\napicid\t\t: {cpu}\ninitial apicid\t: {cpu}\nfpu\t\t: yes\n\
             fpu_exception\t: yes\ncpuid level\t: 22\nwp\t\t: yes\n\
             flags\t\t: fpu msr tsc constant_tsc nonstop_tsc aperfmperf\nbugs\t\t:\nbogomips\t: 4800.00\n\
             clflush size\t: 64\ncache_alignment\t: 64\naddress sizes\t: 46 bits physical, 48 bits virtual\n\
             power management:\n\n"
        )
    };
    Content::text(&places.iter().enumerate().map(of_cpu).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_written_as_the_kernel_writes_them() {
        let places = [(0, 0), (0, 1), (0, 0), (0, 1)].map(|(package, core)| at(package, core));
        assert_eq!(list(&places, |_| true), "0-3");
        assert_eq!(list(&places, |place| place.core == 1), "1,3");
        assert_eq!(list(&places[..1], |_| true), "0");
    }
}
