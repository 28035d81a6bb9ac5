//! The machines, by what is peculiar to each.

use super::msr::{self, Registers, UNITS_ATOM, UNITS_ESU14, UNITS_ESU16, address};
use super::powercap::{control_type, zone, zone_path};
use super::processors::{self, Model, Place, at};
use super::{super::linux_6_1, Machine};
use crate::{Board, EnergyCounter, EnergyUnit, Fault, PowerCurve};
use std::time::Duration;

const ESU14: EnergyUnit = EnergyUnit::fraction(14);
const ESU16: EnergyUnit = EnergyUnit::fraction(16);

/// 65 W and so on in eighths of a watt.
const fn watts(watts: u64) -> u64 {
    watts * 8
}

const fn intel(model: u32, name: &'static str) -> Model {
    Model { vendor: "GenuineIntel", family: 6, model, name }
}

const DESKTOP: Model = intel(158, "Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz");

const TWO_CORES: [Place; 2] = [at(0, 0), at(0, 1)];
const TWO_SOCKETS: [Place; 2] = [at(0, 0), at(1, 0)];
/// Two cores of two threads; the second threads come after all the first ones, as the kernel numbers them.
const TWO_BY_TWO: [Place; 4] = [at(0, 0), at(0, 1), at(0, 0), at(0, 1)];

const SECOND: Duration = Duration::from_secs(1);

/// Cores that are idle most of the time and busy now and then.
fn bursts(idle_milliwatts: u64, busy_milliwatts: u64) -> PowerCurve {
    PowerCurve::repeating(&[(idle_milliwatts, 7 * SECOND), (busy_milliwatts, 3 * SECOND)])
}

/// The four domains of a client: cores and graphics within the package, the package within the platform.
struct Client {
    package: EnergyCounter,
    core: EnergyCounter,
    uncore: EnergyCounter,
    psys: EnergyCounter,
}

impl Client {
    fn new(unit: EnergyUnit) -> Self {
        let (core, uncore) = (bursts(900, 41_700), PowerCurve::constant(1_300));
        let package = core.plus(&uncore).plus(&PowerCurve::constant(2_411));
        let psys = package.plus(&PowerCurve::constant(9_000));
        let counter = |curve: &PowerCurve, raw| EnergyCounter::new(curve.clone(), unit).starting_at(raw);
        Self {
            // Near its end, as on a machine that has been on for a while.
            package: counter(&package, 4_294_900_000),
            core: counter(&core, 3_000_000_000),
            uncore: counter(&uncore, 17),
            psys: counter(&psys, 123_456_789),
        }
    }

    fn registers(&self, units: u64) -> Registers {
        let counters = [
            (address::PKG_ENERGY_STATUS, &self.package),
            (address::PP0_ENERGY_STATUS, &self.core),
            (address::PP1_ENERGY_STATUS, &self.uncore),
            (address::PLATFORM_ENERGY_STATUS, &self.psys),
        ];
        // It can filter what it shows, and does not: bits 10 and 11 of the capabilities, bit 0 of the control.
        msr::intel(units, watts(65), &counters)
            .fixed(address::ARCH_CAPABILITIES, 0xC00)
            .fixed(address::MISC_PACKAGE_CTLS, 0)
    }

    fn zones(&self, board: Board) -> Board {
        let board = control_type(board, "intel-rapl");
        let board = zone(board, "intel-rapl:0", "package-0", &self.package);
        let board = zone(board, "intel-rapl:0:0", "core", &self.core);
        let board = zone(board, "intel-rapl:0:1", "uncore", &self.uncore);
        zone(board, "intel-rapl:1", "psys", &self.psys)
    }

    fn machine(&self, board: Board) -> Machine {
        let machine = Machine::new(board).with(0, "package", &self.package).with(0, "core", &self.core);
        machine.with(0, "uncore", &self.uncore).with(0, "psys", &self.psys)
    }
}

fn registers_of_each_cpu(board: Board, cpus: usize, registers: &Registers) -> Board {
    (0..cpus).fold(board, |board, cpu| registers.clone().put(board, cpu))
}

fn client(model: Model, unit: EnergyUnit, units: u64) -> (Client, Board) {
    let client = Client::new(unit);
    let board = processors::put(linux_6_1(), model, &TWO_CORES);
    let board = registers_of_each_cpu(board, 2, &client.registers(units));
    let board = client.zones(board);
    (client, board)
}

/// A desktop (Coffee Lake): package, core, uncore and psys by powercap and by registers, in 2^-14 J.
#[must_use]
pub fn intel_client() -> Machine {
    let (client, board) = client(DESKTOP, ESU14, UNITS_ESU14);
    client.machine(board)
}

/// The desktop with counters in 2^-`esu` J, finer than any part so far, though its register has the bits to say so.
/// With 18 they begin again every 16 384 J, so that a test sees thousands of wraps soon.
#[must_use]
pub fn intel_fine_units(esu: u32) -> Machine {
    let units = UNITS_ESU14 & !0x1F00 | u64::from(esu) << 8;
    let (client, board) = client(DESKTOP, EnergyUnit::fraction(esu), units);
    client.machine(board)
}

