//! Whether the processor blurs its energy counters against those who would learn from them what it computes
//! (CVE-2020-8694; Intel, "Running Average Power Limit Energy Reporting", INTEL-SA-00389).
//!
//! Blurred counters keep their long-term mean; over milliseconds they are off by up to half.

use std::path::Path;

use super::cpu::{Cpu, Vendor};
use super::domain::Cause;
use super::msr::open;
use super::register::{Fault, read_msr};
use crate::file::{Errno, ReadError};

/// `IA32_ARCH_CAPABILITIES`.
pub const ARCH_CAPABILITIES: u32 = 0x10a;
/// Bit 10, `MISC_PACKAGE_CTLS`: the register below is there.
const HAS_PACKAGE_CONTROLS: u64 = 1 << 10;
/// Bit 11, `ENERGY_FILTERING_CTL`: and it can switch the blur.
const CAN_FILTER: u64 = 1 << 11;
/// `IA32_MISC_PACKAGE_CTLS`; bit 0 is `ENERGY_FILTERING_ENABLE`.
pub const MISC_PACKAGE_CONTROLS: u32 = 0xbc;
/// `IA32_FEATURE_CONTROL`; bit 18 is `SGX_ENABLE`, and where SGX is on the blur is too, whatever the bit above says.
pub const FEATURE_CONTROL: u32 = 0x3a;
/// `SGX_ENABLE`.
const SGX_ENABLED: u64 = 1 << 18;

/// Whether the counters are blurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filtering {
    /// They are.
    On,
    /// The processor can, and does not.
    Off,
    /// The processor says that it cannot, and has no enclaves in use; or is of a maker who has no such thing.
    Impossible,
}

/// What the registers' bits say; `controls` is asked only where it is there. Enclaves come first: where they are on the
/// blur is, too, and processors from before the capability's bits have enclaves.
///
/// # Errors
/// What asking for a register gave.
pub fn judge<E>(
    capabilities: u64,
    controls: impl FnOnce() -> Result<u64, E>,
    features: impl FnOnce() -> Result<u64, E>,
) -> Result<Filtering, E> {
    if features()? & SGX_ENABLED != 0 {
        return Ok(Filtering::On);
    }
    let able = HAS_PACKAGE_CONTROLS | CAN_FILTER;
    if capabilities & able != able {
        return Ok(Filtering::Impossible);
    }
    Ok(if controls()? & 1 != 0 { Filtering::On } else { Filtering::Off })
}

/// Asks the first CPU below `root`.
///
/// # Errors
/// The kind of refusal and its words: without the `msr` device nobody can tell.
pub fn detect(root: &Path, cpu: Option<&Cpu>) -> Result<Filtering, (Cause, String)> {
    if cpu.is_some_and(|cpu| matches!(cpu.vendor, Vendor::Amd | Vendor::Hygon)) {
        return Ok(Filtering::Impossible);
    }
    let device = open(root, 0)?;
    let read = |register| match read_msr(&device, register) {
        // There is no such register: none of what it would say.
        Err(Fault::Read(ReadError::Os(Errno(libc::EIO)))) => Ok(0),
        Err(fault) => Err((Cause::Io, format!("register {register:#x} of CPU 0: {fault}"))),
        Ok(bits) => Ok(bits),
    };
    judge(read(ARCH_CAPABILITIES)?, || read(MISC_PACKAGE_CONTROLS), || read(FEATURE_CONTROL))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asked = Result<u64, &'static str>;

    fn verdict(capabilities: u64, controls: Asked, features: Asked) -> Result<Filtering, &'static str> {
        judge(capabilities, || controls, || features)
    }

    #[test]
    fn filtering_is_on_by_its_own_bit_or_by_that_of_enclaves() {
        let able = 0xc00;
        assert_eq!(verdict(able, Ok(1), Ok(0)), Ok(Filtering::On));
        assert_eq!(verdict(able, Err("not asked"), Ok(1 << 18)), Ok(Filtering::On));
        assert_eq!(verdict(able, Ok(2), Ok(5)), Ok(Filtering::Off));
        assert_eq!(verdict(able, Err("EIO"), Ok(0)), Err("EIO"));
        assert_eq!(verdict(able, Ok(0), Err("EIO")), Err("EIO"));
    }

    #[test]
    fn a_processor_that_lacks_either_bit_blurs_only_for_its_enclaves() {
        for capabilities in [0, 1 << 10, 1 << 11] {
            assert_eq!(verdict(capabilities, Err("asked"), Ok(5)), Ok(Filtering::Impossible));
            assert_eq!(verdict(capabilities, Err("asked"), Ok(1 << 18)), Ok(Filtering::On));
            assert_eq!(verdict(capabilities, Err("asked"), Err("EPERM")), Err("EPERM"), "nobody knows");
        }
    }
}
