//! NVIDIA's GPUs, by the library of their driver (NVML, `libnvidia-ml.so.1`; "NVML API Reference Guide", device queries).
//!
//! The library is loaded when it is asked for, and nothing else needs it. It talks to the driver by ioctl, so that any call
//! may take long, or hang with the driver. Looking whether there is a GPU at all asks files alone.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::error::NvmlError as LibraryError;

use crate::class;

/// The library's name; the one without a number is a developer's, and is not on most machines.
pub const LIBRARY: &str = "libnvidia-ml.so.1";
/// The driver's own device, below the root. It is there once the driver is loaded and was asked for once.
pub const CONTROL_PATH: &str = "dev/nvidiactl";
/// Where PCI devices are, below the root.
const PCI_PATH: &str = "sys/bus/pci/devices";
/// PCI devices that are looked at; no machine has that many.
const PCI_DEVICES_MAX: usize = 4096;
/// `PCI_VENDOR_ID_NVIDIA`.
const VENDOR: &str = "0x10de";
/// `PCI_BASE_CLASS_DISPLAY`: the sound and USB functions of a card are devices of their own.
const DISPLAY: &str = "0x03";

/// What kind of trouble there is with a GPU or its library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The library cannot be loaded.
    NoLibrary,
    /// The library lacks a function: it is older than the quantity.
    OldLibrary,
    /// The kernel's driver is not loaded.
    NoDriver,
    /// Library and kernel's driver are of different versions, as after an update without a restart.
    Mismatch,
    /// The driver refused.
    NoPermission,
    /// This GPU has no such quantity.
    Unsupported,
    /// The GPU fell off its bus, or waits for a reset.
    Gone,
    /// Anything else; the error's words say what.
    Other,
}

/// Why the library or a GPU did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("NVML: {words}")]
pub struct NvmlError {
    /// The kind.
    pub cause: Cause,
    words: String,
}

impl From<LibraryError> for NvmlError {
    fn from(error: LibraryError) -> Self {
        let cause = match &error {
            LibraryError::LibloadingError(_) | LibraryError::LibraryNotFound => Cause::NoLibrary,
            LibraryError::FailedToLoadSymbol(_) | LibraryError::FunctionNotFound => Cause::OldLibrary,
            LibraryError::DriverNotLoaded | LibraryError::Uninitialized => Cause::NoDriver,
            LibraryError::LibRmVersionMismatch => Cause::Mismatch,
            LibraryError::NoPermission | LibraryError::OperatingSystem => Cause::NoPermission,
            LibraryError::NotSupported => Cause::Unsupported,
            LibraryError::GpuLost | LibraryError::ResetRequired | LibraryError::NotFound => Cause::Gone,
            // The library has some forty; what tells them apart for a person is in the words.
            _ => Cause::Other,
        };
        Self { cause, words: error.to_string() }
    }
}

/// What files say of GPUs, without a question to any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The PCI addresses of NVIDIA's GPUs, in their order: `0000:01:00.0`.
    pub addresses: Vec<String>,
    /// Whether the driver's own device is there.
    pub has_control: bool,
}

impl Seen {
    /// Looks below `root`. Devices that cannot be listed or read are none.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        let listed = fs::read_dir(root.join(PCI_PATH)).into_iter().flatten().take(PCI_DEVICES_MAX);
        let directories = listed.flatten().map(|entry| entry.path());
        let mut addresses: Vec<String> = directories
            .filter(|directory| is_gpu(directory))
            .filter_map(|directory| Some(directory.file_name()?.to_str()?.to_owned()))
            .collect();
        addresses.sort();
        Self { addresses, has_control: root.join(CONTROL_PATH).exists() }
    }
}

fn is_gpu(directory: &Path) -> bool {
    let says =
        |file: &str, begin: &str| class::text(directory, file).is_ok_and(|text| text.starts_with(begin));
    says("vendor", VENDOR) && says("class", DISPLAY)
}

/// The directory of a PCI device below `root`.
#[must_use]
pub fn directory_of(root: &Path, address: &str) -> PathBuf {
    root.join(PCI_PATH).join(address)
}

/// A GPU that the driver knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Its number within the library, as long as that is loaded.
    pub index: u32,
    /// Its PCI address as sysfs writes it.
    pub address: String,
    /// Its maker's name for it.
    pub name: String,
    /// Whether it counts its energy: those from Volta (2017) on do.
    pub counts_energy: bool,
}

/// What a GPU says of itself now; each quantity or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpuReading {
    /// Energy since the driver was loaded, in millijoules (`nvmlDeviceGetTotalEnergyConsumption`).
    pub energy_mj: Result<u64, Cause>,
    /// Power in milliwatts, off by up to 5 W; a mean over a second since Ampere (`nvmlDeviceGetPowerUsage`).
    pub power_mw: Result<u32, Cause>,
    /// Temperature of the chip in °C (`nvmlDeviceGetTemperature`).
    pub temperature_c: Result<u32, Cause>,
    /// Percent of the last sample period in which a kernel ran (`nvmlDeviceGetUtilizationRates`).
    pub utilization_percent: Result<u32, Cause>,
}

/// The library, loaded and connected to the driver until it is dropped. While it is, the driver's module cannot be removed.
pub struct Nvml(nvml_wrapper::Nvml);