/// The same desktop, whose package is shown by `intel-rapl-mmio` too: the same energy, not more of it.
#[must_use]
pub fn intel_mmio_duplicate() -> Machine {
    let (client, board) = client(intel(154, "12th Gen Intel(R) Core(TM) i7-1260P"), ESU14, UNITS_ESU14);
    let board = control_type(board, "intel-rapl-mmio");
    let board = zone(board, "intel-rapl-mmio:0", "package-0", &client.package);
    client.machine(board)
}

/// The same desktop for a user without rights: neither `energy_uj` nor the registers open.
#[must_use]
pub fn intel_no_permission() -> Machine {
    let machine = intel_client();
    for zone in ["intel-rapl:0", "intel-rapl:0:0", "intel-rapl:0:1", "intel-rapl:1"] {
        machine.board.fault(&format!("{}/energy_uj", zone_path(zone)), Fault::Denied);
    }
    for cpu in 0..2 {
        machine.board.fault(&format!("dev/cpu/{cpu}/msr"), Fault::Denied);
    }
    machine
}

/// A guest of an emulator that answers every register of this kind with zero, its unit among them; the kernel finds no
/// domain and makes no powercap zone.
#[must_use]
pub fn intel_all_zero() -> Machine {
    let nothing = EnergyCounter::new(PowerCurve::constant(0), ESU14);
    let counters = [
        (address::PKG_ENERGY_STATUS, &nothing),
        (address::DRAM_ENERGY_STATUS, &nothing),
        (address::PP0_ENERGY_STATUS, &nothing),
        (address::PP1_ENERGY_STATUS, &nothing),
    ];
    let registers = msr::intel(0, 0, &counters);
    let board = processors::put(linux_6_1(), intel(85, "Intel(R) Xeon(R) Processor @ 2.70GHz"), &TWO_CORES);
    Machine::new(registers_of_each_cpu(board, 2, &registers))
}

/// A part of an unknown model: its registers answer as a client's do, but nobody knows in which unit, and the kernel
/// has no zones for it.
#[must_use]
pub fn intel_unknown_model() -> Machine {
    let client = Client::new(ESU14);
    let board = processors::put(linux_6_1(), intel(254, "Genuine Intel(R) 0000"), &TWO_CORES);
    client.machine(registers_of_each_cpu(board, 2, &client.registers(UNITS_ESU14)))
}

/// A small board (Silvermont), whose unit register means 2^5 µJ.
#[must_use]
pub fn intel_atom() -> Machine {
    let unit = EnergyUnit::micro(5);
    let core = bursts(200, 4_000);
    let package = EnergyCounter::new(core.plus(&PowerCurve::constant(800)), unit).starting_at(55_555);
    let core = EnergyCounter::new(core, unit).starting_at(44_444);
    let counters = [(address::PKG_ENERGY_STATUS, &package), (address::PP0_ENERGY_STATUS, &core)];
    let board =
        processors::put(linux_6_1(), intel(55, "Intel(R) Celeron(R) CPU J1900 @ 1.99GHz"), &TWO_CORES);
    let board = registers_of_each_cpu(board, 2, &msr::intel(UNITS_ATOM, 10_000 / 32, &counters));
    let board = control_type(board, "intel-rapl");
    let board = zone(board, "intel-rapl:0", "package-0", &package);
    let board = zone(board, "intel-rapl:0:0", "core", &core);
    Machine::new(board).with(0, "package", &package).with(0, "core", &core)
}

/// Two sockets, each with its package and its DRAM; what else a server has is up to `more`.
fn server(model: Model, dram_unit: EnergyUnit, more: Option<&EnergyCounter>) -> Machine {
    let mut board = control_type(processors::put(linux_6_1(), model, &TWO_SOCKETS), "intel-rapl");
    let mut domains = Vec::new();
    for (socket, idle_milliwatts) in [38_000, 51_000].into_iter().enumerate() {
        let curve = bursts(idle_milliwatts, 205_000);
        let package = EnergyCounter::new(curve, ESU14).starting_at(4_000_000_000);
        let dram = bursts(idle_milliwatts / 5, 36_000);
        let dram = EnergyCounter::new(dram, dram_unit).starting_at(1_000_000_007);
        let mut registers = msr::intel(
            UNITS_ESU14,
            watts(205),
            &[(address::PKG_ENERGY_STATUS, &package), (address::DRAM_ENERGY_STATUS, &dram)],
        );
        // The platform is counted at the first socket alone.
        if let Some(psys) = more.filter(|_| socket == 0) {
            registers = registers.counter(address::PLATFORM_ENERGY_STATUS, psys);
        }
        board = registers.put(board, socket);
        board = zone(board, &format!("intel-rapl:{socket}"), &format!("package-{socket}"), &package);
        board = zone(board, &format!("intel-rapl:{socket}:0"), "dram", &dram);
        domains.push((package, dram));
    }
    let machine = Machine::new(board);
    domains.iter().enumerate().fold(machine, |machine, (socket, (package, dram))| {
        machine.with(socket, "package", package).with(socket, "dram", dram)
    })
}

/// A server whose one package has two dies (Cascade Lake-AP): each die has its own registers and its own zone, and there is
/// no counter of the whole.
#[must_use]
pub fn intel_two_dies() -> Machine {
    let places = [Place { package: 0, die: 0, core: 0 }, Place { package: 0, die: 1, core: 0 }];
    let model = intel(85, "Intel(R) Xeon(R) Platinum 9242 CPU @ 2.30GHz");
    let mut board = control_type(processors::put(linux_6_1(), model, &places), "intel-rapl");
    let mut dies = Vec::new();
    for (die, idle_milliwatts) in [41_000, 29_000].into_iter().enumerate() {
        let energy = EnergyCounter::new(bursts(idle_milliwatts, 160_000), ESU14).starting_at(4_294_000_000);
        let dram = EnergyCounter::new(bursts(7_000, 21_000), EnergyUnit::SERVER_DRAM).starting_at(77);
        let counters = [(address::PKG_ENERGY_STATUS, &energy), (address::DRAM_ENERGY_STATUS, &dram)];
        board = msr::intel(UNITS_ESU14, watts(175), &counters).put(board, die);
        let (name, number) = (format!("package-0-die-{die}"), format!("intel-rapl:{die}"));
        board = zone(board, &number, &name, &energy);
        board = zone(board, &format!("{number}:0"), "dram", &dram);
        dies.push((energy, dram));
    }
    dies.iter().enumerate().fold(Machine::new(board), |machine, (die, (energy, dram))| {
        machine.with(0, &format!("die-{die}"), energy).with(0, &format!("dram-{die}"), dram)
    })
}

/// A server of two sockets (Ice Lake): packages in 2^-14 J, DRAM in 2^-16 J, which powercap takes for 15.3 µJ.
#[must_use]
pub fn intel_server() -> Machine {
    server(intel(106, "Intel(R) Xeon(R) Gold 6330 CPU @ 2.00GHz"), EnergyUnit::SERVER_DRAM, None)
}

/// A server of two sockets (Sapphire Rapids): DRAM in 2^-14 J like its packages, the platform in joules.
#[must_use]
pub fn intel_sapphire_rapids() -> Machine {
    let psys =
        EnergyCounter::new(PowerCurve::constant(620_000), EnergyUnit::JOULE).starting_at(4_294_967_000);
    let mut machine = server(intel(143, "Intel(R) Xeon(R) Gold 6430"), ESU14, Some(&psys));
    machine.board = zone(machine.board, "intel-rapl:2", "psys", &psys);
    machine.with(0, "psys", &psys)
}

/// Two cores of two threads, by registers alone: one package, and one counter for each core, which both threads show.
fn amd(vendor: &'static str, family: u32, model: u32, name: &'static str) -> Machine {
    let board = processors::put(linux_6_1(), Model { vendor, family, model, name }, &TWO_BY_TWO);
    let curves = [bursts(350, 11_000), bursts(410, 8_700)];
    let package = curves[0].plus(&curves[1]).plus(&PowerCurve::constant(14_000));
    let package = EnergyCounter::new(package, ESU16).starting_at(4_294_000_000);
    let cores = curves.map(|curve| EnergyCounter::new(curve, ESU16));
    let cores = [cores[0].clone().starting_at(4_294_967_290), cores[1].clone().starting_at(2_000_000_000)];
    let board = TWO_BY_TWO.iter().enumerate().fold(board, |board, (cpu, place)| {
        let registers = Registers::default()
            .fixed(address::AMD_RAPL_POWER_UNIT, UNITS_ESU16)
            .counter(address::AMD_PKG_ENERGY_STATUS, &package)
            .counter(address::AMD_CORE_ENERGY_STATUS, &cores[place.core]);
        registers.put(board, cpu)
    });
    let machine = Machine::new(board).with(0, "package", &package);
    machine.with(0, "core-0", &cores[0]).with(0, "core-1", &cores[1])
}

/// A Ryzen of family 17h.
#[must_use]
pub fn amd_zen2() -> Machine {
    amd("AuthenticAMD", 0x17, 113, "AMD Ryzen 5 3600 6-Core Processor")
}

/// A Ryzen of family 19h.
#[must_use]
pub fn amd_zen3() -> Machine {
    amd("AuthenticAMD", 0x19, 33, "AMD Ryzen 9 5950X 16-Core Processor")
}

/// A Dhyana, which counts as its AMD relatives do.
#[must_use]
pub fn hygon() -> Machine {
    amd("HygonGenuine", 0x18, 1, "Hygon C86 7185 32-core Processor")
}