impl Nvml {
    /// Loads the library and connects it to the driver; where no program did so before, the GPUs come up first, which takes
    /// seconds.
    ///
    /// # Errors
    /// [`NvmlError`].
    pub fn open() -> Result<Self, NvmlError> {
        Ok(Self(nvml_wrapper::Nvml::builder().lib_path(OsStr::new(LIBRARY)).init()?))
    }

    /// The GPUs, in the library's order. One that does not answer is an error of its own.
    ///
    /// # Errors
    /// [`NvmlError`] where they cannot even be counted.
    pub fn gpus(&self) -> Result<Vec<Result<Gpu, NvmlError>>, NvmlError> {
        Ok((0..self.0.device_count()?).map(|index| self.gpu(index)).collect())
    }

    fn gpu(&self, index: u32) -> Result<Gpu, NvmlError> {
        let device = self.0.device_by_index(index)?;
        Ok(Gpu {
            index,
            address: address_of(&device.pci_info()?.bus_id),
            name: class::bounded(device.name()?.as_bytes()),
            counts_energy: device.total_energy_consumption().is_ok(),
        })
    }

    /// Asks a GPU of [`Nvml::gpus`].
    ///
    /// # Errors
    /// [`NvmlError`] where the GPU itself is not to be had.
    pub fn read(&self, index: u32) -> Result<GpuReading, NvmlError> {
        let device = self.0.device_by_index(index)?;
        Ok(GpuReading {
            energy_mj: device.total_energy_consumption().map_err(cause),
            power_mw: device.power_usage().map_err(cause),
            temperature_c: device.temperature(TemperatureSensor::Gpu).map_err(cause),
            utilization_percent: device.utilization_rates().map(|rates| rates.gpu).map_err(cause),
        })
    }
}

fn cause(error: LibraryError) -> Cause {
    NvmlError::from(error).cause
}

/// The library writes eight digits of the domain, in capitals; sysfs writes four and more only if needed.
fn address_of(bus_id: &str) -> String {
    let lower = bus_id.to_ascii_lowercase();
    match lower.split_once(':') {
        Some((domain, rest)) => format!("{:0>4}:{rest}", domain.trim_start_matches('0')),
        None => lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_library_is_one_of_sysfs() {
        assert_eq!(address_of("00000000:01:00.0"), "0000:01:00.0");
        assert_eq!(address_of("0000:3B:00.0"), "0000:3b:00.0");
        assert_eq!(address_of("00010000:65:00.0"), "10000:65:00.0");
        assert_eq!(address_of("nonsense"), "nonsense");
    }

    #[test]
    fn only_display_functions_of_this_maker_are_gpus() {
        let root = std::env::temp_dir().join(format!("hearth-nvml-{}", std::process::id()));
        for (address, vendor, class) in [
            ("0000:02:00.0", "0x10de", "0x030200"),
            ("0000:01:00.0", "0x10de", "0x030000"),
            ("0000:01:00.1", "0x10de", "0x040300"),
            ("0000:00:02.0", "0x8086", "0x030000"),
        ] {
            let directory = directory_of(&root, address);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("vendor"), format!("{vendor}\n")).unwrap();
            fs::write(directory.join("class"), format!("{class}\n")).unwrap();
        }
        let addresses = vec!["0000:01:00.0".to_owned(), "0000:02:00.0".to_owned()];
        assert_eq!(Seen::below(&root), Seen { addresses: addresses.clone(), has_control: false });
        fs::create_dir_all(root.join("dev")).unwrap();
        fs::write(root.join(CONTROL_PATH), "").unwrap();
        assert_eq!(Seen::below(&root), Seen { addresses, has_control: true });
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(Seen::below(&root), Seen::default());
    }

    #[test]
    fn the_librarys_errors_are_causes_and_keep_their_words() {
        for (error, cause) in [
            (LibraryError::LibraryNotFound, Cause::NoLibrary),
            (LibraryError::FunctionNotFound, Cause::OldLibrary),
            (LibraryError::FailedToLoadSymbol("x".to_owned()), Cause::OldLibrary),
            (LibraryError::DriverNotLoaded, Cause::NoDriver),
            (LibraryError::LibRmVersionMismatch, Cause::Mismatch),
            (LibraryError::NoPermission, Cause::NoPermission),
            (LibraryError::NotSupported, Cause::Unsupported),
            (LibraryError::GpuLost, Cause::Gone),
            (LibraryError::CorruptedInfoROM, Cause::Other),
        ] {
            let words = format!("NVML: {error}");
            let told = NvmlError::from(error);
            assert_eq!((told.cause, told.to_string()), (cause, words));
        }
    }

    #[test]
    fn a_machine_without_the_library_says_so() {
        // Where there is a GPU, its own check shows it; elsewhere loading fails with the loader's words.
        match Nvml::open() {
            Ok(nvml) => println!("this machine has the library; {} GPUs", nvml.gpus().unwrap().len()),
            Err(error) if error.cause == Cause::NoLibrary => {
                assert!(error.to_string().contains(LIBRARY), "{error}");
            }
            Err(error) => println!("this machine has the library without a GPU: {error}"),
        }
    }
}
